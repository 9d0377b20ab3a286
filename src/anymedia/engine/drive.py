"""Drives one flow: performs what it yields, sends it the outcome, returns its step. Buys at most once.

A request that pays is sent once. It is sent again only if it was never handed over whole, or if the provider
answered 429. What is safe is repeated with growing, jittered pauses until the deadline.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import AnymediaError, BackendDefect, NotSent, OutcomeUnknown, UnexpectedReply
from ..media import Json
from ..operations import Request
from ..results import Result
from ..spec.backend import Model
from ..spec.wire import ChildJobs, Compute, Created, Flow, HttpRequest, Outcome, Response, Step
from . import verdicts
from .http import Answered, Http, NoAnswer, NotHandedOver, OpenSink
from .redaction import package_logger
from .settings import Access
from .workers import Workers

log = package_logger(__name__)

ATTEMPTS = 3
"""Times a request that was not handed over, or was rate-limited, is sent at most."""
LONGEST_PAUSE = 30.0
GRACE = 5.0
"""Seconds that an interrupted purchase may still take to answer."""


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What the driver asks of the job it works for. `before_paying` has committed when it returns."""

    before_paying: Callable[[], Awaitable[None]]
    created: Callable[[Created], Awaitable[None]]
    children: Callable[[Sequence[Request]], Awaitable[tuple[Result, ...]]] | None
    progress: Callable[[float | None, str], None]
    open_sink: OpenSink
    keep_reply: Callable[[Json], Awaitable[None]]


