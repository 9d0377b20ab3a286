"""Caps hold before anything is sent, across jobs, processes and days; an unknown price is over every cap."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from anymedia import AsyncClient, ImageRequest, errors
from anymedia.engine.budget import Caps, give_up, reserve
from anymedia.engine.ledger import Ledger
from anymedia.spec import Free, UnknownPrice
from anymedia.testing.emulator import Emulator, Fault
from anymedia.unified import make
from toys import Provider, queue_backend, says, serve_job, toy_model
from workplace import GENERATIONS, TOYS, Workplace

UNKNOWN = UnknownPrice(source="nobody", checked=date(2026, 11, 22))


def refused(
    workplace: Workplace, provider: Provider, *, after: int, spent: int = 0, backend: Any = None, **parameters: Any
) -> str:
    """The caps let `after` pictures of 5 cents through, besides those `spent` before, and refuse the next."""
    serve_job(provider)
    backend = backend or queue_backend(provider.url)

    async def work(client: AsyncClient) -> str:
        for _ in range(after):
            await client.image("a fox", **parameters)
        with pytest.raises(errors.BudgetExceeded) as caught:
            await client.image("a fox", **parameters)
        assert (caught.value.charged, caught.value.exit_code) == ("no", 7)
        assert caught.value.next
        return str(caught.value)

    said = workplace.run(work, backend)
    assert provider.count("POST", "/jobs") == len(workplace.rows()) == after + spent
    return said


@pytest.mark.parametrize(
    ("budgets", "after", "names"),
    [
        ({"per_call": "0.04"}, 0, "one call"),
        ({"per_run": "0.10"}, 2, "this run"),
        ({"per_day": "0.14"}, 2, "one day"),
        ({"per_backend": {"openai": "0.01"}, "per_day": "0.05"}, 1, "one day"),
        ({"per_call": "0.05", "per_run": "0.05", "per_day": 9}, 1, "this run"),
        ({"per_day": 0}, 0, "one day"),
    ],
    ids=["call", "run", "day", "other-backend", "several", "zero"],
)
def test_a_cap_lets_through_what_fits_and_names_itself(
    budgets: Any, after: int, names: str, workplace: Workplace, provider: Provider
) -> None:
    workplace.arguments = {"budgets": budgets}
    said = refused(workplace, provider, after=after)
    assert names in said and "$0.05" in said


def test_a_cap_of_one_backend_is_for_that_backend(workplace: Workplace, provider: Provider) -> None:
    workplace.arguments = {"budgets": {"per_backend": {"openai": "0.10"}}}
    assert "openai for one day" in refused(
        workplace, provider, after=2, backend=queue_backend(provider.url, name="openai")
    )


def test_a_cap_of_an_agent_is_for_that_agent(workplace: Workplace, provider: Provider) -> None:
    workplace.arguments = {"budgets": {"per_agent": {"night": "0.05"}}}
    assert "night for one day" in refused(workplace, provider, after=1, agent="night")
    workplace.draw(queue_backend(provider.url), agent="day")
    workplace.draw(queue_backend(provider.url))


def test_the_cap_of_the_call_is_the_lower_one(workplace: Workplace, provider: Provider) -> None:
    workplace.arguments = {"budgets": {"per_call": "1"}}
    assert "$0.04" in refused(workplace, provider, after=0, max_cost="0.04")
    workplace.arguments = {"budgets": {"per_call": "0.04"}}
    assert "$0.04" in refused(workplace, provider, after=0, max_cost=1)


def test_the_worst_case_counts_every_output(workplace: Workplace, provider: Provider) -> None:
    refused(workplace, provider, after=0, n=3, max_cost="0.14")


@pytest.mark.parametrize("cap", [{"max_cost": 100}, {"agent": "night"}])
def test_an_unknown_price_is_over_every_cap(cap: Any, workplace: Workplace, provider: Provider) -> None:
    backend = queue_backend(provider.url, model=toy_model(price=UNKNOWN))
    workplace.arguments = {"budgets": {"per_agent": {"night": 100}}}
    assert "Nobody can tell" in refused(workplace, provider, after=0, backend=backend, **cap)
    workplace.draw(backend, allow_unknown_cost=True, **cap)


def test_who_is_refused_an_unknown_price_is_told_whose_price_is_known(openai: Workplace, emulator: Emulator) -> None:
    with pytest.raises(errors.BudgetExceeded) as caught:
        openai.run(lambda client: client.speech("Hello there.", model="gpt-4o-mini-tts", max_cost="0.01"))
    assert caught.value.next.startswith("Ask for openai:tts-1 (at most $0.00018) or openai:tts-1-hd")
    openai.run(lambda client: client.speech("Hello there.", model="tts-1", max_cost="0.01"))
    assert emulator.billed == 1


def test_who_is_refused_a_dear_model_is_told_of_a_cheaper_one(openai: Workplace) -> None:
    with pytest.raises(errors.BudgetExceeded) as caught:
        openai.run(lambda client: client.speech("Hello there.", max_cost="0.01"))
    assert (
        caught.value.next
        == "Ask for openai:tts-1 (at most $0.00018) or openai:tts-1-hd (at most $0.00036), or raise the cap."
    )


def test_an_unknown_price_without_a_cap_is_allowed_and_never_zero(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    result = workplace.draw(queue_backend(provider.url, model=toy_model(price=UNKNOWN)))
    assert (result.cost.amount, str(result.cost)) == (None, "unknown")
    assert result.document()["results"][0]["cost"]["amount"] is None


def test_what_is_free_fits_under_a_cap_of_zero(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    result = workplace.draw(queue_backend(provider.url, model=toy_model(price=Free())), max_cost=0)
    assert result.cost.amount == Decimal(0)


def test_what_was_not_charged_is_free_again(openai: Workplace, emulator: Emulator) -> None:
    openai.arguments = {"budgets": {"per_day": "0.41"}}
    emulator.script(GENERATIONS, [Fault.status(400, billed=False), Fault.moderation(), Fault.rate_limited(9999)])
    assert [openai.failure().code for _ in range(3)] == ["rejected", "refused", "rate_limited"]
    assert openai.draw().path.exists()


def test_what_may_have_been_charged_stays_reserved(openai: Workplace, emulator: Emulator) -> None:
    openai.arguments = {"budgets": {"per_day": "0.41"}}
    emulator.script(GENERATIONS, [Fault.status(500, billed=True)])
    assert openai.failure().code == "unknown"
    assert isinstance(openai.failure(), errors.BudgetExceeded)
    assert emulator.submits == 1


def test_the_true_cost_takes_the_place_of_the_worst_case(openai: Workplace, emulator: Emulator) -> None:
    openai.arguments = {"budgets": {"per_day": "0.45"}}
    cost = openai.draw().cost.amount
    assert Decimal(0) < cost < Decimal("0.05")
    assert openai.row["settled_nano"] == int(cost * 10**9) < openai.row["reserved_nano"]
    openai.draw()


def test_another_day_has_its_own_cap(workplace: Workplace, provider: Provider) -> None:
    workplace.arguments = {"budgets": {"per_day": "0.05"}}
    refused(workplace, provider, after=1)
    workplace.write("UPDATE job SET created_at = created_at - 86400, reserved_at = reserved_at - 86400")
    workplace.draw(queue_backend(provider.url))


@pytest.mark.parametrize("cap", ["per_day", "per_backend", "per_agent"])
def test_a_day_begins_at_midnight_in_utc(cap: str, workplace: Workplace, provider: Provider) -> None:
    budgets = {"per_day": "0.05", "per_backend": {"openai": "0.05"}, "per_agent": {"night": "0.05"}}
    workplace.arguments = {"budgets": {cap: budgets[cap]}}
    backend = queue_backend(provider.url, name="openai")
    refused(workplace, provider, after=1, backend=backend, agent="night")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    workplace.write(f"UPDATE job SET reserved_at = {midnight}")
    refused(workplace, provider, after=0, spent=1, backend=backend, agent="night")
    workplace.write(f"UPDATE job SET reserved_at = {midnight - 0.001}")
    workplace.draw(backend, agent="night")


@pytest.mark.parametrize("cap", [{"per_backend": {"openai": "0.05"}}, {"per_agent": {"night": "0.05"}}])
def test_what_others_spend_today_is_not_counted(cap: Any, workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    ours, other = (queue_backend(provider.url, name=name) for name in ("openai", "google"))
    workplace.draw(other, agent="day")
    workplace.arguments = {"budgets": cap}
    workplace.draw(ours, agent="night")
    assert isinstance(workplace.failure(ours, agent="night"), errors.BudgetExceeded)


def test_a_batch_does_not_get_a_fresh_cap_for_the_run(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    workplace.arguments = {"budgets": {"per_run": "0.10"}}

    async def batch(client: AsyncClient) -> Any:
        return await make(
            client, None, prompts=["a", "b"], mode="image", audio_type=None, max_concurrent=2, parameters={}
        )

    async def work(client: AsyncClient) -> list[Any]:
        return [await batch(client), await batch(client)]

    first, second = workplace.run(work, queue_backend(provider.url))
    assert (first.succeeded, second.succeeded) == (2, 0)
    assert all(isinstance(error, errors.BudgetExceeded) for error in second.errors)


def test_the_most_that_a_batch_may_cost_is_for_each_batch(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    limit = {"max_cost": "0.10"}

    async def batch(client: AsyncClient) -> Any:
        return await make(
            client, None, prompts=["a", "b", "c"], mode="image", audio_type=None, max_concurrent=1, parameters=limit
        )

    async def work(client: AsyncClient) -> list[Any]:
        return [await batch(client), await batch(client)]

    batches = workplace.run(work, queue_backend(provider.url))
    assert [each.succeeded for each in batches] == [2, 2]
    assert all("this batch" in str(error) for each in batches for error in each.errors)


RACER = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from toys import open_client, queue_backend
from anymedia import ImageRequest, errors

async def main():
    home = Path(sys.argv[2])
    budgets = {"per_day": "0.50"}
    async with open_client(home, home / "out", queue_backend("http://127.0.0.1:9"), budgets=budgets) as client:
        requests = [client.open(ImageRequest(prompt=f"fox {number}")) for number in range(10)]
        outcomes = await asyncio.gather(*requests, return_exceptions=True)
        strange = [o for o in outcomes if isinstance(o, BaseException) and not isinstance(o, errors.BudgetExceeded)]
        assert not strange, strange
        print(sum(not isinstance(outcome, BaseException) for outcome in outcomes))

asyncio.run(main())
"""


