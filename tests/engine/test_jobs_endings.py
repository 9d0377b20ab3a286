"""What every ending of a job writes down: its status, its money, what is forgotten of it, and who may go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import AsyncClient, ImageRequest, errors
from anymedia.media import MediaFile
from anymedia.spec import (
    Backend,
    Call,
    Created,
    Failed,
    Flow,
    HttpRequest,
    Pending,
    Problem,
    Step,
    Succeeded,
    compute,
    get,
    post,
)
from anymedia.testing.emulator import Fault
from toys import (
    PICTURE,
    Answer,
    Provider,
    breaks,
    drawn,
    picture,
    poll_job,
    queue_backend,
    says,
    sends,
    serve_job,
    submit_job,
    toy,
)
from workplace import Workplace, arrives

FOX = ImageRequest(prompt="a fox")
RESERVED = 50_000_000
PENDING = says({"then": "pending"})
DONE = says({"then": "done"})
LIMITED = says({"error": {"message": "slowly"}}, 429, retry_after="3600")
OURS, THEIRS, PRICED = "nothing was charged", "the provider's reply", "a toy, checked 2026-11-22"


def step_of(reply: Any) -> Step:
    match reply["then"]:
        case "pending":
            return Pending(state={}, id=reply.get("id"), poll_after=0)
        case "failed":
            cost = reply.get("cost")
            return Failed(reason="the kiln broke", cost=None if cost is None else Decimal(cost))
        case "broken":
            raise KeyError("then")
    return drawn()


def buys(path: str) -> Callable[..., Flow]:
    def flow(*_: Any) -> Flow:
        return step_of((yield post(path, json={})).json)

    return flow


def looks(path: str) -> Callable[..., Flow]:
    def flow(*_: Any) -> Flow:
        return step_of((yield get(path)).json)

    return flow


def bills(status: int, reply: Any) -> Problem | None:
    """A refusal that says what it costs."""
    return None if "cost" not in reply else Problem(kind="refused", message="not that", cost=Decimal(reply["cost"]))


def refuses(status: int = 400, **words: Any) -> Answer:
    return says({"error": {"message": "no"}, **words}, status)


def backend_of(provider: Provider, *answers: Answer, free: bool = False) -> Backend:
    """One that buys at `/buy`, or looks there for nothing, and then, if it has to, buys at `/more`."""
    provider.on("GET" if free else "POST", "/buy", answers[0])
    provider.on("POST", "/more", *(answers[1:] or (DONE,)))
    return toy(provider.url, looks("/buy") if free else buys("/buy"), poll=buys("/more"), read_error=bills)


# --- For good ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What was answered, and what must stand in the ledger then. `settled` is `None` while it stays reserved."""

    name: str
    answers: tuple[Answer, ...]
    code: str
    charged: str
    status: str
    settled: int | None
    source: str
    free: bool = False


def open_(name: str, *answers: Answer, code: str, status: str, charged: str = "maybe") -> Ending:
    facts: Any = {"settled": None, "source": PRICED}
    return Ending(name=name, answers=answers, code=code, status=status, charged=charged, **facts)


def nothing(name: str, *answers: Answer, code: str, status: str, free: bool = False) -> Ending:
    facts: Any = {"charged": "no", "settled": 0, "source": OURS}
    return Ending(name=name, answers=answers, code=code, status=status, free=free, **facts)


def told(name: str, *answers: Answer, code: str, status: str, cost: int) -> Ending:
    facts: Any = {"charged": "yes", "settled": cost, "source": THEIRS}
    return Ending(name=name, answers=answers, code=code, status=status, **facts)


