"""How requests are repeated: with growing pauses while it is safe, never endlessly, and not once the quota is empty."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.spec import Call, Flow, get, post
from anymedia.testing.emulator import Fault
from toys import PICTURE, Answer, Provider, breaks, drawn, queue_backend, says, sends, serve_job, toy
from workplace import Workplace

BROKEN = says({}, 503)


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
    """The pauses before another attempt, where chance falls in the middle; nobody waits for them."""
    sleep, found = asyncio.sleep, []

    async def at_once(seconds: float) -> None:
        if seconds >= 0.3:
            found.append(seconds)
        await sleep(min(seconds, 0.001))

    monkeypatch.setattr(asyncio, "sleep", at_once)
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)
    return found


def test_pauses_double_up_to_half_a_minute_and_are_told_when_one_notices_them(
    workplace: Workplace, provider: Provider, pauses: list[float]
) -> None:
    told: list[str] = []
    serve_job(provider, *[BROKEN] * 8)
    workplace.draw(queue_backend(provider.url), wait=3600, on_progress=lambda each: told.append(each.message))
    assert pauses == [0.375, 0.75, 1.5, 3, 6, 12, 22.5, 22.5]
    waits = [f"waiting {seconds} s before trying again" for seconds in (2, 3, 6, 12, 22, 22)]
    assert [message for message in told if message] == waits


@pytest.mark.parametrize(("asked", "told"), [(1, []), (2, ["waiting 2 s before trying again"])])
def test_a_pause_that_the_provider_asks_for_is_kept_to_the_second(
    asked: int, told: list[str], workplace: Workplace, provider: Provider, pauses: list[float]
) -> None:
    messages: list[str] = []
    serve_job(provider, says({}, 503, retry_after=str(asked)))
    workplace.draw(queue_backend(provider.url), on_progress=lambda each: messages.append(each.message))
    assert (pauses, [message for message in messages if message]) == ([asked], told)


def test_a_purchase_waits_two_minutes_for_a_provider_that_asks_for_them(
    workplace: Workplace, provider: Provider, pauses: list[float]
) -> None:
    serve_job(provider)
    provider.on("POST", "/jobs", says({}, 429, retry_after="120"), says({"id": "1"}))
    workplace.draw(queue_backend(provider.url), wait=3600)
    assert (pauses, provider.count("POST", "/jobs")) == ([120], 2)


@pytest.mark.parametrize(
    ("answer", "times"),
    [(BROKEN, 35), (breaks(Fault.close_after_body()), 35), (says({}, 429), 100)],
    ids=["503", "closed", "429"],
)
def test_who_is_limited_may_ask_more_often_than_who_meets_a_broken_server(
    answer: Answer, times: int, workplace: Workplace, provider: Provider, pauses: list[float]
) -> None:
    """Until the quota is empty: then every pause is the longest."""
    serve_job(provider, *[answer] * (times + 2))
    workplace.draw(queue_backend(provider.url), wait=36000)
    assert (len([each for each in pauses if each < 30]), pauses[-2:]) == (times, [30, 30])


def test_every_purchase_that_goes_through_at_once_gives_a_little_back(
    workplace: Workplace, provider: Provider, pauses: list[float]
) -> None:
    limited, taken, looks = says({}, 429), says({}), [get("/look")]

    def submit(call: Call) -> Flow:
        if looks:
            yield looks.pop()
        yield post("/buy", json={})
        return drawn()

    async def sent(client: AsyncClient, answer: Answer) -> int:
        """How often one purchase is sent."""
        before = provider.count("POST", "/buy")
        provider.on("POST", "/buy", answer)
        with suppress(errors.RateLimited):
            await client.image("a fox", wait=36000)
        return provider.count("POST", "/buy") - before

    async def work(client: AsyncClient) -> list[int]:
        return [await sent(client, answer) for answer in (limited, limited, taken, limited, limited)]

    provider.on("GET", "/look", *[limited] * 100, taken)  # then nothing is left but what the last of these gives back
    assert workplace.run(work, toy(provider.url, submit)) == [3, 1, 1, 2, 1]


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
    assert pauses == [0.375]  # the one repetition that the success gave back
