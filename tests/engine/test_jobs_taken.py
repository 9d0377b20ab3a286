"""Who works on a job: one at a time takes it, keeps it while it lasts, and gives it back whatever happens."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from typing import Any

import pytest

from anymedia import AsyncClient, ImageRequest, errors
from anymedia.engine import run
from anymedia.engine.ledger import Ledger
from anymedia.engine.schema import MIGRATIONS
from anymedia.spec import Call, Flow, Listing, Pending, get
from anymedia.testing.emulator import Fault
from toys import RUNNING, Provider, breaks, drawn, queue_backend, says, serve_job, submit_job, toy
from workplace import Workplace, arrives

FOX = ImageRequest(prompt="a fox")
LATER = says({"status": "running", "poll_after": 60})


def test_while_one_works_on_a_job_others_wait_no_longer_than_they_want_and_do_nothing_meanwhile(
    workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider, breaks(Fault.slow(0.6), RUNNING))

    async def work(client: AsyncClient) -> Any:
        job_id = (await client.open(FOX)).job_id
        first = asyncio.ensure_future(client.wait(job_id))
        await arrives(lambda: provider.count("GET", "/jobs/1") == 1)
        with pytest.raises(errors.StillRunning, match="Another process is working on this job") as caught:
            await client.wait(job_id, wait=0)
        assert caught.value.job_id == job_id
        busy = time.process_time()
        outcomes = await asyncio.gather(first, client.wait(job_id))
        return *outcomes, time.process_time() - busy

    first, second, seconds = workplace.run(work, queue_backend(provider.url))
    assert first == second
    assert (provider.count("POST", "/jobs"), provider.count("GET", "/files/1")) == (1, 1)
    assert seconds < 0.3  # of work, however long it took


def test_a_job_is_kept_while_it_lasts(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice within the time after which another machine would take it for abandoned."""
    monkeypatch.setattr(run, "LEASE_SECONDS", 3.0)
    seen: list[float] = []

    def poll(call: Call, state: Any) -> Flow:
        yield get("/jobs/1")
        until = workplace.row["lease_until"]
        seen.extend([until] if until not in seen else [])
        return drawn() if len(seen) == 3 else Pending(state=state, poll_after=0.02)

    serve_job(provider)
    assert workplace.draw(toy(provider.url, submit_job, poll=poll), wait=60).path.exists()
    assert seen[2] - seen[0] < 3.0
    assert (workplace.row["owner"], workplace.row["lease_until"]) == (None, 0)


def test_a_job_that_is_closed_is_given_back_in_the_same_trip(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips: list[str] = []
    give_back = Ledger.give_back

    async def counted(ledger: Ledger, job_id: str, owner: str) -> None:
        trips.append(job_id)
        await give_back(ledger, job_id, owner)

    monkeypatch.setattr(Ledger, "give_back", counted)
    serve_job(provider)
    done = workplace.draw(queue_backend(provider.url))
    assert (workplace.row["owner"], workplace.row["lease_until"], trips) == (None, 0, [])
    serve_job(provider, LATER)
    error = workplace.failure(queue_backend(provider.url), wait=0.5)
    assert trips == [error.job_id] != [done.job_id]


def test_a_disk_that_is_full_meanwhile_does_not_end_the_job(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(run, "LEASE_SECONDS", 0.06)
    serve_job(provider, breaks(Fault.slow(0.2), RUNNING))
    backend = queue_backend(provider.url)

    async def work(client: AsyncClient) -> Any:
        job_id = (await client.open(FOX)).job_id
        condition = "NEW.owner = OLD.owner AND NEW.lease_until > OLD.lease_until"
        workplace.write(
            f"CREATE TRIGGER full BEFORE UPDATE ON job WHEN {condition} BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        result = await client.wait(job_id)
        gc.collect()  # what nobody asked after is told when it goes
        return result

    assert workplace.run(work, backend).path.exists()
    assert "never retrieved" not in caplog.text


def test_a_job_that_cannot_be_given_back_says_why_it_stopped_and_is_free_here(
    workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider, LATER)

    async def work(client: AsyncClient) -> Any:
        job_id = (await client.open(FOX)).job_id
        workplace.write(
            "CREATE TRIGGER full BEFORE UPDATE ON job WHEN NEW.owner IS NULL BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        with pytest.raises(errors.StillRunning, match="The wait is over"):
            await client.wait(job_id, wait=0.3)
        workplace.write("DROP TRIGGER full")
        serve_job(provider)
        return await client.wait(job_id, wait=5)

    assert workplace.run(work, queue_backend(provider.url)).path.exists()
    assert provider.count("POST", "/jobs") == 1


def test_nothing_is_renewed_once_the_job_is_over(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "LEASE_SECONDS", 0.06)
    serve_job(provider)

    def ledgers() -> int:
        return sum(thread.name == "anymedia-ledger" for thread in threading.enumerate())

    async def work() -> None:
        async with workplace.client(queue_backend(provider.url)) as client:
            await client.generate(FOX)
        await asyncio.sleep(0.05)  # longer than until the next renewal, which would open the ledger again

    before = ledgers()
    asyncio.run(work())
    assert ledgers() == before


@pytest.mark.parametrize(
    ("status", "charged"), [("planned", "no"), ("reserved", "no"), ("running", "maybe"), ("unknown", "maybe")]
)
def test_a_job_of_a_ledger_that_cannot_be_written_is_named_with_what_it_may_have_cost(
    status: str, charged: str, workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider, LATER)
    backend = queue_backend(provider.url)
    job_id = str(workplace.failure(backend, wait=0.3).job_id)
    workplace.write(f"UPDATE job SET status='{status}'")
    workplace.write(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    with pytest.raises(errors.LedgerError) as caught:
        workplace.run(lambda client: client.resume(job_id), backend)
    assert (caught.value.job_id, caught.value.charged) == (job_id, charged)


def test_a_job_of_a_ledger_that_cannot_be_read_may_have_cost_something(
    workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider, LATER)
    backend = queue_backend(provider.url)
    job_id = str(workplace.failure(backend, wait=0.3).job_id)
    (workplace.state / "ledger.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    with pytest.raises(errors.LedgerError) as caught:
        workplace.run(lambda client: client.resume(job_id), backend)
    assert (caught.value.job_id, caught.value.charged) == (job_id, "maybe")


def test_a_job_that_was_forgotten_is_not_begun_again_and_nobody_keeps_it(
    workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider)
    backend = queue_backend(provider.url)
    job_id = workplace.draw(backend).job_id
    workplace.run(lambda client: client.forget(job_id), backend)
    with pytest.raises(errors.UsageError, match="was forgotten on"):
        workplace.run(lambda client: client.resume(job_id), backend)
    assert (workplace.row["owner"], provider.count("POST", "/jobs")) == (None, 1)


def test_a_list_that_is_not_there_at_first_is_asked_for_again(workplace: Workplace, provider: Provider) -> None:
    def reconcile(call: Call, since: float) -> Listing:
        yield get("/jobs")
        return []

    provider.on("POST", "/jobs", says({}, 500))
    provider.on("GET", "/jobs", says({}, 503), says({}))
    backend = queue_backend(provider.url, reconcile=reconcile)
    job_id = str(workplace.failure(backend).job_id)
    assert workplace.run(lambda client: client.reconcile(job_id), backend).status == "unknown"
    assert provider.count("GET", "/jobs") == 2
