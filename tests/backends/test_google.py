"""Google through the public door, against the emulator and a toy: conversations, films, refusals, and what it cost."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.backends.google import BACKEND
from anymedia.backends.google.common import read_error
from anymedia.backends.google.interactions import file_id
from anymedia.spec import Problem
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, Fault
from toys import KEY, PICTURE, Provider, says
from workplace import Workplace

NEWEST = "gemini-nano-banana-2.1"
PRO = "gemini-3-pro-image"
CONTENTS = f"/v1/models/{PRO}:generateContent"
INTERACTIONS = "/v1/interactions"
HURRIED = Watch().backend(BACKEND)


@pytest.fixture
def google() -> Iterator[Emulator]:
    with Emulator("google", api_key=KEY) as emulator:
        yield emulator


@pytest.fixture
def place(tmp_path: Path, google: Emulator) -> Workplace:
    environ = {"GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": google.base_url, "TOY_API_KEY": ""}
    return Workplace(root=tmp_path, environ=environ)


@pytest.fixture
def toy_place(tmp_path: Path, provider: Provider) -> Workplace:
    return Workplace(root=tmp_path, environ={"GOOGLE_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": provider.url})


def film(place: Workplace, **parameters: Any) -> Any:
    return place.run(lambda client: client.video("a fox", **parameters), HURRIED)


# --- Keys ---------------------------------------------------------------------------------------------------------


def test_the_key_is_found_under_either_name_and_sent_in_googles_header(place: Workplace, google: Emulator) -> None:
    place.draw()
    (request,) = google.requests
    assert request.headers["x-goog-api-key"] == KEY
    assert "authorization" not in request.headers and KEY not in request.target


# --- Conversations ------------------------------------------------------------------------------------------------


def test_nothing_is_stored_at_google_unless_it_is_to_be_continued(place: Workplace, google: Emulator) -> None:
    assert place.draw().continuation_id is None
    assert place.draw(continuable=True).continuation_id is not None
    assert [request.json["store"] for request in google.requests] == [False, True]


def test_a_stored_interaction_is_continued_by_others_and_in_branches(place: Workplace, google: Emulator) -> None:
    first = place.draw(continuable=True)
    second = place.draw(prompt="bluer", continue_from=first.continuation_id)
    place.draw(prompt="redder", continue_from=first.continuation_id)
    place.draw(prompt="at night", continue_from=second.continuation_id)
    ids = [request.json.get("previous_interaction_id") for request in google.requests]
    assert ids[0] is None and ids[1] == ids[2] != ids[3]


def test_a_history_is_sent_again_as_it_came_and_outlives_the_file(place: Workplace, google: Emulator) -> None:
    first = place.draw(model=PRO, continuable=True)
    picture = first.path.read_bytes()
    first.path.unlink()
    second = place.draw(prompt="bluer", continue_from=first.continuation_id)
    asked, answered, then = google.requests[-1].json["contents"]
    assert asked == {"role": "user", "parts": [{"text": "a fox"}]}
    assert then == {"role": "user", "parts": [{"text": "bluer"}]}
    (part,) = answered["parts"]
    assert part["inlineData"] == {"mimeType": "image/png", "data": b64encode(picture).decode()}
    assert part["thoughtSignature"] and answered["role"] == "model"
    assert (second.model, second.adjustments) == (PRO, ())


def test_a_history_branches_and_grows(place: Workplace, google: Emulator) -> None:
    first = place.draw(model=PRO, continuable=True)
    second = place.draw(prompt="bluer", continue_from=first.continuation_id)
    place.draw(prompt="redder", continue_from=first.continuation_id)
    place.draw(prompt="at night", continue_from=second.continuation_id)
    assert [len(request.json["contents"]) for request in google.requests] == [1, 3, 3, 5]


def test_an_interaction_that_google_forgot_goes_on_from_the_picture_and_says_so(
    place: Workplace, google: Emulator
) -> None:
    first = place.draw(continuable=True)
    gone = "The previous interaction was not found."
    google.script(INTERACTIONS, [Fault.status(400, billed=False, code="not_found", message=gone)])
    second = place.draw(prompt="bluer", continue_from=first.continuation_id)
    (adjustment,) = second.adjustments
    assert adjustment.field == "continue_from"
    pieces = google.requests[-1].json["input"][0]["content"]
    assert [piece["type"] for piece in pieces] == ["text", "image"]


# --- What it cost -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "resolution", "dollars"),
    [(NEWEST, "1K", "0.033603"), (NEWEST, "4K", "0.075603"), (PRO, "2K", "0.201604")],
)
def test_a_picture_is_settled_by_the_tokens_that_were_used(
    model: str, resolution: str, dollars: str, place: Workplace
) -> None:
    """Two tokens of prompt by the emulator's count, and those of the picture."""
    made = place.draw(model=model, resolution=resolution)
    assert made.cost.amount == Decimal(dollars)
    assert place.row["reserved_nano"] >= Decimal(dollars) * 10**9