@dataclass(kw_only=True)
class Driver:
    """One flow of one job. `deadline` is a moment of `time.monotonic`."""

    access: Access
    model: Model
    http: Http
    workers: Workers
    hooks: Hooks
    scratch: Path
    idempotency_key: str
    deadline: float
    paid: bool = field(default=False, init=False)

    async def run(self, flow: Flow) -> Step:
        """The step the flow returns. Raise one of our errors; after a purchase without a result, `OutcomeUnknown`."""
        outcome: Outcome = None
        while True:
            try:
                effect = flow.send(outcome)
            except StopIteration as finished:
                step: Step = finished.value
                return step
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                raise await self._misread(error, outcome) from error
            outcome = await self._perform(effect)

    async def _misread(self, error: Exception, outcome: Outcome) -> AnymediaError:
        """The backend could not read the reply: the provider changed it, or the backend is wrong about it."""
        reply = outcome.json if isinstance(outcome, Response) else outcome
        await self.hooks.keep_reply(reply)
        backend = self.access.backend
        return UnexpectedReply(
            f"{backend.title} answered in a shape that the backend {backend.name!r} does not know ({error!r}).",
            next="The reply is kept in the quarantine folder. " + verdicts.CHECK_FIRST,
            charged="maybe" if self.paid else "no",
        )

    async def _perform(self, effect: object) -> Outcome:
        match effect:
            case HttpRequest(effect="safe"):
                return await self._repeatedly(effect)
            case HttpRequest():
                return await self._once(effect)
            case Compute():
                return await self._compute(effect)
            case Created():
                await self.hooks.created(effect)
                return None
            case ChildJobs():
                if self.hooks.children is None:
                    raise BackendDefect(f"{self.access.backend.name}: only `poll` may yield ChildJobs.")
                return await self.hooks.children(effect.requests)
        raise BackendDefect(f"{self.access.backend.name}: a flow yielded {type(effect).__name__}, not an effect.")

    # --- What pays or creates -----------------------------------------------------------------------------------

    async def _pay(self) -> None:
        if self.paid:
            raise BackendDefect(
                f"{self.access.backend.name}: one flow tried to buy twice. Return Pending between two purchases.",
                charged="maybe",
            )
        await self.hooks.before_paying()
        self.paid = True

    async def _once(self, request: HttpRequest) -> Response:
        if request.effect == "pays":
            await self._pay()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._send_or_finish(request)
            except NotHandedOver as failure:
                if attempt == ATTEMPTS or not await self._pause(attempt):
                    raise verdicts.not_sent(self.access.backend, failure) from failure
            except Answered as answer:
                error = verdicts.of_answer(self.access.backend, self.model, answer)
                wait = verdicts.retry_after(answer)
                again = answer.status == 429 and error.code == "rate_limited" and attempt < ATTEMPTS
                if not again or not await self._pause(attempt, wait):
                    raise error from None
            except NoAnswer as failure:
                await self._keep_salvaged(failure)
                raise verdicts.of_no_answer(self.access.backend, failure) from failure
        raise AssertionError("the loop ends by returning or raising")

    async def _keep_salvaged(self, failure: NoAnswer) -> None:
        if failure.salvaged:
            await self.hooks.keep_reply(failure.salvaged)

    async def _send_or_finish(self, request: HttpRequest) -> Response:
        """Send; when interrupted, still wait a few seconds for the answer, because it may be paid for."""
        sending = asyncio.ensure_future(self._send(request))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            if sending.done():
                raise
            self.hooks.progress(None, f"interrupted: waiting up to {GRACE:g} s for an answer that may be paid for")
            done, _ = await asyncio.wait([sending], timeout=GRACE)
            if not done:
                sending.cancel()
                await asyncio.wait([sending])
                raise
            self.interrupted = True
            return sending.result()

    interrupted: bool = field(default=False, init=False)
    """Whether the wait for a purchase was interrupted; the job is finished as far as it goes, then stops."""

    async def _send(self, request: HttpRequest) -> Response:
        header = self.access.backend.idempotency_header
        headers = {header: self.idempotency_key} if header and request.effect == "pays" else {}
        return await self.http.send(self.access, request, headers=headers, open_sink=self.hooks.open_sink)

    # --- What may be repeated -----------------------------------------------------------------------------------

    async def _repeatedly(self, request: HttpRequest) -> Response:
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._send(request)
            except (NotHandedOver, NoAnswer) as failure:
                if not await self._pause(attempt):
                    raise self._gave_up(str(failure)) from failure
                log.info("repeating a safe request to %s: %s", self.access.backend.name, failure)
            except Answered as answer:
                error = verdicts.of_answer(self.access.backend, self.model, answer)
                repeat = answer.status in verdicts.TRANSIENT
                if not repeat or not await self._pause(attempt, verdicts.retry_after(answer)):
                    raise self._after_purchase(error) from None

    def _gave_up(self, reason: str) -> AnymediaError:
        backend = self.access.backend
        return self._after_purchase(
            NotSent(f"{backend.title} could not be reached: {verdicts.quoted(reason)}.", next="Ask again later.")
        )

    def _after_purchase(self, error: AnymediaError) -> AnymediaError:
        """Once this flow has bought, no later failure of its own may say that nothing was charged."""
        if not self.paid or isinstance(error, OutcomeUnknown):
            return error
        return verdicts.unknown(self.access.backend, str(error))

    async def _pause(self, attempt: int, asked: float | None = None) -> bool:
        """Wait before the next attempt; `False` if the deadline would pass first."""
        backoff = min(LONGEST_PAUSE, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)
        seconds = backoff if asked is None else asked
        if time.monotonic() + seconds > self.deadline:
            return False
        if seconds > 1:
            self.hooks.progress(None, f"waiting {seconds:.0f} s before trying again")
        await asyncio.sleep(seconds)
        return True

    async def _compute(self, effect: Compute) -> Outcome:
        if effect.effect == "pays":
            await self._pay()
        try:
            return await self.workers.run(effect, self.scratch, lambda fraction: self.hooks.progress(fraction, ""))
        except AnymediaError:
            raise
        except Exception as error:
            raise self._computed_badly(effect, error) from error

    def _computed_badly(self, effect: Compute, error: Exception) -> AnymediaError:
        backend = self.access.backend
        if effect.effect == "pays":
            return verdicts.unknown(backend, repr(error))
        return verdicts.of_failed_computation(backend, error)
