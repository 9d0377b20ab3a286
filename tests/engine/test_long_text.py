"""A text over the model's limit is spoken in parts: each is bought once, and one file comes of them."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import Options, SpeechRequest, errors
from anymedia.spec.long_text import pieces_of
from anymedia.testing.emulator import Emulator, Fault
from toys import KEY
from workplace import Workplace

SPEECH = "/v1/audio/speech"
SENTENCE = "The rain has stopped, and the street is drying. "
LONG = (SENTENCE * 200).strip()
"""Three parts for a model that takes 4,096 characters."""


@pytest.fixture
def speaker() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def place(workplace: Workplace, speaker: Emulator) -> Workplace:
    workplace.environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": speaker.base_url}
    return workplace


def speak(place: Workplace, text: str = LONG, **parameters: Any) -> Any:
    asked = {"backend": "openai", "model": "tts-1", "output_format": "wav", **parameters}
    return place.run(lambda client: client.speech(text, **asked))


def spoken(speaker: Emulator) -> list[str]:
    return [request.json["input"] for request in speaker.requests]


def _parts(place: Workplace) -> list[Any]:
    """The jobs of the parts, in their order."""
    return sorted((row for row in place.rows() if row["parent"]), key=lambda row: row["idempotency_key"])


def seconds_of(content: bytes) -> float:
    """Of the samples that are there: a provider that streams does not know their number in its header."""
    with wave.open(io.BytesIO(content)) as sound:
        samples = sound.readframes(2**24)
        return len(samples) / sound.getsampwidth() / sound.getnchannels() / sound.getframerate()


def test_every_word_is_bought_once_and_in_order(place: Workplace, speaker: Emulator) -> None:
    result = speak(place)
    in_order = [json.loads(row["request"])["text"] for row in _parts(place)]
    assert " ".join(in_order) == LONG
    assert sorted(spoken(speaker)) == sorted(in_order) and speaker.submits == 3
    assert all(len(part) <= 4096 and part.endswith(".") for part in in_order)
    assert place.files() == [result.path]
    assert {row["model"] for row in place.rows()} == {"tts-1"}


def test_the_sound_is_that_of_all_parts(place: Workplace) -> None:
    result = speak(place)
    parts = [Path(json.loads(row["kept_files"])[0]["path"]) for row in _parts(place)]
    assert len(parts) == 3
    assert seconds_of(result.read_bytes()) == pytest.approx(sum(seconds_of(part.read_bytes()) for part in parts))
    assert all(part.is_relative_to(place.state) for part in parts)


@pytest.mark.parametrize("output_format", [None, "mp3", "aac"])
def test_compressed_sound_is_joined_as_it_is(output_format: str | None, place: Workplace) -> None:
    result = speak(place, output_format=output_format)
    parts = [json.loads(row["kept_files"])[0] for row in _parts(place)]
    whole = sum(part["duration"] for part in parts)
    assert result.files[0].duration == pytest.approx(whole, abs=0.15)
    assert result.files[0].media_type == parts[0]["media_type"]


def test_parts_are_linked_and_what_they_cost_is_the_cost(place: Workplace) -> None:
    result = speak(place)
    rows = {row["id"]: row for row in place.rows()}
    parts = [row for row in rows.values() if row["parent"] == result.job_id]
    assert sorted(result.provider_metadata["parts"]) == sorted(row["id"] for row in parts)
    assert result.cost.amount == sum(Decimal(row["settled_nano"]) for row in parts) / 10**9 > 0
    assert rows[result.job_id]["settled_nano"] == 0
    job = place.run(lambda client: client.job(result.job_id))
    assert job.cost.amount == result.cost.amount
    assert any("3 parts" in warning for warning in result.warnings)


def test_a_cap_is_for_all_parts_together(place: Workplace, speaker: Emulator) -> None:
    with pytest.raises(errors.BudgetExceeded):
        speak(place, max_cost="0.10")
    assert not speaker.requests and not place.rows()
    speak(place, max_cost="0.15")


def test_parts_that_do_not_fit_under_a_cap_any_more_are_not_begun(place: Workplace, speaker: Emulator) -> None:
    """Somebody else spends after this was planned: nothing is bought by halves, and nothing is held."""
    opened = place.run(lambda client: client.open(SpeechRequest(text=LONG, output_format="wav"), _options()))
    place.arguments = {"budgets": {"per_day": "0.10"}}
    with pytest.raises(errors.AnymediaError) as caught:
        place.run(lambda client: client.finish(opened.job_id))
    assert "capped" in str(caught.value)
    assert speaker.submits == 0
    assert {(row["status"], row["settled_nano"]) for row in _parts(place)} <= {("not_sent", 0)}


def _options() -> Any:
    return Options(backend="openai", model="tts-1")


def test_a_part_that_fails_leaves_the_others_and_says_so(place: Workplace, speaker: Emulator) -> None:
    speaker.script(SPEECH, [Fault.status(400, billed=False)])
    with pytest.raises(errors.GenerationFailed) as caught:
        speak(place)
    assert caught.value.charged == "maybe"
    assert sorted(row["status"] for row in place.rows() if row["parent"]) == ["done", "done", "rejected"]
    assert (speaker.submits, speaker.billed, place.files()) == (3, 2, [])


def test_parts_that_were_bought_are_not_bought_again_after_a_crash(place: Workplace, speaker: Emulator) -> None:
    result = speak(place)
    place.write(
        "UPDATE job SET status='running', private_state='{}', kept_files='[]', result=NULL"
        f" WHERE id='{result.job_id}'"
    )
    result.path.unlink()
    again = place.run(lambda client: client.resume(result.job_id))
    assert again.path.exists() and speaker.submits == 3


@pytest.mark.parametrize(
    "asked",
    [{"output_format": "flac"}, {"output_format": "opus"}, {"text": "x" * 5000}],
    ids=["flac", "opus", "one word"],
)
def test_what_cannot_be_joined_or_taken_apart_is_refused_before_anything_is_sent(
    asked: Any, place: Workplace, speaker: Emulator
) -> None:
    with pytest.raises(errors.InvalidParameter):
        speak(place, **asked)
    assert not speaker.requests


def test_a_plan_says_that_there_are_parts_and_what_all_cost_at_most(place: Workplace) -> None:
    request = SpeechRequest(text=LONG)
    plan = place.run(lambda client: client.dry_run(request, _options()))
    assert plan.worst_case == Decimal("0.015") * (len(LONG) - 2) / 1000  # without the white space between parts
    assert any("3 parts" in warning for warning in plan.warnings)
    assert len(plan.wire["json"]["input"]) <= 4096


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("One two. Three four.", 12, ("One two.", "Three four.")),
        ("One two.\n\nThree. Four.", 15, ("One two.", "Three. Four.")),
        ('He said "Go." And went on.', 16, ('He said "Go."', "And went on.")),
        ("one two three", 8, ("one two", "three")),
        ("今日は。元気です。さようなら。", 9, ("今日は。元気です。", "さようなら。")),
        ("  short  ", 8, ("short",)),
        ("x" * 9, 8, None),
    ],
    ids=str,
)
def test_a_text_is_taken_apart_where_one_breathes(text: str, limit: int, pieces: Any) -> None:
    assert pieces_of(text, limit) == pieces


def test_a_scene_is_taken_apart_between_its_turns_only() -> None:
    scene = "Joe: Has it stopped? I think so.\nAnn: It has."
    assert pieces_of(scene, 40, between_lines=True) == tuple(scene.split("\n"))
    assert pieces_of(scene, 20, between_lines=True) is None
