"""Going on from an earlier result: across restarts, in branches, and when the provider has forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from anymedia import errors
from anymedia.engine import continuations
from anymedia.media import MediaFile
from anymedia.spec import Call, Continuation, Flow, Succeeded, post
from anymedia.testing.emulator import Emulator, Fault
from toys import PICTURE, Provider, picture, sends, toy, toy_model
from workplace import EDITS, RESPONSES, Workplace

GONE = Fault.status(400, billed=False, code="previous_response_not_found")


def test_a_result_can_be_continued_by_another_process(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(continuable=True)
    second = openai.draw(prompt="bluer", continue_from=first.continuation_id)
    third = openai.draw(prompt="at night", continue_from=second.continuation_id)
    ids = [request.json.get("previous_response_id") for request in emulator.requests]
    assert ids[0] is None and len({*ids}) == 3
    assert len({first.continuation_id, second.continuation_id, third.continuation_id}) == 3
    assert (second.backend, second.model) == (first.backend, first.model)


def test_a_result_can_be_continued_twice(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(continuable=True)
    openai.draw(prompt="bluer", continue_from=first.continuation_id)
    openai.draw(prompt="redder", continue_from=first.continuation_id)
    _, one, other = (request.json.get("previous_response_id") for request in emulator.requests)
    assert one == other


def test_without_being_asked_nothing_is_kept(openai: Workplace, emulator: Emulator) -> None:
    assert openai.draw().continuation_id is None
    assert openai.rows(table="continuation") == []
    assert [request.path for request in emulator.requests] == ["/v1/images/generations"]


def test_a_forgotten_conversation_goes_on_from_the_last_picture_and_says_so(
    openai: Workplace, emulator: Emulator
) -> None:
    first = openai.draw(continuable=True)
    emulator.script(RESPONSES, [GONE])
    second = openai.draw(prompt="bluer", continue_from=first.continuation_id)
    assert [request.path for request in emulator.requests] == [RESPONSES, RESPONSES, EDITS]
    assert PICTURE in emulator.requests[-1].body
    (adjustment,) = second.adjustments
    assert (adjustment.field, adjustment.asked) == ("continue_from", first.continuation_id)
    assert [row["status"] for row in openai.rows()] == ["done", "rejected", "done"]


def test_a_forgotten_conversation_goes_on_even_when_the_picture_was_moved(
    openai: Workplace, emulator: Emulator
) -> None:
    first = openai.draw(continuable=True)
    first.path.unlink()
    emulator.script(RESPONSES, [GONE])
    openai.draw(prompt="bluer", continue_from=first.continuation_id)
    assert PICTURE in emulator.requests[-1].body


@pytest.mark.parametrize("model", ["gpt-image-2.6-sunburst", "GPT-Image-2.6-Sunburst", "openai:gpt-image-2.6-sunburst"])
def test_naming_the_same_model_keeps_the_conversation(model: str, openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(continuable=True)
    second = openai.draw(prompt="bluer", continue_from=first.continuation_id, model=model)
    assert emulator.requests[-1].json["previous_response_id"]
    assert second.adjustments == ()


@pytest.mark.parametrize("name", ["openai", "OpenAI"])
def test_naming_the_same_backend_keeps_the_conversation(name: str, openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(continuable=True)
    assert openai.draw(prompt="bluer", continue_from=first.continuation_id, backend=name).adjustments == ()


def test_another_model_goes_on_from_the_last_picture_and_says_so(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(continuable=True)
    second = openai.draw(prompt="bluer", continue_from=first.continuation_id, model="gpt-image-2")
    assert (second.model, emulator.requests[-1].path) == ("gpt-image-2", EDITS)
    assert second.adjustments[0].field == "continue_from"


@pytest.mark.parametrize("name", ["cont_none", "", "../../x"])
def test_an_unknown_continuation_is_an_unknown_name(name: str, openai: Workplace, emulator: Emulator) -> None:
    assert isinstance(openai.failure(continue_from=name), errors.UnknownName)
    assert emulator.submits == 0


def test_a_continuation_belongs_to_its_operation(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(continuable=True)
    with pytest.raises(errors.InvalidParameter):
        openai.run(lambda client: client.speech("hello", continue_from=first.continuation_id))


@pytest.mark.parametrize("parameters", [{"n": 2}, {"markup": picture(), "input_images": [picture()]}])
def test_what_a_conversation_cannot_do_is_refused_before_anything_is_sent(
    parameters: Any, openai: Workplace, emulator: Emulator
) -> None:
    first = openai.draw(continuable=True)
    assert isinstance(openai.failure(continue_from=first.continuation_id, **parameters), errors.UsageError)
    assert emulator.submits == 1


def remembering(provider: Provider, seen: list[Any], kind: Any = "history") -> Any:
    """A backend whose state is the exchange itself, with its picture in it."""

    def submit(call: Call) -> Flow:
        seen.append(call.continuation)
        response = yield post("/buy", json={})
        file = MediaFile(media_type="image/png", data=PICTURE, size=len(PICTURE))
        state = {"turns": [{"say": "hello", "picture": file}]} if kind == "history" else None
        return Succeeded(files=(response.spilled,), continuation=state)

    provider.on("POST", "/buy", sends(PICTURE))
    kept = Continuation(state=kind, how="a toy", lives="for ever")
    return toy(provider.url, submit, model=toy_model(continuation=kept))


def test_media_within_a_state_outlives_the_users_file(workplace: Workplace, provider: Provider) -> None:
    seen: list[Any] = []
    backend = remembering(provider, seen)
    first = workplace.draw(backend, continuable=True)
    first.path.unlink()
    workplace.draw(backend, continue_from=first.continuation_id)
    turn = seen[-1]["turns"][0]
    assert (turn["say"], turn["picture"].read_bytes()) == ("hello", PICTURE)
    assert b"PNG" not in (workplace.state / "ledger.sqlite").read_bytes()


def test_a_model_that_only_needs_its_last_picture_gets_it(workplace: Workplace, provider: Provider) -> None:
    seen: list[Any] = []
    backend = remembering(provider, seen, "last_output")
    first = workplace.draw(backend, continuable=True)
    first.path.unlink()
    workplace.draw(backend, continue_from=first.continuation_id)
    assert seen[-1]["last_output"].read_bytes() == PICTURE


def test_the_least_recently_used_go_first_and_take_their_blobs_along(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(continuations, "MOST", 2)
    backend = remembering(provider, [], "last_output")
    provider.on("POST", "/buy", *(sends(picture(name)) for name in "abcd"))
    first, second = (workplace.draw(backend, continuable=True) for _ in range(2))
    third = workplace.draw(backend, continue_from=first.continuation_id)
    kept = {row["id"] for row in workplace.rows(table="continuation")}
    assert kept == {first.continuation_id, third.continuation_id}
    assert isinstance(workplace.failure(backend, continue_from=second.continuation_id), errors.UnknownName)
    blobs = [path.read_bytes() for path in (workplace.state / "blobs").rglob("*") if path.is_file()]
    assert sorted(blobs) == sorted([picture("a"), picture("c")])


def test_media_counts_against_the_bytes_that_are_kept(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(continuations, "MOST_BYTES", 3 * len(PICTURE))
    backend = remembering(provider, [])
    for _ in range(6):
        workplace.draw(backend, continuable=True)
    assert len(workplace.rows(table="continuation")) <= 3


def test_media_of_the_reply_may_stand_in_a_state(workplace: Workplace, provider: Provider) -> None:
    seen: list[Any] = []

    def submit(call: Call) -> Flow:
        seen.append(call.continuation)
        response = yield post("/buy", json={})
        came = response.spilled
        assert came is not None
        kept = MediaFile(media_type=came.media_type, spilled=came, size=came.size)
        return Succeeded(files=(came,), continuation={"turns": [kept]})

    provider.on("POST", "/buy", sends(PICTURE))
    history = Continuation(state="history", how="a toy", lives="for ever")
    backend = toy(provider.url, submit, model=toy_model(continuation=history))
    first = workplace.draw(backend, continuable=True)
    first.path.unlink()
    workplace.draw(backend, continue_from=first.continuation_id)
    assert seen[-1]["turns"][0].read_bytes() == PICTURE
