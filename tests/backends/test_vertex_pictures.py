"""Gemini's pictures on Vertex AI through the public door: the default, conversations, refusals, and what it cost."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import errors
from anymedia.testing.emulator import Emulator
from toys import KEY, PICTURE, Provider, says
from workplace import Workplace

NEWEST = "gemini-nano-banana-2.1"
PRO = "gemini-3-pro-image"
MODELS = "/v1beta1/publishers/google/models"


@pytest.fixture
def vertex() -> Iterator[Emulator]:
    with Emulator("vertex", api_key=KEY) as emulator:
        yield emulator


@pytest.fixture
def place(tmp_path: Path, vertex: Emulator) -> Workplace:
    return place_at(tmp_path, vertex.base_url)


@pytest.fixture
def toy_place(tmp_path: Path, provider: Provider) -> Workplace:
    return place_at(tmp_path, provider.url)


def place_at(root: Path, url: str) -> Workplace:
    return Workplace(root=root, environ={"GOOGLE_VERTEX_API_KEY": KEY, "GOOGLE_VERTEX_BASE_URL": url})


def test_a_picture_needs_no_name_of_a_model(place: Workplace, vertex: Emulator) -> None:
    made = place.draw()
    assert (made.backend, made.model, made.warnings) == ("vertex", NEWEST, ())
    (request,) = vertex.requests
    assert request.path == f"{MODELS}/{NEWEST}:generateContent"


def test_a_retired_model_is_refused_with_its_successor(place: Workplace) -> None:
    del place.environ["GOOGLE_VERTEX_BASE_URL"]  # another server may still have it
    error = place.failure(model="imagen-4.0-ultra-generate-001")
    assert isinstance(error, errors.RetiredModel)
    assert PRO in str(error)


def test_a_history_is_sent_again_as_it_came_and_outlives_the_file(place: Workplace, vertex: Emulator) -> None:
    first = place.draw(model=PRO, continuable=True, output_format="jpeg")
    picture = first.path.read_bytes()
    first.path.unlink()
    second = place.draw(prompt="bluer", continue_from=first.continuation_id)
    asked, answered, then = vertex.requests[-1].json["contents"]
    assert asked == {"role": "user", "parts": [{"text": "a fox"}]}
    assert then == {"role": "user", "parts": [{"text": "bluer"}]}
    (part,) = answered["parts"]
    assert part["inlineData"] == {"mimeType": "image/jpeg", "data": b64encode(picture).decode()}
    assert part["thoughtSignature"] and answered["role"] == "model"
    assert (second.model, second.adjustments) == (PRO, ())


def test_a_thought_is_no_picture_and_its_signature_is_kept(toy_place: Workplace, provider: Provider) -> None:
    data = {"mimeType": "image/png", "data": b64encode(PICTURE).decode()}
    parts = [
        {"text": "thinking", "thought": True},
        {"inlineData": data, "thought": True},
        {"inlineData": data, "thoughtSignature": "c2lnbmVk-_"},
    ]
    provider.on("POST", f"{MODELS}/{NEWEST}:generateContent", says(reply_of(parts)), says(reply_of(parts[2:])))
    first = toy_place.draw(continuable=True)
    assert len(first.files) == 1
    toy_place.draw(prompt="bluer", continue_from=first.continuation_id)
    assert provider.requests[-1].json["contents"][1] == {"role": "model", "parts": parts}


def reply_of(parts: list[Any]) -> Any:
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 1120},
    }


@pytest.mark.parametrize("asked", [{"seed": 7}, {"n": 2}, {"mask_mode": "semantic"}], ids=str)
def test_what_gemini_does_not_serve_is_said_and_nothing_is_sent(
    asked: dict[str, Any], place: Workplace, vertex: Emulator
) -> None:
    assert isinstance(place.failure(model=NEWEST, **asked), errors.UnsupportedParameter)
    assert vertex.submits == 0


@pytest.mark.parametrize(("resolution", "dollars"), [("1K", "0.033603"), ("4K", "0.075603")])
def test_a_picture_is_settled_by_the_tokens_that_were_used(resolution: str, dollars: str, place: Workplace) -> None:
    """Two tokens of prompt by the emulator's count, and those of the picture."""
    made = place.draw(resolution=resolution)
    assert made.cost.amount == Decimal(dollars)
    assert place.row["reserved_nano"] >= Decimal(dollars) * 10**9


@pytest.mark.parametrize(
    "reply",
    [
        {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "no"}, "usageMetadata": {}},
        {"candidates": [{"finishReason": "IMAGE_SAFETY", "finishMessage": "no"}], "usageMetadata": {}},
    ],
    ids=["prompt", "picture"],
)
def test_a_refusal_names_googles_reason(reply: Any, toy_place: Workplace, provider: Provider) -> None:
    provider.on("POST", f"{MODELS}/{NEWEST}:generateContent", says(reply))
    error = toy_place.failure()
    assert isinstance(error, errors.Refused)
    assert "no" in error.message and error.charged == "maybe"
