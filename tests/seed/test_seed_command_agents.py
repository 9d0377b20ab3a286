"""The seed's command-line workers that look at files: what they are shown, what they are not, and how they end."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from house import INPUT, House

from anymedia import AnymediaError, errors
from anymedia.client import AsyncClient
from anymedia.configuration import load
from anymedia.engine import drive
from anymedia.engine.processes import process_start
from toys import PICTURE
from workplace import arrives

SPY = """
import json, os, stat, sys
files = {name: [open(name, "rb").read().hex(), stat.S_IMODE(os.stat(name).st_mode)] for name in sorted(os.listdir())}
seen = {"options": sys.argv[1:], "question": sys.stdin.read(), "files": files, "folder": os.getcwd()}
print(json.dumps({**seen, "environment": dict(os.environ)}))
"""
NOISY = "import sys; sys.stdout.write('x' * 2_000_000)"
SULKING = "import sys; sys.exit('no quota is left')"
SLOW = """
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "60"])
open(sys.argv[1] + ".new", "w").write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(60)
"""


def employ(house: House, script: str, *options: str, **more: Any) -> House:
    """There is a program by the name of `reader`, and nobody else."""
    house.place.arguments["agents"] = {"reader": {"command": [sys.executable, "-c", script, *options], **more}}
    return house


def seen(house: House, *prompt: str, **parameters: Any) -> dict[str, Any]:
    """What the program was shown."""
    found: dict[str, Any] = json.loads(house.read(*prompt, **{"files": INPUT, "backend": "reader", **parameters}).text)
    return found


def install(house: House, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of this name that tells what it is shown."""
    folder = house.place.root / "programs"
    folder.mkdir()
    (folder / name).write_text(f"#!{sys.executable}\n{SPY}")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


# --- What it is shown -----------------------------------------------------------------------------------------------


def test_a_program_is_shown_copies_that_cannot_be_written_to_in_a_folder_that_is_gone_afterwards(house: House) -> None:
    (house.place.root / "private-name.png").write_bytes(PICTURE)
    path = house.place.root / "private-name.png"
    shown = seen(employ(house, SPY), "What is it?", files=str(path), instructions="briefly")
    assert shown["files"] == {"file-1.png": [PICTURE.hex(), 0o400]}
    assert shown["question"].startswith("briefly\n\n") and shown["question"].endswith("\n\nWhat is it?")
    assert "file-1.png" in shown["question"] and "private-name" not in json.dumps(shown)
    assert Path(shown["folder"]) != house.place.root and not Path(shown["folder"]).exists()


def test_a_program_sees_no_variable_but_the_usual_ones_and_those_that_are_named(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "SOME_TOKEN", "READER_KEY"):
        monkeypatch.setenv(name, "a-secret-0123456789")
    environment = seen(employ(house, SPY, environment=["READER_KEY"]))["environment"]
    assert environment["READER_KEY"] and environment["PATH"]
    assert not environment.keys() & {"OPENAI_API_KEY", "SOME_TOKEN"}


