"""The shipped suite on pipelines of each kind: what is derived from their declarations holds, and their samples run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import Darkroom

TARGET = Path(__file__).parents[1] / "conformance" / "named_pipelines.py"
NAMES = ("StableDiffusionPipeline", "LTXPipeline")


def test_named_pipelines_are_whole_backends(darkroom: Darkroom, tmp_path: Path) -> None:
    folders = tmp_path / "pipelines"
    folders.mkdir()
    for name in NAMES:
        (folders / name).symlink_to(darkroom.folder(name))
    command = [sys.executable, "-m", "pytest", "--pyargs", "anymedia.testing.conformance", "-q", "--tb=line"]
    command += ["-p", "no:cacheprovider", "--anymedia-backend", str(TARGET)]
    environ = {**os.environ, "ANYMEDIA_TEST_PIPELINES": str(folders)}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert " passed" in done.stdout and done.returncode == 0, done.stdout + done.stderr
