"""`forget` says what went, what could not go, and refuses what is not settled."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal import GENERATIONS, Terminal

from anymedia.testing.emulator import Emulator, Fault


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], emulator: Emulator
) -> Terminal:
    terminal = Terminal(tmp_path, monkeypatch, capsys)
    terminal.use(emulator)
    return terminal


def made(terminal: Terminal, prompt: str = "a zibeline fox") -> str:
    return str(terminal.type("image", prompt, "--json").document["results"][0]["job_id"])


def test_a_job_is_forgotten_and_its_file_stays(terminal: Terminal) -> None:
    job = made(terminal)
    (picture,) = terminal.pictures()
    ended = terminal.type("forget", job)
    assert (ended.code, ended.out) == (0, f"forgotten {job}\n")
    assert f"{picture} is still there" in ended.err
    assert "(forgotten)" in terminal.type("jobs").out and "zibeline" not in terminal.type("jobs", "--json").out


def test_with_files_the_picture_goes_too(terminal: Terminal) -> None:
    job, kept = made(terminal), made(terminal, "an owl")
    (forgotten,) = terminal.type("forget", job, "--files", "--json").document["forgotten"]
    assert (forgotten["jobs"], len(forgotten["removed"]), forgotten["wiped"]) == ([job], 1, True)
    assert [path.name.split("-")[0] for path in terminal.pictures()] == ["an"]
    assert terminal.type("resume", kept).code == 0


def test_what_cannot_be_forgotten_is_refused_and_does_not_stop_the_others(
    terminal: Terminal, emulator: Emulator
) -> None:
    job = made(terminal)
    emulator.script(GENERATIONS, [Fault.status(500, billed=True)])
    unknown = terminal.type("image", "an owl", "--json").document["results"][0]["job_id"]
    ended = terminal.type("forget", unknown, job, "--json")
    assert ended.code == 9
    assert [each["job_id"] for each in ended.document["forgotten"]] == [job]
    (error,) = ended.document["errors"]
    assert error["job_id"] == unknown and "anymedia settle" in error["next"]


@pytest.mark.parametrize("words", [["forget"], ["forget", "job_1", "--older-than", "1d"]])
def test_either_jobs_or_an_age(words: list[str], terminal: Terminal) -> None:
    assert terminal.type(*words).code == 2


def test_jobs_are_forgotten_by_their_age(terminal: Terminal) -> None:
    job = made(terminal)
    assert "nothing to forget" in terminal.type("forget", "--older-than", "1d").err
    assert terminal.type("forget", "--older-than", "0m").out == f"forgotten {job}\n"
    assert "must be an age" in terminal.type("forget", "--older-than", "1 year").err