FAILED = says({"then": "failed"})
ENDINGS = [
    nothing("refused", refuses(), code="rejected", status="rejected"),
    nothing("a bad key", refuses(401), code="authentication_rejected", status="rejected"),
    nothing("limited", LIMITED, code="rate_limited", status="rate_limited"),
    nothing("refused for nothing", refuses(cost="0"), code="refused", status="refused"),
    nothing("failed for nothing", says({"then": "failed", "cost": "0"}), code="failed", status="failed"),
    nothing("refused, first bought later", PENDING, refuses(), code="rejected", status="rejected", free=True),
    nothing("limited, first bought later", PENDING, LIMITED, code="rate_limited", status="rate_limited", free=True),
    told("refused at a cost", refuses(cost="0.02"), code="refused", status="refused", cost=20_000_000),
    told("failed at a cost", says({"then": "failed", "cost": "0.03"}), code="failed", status="failed", cost=30_000_000),
    told("failed later", PENDING, says({"then": "failed", "cost": "0.07"}), code="failed", status="failed",
         cost=70_000_000),
    open_("no sense", refuses(500), code="unknown", status="unknown"),
    open_("broken", says({"then": "broken"}), code="unexpected_reply", status="unknown"),
    open_("failed", FAILED, code="failed", status="failed"),
    open_("more is refused", PENDING, refuses(), code="rejected", status="rejected"),
    open_("more is refused for nothing", PENDING, refuses(cost="0"), code="refused", status="refused"),
    open_("more is refused at a cost", PENDING, refuses(cost="0.02"), code="refused", status="refused", charged="yes"),
    open_("more is nowhere", PENDING, refuses(404), code="rejected", status="rejected"),
    open_("more needs another key", PENDING, refuses(403), code="authentication_rejected", status="rejected"),
    open_("more makes no sense", PENDING, refuses(500), code="unknown", status="unknown"),
    open_("more is broken", PENDING, says({"then": "broken"}), code="unexpected_reply", status="unknown"),
    open_("more failed", PENDING, FAILED, code="failed", status="failed"),
]  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.name.replace(" ", "-"))
def test_an_ending_is_written_down_with_its_money_and_stays_as_it_is(
    ending: Ending, workplace: Workplace, provider: Provider
) -> None:
    backend = backend_of(provider, *ending.answers, free=ending.free)
    error = workplace.failure(backend)
    row, asked = workplace.row, len(provider.requests)

    assert (error.code, error.charged, row["status"]) == (ending.code, ending.charged, ending.status)
    assert (row["settled_nano"], row["reserved_nano"], row["cost_source"]) == (ending.settled, RESERVED, ending.source)
    assert (row["finished_at"] is None) == (ending.settled is None)
    assert (row["private_state"], row["private_step"], row["owner"], row["lease_until"]) == (None, None, None, 0)
    assert ("Nothing was charged" in str(error)) <= (ending.charged == "no")

    with pytest.raises(type(error)) as again:
        workplace.run(lambda client: client.resume(row["id"]), backend)
    assert (str(again.value), again.value.charged) == (str(error), error.charged)
    assert (len(provider.requests), workplace.row) == (asked, row)


@pytest.mark.parametrize(
    ("cost", "charged", "settled"), [("0", "no", 0), ("0.04", "yes", 40_000_000), (None, "maybe", None)]
)
def test_a_refusal_by_a_poll_costs_what_it_says(
    cost: str | None, charged: str, settled: int | None, workplace: Workplace, provider: Provider
) -> None:
    def reads(status: int, reply: Any) -> Problem:
        return Problem(kind="refused", message="not that", cost=None if cost is None else Decimal(cost))

    serve_job(provider)
    provider.on("GET", "/jobs/1", refuses())
    error = workplace.failure(toy(provider.url, submit_job, poll=poll_job, read_error=reads))
    assert (error.code, error.charged, workplace.row["settled_nano"]) == ("refused", charged, settled)


