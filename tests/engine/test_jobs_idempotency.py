"""One key is one job, whoever asks and however often."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from anymedia import AsyncClient, ImageRequest, errors
from anymedia.testing.emulator import Emulator, Fault
from toys import Provider, picture, queue_backend, serve_job
from workplace import GENERATIONS, RESPONSES, Workplace, answer_of


def test_the_same_key_gives_the_same_result_without_a_purchase(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(idempotency_key="mine")
    assert openai.draw(idempotency_key="mine") == first
    assert first.idempotency_key == "mine"
    assert emulator.submits == 1


@pytest.mark.parametrize(
    "change", [{"prompt": "a bear"}, {"n": 2}, {"quality": "low"}, {"provider_options": {"openai": {"user": "me"}}}]
)
def test_the_same_key_with_another_request_is_a_conflict(
    change: dict[str, Any], openai: Workplace, emulator: Emulator
) -> None:
    first = openai.draw(idempotency_key="mine")
    error = openai.failure(idempotency_key="mine", **change)
    assert isinstance(error, errors.IdempotencyConflict)
    assert (error.job_id, error.charged, error.exit_code) == (first.job_id, "no", 2)
    assert f"`{next(iter(change))}`" in str(error)
    assert emulator.submits == 1


@pytest.mark.parametrize("change", [{"model": "gpt-image-2.6-flare"}, {"backend": "sketch"}])
def test_the_same_key_with_another_maker_is_a_conflict(
    change: dict[str, Any], openai: Workplace, emulator: Emulator
) -> None:
    openai.draw(idempotency_key="mine")
    assert isinstance(openai.failure(idempotency_key="mine", **change), errors.IdempotencyConflict)
    assert emulator.submits == 1


def test_the_same_bytes_from_another_path_are_the_same_request(openai: Workplace, emulator: Emulator) -> None:
    paths = [openai.root / "one.png", openai.root / "two.png"]
    for path in paths:
        path.write_bytes(picture())
    assert openai.draw(input_images=paths[0], idempotency_key="k") == openai.draw(
        input_images=[picture()], idempotency_key="k"
    )
    paths[1].write_bytes(picture("another"))
    error = openai.failure(input_images=paths[1], idempotency_key="k")
    assert isinstance(error, errors.IdempotencyConflict)
    assert emulator.submits == 1


def test_twenty_calls_at_once_with_one_key_buy_once(openai: Workplace, emulator: Emulator) -> None:
    async def work(client: AsyncClient) -> list[Any]:
        return await asyncio.gather(
            *(client.image("a fox", idempotency_key="mine") for _ in range(20)), return_exceptions=True
        )

    results = openai.run(work)
    assert [outcome for outcome in results if isinstance(outcome, BaseException)] == []
    assert {result.job_id for result in results} == {openai.row["id"]}
    assert emulator.submits == 1
    assert len(openai.files()) == 1


def test_without_a_key_every_call_is_a_job_of_its_own(openai: Workplace, emulator: Emulator) -> None:
    assert openai.draw().job_id != openai.draw().job_id
    assert emulator.submits == 2


def test_the_key_of_a_call_that_never_left_may_be_used_again(openai: Workplace, emulator: Emulator) -> None:
    """ "Nothing was charged. Ask again." has to be true for callers that were careful enough to give a key."""
    url = openai.environ["OPENAI_BASE_URL"]
    openai.environ["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"
    error = openai.failure(idempotency_key="mine")
    assert (error.code, error.retryable) == ("not_sent", True)
    openai.environ["OPENAI_BASE_URL"] = url
    assert openai.draw(idempotency_key="mine").path.exists()
    assert emulator.submits == 1


def test_a_forgotten_conversation_is_bought_anew_once_for_one_key(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(continuable=True)
    gone = Fault.status(400, billed=False, code="previous_response_not_found")
    emulator.script(RESPONSES, [gone, gone])
    one = openai.draw(prompt="bluer", continue_from=first.continuation_id, idempotency_key="mine")
    submits = emulator.submits
    two = openai.draw(prompt="bluer", continue_from=first.continuation_id, idempotency_key="mine")
    assert two == one
    assert emulator.submits == submits


def test_two_processes_with_one_job_buy_once(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    backend = queue_backend(provider.url)
    opened = workplace.run(lambda client: client.open(ImageRequest(prompt="a fox")), backend)
    both = [workplace.start("resume", provider.url, opened.job_id) for _ in range(2)]
    assert [answer_of(process) for process in both] == [{"path": str(workplace.files()[0])}] * 2
    assert provider.count("POST", "/jobs") == 1


def test_a_key_that_failed_for_good_says_so_again(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.moderation()])
    assert openai.failure(idempotency_key="mine").code == "refused"
    assert openai.failure(idempotency_key="mine").code == "refused"
    assert emulator.submits == 1
