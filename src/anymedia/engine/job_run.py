"""One job, from the state its row is in to its end: submit, remember, poll, land, close the account."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import assert_never

from ..errors import (
    AnymediaError,
    AuthenticationRejected,
    BackendDefect,
    Cancelled,
    Charged,
    ConfigurationError,
    Expired,
    GenerationFailed,
    LedgerError,
    NotSent,
    OutcomeUnknown,
    Refused,
    Rejected,
    StillRunning,
)
from ..media import Json, MediaFile, Spilled
from ..operations import Request, media_in
from ..results import Result
from ..spec.backend import Backend, Call, Model
from ..spec.wire import Failed, Flow, HttpRequest, Listed, Partial, Pending, Step, Succeeded
from . import fetched_inputs, long_text, numbers, verdicts
from .adoption import CLOCKS_DIFFER
from .blobs import Blobs
from .budget import released, settlement
from .children import RunJob, no_children, run_children
from .delivery import Delivery
from .download import fetching
from .drive import Driver, Hooks
from .files import remove, remove_tree
from .foreign_words import quoted
from .http import Http
from .inputs import check_unchanged
from .landing import Lander, Target
from .ledger import Row, begin_submitting, finish_job
from .matter import Matter
from .part import SPOOL, Part
from .receipts import Receipts
from .records import (
    error_of,
    error_to_json,
    output_from_json,
    output_to_json,
    result_of,
    status_of,
    step_from_json,
)
from .redaction import package_logger
from .resources import resources_of_job
from .settings import FETCHED_INPUTS
from .surroundings import Chunk, Hear, Progress, Report, Surroundings
from .tracing import phase

log = package_logger(__name__)

BuyChildren = Callable[[Sequence[Request]], Awaitable[tuple[Result, ...]]]

NEW_SECONDS = 60.0
"""How long a provider may take until a job it accepted is found by its id."""
TIMES_MISSED = 3
"""Polls in a row that must say so before an older job counts as lost."""


def add_receipt(error: AnymediaError, row: Row) -> None:
    """Put the job's receipt on its error."""
    error.job_id, error.idempotency_key = row["id"], row["idempotency_key"]
    error.backend, error.model = row["backend"], row["model"]