def test_what_a_film_costs_that_another_goes_into_is_unknown_and_over_any_cap(place: Workplace) -> None:
    first = film(place, duration=4, continuable=True)
    assert first.cost.amount == Decimal("0.28")
    with pytest.raises(errors.BudgetExceeded):
        film(place, continue_from=first.continuation_id, max_cost="100")


# --- Films --------------------------------------------------------------------------------------------------------


def test_a_film_is_ordered_in_the_background_polled_and_fetched_as_a_file(place: Workplace, google: Emulator) -> None:
    made = film(place, duration=4, resolution="1080p", aspect_ratio="9:16")
    assert made.path.read_bytes()[4:8] == b"ftyp"
    sent, *followed = google.requests
    assert sent.json["background"] is True and sent.json["response_format"]["delivery"] == "uri"
    assert [request.path.split("/")[2] for request in followed] == ["interactions", "interactions", "files", "files"]
    assert (google.submits, google.billed) == (1, 1)


def test_a_film_that_is_cancelled_is_cancelled_at_google(place: Workplace, google: Emulator) -> None:
    with pytest.raises(errors.StillRunning):
        place.run(lambda client: client.video("a fox", wait=0.5))

    async def cancelled(client: AsyncClient) -> None:
        await client.cancel(place.row["id"])
        await client.resume(place.row["id"], wait=10)

    with pytest.raises(errors.Cancelled):
        place.run(cancelled, HURRIED)
    assert [request.method for request in google.requests if request.path.endswith("/cancel")] == ["POST"]
    assert place.row["status"] == "cancelled"


@pytest.mark.parametrize(
    "asked",
    [
        {"last_frame": PICTURE},
        {"first_frame": PICTURE, "references": [PICTURE]},
        {"extend": True, "duration": 4},
        {"duration": 2},
        {"duration": 16},
        {"size": (1280, 720)},
    ],
    ids=lambda asked: "+".join(asked),
)
def test_what_the_models_cannot_do_is_refused_before_anything_is_sent(
    asked: Any, place: Workplace, google: Emulator
) -> None:
    with pytest.raises(errors.AnymediaError) as caught:
        film(place, backend="google", **asked)
    assert isinstance(caught.value, errors.UsageError | errors.ConfigurationError)
    assert google.requests == ()


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("https://generativelanguage.googleapis.com/v1beta/files/abc-123:download?alt=media", "abc-123"),
        ("https://elsewhere.example/v1/files/abc", "abc"),
        ("files/abc", "abc"),
        ("https://storage.example/profiles/abc", None),
        ("https://storage.example/files/..%2f..", None),
    ],
)
def test_a_file_is_known_by_its_id_and_asked_of_the_base_url(uri: str, found: str | None) -> None:
    assert file_id({"uri": uri}) == found


# --- Songs --------------------------------------------------------------------------------------------------------


