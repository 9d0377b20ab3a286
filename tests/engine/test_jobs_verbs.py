"""What can be done about a job from any process: submit, wait, cancel, reconcile, settle, send again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from anymedia import AsyncClient, ImageRequest, errors
from anymedia.engine.adoption import adopt
from anymedia.engine.ledger import Ledger
from anymedia.spec import Backend, Call, Failed, Flow, Listed, Listing, Pending, delete, get, post
from anymedia.testing.emulator import Emulator, Fault
from toys import KEY, PICTURE, RUNNING, Provider, breaks, poll_job, queue_backend, says, serve_job, toy
from workplace import GENERATIONS, Workplace, answer_of, arrives

FOX = ImageRequest(prompt="a fox")


def submit(call: Call) -> Flow:
    response = yield post("/jobs", json=dict(call.body))
    return Pending(state={"id": response.json["id"]}, id=response.json["id"], poll_after=0.05)


def cancel(call: Call, state: Any) -> Flow:
    yield delete(f"/jobs/{state['id']}")
    return Failed(reason="cancelled by the caller", kind="cancelled")


def reconcile(call: Call, since: float) -> Listing:
    response = yield get("/jobs")
    return [
        Listed(id=each["id"], state={"id": each["id"]}, created_at=each["created_at"])
        for each in response.json["jobs"]
        if each["created_at"] >= since and each["prompt"] == call.body["prompt"]
    ]


def whole_backend(url: str, **changes: Any) -> Backend:
    """A provider with everything: a queue, a way to cancel, a list."""
    return toy(url, submit, **({"poll": poll_job, "cancel": cancel, "reconcile": reconcile} | changes))


def lists(provider: Provider, *jobs: tuple[str, float], prompt: str = "a fox") -> None:
    """What the provider has: ids and their age in seconds."""
    now = time.time()
    found = [{"id": name, "created_at": now - age, "prompt": prompt} for name, age in jobs]
    provider.on("GET", "/jobs", says({"jobs": found}))


def lost(workplace: Workplace, provider: Provider, backend: Backend) -> str:
    """A purchase whose answer never came."""
    serve_job(provider)
    answer = provider.answer_at("POST", "/jobs")
    provider.on("POST", "/jobs", breaks(Fault.close_after_body(), answer))
    error = workplace.failure(backend)
    assert error.code == "unknown"
    return str(error.job_id)


# --- Submit and wait --------------------------------------------------------------------------------------------------


def test_submit_returns_when_the_provider_has_the_job_and_another_process_fetches_it(
    workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider, RUNNING)
    job = workplace.run(lambda client: client.submit(FOX), queue_backend(provider.url))
    assert (job.status, provider.count("GET", "/jobs/1")) == ("running", 0)
    assert answer_of(workplace.start("resume", provider.url, job.id)) == {"path": str(workplace.files()[0])}
    assert provider.count("POST", "/jobs") == 1


def test_submit_gives_a_finished_job_where_nothing_queues(openai: Workplace, emulator: Emulator) -> None:
    job = openai.run(lambda client: client.submit(FOX))
    assert (job.status, len(openai.files())) == ("done", 1)
    result = openai.run(lambda client: client.wait(job.id))
    assert ([result.path], emulator.submits) == (openai.files(), 1)


def test_the_providers_name_of_a_job_stays_in_the_ledger(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    result = workplace.draw(whole_backend(provider.url))
    job = workplace.run(lambda client: client.job(result.job_id), whole_backend(provider.url))
    assert (job.remote_id, job.document()["remote_id"]) == ("1", "1")


# --- Cancel -----------------------------------------------------------------------------------------------------------


def test_a_job_that_was_never_sent_is_cancelled_for_nothing(workplace: Workplace, provider: Provider) -> None:
    async def work(client: AsyncClient) -> Any:
        opened = await client.open(FOX)
        return await client.cancel(opened.job_id)

    job = workplace.run(work, whole_backend(provider.url))
    assert (job.status, job.cost.amount, provider.requests) == ("cancelled", 0, [])


def test_a_running_job_is_cancelled_at_the_provider_by_whoever_waits_for_it(
    workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider, *[RUNNING] * 1000)
    provider.on("DELETE", "/jobs/1", says({}))

    async def work(client: AsyncClient) -> Any:
        opened = await client.open(FOX)
        waiting = asyncio.ensure_future(client.wait(opened.job_id))
        await arrives(lambda: provider.count("GET", "/jobs/1") > 1)
        job = await client.cancel(opened.job_id)
        return job, await asyncio.gather(waiting, return_exceptions=True)

    job, (outcome,) = workplace.run(work, whole_backend(provider.url))
    assert (job.status, type(outcome)) == ("cancelled", errors.Cancelled)
    assert (provider.count("POST", "/jobs"), provider.count("DELETE", "/jobs/1")) == (1, 1)
    assert workplace.row["settled_nano"] is None  # nobody said that nothing was charged


def test_a_job_that_is_finished_meanwhile_is_kept(workplace: Workplace, provider: Provider) -> None:
    def too_late(call: Call, state: Any) -> Flow:
        yield delete(f"/jobs/{state['id']}")
        return Pending(state=state, poll_after=0)

    serve_job(provider)
    provider.on("DELETE", "/jobs/1", says({}))
    backend = whole_backend(provider.url, cancel=too_late)

    async def work(client: AsyncClient) -> Any:
        return await client.cancel((await client.submit(FOX)).id)

    assert (workplace.run(work, backend).status, len(workplace.files())) == ("done", 1)


def test_a_provider_that_cannot_cancel_goes_on_and_says_so(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)

    async def work(client: AsyncClient) -> Any:
        job = await client.submit(FOX)
        with pytest.raises(errors.UsageError, match="no way to cancel"):
            await client.cancel(job.id)
        return await client.wait(job.id)

    assert workplace.run(work, queue_backend(provider.url)).path.exists()


def test_a_job_that_is_over_is_not_cancelled(openai: Workplace, emulator: Emulator) -> None:
    job_id = openai.draw().job_id
    with pytest.raises(errors.UsageError, match="nothing to cancel"):
        openai.run(lambda client: client.cancel(job_id))
    assert openai.row["status"] == "done"


def test_cancelled_before_the_purchase_is_sent_buys_nothing(workplace: Workplace, provider: Provider) -> None:
    """The wish is seen in the very transaction that would begin to send."""

    def slow_start(call: Call) -> Flow:
        yield get("/ready")
        return (yield from submit(call))

    serve_job(provider)
    provider.on("GET", "/ready", breaks(Fault.slow(0.5), says({})))
    backend = toy(provider.url, slow_start, poll=poll_job)

    async def work(client: AsyncClient) -> Any:
        opened = await client.open(FOX)
        waiting = asyncio.ensure_future(client.wait(opened.job_id))
        await arrives(lambda: provider.count("GET", "/ready") == 1)
        job = await client.cancel(opened.job_id)
        return job, await asyncio.gather(waiting, return_exceptions=True)

    job, (outcome,) = workplace.run(work, backend)
    assert (job.status, type(outcome), provider.count("POST", "/jobs")) == ("cancelled", errors.Cancelled, 0)
    assert workplace.row["settled_nano"] == 0


# --- Reconcile --------------------------------------------------------------------------------------------------------


def test_a_lost_job_is_found_in_the_list_and_fetched(workplace: Workplace, provider: Provider) -> None:
    backend = whole_backend(provider.url)
    job_id = lost(workplace, provider, backend)
    lists(provider, ("1", 0))
    job = workplace.run(lambda client: client.reconcile(job_id), backend)
    assert (job.status, job.remote_id) == ("running", "1")
    assert workplace.run(lambda client: client.wait(job_id), backend).read_bytes() == PICTURE
    assert provider.count("POST", "/jobs") == 1


@pytest.mark.parametrize(
    ("jobs", "prompt"), [((), "a fox"), ((("1", 4000.0),), "a fox"), ((("1", 0.0),), "a bear")], ids=str
)
def test_what_is_not_ours_is_not_taken(
    jobs: Sequence[tuple[str, float]], prompt: str, workplace: Workplace, provider: Provider
) -> None:
    backend = whole_backend(provider.url)
    job_id = lost(workplace, provider, backend)
    lists(provider, *jobs, prompt=prompt)
    job = workplace.run(lambda client: client.reconcile(job_id), backend)
    assert (job.status, "not there" in str(job.note)) == ("unknown", True)


@pytest.mark.parametrize(("after", "found"), [(-120.0, "1"), (-120.5, None), (420.0, "1"), (420.5, None)])
def test_a_listed_job_is_ours_from_two_minutes_before_until_two_minutes_after(
    after: float, found: str | None, workplace: Workplace, provider: Provider
) -> None:
    lost(workplace, provider, whole_backend(provider.url))
    workplace.write("UPDATE job SET submitted_at = 1000")
    listed = Listed(id="1", state={}, created_at=1000 + after)
    ledger = Ledger(workplace.state)
    assert ledger.call_now(lambda it: adopt(it, row=workplace.row, found=[listed], within=300.0)) == found
    ledger.close()


def test_two_lost_jobs_that_are_alike_never_take_the_same_one(workplace: Workplace, provider: Provider) -> None:
    backend = whole_backend(provider.url)
    ids = [lost(workplace, provider, backend) for _ in range(3)]
    lists(provider, ("a", 1), ("b", 0))

    async def work(client: AsyncClient) -> list[Any]:
        return await asyncio.gather(*(client.reconcile(job_id) for job_id in ids))

    jobs = workplace.run(work, backend)
    assert sorted(str(job.remote_id) for job in jobs) == ["None", "a", "b"]


def test_a_job_killed_while_it_was_sent_is_found(workplace: Workplace, provider: Provider) -> None:
    backend = whole_backend(provider.url)
    job_id = lost(workplace, provider, backend)
    workplace.write("UPDATE job SET status='submitting', error=NULL")
    lists(provider, ("1", 0))
    assert workplace.run(lambda client: client.reconcile(job_id), backend).status == "running"


def test_without_a_list_the_choices_are_named(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.close_after_body()])
    job_id = str(openai.failure().job_id)
    with pytest.raises(errors.UsageError, match="--not-made"):
        openai.run(lambda client: client.reconcile(job_id))
    assert (openai.row["status"], emulator.submits) == ("unknown", 1)


def test_another_account_is_not_searched(workplace: Workplace, provider: Provider) -> None:
    backend = whole_backend(provider.url)
    job_id = lost(workplace, provider, backend)
    lists(provider, ("1", 0))
    with pytest.raises(errors.MissingCredentials):
        workplace.run(lambda client: client.reconcile(job_id), backend, environ={"TOY_API_KEY": "another-key-12345"})
    assert provider.count("GET", "/jobs") == 0


def test_looking_never_buys(workplace: Workplace, provider: Provider) -> None:
    def buys(call: Call, since: float) -> Listing:
        yield post("/jobs", json={})
        return []

    backend = whole_backend(provider.url, reconcile=buys)
    job_id = lost(workplace, provider, backend)
    with pytest.raises(errors.BackendDefect, match="may only yield safe requests"):
        workplace.run(lambda client: client.reconcile(job_id), backend)
    assert (provider.count("POST", "/jobs"), workplace.row["status"]) == (1, "unknown")


@pytest.mark.parametrize("found", [None, 7, ["1"], [Listed(id="1", state={}, created_at=0.0), "2"]])
def test_a_list_of_anything_else_is_a_defect_of_the_backend(
    found: Any, workplace: Workplace, provider: Provider
) -> None:
    def nonsense(call: Call, since: float) -> Listing:
        yield get("/jobs")
        return found

    backend = whole_backend(provider.url, reconcile=nonsense)
    job_id = lost(workplace, provider, backend)
    provider.on("GET", "/jobs", says({}))
    with pytest.raises(errors.BackendDefect, match="a list must be a sequence of Listed"):
        workplace.run(lambda client: client.reconcile(job_id), backend)
    assert workplace.row["status"] == "unknown"


# --- Settle, send again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "status", "cost"),
    [({"made": False}, "not_sent", 0), ({"made": True, "cost": Decimal("0.07")}, "failed", Decimal("0.07"))],
    ids=["not-made", "made"],
)
def test_the_word_of_the_user_settles_an_unknown_job(
    word: Any, status: str, cost: Decimal, openai: Workplace, emulator: Emulator
) -> None:
    emulator.script(GENERATIONS, [Fault.close_after_body()])
    job_id = str(openai.failure().job_id)
    job = openai.run(lambda client: client.settle(job_id, **word))
    assert (job.status, job.cost.amount) == (status, cost)
    assert "Settled by the user" in str(job.note)
    assert openai.run(lambda client: client.job(job_id)).error["charged"] == ("yes" if word["made"] else "no")


def test_what_was_made_at_unknown_cost_stays_without_a_figure(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.close_after_body()])
    job_id = str(openai.failure().job_id)
    assert openai.run(lambda client: client.settle(job_id, made=True)).cost.amount is None


def test_a_job_with_an_account_needs_no_word(openai: Workplace, emulator: Emulator) -> None:
    job_id = openai.draw().job_id
    with pytest.raises(errors.UsageError, match="needs no word"):
        openai.run(lambda client: client.settle(job_id, made=False))


@pytest.mark.parametrize("cost", [Decimal(-1), Decimal(1)], ids=["negative", "not-made"])
def test_a_cost_must_make_sense(cost: Decimal, openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.close_after_body()])
    job_id = str(openai.failure().job_id)
    with pytest.raises(errors.InvalidParameter):
        openai.run(lambda client: client.settle(job_id, made=cost < 0, cost=cost))
    assert openai.row["status"] == "unknown"


def test_sent_again_is_a_new_job_and_the_old_one_keeps_its_money(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.close_after_body()])
    old = str(openai.failure(quality="low", output=openai.out / "fox.png").job_id)
    result = openai.run(lambda client: client.send_again(old))
    assert (result.path, emulator.submits) == (openai.out / "fox.png", 2)
    first, second = openai.rows()
    assert (first["status"], first["settled_nano"], second["id"]) == ("unknown", None, result.job_id)
    assert result.job_id in first["note"]
    assert second["request"] == first["request"]


def test_a_job_that_goes_well_is_not_sent_again(openai: Workplace, emulator: Emulator) -> None:
    job_id = openai.draw().job_id
    with pytest.raises(errors.UsageError):
        openai.run(lambda client: client.send_again(job_id))
    assert emulator.submits == 1


# --- Reports ----------------------------------------------------------------------------------------------------------


def test_spending_names_the_source_of_each_figure(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.close_after_body()])
    openai.failure(quality="low")
    openai.draw(quality="low")
    openai.draw(backend="sketch")
    lines = openai.run(lambda client: client.spending())
    by_group = {line.group: line for line in lines}
    assert by_group["openai"].settled > 0 and by_group["openai"].open > 0
    assert "developers.openai.com" in by_group["openai"].source
    assert (by_group["sketch"].settled, by_group["sketch"].jobs) == (0, 1)
    days = openai.run(lambda client: client.spending(by="day"))
    assert sum(line.settled for line in days) == by_group["openai"].settled


def test_a_report_tells_what_failed_what_was_asked_twice_and_what_was_adapted(
    openai: Workplace, emulator: Emulator
) -> None:
    emulator.script(GENERATIONS, [Fault.moderation()])
    refused = openai.failure().job_id
    twice = [openai.draw().job_id for _ in range(2)]
    adapted = openai.draw(prompt="a bear", size="1000x1000", adapt=True).job_id
    report = openai.run(lambda client: client.report())
    assert (report.jobs, report.statuses) == (4, {"done": 3, "refused": 1})
    assert [each.job_id for each in report.failed] == [refused]
    assert report.duplicated == ((refused, *twice),)
    assert [each.job_id for each in report.adapted] == [adapted]
    assert len(report.slowest) == 4
    assert KEY not in str(report.document())
