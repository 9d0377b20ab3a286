"""A machine of its own for each test: a home folder, a project in it, and an environment that knows no more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from anymedia.configuration import Configuration, load
from anymedia.errors import InvalidConfiguration

EVERYTHING = """
output_dir = "made"
adapt = true
offline = false
allow_retired = true
roots = ["made", "inputs"]

[prefer]
image = ["openai", "my_server"]

[models]
image = "my_server:flux-dev"

[base_urls]
openai = "http://localhost:4010/v1"

[budgets]
per_call = 0.5
per_run = 2
per_day = "10.25"
allow_unknown_cost = true
per_backend = { openai = 5 }
per_agent = { "night shift" = "1.00" }

[timeouts]
connect = 3
wait = 12.5

[servers.my_server]
base_url = "http://gpu.example.org:8000/v1"
allow_http = true
models = { image = ["flux-dev", "flux-fast"] }
"""


class Machine:
    """A home folder with a project in it, and an environment that mentions nothing else."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.project = self.home / "work" / "project"
        self.user_file = self.home / ".config" / "anymedia" / "anymedia.toml"
        self.project_file = self.project / "anymedia.toml"
        self.project.mkdir(parents=True)
        self.user_file.parent.mkdir(parents=True)
        self.environ = {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_STATE_HOME": str(self.home / "state"),
        }

    def load(self, *, folder: Path | None = None, explicit: Path | None = None, **variables: str) -> Configuration:
        return load(environ={**self.environ, **variables}, folder=folder or self.project, explicit=explicit)

    def with_arguments(self, arguments: Mapping[str, Any]) -> Configuration:
        return load(environ=self.environ, folder=self.project, arguments=arguments)

    def refusal(self, text: str) -> InvalidConfiguration:
        """The error that this text gives as the project's file."""
        self.project_file.write_text(text)
        with pytest.raises(InvalidConfiguration) as caught:
            self.load()
        assert caught.value.next
        return caught.value