def test_no_shell_reads_the_options_or_the_question(house: House) -> None:
    shown = seen(employ(house, SPY, "$(touch owned)", "; touch owned"), "`touch owned`")
    assert shown["options"] == ["$(touch owned)", "; touch owned"]
    assert shown["question"].endswith("`touch owned`") and not list(house.place.root.rglob("owned"))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("claude", ["--print", "--tools", "Read", "--strict-mcp-config"]),
        ("codex", ["exec", "--sandbox", "read-only", "--skip-git-repo-check", "--ephemeral", "-"]),
    ],
)
def test_a_known_program_alone_may_read_and_nothing_else(
    name: str, options: list[str], house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(house, name, monkeypatch)
    house.place.arguments["agents"] = {"reader": {"command": [name]}}
    made = house.read(files=INPUT, backend="reader")
    assert made.model == name and json.loads(made.text)["options"] == options
    house.place.arguments["agents"] = {"reader": {"command": [name, "--other"]}}
    assert seen(house)["options"] == ["--other"]


def test_what_only_its_options_could_say_is_refused_before_it_is_started(house: House) -> None:
    error = employ(house, SPY).unread(files=INPUT, backend="reader", provider_options={"reader": {"effort": "high"}})
    assert isinstance(error, errors.UnsupportedParameter) and error.charged == "no"


# --- When it is asked -----------------------------------------------------------------------------------------------


def test_a_program_is_asked_only_where_it_is_named(house: House) -> None:
    error = employ(house, SPY).unread(files=INPUT)
    assert isinstance(error, errors.NoBackendAvailable)


def test_what_a_program_costs_is_unknown_and_over_any_cap(house: House) -> None:
    assert employ(house, SPY).read(files=INPUT, backend="reader").cost.amount is None
    error = house.unread(files=INPUT, backend="reader", max_cost="5.00")
    assert isinstance(error, errors.BudgetExceeded)


def test_a_projects_file_names_no_program(house: House) -> None:
    (house.place.root / "anymedia.toml").write_text('agents.reader = {command = ["claude"]}')
    with pytest.raises(errors.InvalidConfiguration, match="start a program"):
        load(environ={"HOME": str(house.place.root / "home")}, folder=house.place.root)


@pytest.mark.parametrize("command", [[], "claude --print", [""], ["./claude"], ["bin/claude"], ["claude", 7], ["a\0b"]])
def test_a_program_is_named_as_a_list_and_never_looked_for_beside_the_files(command: Any, house: House) -> None:
    house.place.arguments["agents"] = {"reader": {"command": command}}
    error = house.unread(files=INPUT, backend="reader")
    assert isinstance(error, errors.InvalidConfiguration) and "agents.reader.command" in error.message


# --- How it ends ----------------------------------------------------------------------------------------------------


def test_a_program_that_is_not_there_costs_nothing(house: House) -> None:
    house.place.arguments["agents"] = {"reader": {"command": ["no-such-program"]}}
    error = house.unread(files=INPUT, backend="reader")
    assert (error.code, error.charged) == ("rejected", "no") and "no-such-program" in error.message


def test_a_program_that_complains_may_have_cost_something(house: House) -> None:
    error = employ(house, SULKING).unread(files=INPUT, backend="reader")
    assert (error.code, error.charged) == ("rejected", "maybe") and "no quota is left" in error.message


def test_a_program_that_says_nothing_did_not_answer(house: House) -> None:
    assert isinstance(employ(house, "pass").unread(files=INPUT, backend="reader"), errors.EmptyOutput)


def test_a_program_that_never_stops_talking_is_cut_and_it_is_said(house: House) -> None:
    error = employ(house, NOISY).unread(files=INPUT, backend="reader")
    assert isinstance(error, errors.PartialResult) and len(error.result.text) == 1_000_000


def test_a_program_without_an_answer_in_time_is_killed_with_its_children_and_not_asked_again(house: House) -> None:
    note = house.place.root / "processes"
    house.place.arguments["timeouts"] = {"total": 1.0}
    error = employ(house, SLOW, str(note)).unread(files=INPUT, backend="reader")
    assert isinstance(error, errors.OutcomeUnknown) and error.charged == "maybe"
    assert not any(map(is_running, note.read_text().split()))


def test_a_cancelled_program_is_killed_with_its_children(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drive, "GRACE", 0.05)
    note = house.place.root / "processes"

    async def cancelled(client: AsyncClient) -> None:
        asking = asyncio.ensure_future(client.describe(INPUT, "What is it?", backend="reader"))
        await arrives(note.exists)
        asking.cancel()
        with pytest.raises((asyncio.CancelledError, AnymediaError)):
            await asking
        await arrives(lambda: not any(map(is_running, note.read_text().split())))

    employ(house, SLOW, str(note)).place.run(cancelled)


def is_running(process: str) -> bool:
    return process_start(int(process)) is not None