def test_a_defect_before_anything_is_sent_costs_nothing(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield from ()
        return "soon"  # type: ignore[return-value]

    error = workplace.failure(toy(provider.url, submit))
    row = workplace.row
    assert (error.code, error.charged, row["status"], row["settled_nano"]) == ("backend_defect", "no", "rejected", 0)
    assert row["cost_source"] == OURS and provider.requests == []


def test_a_job_that_ends_leaves_its_scratch_folder_to_nobody(workplace: Workplace, provider: Provider) -> None:
    seen: list[Path] = []

    def submit(call: Call) -> Flow:
        folder = yield compute(scratch_of, where="thread")
        (Path(folder) / "left").touch()
        seen.append(Path(folder))
        yield post("/buy", json={})
        return drawn()

    provider.on("POST", "/buy", refuses())
    workplace.failure(toy(provider.url, submit))
    assert seen == [workplace.state / "scratch" / workplace.row["id"]]
    assert not seen[0].exists()


def scratch_of(control: Any) -> str:
    return str(control.scratch)


def test_a_failure_names_everything_that_the_provider_keeps(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        for name in ("one", "two"):
            yield HttpRequest(method="POST", path="/make", effect="creates", json={})
            yield Created(kind="voice", id=name)
        yield post("/buy", json={})
        return drawn()

    provider.on("POST", "/make", says({}))
    provider.on("POST", "/buy", refuses())
    error = workplace.failure(toy(provider.url, submit))
    assert error.message.endswith(" Toy keeps what it made before: voice one, voice two.")


def test_a_file_that_changed_is_not_given_to_a_library_that_buys(workplace: Workplace, provider: Provider) -> None:
    calls: list[Any] = []

    def order(control: Any) -> None:
        calls.append(control)

    def submit(call: Call) -> Flow:
        yield compute(order, effect="pays", where="thread")
        return drawn()

    path = workplace.root / "fox.png"
    path.write_bytes(PICTURE)

    async def work(client: AsyncClient) -> errors.AnymediaError:
        opened = await client.open(
            ImageRequest(prompt="a fox", input_images=(MediaFile(media_type="image/png", path=path),))
        )
        path.write_bytes(picture("another"))
        with pytest.raises(errors.InvalidInput, match="has changed since it was checked") as caught:
            await client.finish(opened.job_id)
        return caught.value

    error = workplace.run(work, toy(provider.url, submit))
    assert (error.charged, workplace.row["status"], workplace.row["settled_nano"], calls) == ("no", "rejected", 0, [])


# --- Open -------------------------------------------------------------------------------------------------------------


def test_a_later_purchase_that_is_limited_leaves_the_job_open_and_the_first_one_paid(
    workplace: Workplace, provider: Provider
) -> None:
    """Its key would open a job that was not sent once more, and buy the first part of it again."""
    backend = backend_of(provider, says({"then": "pending", "id": "theirs"}), LIMITED)
    error = workplace.failure(backend, idempotency_key="mine")
    assert (error.code, "slowly" in error.message) == ("running", True)
    row = workplace.row
    assert (row["status"], row["settled_nano"], row["owner"], row["error"]) == ("running", None, None, None)

    provider.on("POST", "/more", DONE)
    assert workplace.draw(backend, idempotency_key="mine").path.exists()
    assert (provider.count("POST", "/buy"), provider.count("POST", "/more")) == (1, 2)
    assert workplace.row["remote_id"] == "theirs"


def test_a_later_purchase_that_never_gets_there_leaves_the_job_open(workplace: Workplace) -> None:
    with ExitStack() as listening:
        provider = listening.enter_context(Provider())
        provider.on("POST", "/buy", says({"then": "pending"}, connection="close"))

        def poll(call: Call, state: Any) -> Flow:
            listening.close()  # from now on nobody is there
            return (yield from buys("/more")())

        error = workplace.failure(toy(provider.url, buys("/buy"), poll=poll), wait=0.5)
    assert (error.code, "did not reach Toy" in error.message) == ("running", True)
    assert (workplace.row["status"], workplace.row["settled_nano"]) == ("running", None)


def test_a_later_purchase_at_an_address_that_is_refused_does_not_make_the_first_one_free(
    workplace: Workplace, provider: Provider
) -> None:
    def poll(call: Call, state: Any) -> Flow:
        yield HttpRequest(method="POST", path="http://10.0.0.1/more", effect="pays", json={})
        return drawn()

    provider.on("POST", "/buy", PENDING)
    error = workplace.failure(toy(provider.url, buys("/buy"), poll=poll))
    assert (error.code, error.charged) == ("failed", "maybe")
    assert (workplace.row["status"], workplace.row["settled_nano"]) == ("failed", None)


def test_an_interrupt_during_a_later_purchase_that_is_limited_is_an_interrupt(
    workplace: Workplace, provider: Provider
) -> None:
    backend = backend_of(provider, PENDING, breaks(Fault.slow(0.2), LIMITED))

    async def work(client: AsyncClient) -> None:
        drawing = asyncio.ensure_future(client.image("a fox"))
        await arrives(lambda: provider.count("POST", "/more") == 1)
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing

    workplace.run(work, backend)
    assert (workplace.row["status"], workplace.row["owner"]) == ("running", None)


def test_an_interrupted_purchase_whose_file_cannot_be_fetched_is_an_interrupt_and_can_be_gone_on_with(
    workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        yield post("/buy", json={})
        return Succeeded(files=(MediaFile(media_type="image/png", url=f"{provider.url}/file"),))

    backend = toy(provider.url, submit)
    provider.on("POST", "/buy", breaks(Fault.slow(0.2), says({})))
    provider.on("GET", "/file", says({}, 503))

    async def work(client: AsyncClient) -> None:
        drawing = asyncio.ensure_future(client.image("a fox", wait=0.6))
        await arrives(lambda: provider.count("POST", "/buy") == 1)
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing

    workplace.run(work, backend)
    assert (workplace.row["status"], workplace.row["owner"]) == ("ready", None)
    provider.on("GET", "/file", sends(PICTURE))
    assert workplace.run(lambda client: client.resume(workplace.row["id"]), backend).read_bytes() == PICTURE


def test_cancelled_between_two_purchases_buys_no_more_and_does_not_call_the_first_one_free(
    workplace: Workplace, provider: Provider
) -> None:
    def poll(call: Call, state: Any) -> Flow:
        workplace.write("UPDATE job SET cancel_requested_at = 1")
        yield post("/more", json={})
        return drawn()

    provider.on("POST", "/buy", PENDING)
    error = workplace.failure(toy(provider.url, buys("/buy"), poll=poll))
    row = workplace.row
    assert (error.code, error.charged, provider.count("POST", "/more")) == ("cancelled", "maybe", 0)
    assert (row["status"], row["settled_nano"], row["finished_at"]) == ("cancelled", None, None)


def test_a_wish_to_cancel_that_came_too_late_for_a_provider_that_cannot_changes_nothing(
    workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        response = yield post("/jobs", json={})
        workplace.write("UPDATE job SET cancel_requested_at = 1")
        return Pending(state={"id": response.json["id"]}, poll_after=0)

    serve_job(provider, says({"status": "running"}))
    assert workplace.draw(toy(provider.url, submit, poll=poll_job)).path.exists()


@pytest.mark.parametrize("status", ["planned", "reserved"])
def test_cancelled_before_it_began_is_free(status: str, workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield get("/ready")
        return (yield from buys("/buy")())

    backend = toy(provider.url, submit)

    async def work(client: AsyncClient) -> Any:
        opened = await client.open(FOX)
        workplace.write(f"UPDATE job SET status='{status}', cancel_requested_at = 1")
        with pytest.raises(errors.Cancelled) as caught:
            await client.finish(opened.job_id)
        return caught.value

    error = workplace.run(work, backend)
    row = workplace.row
    assert (error.charged, row["status"], row["settled_nano"], row["cost_source"]) == ("no", "cancelled", 0, OURS)
    assert provider.requests == []


def test_a_process_without_a_key_is_told_how_to_get_one_and_how_to_go_on(
    workplace: Workplace, provider: Provider
) -> None:
    backend = queue_backend(provider.url)
    serve_job(provider, says({"status": "running", "poll_after": 60}))
    job_id = str(workplace.failure(backend, wait=0.5).job_id)
    with pytest.raises(errors.StillRunning) as caught:
        workplace.run(lambda client: client.resume(job_id), backend, environ={"TOY_API_KEY": ""})
    assert str(caught.value.next).endswith(f" `anymedia resume {job_id}` goes on, without paying again.")
    assert "TOY_API_KEY" in f"{caught.value.message} {caught.value.next}"


# --- A ledger that cannot be written ----------------------------------------------------------------------------------


def refusing(condition: str) -> str:
    """A ledger that takes no row of this kind."""
    return f"CREATE TRIGGER full BEFORE UPDATE ON job WHEN {condition} BEGIN SELECT RAISE(ABORT, 'disk full'); END"


def with_ledger(workplace: Workplace, condition: str, backend: Backend) -> errors.AnymediaError:
    """The error of one job while the ledger refuses such a row; afterwards it takes everything again."""

    async def work(client: AsyncClient) -> errors.AnymediaError:
        opened = await client.open(FOX)
        workplace.write(refusing(condition))
        with pytest.raises(errors.AnymediaError) as caught:
            await client.finish(opened.job_id)
        return caught.value

    error = workplace.run(work, backend)
    workplace.write("DROP TRIGGER full")
    return error


def test_an_intent_that_cannot_be_written_is_not_sent_and_can_be_run_again(
    workplace: Workplace, provider: Provider
) -> None:
    backend = backend_of(provider, DONE)
    error = with_ledger(workplace, "NEW.status = 'submitting'", backend)
    row = workplace.row
    assert (error.code, error.charged, row["status"], row["owner"]) == ("ledger", "no", "reserved", None)
    assert provider.requests == []
    assert workplace.run(lambda client: client.resume(row["id"]), backend).path.exists()
    assert provider.count("POST", "/buy") == 1


def test_a_later_intent_that_cannot_be_written_leaves_the_job_open(workplace: Workplace, provider: Provider) -> None:
    backend = backend_of(provider, PENDING, DONE)
    error = with_ledger(workplace, "OLD.status = 'running' AND NEW.status = 'submitting'", backend)
    assert (error.code, workplace.row["status"], provider.count("POST", "/more")) == ("running", "running", 0)
    assert workplace.run(lambda client: client.resume(workplace.row["id"]), backend).path.exists()
    assert (provider.count("POST", "/buy"), provider.count("POST", "/more")) == (1, 1)


def test_an_end_that_cannot_be_written_is_still_told_and_unknown_to_the_next_who_looks(
    workplace: Workplace, provider: Provider
) -> None:
    backend = backend_of(provider, refuses(500))
    error = with_ledger(workplace, "NEW.error IS NOT NULL", backend)
    assert (error.code, workplace.row["status"]) == ("unknown", "submitting")
    with pytest.raises(errors.OutcomeUnknown, match="stopped between sending"):
        workplace.run(lambda client: client.resume(workplace.row["id"]), backend)
    assert (provider.count("POST", "/buy"), workplace.row["status"]) == (1, "unknown")


def test_the_name_of_a_job_that_can_be_written_down_nowhere_is_told_as_what_it_is(
    workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider)
    workplace.state.mkdir()
    workplace.quarantine.write_text("in the way")
    error = with_ledger(workplace, "NEW.status = 'running'", queue_backend(provider.url))
    assert (error.code, error.charged, workplace.row["status"]) == ("ledger", "maybe", "unknown")


def test_the_name_of_a_job_that_cannot_be_written_down_is_kept_in_the_quarantine(
    workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider)
    error = with_ledger(workplace, "NEW.status = 'running'", queue_backend(provider.url))
    row = workplace.row
    assert (error.code, error.charged, row["status"], row["settled_nano"]) == ("ledger", "maybe", "unknown", None)
    assert '"id": "1"' in (workplace.quarantine / f"{row['id']}-reply.json").read_text()


def test_a_job_that_cannot_be_closed_says_what_is_in_the_way_and_is_closed_later(
    workplace: Workplace, provider: Provider
) -> None:
    backend = queue_backend(provider.url)
    serve_job(provider)
    error = with_ledger(workplace, "NEW.status = 'done'", backend)
    assert (error.code, workplace.row["status"]) == ("running", "ready")
    assert str(error.next).startswith("Free some space. `anymedia resume ")
    result = workplace.run(lambda client: client.resume(workplace.row["id"]), backend)
    assert (workplace.files(), provider.count("POST", "/jobs")) == ([result.path], 1)
