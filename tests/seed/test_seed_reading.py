"""The seed's questions about files: how they are asked, who answers, how they go on, and what is said of mistakes."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from films import pieces
from house import INPUT, House

from anymedia import AnymediaError, Batch, Progress, errors
from anymedia.testing.emulator import Fault
from scribe import recording
from toys import PICTURE, padded, picture

RESPONSES = "/v1/responses"
SAID = "The files, in their order:\n1: before\n2: after\n\nWhat changed?"


@pytest.fixture(autouse=True)
def files(house: House) -> None:
    """Files to look at, where the tests stand."""
    (house.place.root / "a.png").write_bytes(PICTURE)
    (house.place.root / "b.png").write_bytes(picture("b"))


def at(house: House, name: str) -> str:
    return str(house.place.root / name)


def asked(house: House) -> list[str]:
    """The words of each question that OpenAI was paid for."""
    return [pieces(request)[0]["text"] for request in house.paid("openai")]


# --- Files and inputs -----------------------------------------------------------------------------------------------


def test_one_file_and_a_question_give_one_answer(house: House) -> None:
    made = house.opens("openai").read("What is this?", files=at(house, "a.png"))
    assert made.text and (made.operation, made.continuation_id, made.findings) == ("describe", None, None)
    assert asked(house) == ["What is this?"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"files": []},
        {"files": {}},
        {"inputs": []},
        {"inputs": {"files": "a.png"}},
        {"inputs": ["a.png"]},
        {"inputs": [{"files": INPUT}], "files": INPUT},
        {"files": {"": INPUT}},
        {"files": [None]},
        {"files": INPUT, "review": "yes"},
        {"files": INPUT, "review": True, "instructions": 7},
    ],
    ids=str,
)
def test_there_must_be_either_files_or_inputs_or_an_answer_to_go_on_with(given: Any, house: House) -> None:
    error = house.opens("openai").unread(**given)
    assert isinstance(error, errors.InvalidParameter) and house.buyers == {}


def test_a_question_is_needed_unless_it_is_a_review(house: House) -> None:
    error = house.opens("openai").unread(None, files=INPUT)
    assert isinstance(error, errors.InvalidParameter) and "`prompt`" in error.message and house.buyers == {}


@pytest.mark.parametrize(
    "name, example", [("nowhere.png", "photo.png"), ("no.mp3", "talk.mp3"), ("no.mp4", "clip.mp4")]
)
def test_a_missing_file_is_named_with_an_example_that_fits_its_medium(name: str, example: str, house: House) -> None:
    error = house.opens("openai").unread(files=at(house, name))
    assert isinstance(error, errors.InvalidInput) and name in error.message
    assert f'files="{example}"' in str(error) and house.buyers == {}


@pytest.mark.parametrize(
    ("name", "example"),
    [("image_path", "photo.png"), ("audio_paths", "talk.mp3"), ("video_path", "clip.mp4"), ("file_path", "photo.png")],
)
def test_a_parameter_of_before_is_refused_with_the_right_call_for_its_medium(
    name: str, example: str, house: House
) -> None:
    house.opens("openai")
    for error in (house.unread(**{name: "a.png"}), house.read(inputs=[{name: "a.png"}])[0]):
        assert isinstance(error, errors.UnsupportedParameter) and name in error.message
        assert f'files="{example}"' in str(error) and house.buyers == {}


def test_inputs_as_json_text_are_the_same_and_malformed_text_is_an_error_that_says_so(house: House) -> None:
    inputs = json.dumps([{"files": {"before": at(house, "a.png"), "after": at(house, "b.png")}}])
    house.opens("openai").read("What changed?", inputs=inputs)
    assert asked(house) == [SAID]
    error = house.unread(inputs='[{"files": "a.png"')
    assert (
        isinstance(error, errors.InvalidParameter) and "no JSON" in error.message and "Such as: inputs=" in str(error)
    )


@pytest.mark.parametrize("several", [True, False], ids=["list", "one"])
def test_file_paths_are_another_name_for_files_and_both_together_are_refused(several: bool, house: House) -> None:
    paths: Any = [at(house, "a.png"), at(house, "b.png")] if several else at(house, "a.png")
    house.opens("openai").read(inputs=[{"file_paths": paths, "prompt": "What changed?"}])
    assert len(pieces(house.paid("openai")[0])) == (3 if several else 2) and asked(house) == ["What changed?"]
    error = house.unread(files=paths, file_paths=paths)
    assert isinstance(error, errors.InvalidParameter) and "given twice" in error.message


def test_the_names_of_files_stand_before_the_question(house: House) -> None:
    house.opens("openai").read("What changed?", files={"before": at(house, "a.png"), "after": at(house, "b.png")})
    assert asked(house) == [SAID]
    assert [piece["type"] for piece in pieces(house.paid("openai")[0])] == ["input_text", "input_image", "input_image"]


# --- Batches --------------------------------------------------------------------------------------------------------


def test_inputs_give_a_batch_in_their_order_and_one_that_fails_does_not_stop_the_others(house: House) -> None:
    house.opens("openai").emulators["openai"].script(RESPONSES, [Fault.status(400, billed=False)])
    questions = ["What?", "Where?", "Who?"]
    inputs = [{"files": INPUT, "prompt": each} for each in questions] + [{"files": "nowhere.png"}]
    batch = house.read("Why?", inputs=inputs, max_concurrent=1)
    assert isinstance(batch, Batch) and asked(house) == questions
    assert [isinstance(outcome, AnymediaError) for outcome in batch] == [True, False, False, True]
    document = batch.document()
    assert (document["success"], document["total"], document["succeeded"], document["failed"]) == (False, 4, 2, 2)


def test_one_question_and_many_have_the_same_shape(house: House) -> None:
    one = house.opens("openai").read(files=INPUT).document()
    many = house.read(inputs=[{"files": INPUT}, {"files": "nowhere.png"}]).document()
    assert one.keys() == many.keys()
    assert [entry.keys() for entry in many["results"]] == [one["results"][0].keys()] * 2


@pytest.mark.parametrize("wrong", [0, -1, True, "4", 1.5], ids=repr)
def test_the_number_of_inputs_at_once_is_checked(wrong: object, house: House) -> None:
    error = house.opens("openai").unread(inputs=[{"files": INPUT}], max_concurrent=wrong)
    assert isinstance(error, errors.InvalidParameter) and house.buyers == {}


def test_every_input_tells_of_its_own_progress(house: House) -> None:
    told: list[Progress] = []
    house.opens("openai").read(inputs=[{"files": INPUT}, {"files": INPUT}], on_progress=told.append)
    assert len(Counter(each.job_id for each in told)) == 2


def test_the_cost_of_all_inputs_together_is_capped(house: House) -> None:
    inputs = [{"files": INPUT}, {"files": INPUT}]
    batch = house.opens("openai").read(inputs=inputs, max_cost="0.50", max_concurrent=1)
    assert [type(outcome).__name__ for outcome in batch] == ["Result", "BudgetExceeded"]
    assert house.buyers == {"openai": 1}


# --- Going on -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["openai", "google"])
def test_a_follow_up_needs_no_file_and_reaches_the_backend_with_what_it_goes_on_with(
    backend: str, house: House
) -> None:
    """Each call is a client of its own, as after a restart."""
    first = house.opens("openai", "google").read(files=INPUT, backend=backend, continuable=True)
    second = house.read("And where?", continue_from=first.continuation_id)
    assert (second.backend, second.model) == (first.backend, first.model)
    begun, gone_on = (request.json for request in house.paid(backend))
    name = {"openai": "previous_response_id", "google": "previous_interaction_id"}[backend]
    assert name not in begun and gone_on[name]
    assert second.continuation_id not in (None, first.continuation_id)
    assert "data" not in json.dumps(gone_on["input"]) and house.buyers == {backend: 2}


def test_a_provider_that_keeps_nothing_is_sent_the_whole_conversation_again(house: House) -> None:
    first = house.opens("openrouter").read(files=at(house, "a.png"), continuable=True)
    (house.place.root / "a.png").unlink()
    house.read("And where?", continue_from=first.continuation_id)
    begun, gone_on = (request.json["messages"] for request in house.paid("openrouter"))
    assert gone_on[0] == begun[0] and [each["role"] for each in gone_on] == ["user", "assistant", "user"]
    assert gone_on[1]["content"] == first.text


def test_a_conversation_branches_where_it_is_gone_on_with_twice(house: House) -> None:
    first = house.opens("openai").read(files=INPUT, continuable=True)
    left = house.read("Left?", continue_from=first.continuation_id)
    right = house.read("Right?", continue_from=first.continuation_id)
    house.read("More?", inputs=[{"continue_from": left.continuation_id}, {"continue_from": right.continuation_id}])
    begun, *others = (request.json.get("previous_response_id") for request in house.paid("openai"))
    assert begun is None and others[0] == others[1] and len({*others}) == 3


def test_without_being_asked_to_nothing_is_kept_and_google_stores_nothing(house: House) -> None:
    made = house.opens("google").read(files=INPUT)
    assert made.continuation_id is None and house.paid("google")[0].json["store"] is False


@pytest.mark.parametrize("backend", ["openai", "google"])
def test_an_unknown_conversation_is_an_error_that_says_so(backend: str, house: House) -> None:
    error = house.opens(backend).unread(backend=backend, continue_from="conv_0123456789ab")
    assert isinstance(error, errors.UnknownName) and "conv_0123456789ab" in error.message and house.buyers == {}


def test_a_conversation_that_the_provider_has_forgotten_is_over_and_nothing_is_paid(house: House) -> None:
    first = house.opens("openai").read(files=INPUT, continuable=True)
    house.emulators.clear()
    error = house.opens("openai").unread("And now?", continue_from=first.continuation_id)
    assert isinstance(error, errors.ContinuationGone) and error.charged == "no"


def test_one_question_goes_on_with_one_answer(house: House) -> None:
    first = house.opens("openai").read(files=INPUT, continuable=True)
    error = house.unread(inputs=[{"files": INPUT}] * 2, continue_from=first.continuation_id)
    assert isinstance(error, errors.InvalidParameter) and "`continue_from`" in error.message
    assert house.buyers == {"openai": 1}


# --- Who answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["openai", "google", "openrouter"])
def test_a_question_goes_to_the_backend_that_is_named_where_it_can_and_the_answer_names_its_model(
    backend: str, house: House
) -> None:
    made = house.opens("openai", "google", "openrouter").read(files=INPUT, backend=backend)
    assert made.backend == backend and house.buyers == {backend: 1}


def test_a_backend_that_answers_nothing_about_files_is_refused_and_not_replaced(house: House) -> None:
    error = house.opens("openai", "grok").unread(files=INPUT, backend="grok")
    assert isinstance(error, errors.NoBackendAvailable) and "openai" in str(error) and house.buyers == {}


def test_after_a_failure_another_answers_only_by_leave_and_it_is_said(house: House) -> None:
    house.opens("openai", "google").emulators["openai"].script(RESPONSES, [Fault.status(400, billed=False)] * 2)
    assert house.unread(files=INPUT).backend == "openai"
    made = house.read(files=INPUT, fallback=True)
    assert (made.backend, made.model) == ("google", "gemini-3.8-flash")
    assert any("openai" in warning for warning in made.warnings)


@pytest.mark.parametrize(("name", "meant"), [("OpenAI", "openai"), ("Azure OpenAI", None), ("Claude", None)])
def test_a_name_that_is_shown_to_people_is_taken_in_any_case_or_refused_with_the_names_there_are(
    name: str, meant: str | None, house: House
) -> None:
    house.opens("openai", "google")
    if meant is not None:
        assert house.read(files=INPUT, backend=name).backend == meant
    else:
        error = house.unread(files=INPUT, backend=name)
        assert isinstance(error, errors.UnknownName) and "openai" in str(error) and house.buyers == {}


def test_the_model_that_answers_is_configured_apart_from_the_one_that_draws(house: House) -> None:
    house.opens("openai", "google")
    house.place.arguments = {"models": {"image": "gemini-3-pro-image"}, "prefer": {"describe": ["openai"]}}
    assert house.read(files=INPUT).backend == "openai"
    assert house.make("a fox").model == "gemini-3-pro-image"


def test_a_recording_of_more_than_25_megabytes_is_refused_also_by_leave(house: House) -> None:
    path = house.place.root / "long.wav"
    path.write_bytes(padded(recording(), 26 * 10**6))
    error = house.opens("openai").unread(files=path, model="gpt-audio-1.5", adapt=True)
    assert isinstance(error, errors.InvalidParameter) and "25 MB" in error.message and house.buyers == {}


def test_each_provider_is_sent_the_shape_that_it_takes(house: House) -> None:
    sound = house.place.root / "talk.wav"
    sound.write_bytes(recording())
    house.opens("openai", "google", "openrouter")
    for backend in house.emulators:
        house.read(files=INPUT, backend=backend)
        house.read(files=sound, backend=backend)
    looked, heard = (request.json for request in house.paid("openai"))
    assert looked["input"][0]["content"][1]["type"] == "input_image"
    assert heard["messages"][0]["content"][1]["type"] == "input_audio"
    kinds = [request.json["input"][0]["content"][0]["type"] for request in house.paid("google")]
    assert kinds == ["image", "audio"]
    kinds = [request.json["messages"][0]["content"][1]["type"] for request in house.paid("openrouter")]
    assert kinds == ["image_url", "input_audio"]
