"""The seed's one call: batches, contexts, and questions about media."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from house import INPUT, House

from anymedia import AnymediaError, Batch, errors
from anymedia.testing.emulator import Fault

GENERATIONS = "/v1/images/generations"


def test_a_batch_with_a_continuation_is_refused(house: House) -> None:
    first = house.opens("openai").make(continuable=True)
    error = house.failure(None, prompts=["bluer", "redder"], continue_from=first.continuation_id)
    assert isinstance(error, errors.InvalidParameter) and "`continue_from`" in error.message
    assert house.buyers == {"openai": 1}


@pytest.mark.parametrize("mode", ["speech", "music", "sound_effect"])
def test_what_is_to_be_heard_needs_no_context_and_nothing_is_put_before_it(mode: str, house: House) -> None:
    house.opens("elevenlabs").make("Hello.", mode=mode)
    sent = house.paid("elevenlabs")[0].json
    assert "Hello." in (sent.get("text"), sent.get("prompt"))


def test_a_batch_keeps_the_order_and_one_that_fails_does_not_stop_the_others(house: House) -> None:
    house.opens("openai").emulators["openai"].script(GENERATIONS, [Fault.status(400, billed=False)])
    batch = house.make(None, prompts=["a fox", "an owl", "a hare"], max_concurrent=1)
    assert isinstance(batch, Batch)
    failed, *made = batch.outcomes
    assert isinstance(failed, AnymediaError) and failed.charged == "no"
    assert [request.json["prompt"] for request in house.paid("openai")] == ["a fox", "an owl", "a hare"]
    document = batch.document()
    assert (document["success"], document["total"], document["succeeded"], document["failed"]) == (False, 3, 2, 1)
    assert [result.path.name.partition("-")[0] for result in made] == ["an", "a"]


def test_one_and_many_have_the_same_shape(house: House) -> None:
    one = house.opens("openai").make().document()
    many = house.make(None, prompts=["a fox"]).document()
    assert one.keys() == many.keys() and one["results"][0].keys() == many["results"][0].keys()
    refused = house.make(None, prompts=["a fox", "   "]).document()
    assert [entry.keys() for entry in refused["results"]] == [one["results"][0].keys()] * 2


@pytest.mark.parametrize("wrong", [0, -1, True, "4", 1.5], ids=repr)
def test_the_number_of_prompts_at_once_is_checked(wrong: object, house: House) -> None:
    error = house.opens("openai").failure(None, prompts=["a fox"], max_concurrent=wrong)
    assert isinstance(error, errors.InvalidParameter) and house.buyers == {}


def test_fewer_pictures_than_asked_for_are_kept_recorded_and_reported(house: House) -> None:
    house.opens("openai").emulators["openai"].script(GENERATIONS, [Fault.fewer_outputs(2)])
    error = house.failure(n=3)
    assert isinstance(error, errors.PartialResult)
    assert len(error.result.files) == 2 and all(Path(file).exists() for file in error.result.files)
    assert house.place.row["status"] == "partial" and house.place.row["settled_nano"]


# --- Questions about media ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "name"), [("describe", "media"), ("transcription", "audio"), ("describe", "film.mp4")], ids=str
)
def test_a_file_that_is_missing_is_named_before_anything_is_sent(mode: str, name: str, house: House) -> None:
    field = "audio" if mode == "transcription" else "media"
    prompt = None if mode == "transcription" else "What is this?"
    error = house.opens("openai").failure(prompt, mode=mode, **{field: f"nowhere/{name}"})
    assert isinstance(error, errors.InvalidInput) and "nowhere" in error.message
    assert house.buyers == {}


def test_a_question_goes_to_the_backend_that_is_named_and_the_answer_names_the_real_model(house: House) -> None:
    made = house.opens("openai", "google").make("What is this?", mode="describe", media=[INPUT], backend="google")
    assert made.text and made.backend == "google" and made.model == "gemini-3.8-flash"
    assert house.buyers == {"google": 1}


def test_a_recording_of_more_than_25_megabytes_is_refused_before_anything_is_sent(house: House) -> None:
    path = house.place.root / "long.wav"
    with wave.open(str(path), "wb") as recording:
        recording.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        recording.writeframes(bytes(26 * 10**6))
    error = house.opens("openai").failure(None, mode="transcription", audio=str(path), backend="openai")
    assert isinstance(error, errors.UsageError) and "25 MB" in str(error) and house.buyers == {}