def test_fifty_reservations_of_five_processes_under_a_cap_for_ten_are_ten(workplace: Workplace) -> None:
    async def race() -> list[int]:
        command = (sys.executable, "-c", RACER, str(TOYS.parent), str(workplace.root))
        processes = [await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE) for _ in range(5)]
        outputs = await asyncio.gather(*(process.communicate() for process in processes))
        return [int(output) for output, _ in outputs]

    assert sum(asyncio.run(race())) == 10
    rows = workplace.rows()
    assert len(rows) == 10
    assert sum(row["reserved_nano"] for row in rows) == 500_000_000


def test_the_reservation_itself_refuses_what_another_process_has_just_taken(
    workplace: Workplace, provider: Provider
) -> None:
    """Whoever asked first whether it fits may still come second."""
    workplace.run(lambda client: client.open(ImageRequest(prompt="a fox")), queue_backend(provider.url))
    another = {**workplace.row, "id": "another", "idempotency_key": "another"}
    ledger = Ledger(workplace.state)
    with pytest.raises(errors.BudgetExceeded):
        ledger.call_now(lambda it: reserve(it, another, Caps(per_day=Decimal("0.09")), Decimal("0.05")))
    assert len(workplace.rows()) == 1
    assert ledger.call_now(lambda it: reserve(it, another, Caps(per_day=Decimal("0.10")), Decimal("0.05"))) is None
    ledger.close()
    assert len(workplace.rows()) == 2


