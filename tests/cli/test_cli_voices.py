"""Voices on the command line: made at Google's emulator, spoken with, listed from another process, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import KEY, Terminal

from anymedia.testing.emulator import Emulator, Fault
from scribe import recording

VOICES = "/v1beta/voices"


@pytest.fixture
def google() -> Iterator[Emulator]:
    with Emulator(dialect="google", api_key=KEY, media=recording()) as emulator:
        yield emulator


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], google: Emulator
) -> Terminal:
    terminal = Terminal(tmp_path, monkeypatch, capsys)
    terminal.set("GOOGLE_API_KEY", KEY)
    terminal.set("GOOGLE_GEMINI_BASE_URL", google.base_url)
    (terminal.folder / "ada.wav").write_bytes(recording(1.0))
    return terminal


def designed(terminal: Terminal) -> str:
    """The id of a new voice."""
    made = terminal.type("design-voice", "a warm narrator", "--name", "Ada", "--output", "ada-heard.wav", "--json")
    assert made.code == 0
    voice_id: str = made.document["results"][0]["resources"][0]["id"]
    return voice_id


def test_a_designed_voice_is_shown_with_its_sample(terminal: Terminal) -> None:
    made = terminal.type("design-voice", "a warm narrator", "--output", "ada-heard.wav")
    path, voice = made.out.splitlines()
    assert (made.code, path, voice) == (0, str(terminal.folder / "ada-heard.wav"), "voice voice_000000000001")
    assert (terminal.folder / "ada-heard.wav").read_bytes() == recording()


def test_a_made_voice_speaks(terminal: Terminal, google: Emulator) -> None:
    voice_id = designed(terminal)
    assert terminal.type("speech", "Hello there.", "--voice", voice_id).code == 0
    assert google.requests[-1].json["generation_config"] == {"speech_config": [{"voice": voice_id}]}
    remixed = terminal.type("design-voice", "older", "--base-voice", voice_id)
    assert remixed.code == 0 and google.requests[-1].json["voice"]["prompted"]["base_voice"] == voice_id


def test_a_clone_needs_the_consent_in_words_and_spoken(terminal: Terminal, google: Emulator) -> None:
    line = ["clone-voice", "Ada", "ada.wav", "--backend", "google"]
    assert "needs `--consent`" in terminal.type(*line).err
    unspoken = terminal.type(*line, "--consent", "by letter")
    assert unspoken.code == 2 and "`--consent-audio`" in unspoken.err and google.submits == 0
    made = terminal.type(*line, "--consent", "by letter", "--consent-audio", "ada.wav")
    assert (made.code, made.out) == (0, "voice voice_000000000001\n")
    assert "Google sent no sample of this voice" in made.err
    (job,) = terminal.type("jobs", "--json").document["jobs"]
    assert job["request"]["consent"] == "by letter"


def test_another_process_lists_and_deletes_it(terminal: Terminal, google: Emulator) -> None:
    voice_id = designed(terminal)
    listed, _ = terminal.start("resources", "--kind", "voice").communicate()
    assert listed.startswith(f"{voice_id}  voice  google  ")
    deleted, _ = terminal.start("resources", "delete", voice_id).communicate()
    assert deleted.startswith(voice_id) and "  deleted " in deleted
    assert terminal.type("resources").out == "" and f"{voice_id}  voice" in terminal.type("resources", "--deleted").out
    (kept,) = terminal.type("resources", "--deleted", "--json").document["resources"]
    assert kept["deleted_at"] is not None and google.requests[-1].method == "DELETE"


def test_what_is_gone_or_unknown_is_told_for_each(terminal: Terminal, google: Emulator) -> None:
    voice_id = designed(terminal)
    google.script(f"{VOICES}/{voice_id}", [Fault.status(404, billed=False)])
    ended = terminal.type("resources", "delete", voice_id, "voice_2")
    assert ended.code == 9 and ended.out.startswith(voice_id) and "There is no resource 'voice_2'" in ended.err
    assert terminal.type("resources", "delete", "voice_2", "--json").document["errors"][0]["code"] == "unknown_name"


def test_a_voice_whose_sample_is_broken_is_kept_and_named(terminal: Terminal, google: Emulator) -> None:
    google.script(VOICES, [Fault.missing_key("sample_audio")])
    ended = terminal.type("design-voice", "a warm narrator")
    assert ended.code != 0 and "voice voice_000000000001" in ended.out
    assert "Google made and keeps voice voice_000000000001" in ended.err
    assert terminal.type("resources").out.startswith("voice_000000000001")
