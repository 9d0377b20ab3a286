"""How requests are repeated: with growing pauses while it is safe, never endlessly, and not once the quota is empty."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.spec import Call, Flow, post
from anymedia.testing.emulator import Fault
from toys import PICTURE, Provider, breaks, drawn, queue_backend, says, sends, serve_job, toy
from workplace import Workplace

BROKEN = says({}, 503)


def test_the_pauses_between_safe_requests_grow(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, BROKEN, BROKEN, BROKEN)
    began = time.monotonic()
    workplace.draw(queue_backend(provider.url))
    assert time.monotonic() - began >= 0.25 + 0.5 + 1.0
    assert provider.count("GET", "/jobs/1") == 4


def test_a_provider_that_stays_broken_leaves_the_job_running(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    provider.on("GET", "/jobs/1", BROKEN)
    error = workplace.failure(queue_backend(provider.url), wait=2)
    assert isinstance(error, errors.StillRunning) and "503" in error.message
    assert workplace.row["status"] == "running"


def test_the_last_thing_a_provider_said_is_told_when_the_time_is_up(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    provider.on("GET", "/jobs/1", BROKEN, breaks(Fault.slow(60)))
    error = workplace.failure(queue_backend(provider.url), wait=2)
    assert isinstance(error, errors.StillRunning) and "503" in error.message
    assert provider.count("GET", "/jobs/1") == 2


def test_a_purchase_that_is_limited_without_a_time_is_sent_again(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    provider.on("POST", "/jobs", says({}, 429), says({"id": "1"}))
    workplace.draw(queue_backend(provider.url))
    assert provider.count("POST", "/jobs") == 2


def test_a_provider_that_asks_for_minutes_is_not_waited_for(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    provider.on("POST", "/jobs", says({}, 429, retry_after="121"))

    async def work(client: AsyncClient) -> None:
        async with asyncio.timeout(20):
            await client.image("a fox", wait=3600)

    with pytest.raises(errors.RateLimited):
        workplace.run(work, queue_backend(provider.url))
    assert provider.count("POST", "/jobs") == 1


@pytest.mark.parametrize("value", [float("nan"), {1, 2}], ids=["no number", "no JSON"])
def test_what_no_message_can_carry_is_not_sent(value: Any, workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield post("/buy", json={"value": value})
        return drawn()

    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, error.charged, provider.requests) == ("invalid_parameter", "no", [])


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before another attempt, each the longest that chance allows; nobody waits for them."""
    sleep, found = asyncio.sleep, []

    async def at_once(seconds: float) -> None:
        if seconds >= 0.5:
            found.append(seconds)
        await sleep(min(seconds, 0.001))

    monkeypatch.setattr(asyncio, "sleep", at_once)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    return found


def test_pauses_double_up_to_half_a_minute(workplace: Workplace, provider: Provider, pauses: list[float]) -> None:
    serve_job(provider, *[BROKEN] * 8)
    workplace.draw(queue_backend(provider.url), wait=3600)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_once_too_much_was_repeated_a_purchase_is_repeated_only_as_often_as_requests_go_through(
    workplace: Workplace, pauses: list[float]
) -> None:
    with ExitStack() as listening:
        provider = listening.enter_context(Provider())

        async def work(client: AsyncClient) -> None:
            await client.image("a fox", wait=3600)  # 36 repetitions are one more than there is
            pauses.clear()
            listening.close()  # from now on nobody is there
            with pytest.raises(errors.NotSent):
                await client.image("an owl", wait=3600)

        serve_job(provider, *[BROKEN] * 36)
        provider.on("GET", "/files/1", sends(PICTURE, connection="close"))
        workplace.run(work, queue_backend(provider.url))
    assert pauses == [0.5]  # the one repetition that the success gave back
