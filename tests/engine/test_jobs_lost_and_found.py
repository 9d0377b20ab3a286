"""A file whose address grew old, half an answer that names the job, a provider that is asked within measure."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.media import MediaFile
from anymedia.spec import Call, Flow, Succeeded, post
from anymedia.testing.emulator import Emulator, Fault
from toys import PICTURE, Provider, breaks, poll_job, queue_backend, says, sends, serve_job, toy
from workplace import GENERATIONS, Workplace


def test_an_address_that_grew_old_is_asked_for_again(workplace: Workplace, provider: Provider) -> None:
    def done(number: int) -> Any:
        return says({"status": "done", "urls": [f"{provider.url}/files/{number}"]})

    serve_job(provider)
    provider.on("GET", "/jobs/1", done(1), done(2))
    provider.on("GET", "/files/1", says({}, 410))
    provider.on("GET", "/files/2", sends(PICTURE))
    assert workplace.draw(queue_backend(provider.url)).read_bytes() == PICTURE
    assert (provider.count("POST", "/jobs"), workplace.row["private_state"]) == (1, None)


def test_a_provider_that_only_knows_old_addresses_is_asked_once(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    provider.on("GET", "/files/1", says({}, 410))
    assert isinstance(workplace.failure(queue_backend(provider.url)), errors.Expired)
    assert provider.count("GET", "/jobs/1") == 2
    assert (workplace.row["status"], workplace.row["private_state"]) == ("expired", None)


def test_a_file_that_is_gone_has_expired_where_nobody_can_be_asked_again(
    workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        yield post("/jobs", json={})
        return Succeeded(files=(MediaFile(media_type="image/png", url=f"{provider.url}/files/1"),))

    provider.on("POST", "/jobs", says({}))
    provider.on("GET", "/files/1", says({}, 410))
    assert workplace.failure(toy(provider.url, submit, poll=poll_job)).code == "expired"


@pytest.mark.parametrize("fault", [Fault.truncated(14), Fault.wrong_length()], ids=["cut", "short"])
def test_half_an_answer_that_names_the_job_is_enough_to_wait_for_it(
    fault: Fault, workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider)
    provider.on("POST", "/jobs", breaks(fault, says({"id": "1", "status": "queued", "more": "x" * 50})))
    assert workplace.draw(queue_backend(provider.url)).read_bytes() == PICTURE
    assert provider.count("POST", "/jobs") == 1


@pytest.mark.parametrize("fault", [Fault.truncated(120), Fault.wrong_length()], ids=["cut", "short"])
def test_half_an_answer_is_never_a_result(fault: Fault, openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [fault])
    assert openai.failure(n=2).code == "unknown"
    assert (emulator.submits, openai.row["status"], openai.files()) == (1, "unknown", [])


# --- Repeating within measure ----------------------------------------------------------------------------------------


def test_a_provider_that_limits_everybody_is_not_asked_without_end(openai: Workplace, emulator: Emulator) -> None:
    """The quota bounds the repetitions of a whole client, however many jobs it has."""
    emulator.script(GENERATIONS, [Fault.rate_limited(0)] * 600)

    async def work(client: AsyncClient) -> list[Any]:
        return await asyncio.gather(*(client.image(f"fox {n}") for n in range(200)), return_exceptions=True)

    outcomes = openai.run(work)
    assert {type(outcome) for outcome in outcomes} == {errors.RateLimited}
    assert emulator.submits == 200 + 500 / 5
    assert emulator.billed == 0


def test_a_wait_of_an_hour_is_left_to_the_caller(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.rate_limited(3600)])
    error = openai.failure(wait=7200)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_at is not None and re.search(r"wait until \d\d:\d\d:\d\d UTC", str(error))
    assert (emulator.submits, emulator.billed) == (1, 0)
