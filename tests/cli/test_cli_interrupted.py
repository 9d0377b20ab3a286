"""Ctrl-C on a real process: jobs let go, are named, and can be gone on with; nothing is bought twice."""

from __future__ import annotations

import re
import signal
import subprocess
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


def submitting(process: subprocess.Popen[str], emulator: Emulator) -> str:
    """Wait until the paid request has arrived, and return the job's id."""
    assert process.stderr is not None
    job = re.match(r"(job_\w+): submitting", process.stderr.readline())
    assert job is not None
    while emulator.submits == 0:
        assert process.poll() is None
    return job[1]


def test_an_answer_that_never_comes_leaves_an_unknown_that_is_named(terminal: Terminal, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.no_answer()])
    process = terminal.start("image", "a red fox")
    job = submitting(process, emulator)

    busy = terminal.type("resume", job, "--wait", "0", "--json")
    assert (busy.code, busy.error["code"]) == (75, "running")

    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "interrupted: waiting up to" in process.stderr.readline()
    process.send_signal(signal.SIGINT)  # a second one does not wait for the answer
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, ""), err
    assert job in err

    swept = terminal.type("resume")
    assert swept.code == 6
    assert f"job: {job} (charged: maybe)" in swept.err
    assert emulator.submits == 1


def test_an_answer_within_the_grace_is_kept(terminal: Terminal, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.slow(0.5)])
    process = terminal.start("image", "a red fox", "--json")
    job = submitting(process, emulator)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert '"success": false' in out and job in out
    assert "interrupted" in err
    assert terminal.type("resume", job).out.splitlines() == [str(path) for path in terminal.pictures()]
    assert emulator.submits == 1


def test_what_waited_its_turn_is_sent_only_when_asked(terminal: Terminal, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.slow(0.5)])
    process = terminal.start("image", "fox", "hen", "--max-concurrent", "1")
    submitting(process, emulator)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    waiting = re.search(r"`anymedia resume (job_\w+)` sends it", err)
    assert waiting is not None

    swept = terminal.type("resume")
    assert waiting[1] in swept.err and emulator.submits == 1
    assert terminal.type("resume", waiting[1]).code == 0
    assert emulator.submits == 2


def test_a_reader_that_left_is_no_error(terminal: Terminal) -> None:
    process = terminal.start("models")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=20) == 141
    process.stderr.close()