class JobRun:
    """One job, from the state its row is in to its end."""

    def __init__(
        self,
        around: Surroundings,
        http: Http,
        blobs: Blobs,
        row: Row,
        *,
        deadline: float,
        report: Report,
        hear: Hear | None = None,
    ) -> None:
        self._http = http
        self._blobs = blobs
        self._around = around
        self._ledger = around.ledger
        self._row = row
        self._deadline = deadline
        self._report = report
        self._hear = hear
        self._heard = 0
        self._previews = 0
        self._id: str = row["id"]
        self._scratch = around.ledger.home / "scratch" / self._id
        self._matter = Matter(row=row, around=around, blobs=blobs)
        self._target = Target.of(json.loads(row["output"]))
        self._interrupted = False
        self._paid = False
        self._bought_before = False
        self._creating = False
        self._cancelling = False
        self._missed = 0
        self._with_files: Request | None = None
        self._resumed = row["status"] != "reserved"
        self.closed = False
        self._kept: tuple[MediaFile | Spilled, ...] = ()
        self._has_part = False
        self._parts: list[Part] = []
        self.run_child: RunJob = no_children

    async def finish(self) -> Result:
        """The result, or the error the job ended with; `StillRunning` leaves it open."""
        try:
            return await self._advance()
        except AnymediaError as error:
            try:
                if self._row["error"] is None:
                    await self._end(error)
            finally:
                if self._interrupted:
                    raise asyncio.CancelledError from error  # in the place of `StillRunning` too: it is what was asked
            raise
        except asyncio.CancelledError:
            await asyncio.shield(self._stopped())
            raise

    async def _end(self, error: AnymediaError) -> None:
        """Write the end of the job, unless it goes on at the provider.

        Once a purchase was accepted, only the provider's own word about this job ends it: a missing key or a backend
        that is not installed here must not cost what was paid for.
        """
        if isinstance(error, StillRunning):
            raise error
        if isinstance(error, LedgerError) and self._row["status"] == "reserved":
            raise error  # the intent to pay could not be written, so nothing was sent: it can be run again
        accepted = self._row["status"] in ("running", "ready") and not self._paid
        if accepted and not isinstance(error, GenerationFailed | Refused | Cancelled):
            then = error.next if isinstance(error, ConfigurationError) else None
            raise self._still_running(error.message, then) from error
        said_by_provider = isinstance(error, Rejected | Refused | NotSent) or verdicts.cost_in(error) is not None
        if error.charged == "no" and (self._paid or self._bought_before) and not said_by_provider:
            error.charged = "maybe"
        with suppress(LedgerError):  # the row still says `submitting`: the next run calls it unknown
            await self._fail(error)

    async def _advance(self) -> Result:
        match self._row["status"]:
            case "planned" | "reserved":
                if self._row["cancel_requested_at"] is not None:
                    raise Cancelled("It was cancelled before anything was sent.", charged="no")
                call = await self._call()
                return await self._follow(call, await self._submit(call))
            case "submitting":
                raise self._lost_on_the_way()
            case "running":
                kept = self._row["private_step"]
                self._has_part = kept is not None
                self._kept = tuple(output_from_json(item) for item in json.loads(kept or "[]"))
                pending = Pending(state=json.loads(self._row["private_state"]), poll_after=0)
                return await self._follow(await self._call(), pending)
            case "ready":
                return await self._land(step_from_json(json.loads(self._row["private_step"])))
        return self._outcome(self._row)

    def _outcome(self, row: Row) -> Result:
        self._row = row
        if row["error"] is not None:
            raise error_of(row)
        return result_of(row)

    def _lost_on_the_way(self) -> OutcomeUnknown:
        return verdicts.unknown(self._backend, "the program stopped between sending the request and its answer")

    async def _stopped(self) -> None:
        """The user interrupted: a purchase whose answer did not come is unknown from now on."""
        row = await self._ledger.row(self._id)
        if row["status"] == "submitting":
            await self._fail(self._lost_on_the_way())

    async def delete(self, request: HttpRequest) -> None:
        """Delete something that this job left at its provider."""
        await self._driver().delete(request)

    async def listed(self) -> Sequence[Listed]:
        """The jobs in the provider's list that are like this one."""
        reconcile = self._backend.reconcile_of(self._model)
        if reconcile is None:
            raise BackendDefect(f"{self._backend.name} has no `reconcile`.")
        since = self._row["submitted_at"] - CLOCKS_DIFFER
        return await self._driver().list(reconcile(await self._call(), since), Listed)

    # --- What the job is about ----------------------------------------------------------------------------------

    @property
    def _backend(self) -> Backend:
        return self._matter.backend

    @property
    def _model(self) -> Model:
        return self._matter.model

    async def _call(self) -> Call:
        call = await self._matter.call()
        self._with_files = call.request if media_in(call.request) else None
        return call

    @property
    def _receipts(self) -> Receipts:
        return Receipts(ledger=self._ledger, job_id=self._id, backend=self._row["backend"], lander=lambda: self._lander)

    def _driver(self, children: BuyChildren | None = None) -> Driver:
        receipts = self._receipts
        return Driver(
            access=self._around.access(self._backend),
            model=self._model,
            http=self._http,
            workers=self._around.workers,
            quotas=self._around.quotas,
            hooks=Hooks(
                before_paying=self._before_paying,
                created=receipts.created,
                children=children,
                progress=self._progress,
                open_sink=self._open_part,
                keep_preview=self._keep_preview,
                keep_reply=receipts.keep_reply,
                keep_outputs=receipts.keep_outputs,
            ),
            scratch=self._scratch,
            idempotency_key=self._row["idempotency_key"],
            deadline=self._deadline,
        )

    def _open_part(self, path: str) -> Part:
        """A part file for one output that comes in a reply."""
        hear = None if self._hear is None else partial(self._tell, self._hear, self._heard)
        self._heard += 1
        self._parts.append(Part(self._target.folder, self._target.stem, spare=self._ledger.home / SPOOL, hear=hear))
        return self._parts[-1]

    def _tell(self, hear: Hear, output: int, offset: int, data: bytes) -> None:
        try:
            hear(Chunk(job_id=self._id, output=output, offset=offset, data=bytes(data)))
        except Exception:
            log.warning("the on_chunk function failed", exc_info=True, extra={"job_id": self._id})

    async def _keep_preview(self, spilled: Spilled) -> None:
        """Save an unfinished picture under a name of its own and tell who watches. The purchase goes on regardless."""
        self._previews += 1
        try:
            file = await asyncio.to_thread(self._lander.land_preview, self._previews, spilled)
        except OSError as error:
            log.warning("an unfinished picture could not be saved: %s", error, extra={"job_id": self._id})
            return
        if file is not None:
            self._progress(None, str(file.path), stage="preview", file=file)

    async def _children(self, requests: Sequence[Request]) -> tuple[Result, ...]:
        return await run_children(
            self._row,
            requests,
            ledger=self._ledger,
            opener=self._around.open_child,
            run_job=self.run_child,
            deadline=self._deadline,
            report=self._report,
        )

    def _progress(
        self, fraction: float | None, message: str, stage: str = "making", file: MediaFile | None = None
    ) -> None:
        fraction = numbers.fraction(fraction)
        try:
            self._report(Progress(job_id=self._id, stage=stage, fraction=fraction, message=message, file=file))
        except Exception:
            log.warning("the on_progress function failed", exc_info=True, extra={"job_id": self._id})

    # --- Submit and wait ----------------------------------------------------------------------------------------

    async def _submit(self, call: Call) -> Step:
        self._progress(None, "", stage="submitting")
        with phase("submit"):
            submit = long_text.submit if long_text.in_parts(call) else self._backend.submit_of(call.model)
            return await self._drive(submit(call))

    async def _drive(self, flow: Flow, children: BuyChildren | None = None) -> Step:
        driver = self._driver(children)
        try:
            return await driver.run(flow)
        finally:
            self._interrupted |= driver.interrupted
            self._paid, self._creating = driver.paid, driver.creating

    async def _before_paying(self) -> None:
        """The intent is on the disk before the first byte leaves, for the very files that were checked."""
        if self._with_files is not None:
            await asyncio.to_thread(check_unchanged, self._with_files)
        began = await self._ledger.call(lambda connection: begin_submitting(connection, self._id))
        if began is None:
            raise Cancelled("It was cancelled before this was sent.", charged=self._charged_before)
        self._row = {**self._row, "status": "submitting", "submitted_at": began}

    @property
    def _charged_before(self) -> Charged:
        """What may have been charged before this run."""
        return "no" if self._row["status"] in ("planned", "reserved") else "maybe"

    async def _follow(self, call: Call, step: Step) -> Result:
        """From a step to the end: remember, wait, poll, land."""
        while True:
            match step:
                case Pending():
                    await self._remember(step)
                    step = await self._poll_later(call, step)
                case Partial():
                    await self._keep_partial(step)
                    step = await self._poll_later(call, Pending(state=step.state, poll_after=step.poll_after))
                case Failed() if self._has_part:
                    return await self._delivered(call, await self._without_the_rest(step))
                case Failed():
                    raise verdicts.of_failed_step(self._backend, step)
                case Succeeded():
                    return await self._delivered(call, step)
                case _:
                    assert_never(step)

    async def _without_the_rest(self, failed: Failed) -> Succeeded:
        """What came before a failure: outputs that were kept, and what stays at the provider."""
        left = await self._ledger.call(partial(resources_of_job, job_id=self._id))
        missing = (f"{quoted(failed.reason)}.",)
        return Succeeded(missing=missing, resources=tuple(left), cost=failed.cost)

    async def _remember(self, step: Pending) -> None:
        """What another process needs to go on is on the disk before anything else happens."""
        if self._row["status"] != "running" or json.dumps(step.state) != self._row["private_state"]:
            await self._write_down(step.state, remote_id=step.id or self._row["remote_id"])
        if self._interrupted:
            raise asyncio.CancelledError

    async def _write_down(self, state: Json, **columns: Json) -> None:
        """The job runs at its provider, and `state` is what leads to it."""
        columns = {"status": "running", "private_state": json.dumps(state), **columns}
        try:
            await self._ledger.update(self._id, **columns)
        except LedgerError:
            with suppress(OSError):
                await self._receipts.keep_reply(state)  # it names the job, and nothing else does
            raise
        self._row = {**self._row, **columns}

    async def _poll_later(self, call: Call, step: Pending) -> Step:
        self._progress(step.fraction, "", stage="running")
        if time.monotonic() + step.poll_after > self._deadline:
            raise self._still_running()
        self._bought_before = self._row["submitted_at"] is not None
        with phase("wait"):
            await asyncio.sleep(step.poll_after)
            flow = await self._next_flow(call, step)
            try:
                found = await self._drive(flow, self._children)
                self._missed = 0
                return found
            except (Rejected, Refused, NotSent) as error:
                if isinstance(error, NotSent) and not self._paid:
                    raise self._still_running(error.message) from error
                if self._bought_before:
                    verdicts.not_the_first(error, bought=self._paid)
                if isinstance(error, NotSent) and self._bought_before and not self._has_part:
                    await self._remember(step)  # it never got there: what was bought before can be gone on with
                    raise self._still_running(error.message) from error
                return self._turned_down(error, step)

    async def _next_flow(self, call: Call, step: Pending) -> Flow:
        """Ask how far it is; once somebody wants it cancelled, ask the provider for that first."""
        if long_text.in_parts(call):
            return long_text.poll(call, step.state)
        poll, cancel = self._backend.poll_of(call.model), self._backend.cancel_of(call.model)
        if poll is None:
            raise BackendDefect(f"{self._backend.name} returned Pending and has no poll.")
        if cancel is not None and not self._cancelling:
            self._cancelling = (await self._ledger.row(self._id))["cancel_requested_at"] is not None
            if self._cancelling:
                return cancel(call, step.state)
        return poll(call, step.state)

    def _turned_down(self, error: Rejected | Refused | NotSent, step: Pending) -> Step:
        """A new job may not be listed yet, and an old one must be missed repeatedly before it counts as lost.

        What came before is delivered without what is refused, unless another key, or room for something to be kept,
        may still bring that too.
        """
        missed = isinstance(error, Rejected) and verdicts.says_missing(error) and not self._paid
        self._missed += missed
        is_new = time.time() - (self._row["submitted_at"] or 0.0) < NEW_SECONDS
        if missed and (is_new or self._missed < TIMES_MISSED):
            return replace(step, poll_after=max(step.poll_after, 1.0))
        may_come = self._creating or (isinstance(error, AuthenticationRejected) and not self._paid)
        if self._has_part and not may_come:
            return Failed(reason=error.message)
        if not missed:
            raise error
        raise GenerationFailed(
            f"{self._backend.title} no longer knows this job ({quoted(error.message)}).",
            next="It may have been charged. Its own name for it is in `anymedia jobs --json`.",
        ) from error

    def _still_running(self, reason: str = "", then: str | None = None) -> StillRunning:
        return verdicts.still_running(self._row, reason, then)

    async def _keep_partial(self, step: Partial) -> None:
        """What is ready before the rest is kept at once."""
        self._has_part = True
        gathered = await self._lander.gather(step.files)
        self._kept = (*self._kept, *gathered)
        kept = json.dumps([output_to_json(output) for output in self._kept])
        await self._write_down(step.state, private_step=kept)
        if self._interrupted:
            raise asyncio.CancelledError

    # --- Ready, landed, done ------------------------------------------------------------------------------------

    @cached_property
    def _lander(self) -> Lander:
        fetch = fetching(self._http, lambda: self._around.access(self._backend), self._deadline)
        home = self._ledger.home
        return Lander(self._target, home=home, scratch=self._scratch, fetch=fetch, resumed=self._resumed)

    @property
    def _delivery(self) -> Delivery:
        return Delivery(
            row=self._row,
            backend=self._backend,
            model=self._model,
            ledger=self._ledger,
            blobs=self._blobs,
            lander=self._lander,
        )

    async def _delivered(self, call: Call, step: Succeeded) -> Result:
        """The provider is finished: commit what it delivered before anything is downloaded or renamed."""
        delivered = await self._delivery.take(call.request, step, self._kept)
        if delivered.whole:
            return await self._land(delivered.step, delivered.columns)  # committed in one trip with the landing
        await self._delivery.commit(delivered)
        self._row, self._paid = {**self._row, "status": "ready"}, False
        return await self._land(delivered.step)

    async def _land(self, step: Succeeded, ready: Mapping[str, Json] | None = None) -> Result:
        """Bring the files to their names and close the job. `ready` has not been committed yet."""
        self._progress(None, "", stage="saving")
        with phase("save"):
            outputs = await self._fetched(step)
            row = await self._delivery.close(step, outputs, ready)
            used = {output.part.name for output in outputs}
            if unused := [part.path for part in self._parts if part.path.name not in used]:
                await asyncio.to_thread(_drop, unused)
            await self._drop_inputs(row["status"])
        self.closed = True
        if self._interrupted:
            raise asyncio.CancelledError
        return self._outcome(row)

    async def _fetched(self, step: Succeeded) -> Sequence[Spilled]:
        """Every output on this machine. Addresses grow old: a provider that still has the files may name new ones."""
        try:
            return await self._lander.fetched(step.files)
        except Expired:
            fresh = await self._asked_again()
            if fresh is None or len(fresh.files) != len(step.files):
                raise
            both = zip(step.files, fresh.files, strict=True)
            return await self._lander.fetched([old if isinstance(old, Spilled) else new for old, new in both])

    async def _asked_again(self) -> Succeeded | None:
        poll, state = self._backend.poll_of(self._model), self._row["private_state"]
        if poll is None or state is None:
            return None
        try:
            step = await self._drive(poll(await self._call(), json.loads(state)))
        except Rejected as error:
            if not verdicts.says_missing(error):
                raise
            return None  # it has forgotten the job as well
        return step if isinstance(step, Succeeded) else None

    async def _fail(self, error: AnymediaError) -> None:
        """Write the end of a job that failed. What its provider keeps of it is named: it outlives the failure."""
        if kept := await self._ledger.call(partial(resources_of_job, job_id=self._id)):
            names = ", ".join(f"{resource.kind} {resource.id}" for resource in kept)
            error.message += f" {self._backend.title} keeps what it made before: {quoted(names)}."
        columns: dict[str, Json] = {
            "status": status_of(error),
            "error": json.dumps(error_to_json(error)),
            "private_state": None,
            "private_step": None,
        }
        if error.charged == "no":
            columns |= released()
        elif (cost := verdicts.cost_in(error)) is not None:
            columns |= settlement(cost, "the provider's reply")
        await self._ledger.call(lambda connection: finish_job(connection, self._id, **columns))
        await asyncio.to_thread(remove_tree, self._scratch)
        await self._drop_inputs(columns["status"])
        log.info("job ended: %s", error.code, extra={"job_id": self._id})

    async def _drop_inputs(self, status: str) -> None:
        """What was fetched for this job is of no use to another."""
        if FETCHED_INPUTS in self._row["request"]:
            await asyncio.to_thread(fetched_inputs.drop_inputs, self._row, status, self._ledger.home)


def _drop(unused: Sequence[Path]) -> None:
    """Remove media of a reply that is no output: a picture that was only thought of, an archive that is unpacked."""
    for path in unused:
        remove(path)