def test_giving_up_a_job_closes_that_job_alone_and_only_before_it_began(
    workplace: Workplace, provider: Provider
) -> None:
    job = workplace.run(lambda client: client.open(ImageRequest(prompt="a fox")), queue_backend(provider.url))
    ledger = Ledger(workplace.state)
    ledger.call_now(lambda it: give_up(it, job_id="another"))
    assert workplace.row["status"] == "reserved"
    workplace.write("UPDATE job SET status='running'")
    ledger.call_now(lambda it: give_up(it, job_id=job.job_id))
    assert workplace.row["status"] == "running"
    workplace.write("UPDATE job SET status='reserved'")
    ledger.call_now(lambda it: give_up(it, job_id=job.job_id))
    ledger.close()
    assert (workplace.row["status"], workplace.row["settled_nano"]) == ("not_sent", 0)


@pytest.mark.parametrize("value", [-1, "a lot", float("nan"), float("inf"), True, [1]])
def test_a_cap_that_is_no_amount_is_refused(value: Any, workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    assert isinstance(workplace.failure(queue_backend(provider.url), max_cost=value), errors.InvalidParameter)
    assert provider.requests == []


def test_a_job_that_was_only_opened_is_paid_for_in_the_accounts(workplace: Workplace, provider: Provider) -> None:
    workplace.arguments = {"budgets": {"per_day": "0.05"}}
    workplace.run(lambda client: client.open(ImageRequest(prompt="a fox")), queue_backend(provider.url))
    provider.on("POST", "/jobs", says({"id": "1"}))
    assert isinstance(workplace.failure(queue_backend(provider.url)), errors.BudgetExceeded)


def test_a_job_that_is_opened_again_has_to_fit_like_a_new_one_and_opens_no_other(
    workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider)
    limited = says({}, 429, retry_after="9999")
    provider.on("POST", "/jobs", limited, limited, says({"id": "1"}))
    workplace.arguments = {"budgets": {"per_run": "0.05"}}

    async def work(client: AsyncClient) -> None:
        for key in ("mine", "yours"):
            with pytest.raises(errors.RateLimited):
                await client.image("a fox", idempotency_key=key)
        await client.image("a fox")
        with pytest.raises(errors.BudgetExceeded):
            await client.image("a fox", idempotency_key="mine")

    workplace.run(work, queue_backend(provider.url))
    assert [row["status"] for row in workplace.rows()] == ["rate_limited", "rate_limited", "done"]
    workplace.draw(queue_backend(provider.url), idempotency_key="mine")
    assert [row["status"] for row in workplace.rows()] == ["done", "rate_limited", "done"]