def test_a_song_comes_in_the_asked_format_for_its_price(place: Workplace, google: Emulator) -> None:
    song = place.run(lambda client: client.music("a waltz", output_format="wav"))
    assert song.path.suffix == ".wav" and song.cost.amount == Decimal("0.08")
    assert google.requests[0].json["response_format"] == {"type": "audio", "mime_type": "audio/wav"}


# --- Refusals -----------------------------------------------------------------------------------------------------


def candidate(reason: str, **more: Any) -> Any:
    return {"candidates": [{"finishReason": reason, **more}], "usageMetadata": {}}


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}}, errors.Refused, "SAFETY"),
        (candidate("IMAGE_SAFETY", finishMessage="unsafe"), errors.Refused, "IMAGE_SAFETY: unsafe"),
        (candidate("RECITATION"), errors.Refused, "RECITATION"),
        (candidate("NO_IMAGE"), errors.EmptyOutput, "NO_IMAGE"),
        (candidate("STOP", content={"parts": [{"text": "Which fox?"}]}), errors.EmptyOutput, "Which fox"),
        ({"candidates": [], "usageMetadata": {}}, errors.EmptyOutput, "no picture"),
        ({"usageMetadata": {"candidatesTokenCount": 0}}, errors.EmptyOutput, "no picture"),
        ({"surprise": 1}, errors.UnexpectedReply, "candidates"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else None,
)
def test_a_reply_without_a_picture_says_why(
    reply: Any, kind: type[errors.AnymediaError], said: str, toy_place: Workplace, provider: Provider
) -> None:
    provider.on("POST", CONTENTS, says(reply))
    error = toy_place.failure(model=PRO)
    assert type(error) is kind and said in error.message and error.charged == "maybe"


def test_pictures_that_were_only_thought_of_are_no_results(toy_place: Workplace, provider: Provider) -> None:
    drawn = {"mimeType": "image/png", "data": b64encode(PICTURE).decode()}
    parts = [{"inlineData": drawn, "thought": True}, {"inlineData": drawn}]
    provider.on("POST", CONTENTS, says({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}))
    made = toy_place.draw(model=PRO)
    assert len(made.files) == 1
    assert toy_place.files(hidden=True) == []


@pytest.mark.parametrize(
    ("status", "reply", "expected"),
    [
        (400, {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT",
                         "details": [{"reason": "API_KEY_INVALID"}]}}, "authentication"),
        (401, {"error": {"code": "authentication", "message": "no key"}}, "authentication"),
        (403, [{"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}], "authentication"),
        (404, {"error": {"code": 404, "message": "models/x is not found", "status": "NOT_FOUND"}}, "model_gone"),
        (404, {"error": {"code": "model_not_found", "message": "no x"}}, "model_gone"),
        (429, {"error": {"code": 429, "message": "slowly", "status": "RESOURCE_EXHAUSTED"}}, "rate_limited"),
        (429, {"error": {"code": "quota_exceeded", "message": "tomorrow"}}, "rate_limited"),
        (400, {"error": {"code": 400, "message": "blocked", "details": [{"reason": "PROHIBITED_CONTENT"}]}}, "refused"),
        (404, {"error": {"code": "not_found", "message": "The previous interaction is gone"}}, "continuation_gone"),
        (404, {"error": {"code": "not_found", "message": "Interaction v1_1 was not found"}}, None),
        (400, {"error": {"code": "invalid_request", "message": "no"}}, None),
        (500, {"error": "no object"}, None),
    ],
    ids=str,
)  # fmt: skip
def test_an_error_reply_means(status: int, reply: Any, expected: str | None) -> None:
    problem = read_error(status, reply)
    assert (problem.kind if isinstance(problem, Problem) else None) == expected


def test_a_retired_model_is_refused_with_its_successor(place: Workplace, google: Emulator) -> None:
    del place.environ["GOOGLE_GEMINI_BASE_URL"]  # another server may still have it
    error = place.failure(model="gemini-2.5-flash-image")
    assert isinstance(error, errors.RetiredModel) and NEWEST in str(error)
    assert google.requests == ()
