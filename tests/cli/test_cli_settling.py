"""The commands about jobs: submit, wait, cancel, reconcile, settle, send-again, spend, report."""

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


@pytest.fixture
def unknown(terminal: Terminal, emulator: Emulator) -> str:
    """A job that nobody knows anything about."""
    emulator.script(GENERATIONS, [Fault.close_after_body()])
    assert terminal.type("image", "a fox", "--quality", "low").code == 6
    return str(terminal.type("jobs", "--json").document["jobs"][0]["job_id"])


def test_submit_prints_ids_that_wait_takes(terminal: Terminal, emulator: Emulator) -> None:
    ended = terminal.type("submit", "--mode", "image", "a fox", "a bear", "--quiet")
    ids = ended.out.split()
    assert (ended.code, len(ids), emulator.submits) == (0, 2, 2)
    waited = terminal.type("wait", *ids)
    assert (waited.code, len(waited.out.splitlines()), emulator.submits) == (0, 2, 2)
    assert all(Path(path).exists() for path in waited.out.splitlines())


def test_submit_says_which_request_failed(terminal: Terminal, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.moderation()])
    ended = terminal.type("submit", "--mode", "image", "a fox", "--json")
    assert (ended.code, ended.document["jobs"], ended.document["errors"][0]["code"]) == (8, [], "refused")


def test_submit_rehearses(terminal: Terminal, emulator: Emulator) -> None:
    ended = terminal.type("submit", "--mode", "image", "a fox", "--dry-run")
    assert (ended.code, emulator.requests) == (0, ())
    assert "nothing was sent" in ended.err


def test_the_word_of_the_user_is_written_down(terminal: Terminal, unknown: str) -> None:
    ended = terminal.type("settle", unknown, "--made", "--cost", "0.02", "--json")
    (job,) = ended.document["jobs"]
    assert (ended.code, job["status"], job["cost"]["amount"], job["cost"]["source"]) == (
        0,
        "failed",
        "0.02",
        "your own word",
    )
    assert "your own word" in terminal.type("spend").out


def test_send_again_buys_once_more_by_ones_word(terminal: Terminal, unknown: str, emulator: Emulator) -> None:
    ended = terminal.type("send-again", unknown)
    assert (ended.code, emulator.submits) == (0, 2)
    assert Path(ended.out.strip()).exists()
    jobs = {job["job_id"]: job for job in terminal.type("jobs", "--json").document["jobs"]}
    assert jobs[unknown]["status"] == "unknown" and "Sent again" in jobs[unknown]["note"]


def test_reconcile_without_a_list_names_the_choices(terminal: Terminal, unknown: str, emulator: Emulator) -> None:
    ended = terminal.type("reconcile")
    assert (ended.code, ended.out, emulator.submits) == (2, "", 1)
    assert "--not-made" in ended.err and "send-again" in ended.err


def test_spend_names_sources_and_what_is_not_settled(terminal: Terminal, unknown: str) -> None:
    assert terminal.type("image", "a fox", "--quality", "low").code == 0
    shown = terminal.type("spend").out
    assert "developers.openai.com" in shown and "reserved at the worst case, not settled" in shown
    document = terminal.type("spend", "--by", "model", "--json").document
    assert document["spending"][0]["group"] == "openai:gpt-image-2.6-sunburst"


def test_report_is_for_people_and_for_programs(terminal: Terminal, unknown: str) -> None:
    assert "1 unknown" in terminal.type("report", "--since", "1h").out
    document = terminal.type("report", "--json").document
    assert [each["job_id"] for each in document["failed"]] == [unknown]
    assert terminal.type("report", "--since", "2099-01-01").out.startswith("0 jobs\n")


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("submit fox", 2, "--mode"),
        ("wait", 2, "JOB_ID"),
        ("wait nope", 2, "There is no job 'nope'"),
        ("cancel nope", 2, "There is no job 'nope'"),
        ("settle nope", 2, "Say `--made` or `--not-made`"),
        ("settle nope --made --cost much", 2, "must be an amount of US dollars"),
        ("settle nope --made --cost -1", 2, "must be an amount of US dollars"),
        ("settle nope --not-made --cost 1", 2, "belongs to"),
        ("send-again nope", 2, "There is no job 'nope'"),
        ("spend --by colour", 2, "is not one of"),
        ("spend --since yesterday", 2, "Such as 2026-11-22"),
        ("report --since yesterday", 2, "Such as 2026-11-22"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_mistyped_is_refused_in_words(
    terminal: Terminal, emulator: Emulator, line: str, code: int, says: str
) -> None:
    ended = terminal.type(*line.split())
    assert (ended.code, ended.out, emulator.requests) == (code, "", ())
    assert says in ended.err and "Traceback" not in ended.err
