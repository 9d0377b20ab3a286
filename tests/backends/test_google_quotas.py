"""Google's quota errors at both of its doors: which quota it was, and how long Google asks to wait."""

from __future__ import annotations

import time
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from anymedia import errors
from toys import KEY, PICTURE, Provider, says
from workplace import Workplace

MODEL = "gemini-3-pro-image"
DOORS = {
    "google": ("GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", f"/v1/models/{MODEL}:generateContent"),
    "vertex": (
        "GOOGLE_VERTEX_API_KEY",
        "GOOGLE_VERTEX_BASE_URL",
        f"/v1beta1/publishers/google/models/{MODEL}:generateContent",
    ),
}
QUOTA = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
DRAWN = {
    "candidates": [
        {"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": b64encode(PICTURE).decode()}}]}}
    ],
    "usageMetadata": {},
}


def exceeded(pause: Any = None, violations: Any = ()) -> dict[str, Any]:
    """The error as public issues of Google's official client quote it."""
    details: list[Any] = [{"@type": "type.googleapis.com/google.rpc.Help", "links": []}]
    if violations:
        details.append({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations})
    if pause is not None:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": pause})
    said = "You exceeded your current quota, please check your plan and billing details."
    return {"error": {"code": 429, "message": said, "status": "RESOURCE_EXHAUSTED", "details": details}}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, tmp_path: Path, provider: Provider) -> tuple[Workplace, str]:
    """A place with the key of one door, and the path that is asked there."""
    key, url, path = DOORS[request.param]
    return Workplace(root=tmp_path, environ={key: KEY, url: provider.url}), path


def test_the_quota_and_the_pause_are_said(door: tuple[Workplace, str], provider: Provider) -> None:
    place, path = door
    violation = {"quotaMetric": "googleapis.com/requests", "quotaId": QUOTA, "quotaValue": "15"}
    provider.on("POST", path, says(exceeded("3600s", [violation]), 429))
    error = place.failure(model=MODEL)
    assert isinstance(error, errors.RateLimited) and error.retry_at is not None
    assert 3500 < (error.retry_at - datetime.now(UTC)).total_seconds() <= 3600
    assert f"{QUOTA} (at most 15): You exceeded your current quota" in error.message


def test_a_short_pause_is_waited_for(door: tuple[Workplace, str], provider: Provider) -> None:
    place, path = door
    provider.on("POST", path, says(exceeded("1.250000001s"), 429), says(DRAWN))
    began = time.monotonic()
    assert place.draw(model=MODEL).path.read_bytes() == PICTURE
    assert time.monotonic() - began >= 1.25


@pytest.mark.parametrize(
    "violation",
    [{"description": "Daily limit"}, {"quotaMetric": "Daily limit"}, {"quotaId": "Daily limit"}],
    ids=lambda violation: next(iter(violation)),
)
def test_a_quota_is_named_by_what_google_gives(violation: Any, door: tuple[Workplace, str], provider: Provider) -> None:
    place, path = door
    provider.on("POST", path, says(exceeded("3600s", [violation, violation]), 429))
    assert "Daily limit: You exceeded" in place.failure(model=MODEL).message


@pytest.mark.parametrize("details", [None, "text", [7], [{"retryDelay": "soon"}], [{"violations": [7]}]], ids=str)
def test_details_that_nobody_understands_are_a_rate_limit_still(
    details: Any, door: tuple[Workplace, str], provider: Provider
) -> None:
    place, path = door
    error = exceeded()
    error["error"]["details"] = details
    provider.on("POST", path, says(error, 429, retry_after="3600"))
    failure = place.failure(model=MODEL)
    assert isinstance(failure, errors.RateLimited)
    assert "You exceeded your current quota" in failure.message
