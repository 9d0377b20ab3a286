"""A terminal of one's own: an empty machine, the command line in it, and what it said."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from anymedia.cli.main import main
from anymedia.registry import all_backends
from anymedia.testing.emulator import Emulator

GENERATIONS = "/v1/images/generations"
KEY = "sk-canary-0123456789abcdefghij"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document it must be."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return self.document["results"][0]["error"]


class Terminal:
    """Types commands: in this process, which is cheap, or as a program of their own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder / "work"
        self.state = folder / "state"
        self.folder.mkdir()
        self._patch, self._capsys = monkeypatch, capsys
        for name in [name for name in os.environ if name.startswith(("ANYMEDIA_", "XDG_"))]:
            monkeypatch.delenv(name)
        for backend in all_backends().values():
            for name in (*backend.auth.env, *backend.base_url_env):
                monkeypatch.delenv(name, raising=False)
        for name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
        self.set("HOME", str(folder))
        self.set("ANYMEDIA_HOME", str(self.state))
        monkeypatch.chdir(self.folder)

    def set(self, name: str, value: str) -> None:
        """An environment variable."""
        self._patch.setenv(name, value)

    def use(self, emulator: Emulator) -> None:
        """From now on this machine has OpenAI's key, and OpenAI is the emulator."""
        self.set("OPENAI_API_KEY", KEY)
        self.set("OPENAI_BASE_URL", emulator.base_url)

    def type(self, *arguments: str, stdin: bytes = b"") -> Ended:
        """Run a command line and wait for it."""
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self._capsys.readouterr()
        code = main(arguments)
        said = self._capsys.readouterr()
        return Ended(code=code, out=said.out, err=said.err)

    def complete(self, words: str, position: int) -> str:
        """What a shell is offered when the tab key is pressed in the word at `position`."""
        self.set("_ANYMEDIA_COMPLETE", "bash_complete")
        self.set("COMP_WORDS", words)
        self.set("COMP_CWORD", str(position))
        with pytest.raises(SystemExit):
            self.type()
        return self._capsys.readouterr().out

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """The same as a program of its own."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen([sys.executable, "-m", "anymedia", *arguments], text=True, **pipes)

    def pictures(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.suffix in (".png", ".jpg", ".webp"))
