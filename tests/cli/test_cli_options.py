"""Options come from the declarations: a new backend file adds them, and nothing here or in the command line."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import Terminal

from anymedia.cli.main import COMMANDS
from anymedia.cli.options import served
from anymedia.cli.working import arguments_of
from anymedia.operations import OPERATIONS, Request, field_types, input_field
from anymedia.registry import all_backends

WITH_FOLDER = """
import sys
import anymedia.backends
anymedia.backends.__path__.append(sys.argv.pop(1))
from anymedia.cli.main import main
sys.exit(main())
"""
MADE = [
    kind
    for kind in OPERATIONS.values()
    if (kind.verb or kind.operation).replace("_", "-") in COMMANDS
    and any(backend.models_for(kind) for backend in all_backends().values())
]


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.operation)
def test_every_served_parameter_is_an_option(terminal: Terminal, kind: type[Request]) -> None:
    shown = terminal.type((kind.verb or kind.operation).replace("_", "-"), "--help").out
    options = set(re.findall(r"--([a-z-]+)", shown))
    arguments = {*arguments_of(kind), input_field(kind) if kind.makes == "text" else None}
    expected = {name.replace("_", "-") for name in served(kind, all_backends()) if name not in arguments}
    unserved = {name.replace("_", "-") for name in field_types(kind)} - expected
    assert expected <= options
    assert not unserved & options


def test_help_says_which_backend_allows_what(terminal: Terminal) -> None:
    shown = " ".join(terminal.type("image", "--help").out.split())
    assert "openai: a whole number from 0 to 100" in shown
    assert "sketch: a whole number from 0 to 2,147,483,647" in shown


def test_a_backend_file_adds_its_options_and_values(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("guided.py"), folder)
    line = ["image", "a fox", "--guidance-scale", "7.5", "--backend", "guided", "--dry-run"]
    command = [sys.executable, "-c", WITH_FOLDER, str(folder), *line]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert asked.returncode == 0
    assert asked.stdout.startswith("POST https://guided.example/v1/draw")
    assert '"cfg": 7.5' in asked.stdout and "at most 0.02 USD" in asked.stdout
    assert "There is no backend named 'guided'" in terminal.type(*line).err


@pytest.mark.parametrize(
    ("words", "position", "suggests"),
    [
        ("anymedia sou", 1, "sound-effect"),
        ("anymedia image --out", 2, "--output-format"),
        ("anymedia image --quality m", 3, "medium"),
        ("anymedia speech --voice mar", 3, "marin"),
        ("anymedia image --backend ske", 3, "sketch"),
        ("anymedia video --model ani", 3, "animator"),
    ],
)
def test_completion_knows_commands_options_and_values(
    terminal: Terminal, words: str, position: int, suggests: str
) -> None:
    assert suggests in terminal.complete(words, position)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(terminal: Terminal, shell: str) -> None:
    ended = terminal.type("completion", shell)
    assert ended.code == 0 and "_ANYMEDIA_COMPLETE" in ended.out
