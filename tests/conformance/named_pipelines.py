"""Pipelines as the configuration names them: targets of the conformance suite. A variable says in which folder they
are."""

import os
from pathlib import Path

from anymedia.backends import diffusers
from anymedia.configuration import Pipeline
from anymedia.media import Json

FOLDERS = sorted(Path(os.environ["ANYMEDIA_TEST_PIPELINES"]).glob("*Pipeline"))
NAMED = {f"my_{folder.name.lower()}": Pipeline(folder=folder, device="cpu") for folder in FOLDERS}


def backends(configuration: Json) -> Json:
    return diffusers.backends({"pipelines": NAMED})
