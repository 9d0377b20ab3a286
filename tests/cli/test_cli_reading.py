"""`describe` as the command of `read_media`: conversations, frames and reviews, and what people mistype of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from terminal import Terminal

from anymedia.sketch.film import write
from anymedia.testing.emulator import Emulator
from toys import PICTURE


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], emulator: Emulator
) -> Terminal:
    """A terminal in a folder with a picture and a film, and a key for OpenAI."""
    terminal = Terminal(tmp_path, monkeypatch, capsys)
    terminal.use(emulator)
    Path("a.png").write_bytes(PICTURE)
    red = (Image.new("RGB", (64, 48), "red") for _ in range(20))
    write(Path("clip.mp4"), red, size=(64, 48), frames_per_second=10, sound=None, comment="a test")
    return terminal


def test_a_follow_up_needs_a_question_and_no_file(terminal: Terminal, emulator: Emulator) -> None:
    first = terminal.type("describe", "a.png", "What is this?", "--continuable", "--json")
    continuation = first.document["results"][0]["continuation_id"]
    assert f"to ask further: --continue-from {continuation}" in first.err
    ended = terminal.type("describe", "And where?", "--continue-from", continuation)
    assert ended.code == 0 and ended.out.strip()
    begun, gone_on = (request.json for request in emulator.requests)
    assert gone_on["previous_response_id"].startswith("resp_") and "previous_response_id" not in begun


def test_frames_of_a_film_are_sent_and_it_is_said(terminal: Terminal, emulator: Emulator) -> None:
    ended = terminal.type("describe", "clip.mp4", "What happens?", "--frames", "1 per second")
    assert ended.code == 0 and "adapted media: clip.mp4" in ended.err
    assert len(emulator.requests[0].json["input"][0]["content"]) == 3


def test_a_dry_run_shows_the_frames_and_sends_nothing(terminal: Terminal, emulator: Emulator) -> None:
    ended = terminal.type("describe", "clip.mp4", "What happens?", "--frames", "2", "--dry-run", "--json")
    (message,) = ended.document["wire"]["json"]["input"]
    assert [piece["type"] for piece in message["content"]] == ["input_text", "input_image", "input_image"]
    assert ended.document["adjustments"][0]["field"] == "media" and not emulator.requests


def test_a_review_needs_no_question_and_claims_nothing_that_it_cannot_read(
    terminal: Terminal, emulator: Emulator
) -> None:
    ended = terminal.type("describe", "a.png", "--review")
    assert ended.code == 0 and "No review could be read out of the answer" in ended.err
    assert "severity" in json.dumps(emulator.requests[0].json["instructions"])


WRONG = [
    ("describe --review", "a file and then a question"),
    ("describe a.png --continue-from cont_1", "There is no question"),
    ("describe What? --continue-from cont_1", "no continuation 'cont_1'"),
    ("describe a.png What? --frames 3", "none among the files"),
    ("describe clip.mp4 What? --frames some", "`--frames` must be a number from 1 to 60"),
    ("describe clip.mp4 What? --frames 3 --max-frames 61", "`--max-frames` must be a whole number"),
    ("describe clip.mp4 What? --backend openai", "frames=10"),
]


@pytest.mark.parametrize(("line", "says_so"), WRONG, ids=[line for line, _ in WRONG])
def test_is_refused_in_words_and_nothing_is_sent(
    terminal: Terminal, emulator: Emulator, line: str, says_so: str
) -> None:
    ended = terminal.type(*line.split())
    assert (ended.code, ended.out) == (2, "") and says_so in ended.err
    assert not emulator.requests
