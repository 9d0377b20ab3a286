"""Drives one flow: performs what it yields, sends it the outcome, returns its step. Buys at most once.

A request that pays is sent once. It is sent again only if it was never handed over whole, or if the provider
answered 429. What is safe is repeated with growing, jittered pauses until the deadline.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..errors import (
    AnymediaError,
    BackendDefect,
    Charged,
    InvalidInput,
    InvalidParameter,
    NotSent,
    OutcomeUnknown,
    Rejected,
    UnexpectedReply,
)
from ..media import Json, Spilled
from ..operations import Request
from ..results import Result
from ..spec.backend import Model
from ..spec.wire import (
    Answered,
    ChildJobs,
    Compute,
    Created,
    Effect,
    Exchange,
    Failed,
    Flow,
    HttpRequest,
    NotHandedOver,
    Outcome,
    Partial,
    Pending,
    Provider,
    Response,
    Step,
    Succeeded,
)
from . import verdicts
from .addresses import AddressRefused
from .discretion import discreet_failure, discreet_outcome
from .foreign_words import quoted
from .http import BrokenOff, Http, NotTrusted, Prepared
from .redaction import package_logger
from .reply_body import KeepPreview, NoAnswer, OpenSink
from .retry_quota import RetryQuotas
from .secret import Secret, without_frames
from .settings import Access
from .steps import mended, problem_with_created, problem_with_step
from .workers import Workers

if TYPE_CHECKING:
    from .exchange import Conversation

log = package_logger(__name__)

Sendable = HttpRequest | Exchange | Compute
"""What can reach a provider."""
T = TypeVar("T")

ATTEMPTS = 3
"""Times a request that was not handed over, or was rate-limited, is sent at most."""
LONGEST_PAUSE = 30.0
LONGEST_ASKED = 120.0
"""Seconds that a provider may ask us to wait before a purchase; after more than that, the caller decides."""
MOST_NAMED = 10
"""Outputs that an error names; the largest `n` of any model."""
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
    keep_preview: KeepPreview
    keep_reply: Callable[[Json], Awaitable[None]]
    keep_outputs: Callable[[Sequence[Spilled]], Awaitable[list[Path]]]


@dataclass(kw_only=True)
class Driver:
    """One flow of one job. `deadline` is a moment of `time.monotonic`."""

    access: Access
    model: Model
    http: Http
    workers: Workers
    quotas: RetryQuotas
    hooks: Hooks
    scratch: Path
    idempotency_key: str
    deadline: float
    paid: bool = field(default=False, init=False)
    creating: bool = field(default=False, init=False)
    """Whether the last request was for something that stays at the provider."""
    only_safe: bool = field(default=False, init=False)
    _broken: OutcomeUnknown | None = field(default=None, init=False)
    """Set once the flow was given what could be read of a broken reply to its purchase."""

    async def run(self, flow: Flow) -> Step:
        """The step the flow returns. Raise one of our errors; after a purchase without a result, `OutcomeUnknown`."""
        step, outcome = await self._conversed(flow)
        if self._broken is not None and not isinstance(step, Pending):
            raise self._broken  # half a reply may name the job to wait for; it never is a result
        return await self._checked(step, outcome)

    async def list(self, flow: Generator[Effect, Outcome, Sequence[T]], kind: type[T]) -> Sequence[T]:
        """What a flow of safe requests finds in the provider's list."""
        self.only_safe = True
        found, _ = await self._conversed(flow)
        if not isinstance(found, Sequence) or not all(isinstance(each, kind) for each in found):
            raise BackendDefect(f"{self.access.backend.name}: a list must be a sequence of {kind.__name__}.")
        return found

    async def delete(self, request: HttpRequest) -> None:
        """Delete something at the provider. What is gone is deleted: an earlier answer may have been lost."""
        try:
            await self._perform(request)
        except Rejected as error:
            if not verdicts.says_missing(error):
                raise

    async def _conversed(self, flow: Generator[Effect, Outcome, object]) -> tuple[object, Outcome]:
        """What the flow returned, and the last outcome it was sent."""
        outcome: Outcome = None
        while True:
            try:
                effect = flow.send(outcome)
            except StopIteration as finished:
                return finished.value, outcome
            except AnymediaError:
                raise
            except Exception as error:
                if self._broken is not None:
                    raise self._broken from error
                problem = f"it has no {error.args[0]!r}" if isinstance(error, KeyError) else repr(error)
                raise await self._misread(problem, outcome) from error
            if self._broken is not None and not isinstance(effect, Created):
                raise self._broken
            if isinstance(effect, Created) and (unusable := problem_with_created(effect)):
                raise await self._misread(unusable, outcome)
            outcome = await self._perform(effect)

    async def _checked(self, step: object, outcome: Outcome) -> Step:
        """The step, if it is one that can be written down."""
        if not isinstance(step, Pending | Partial | Succeeded | Failed):
            raise BackendDefect(
                f"{self.access.backend.name}: a flow returned {type(step).__name__}, not a step.", charged=self._charged
            )
        step = mended(step)
        if problem := problem_with_step(step):
            raise await self._misread(problem, outcome)
        if isinstance(step, Failed) and isinstance(outcome, Response) and outcome.spilled is not None:
            await self.hooks.keep_outputs([outcome.spilled])  # it failed in the middle of what is paid for
        return step

    @property
    def _charged(self) -> Charged:
        return "maybe" if self.paid else "no"

    async def _misread(self, problem: str, outcome: Outcome) -> AnymediaError:
        """The backend could not read the reply: the provider changed it, or the backend is wrong about it."""
        reply = outcome.json if isinstance(outcome, Response) else outcome
        await self.hooks.keep_reply(reply)
        if isinstance(outcome, Response) and outcome.spilled is not None:
            await self.hooks.keep_outputs([outcome.spilled])
        backend = self.access.backend
        return UnexpectedReply(
            f"{backend.title} answered in a shape that the backend {backend.name!r} does not know ({problem}).",
            next="The reply is kept in the quarantine folder. " + verdicts.CHECK_FIRST,
            charged=self._charged,
        )

    async def _perform(self, effect: object) -> Outcome:
        try:
            return await self._performed(effect)
        except AddressRefused as refused:
            unpaid = not self.paid and isinstance(effect, Sendable) and effect.effect != "safe"
            charged: Charged = "no" if unpaid else "maybe"
            raise verdicts.never_fetched(self.access.backend, refused, charged=charged) from refused

    async def _performed(self, effect: object) -> Outcome:
        match effect:
            case HttpRequest(effect="safe") | Exchange(effect="safe") | Compute(effect="safe"):
                return await self._repeatedly(effect)
            case _ if self.only_safe:
                raise BackendDefect(f"{self.access.backend.name}: what reads a list may only yield safe requests.")
            case HttpRequest() | Exchange() | Compute():
                return await self._once(effect)
            case Created():
                await self.hooks.created(effect)
                return None
            case ChildJobs():
                if self.hooks.children is None:
                    raise BackendDefect(
                        f"{self.access.backend.name}: only `poll` may yield ChildJobs.", charged=self._charged
                    )
                return await self.hooks.children(effect.requests)
        raise BackendDefect(
            f"{self.access.backend.name}: a flow yielded {type(effect).__name__}, not an effect.", charged=self._charged
        )

    # --- What pays or creates -----------------------------------------------------------------------------------

    async def _pay(self) -> None:
        if self.paid:
            raise BackendDefect(
                f"{self.access.backend.name}: one flow tried to buy twice. Return Pending between two purchases.",
                charged="maybe",
            )
        if self.interrupted:
            raise asyncio.CancelledError
        await self.hooks.before_paying()
        self.paid = True

    async def _authenticated(self) -> Secret | None:
        """The token that speaks for the caller, if it is one: there before anything is sent."""
        token = self.access.token
        return None if token is None else await token.fresh(self.workers, self.scratch)

    def _not_taken(self, answer: Answered, used: Secret | None) -> bool:
        """Whether it is the token that the provider did not take. The next request fetches another."""
        if answer.status != 401 or self.access.token is None:
            return False
        self.access.token.forget(used)
        return True

    async def _once(self, request: Sendable) -> Outcome:
        used = await self._authenticated()
        prepared = self._prepare(request)
        self.creating = request.effect == "creates"
        if request.effect == "pays":
            try:
                await self._pay()
            except BaseException:
                if not isinstance(prepared, Compute):
                    prepared.close()
                raise
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = await self._send_or_finish(prepared if attempt == 1 else self._prepare(request), used)
                self.quotas.succeeded(self.access.backend.name, attempts=attempt)
                return response
            except NotTrusted as failure:
                raise verdicts.not_trusted(self.access.backend, failure) from failure
            except NotHandedOver as failure:
                if attempt == ATTEMPTS or not self._may_repeat() or not await self._pause(attempt):
                    raise verdicts.not_sent(self.access.backend, failure) from failure
            except Answered as answer:
                self._not_taken(answer, used)
                error = verdicts.of_answer(self.access.backend, self.model, answer)
                wait = verdicts.retry_after(self.access.backend, answer)
                again = error.code == "rate_limited" and attempt < ATTEMPTS and (wait or 0) <= LONGEST_ASKED
                if not again or not self._may_repeat(limited=True) or not await self._pause(attempt, wait):
                    raise error from None
            except NoAnswer as failure:
                self._broken = await self._unknown(failure)
                if request.effect != "pays" or not isinstance(failure.salvaged, Mapping):
                    raise self._broken from failure
                return Response(status=200, json=failure.salvaged)
        raise AssertionError("the loop ends by returning or raising")

    async def _unknown(self, failure: NoAnswer) -> OutcomeUnknown:
        """Keep what arrived of a broken reply: it may be the only receipt, or already be a whole picture."""
        error = verdicts.of_no_answer(self.access.backend, failure)
        if failure.salvaged:
            await self.hooks.keep_reply(failure.salvaged)
        if failure.whole:
            kept = await self.hooks.keep_outputs(failure.whole)
            error.message += f" These outputs had arrived whole: {_listed(kept)}."
        if failure.begun:
            kept = await self.hooks.keep_outputs(failure.begun)
            error.message += f" What had arrived of its output is kept: {', '.join(map(str, kept))}."
        return error

    def _prepare(self, request: Sendable) -> Prepared | Conversation | Compute:
        """The message, ready to be sent. What cannot be sent is found here, before anything is paid."""
        if isinstance(request, Compute):
            return request
        header = self.access.backend.idempotency_header
        headers = {header: self.idempotency_key} if header and request.effect == "pays" else {}
        try:
            if isinstance(request, Exchange):
                return self._conversation(request, headers)
            return self.http.prepare(self.access, request, headers=headers)
        except OSError as error:
            reason = f"An input file cannot be read any more: {error.strerror}."
            raise InvalidInput(reason, next="Make it readable, then ask again.") from error
        except (TypeError, ValueError) as error:
            said = quoted(str(error))
            # The frames of the library have the headers.
            raise InvalidParameter(f"{self.access.backend.title} cannot be sent this: {said}.") from without_frames(
                error
            )

    def _conversation(self, exchange: Exchange, headers: Mapping[str, str]) -> Conversation:
        from .exchange import Conversation  # the WebSocket library is imported when a conversation is held

        return Conversation(self.access, exchange, headers=headers, timeouts=self.http.timeouts)

    async def _send(
        self, prepared: Prepared | Conversation | Compute, used: Secret | None, *, within: float | None = None
    ) -> Outcome:
        """What comes of a message, without the key that it was sent with."""
        try:
            return discreet_outcome(await self._sent(prepared, used, within))
        except (Answered, NoAnswer, NotHandedOver) as error:
            failure = discreet_failure(error)
        raise failure  # here, so that the library's own error does not come along

    async def _sent(
        self, prepared: Prepared | Conversation | Compute, used: Secret | None, within: float | None
    ) -> Outcome:
        if isinstance(prepared, Compute):
            return await self._computed(prepared, used, within)
        if isinstance(prepared, Prepared):
            hooks = self.hooks
            return await self.http.send(
                prepared, open_sink=hooks.open_sink, keep_preview=hooks.keep_preview, within=within
            )
        return await prepared.hold(open_sink=self.hooks.open_sink, within=within)

    async def _send_or_finish(self, prepared: Prepared | Conversation | Compute, used: Secret | None) -> Outcome:
        """Send; when interrupted, still wait a few seconds for the answer, because it may be paid for."""
        sending = asyncio.ensure_future(self._send(prepared, used))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            if sending.done():
                raise
            self.hooks.progress(None, f"interrupted: waiting up to {GRACE:g} s for an answer that may be paid for")
            self.interrupted = True
            done, _ = await asyncio.wait([sending], timeout=GRACE)
            if not done:
                sending.cancel()
                await asyncio.wait([sending])
                raise
            return sending.result()

    interrupted: bool = field(default=False, init=False)
    """Whether the wait for a purchase was interrupted; the job is finished as far as it goes, then stops."""

    # --- What may be repeated -----------------------------------------------------------------------------------

    async def _repeatedly(self, request: Sendable) -> Outcome:
        attempt, renewed, said = 0, False, None
        while True:
            attempt += 1
            used = await self._authenticated()
            try:
                prepared = self._prepare(request)
                left = max(0.0, self.deadline - time.monotonic())
                response = await self._send(prepared, used, within=left)
                self.quotas.succeeded(self.access.backend.name, attempts=attempt)
                return response
            except (BrokenOff, NotHandedOver, NoAnswer) as failure:
                if not await self._pause(attempt, self._slower()):
                    cut_short = time.monotonic() >= self.deadline  # by us: what the provider said before tells more
                    raise (cut_short and said) or self._gave_up(str(failure)) from failure
                log.info("repeating a safe request to %s: %s", self.access.backend.name, failure)
            except Answered as answer:
                if not renewed and self._not_taken(answer, used):
                    renewed = True
                    continue
                error = verdicts.of_answer(self.access.backend, self.model, answer)
                limited, asked = answer.status == 429, verdicts.retry_after(self.access.backend, answer)
                wait = self._slower(limited=limited) if asked is None else asked
                said = self._after_purchase(self._unpaid(error, answer))
                if answer.status not in verdicts.TRANSIENT or not await self._pause(attempt, wait):
                    raise said from None

    def _gave_up(self, reason: str) -> AnymediaError:
        backend = self.access.backend
        return self._after_purchase(
            NotSent(f"{backend.title} could not be reached: {quoted(reason)}.", next="Ask again later.")
        )

    def _unpaid(self, error: AnymediaError, answer: Answered) -> AnymediaError:
        """Nobody is charged for what is safe: no answer to it leaves open whether something was bought."""
        if self.paid or not isinstance(error, OutcomeUnknown):
            return error
        return NotSent(verdicts.said_in(self.access.backend, answer), next="Ask again later.")

    def _after_purchase(self, error: AnymediaError) -> AnymediaError:
        """Once this flow has bought, no later failure of its own may say that nothing was charged."""
        if not self.paid or isinstance(error, OutcomeUnknown):
            return error
        return verdicts.unknown(self.access.backend, error.message)

    def _may_repeat(self, *, limited: bool = False) -> bool:
        """Whether the client as a whole has not repeated too much already."""
        return self.quotas.allow(self.access.backend.name, limited=limited)

    def _slower(self, *, limited: bool = False) -> float | None:
        """The longest pause once too much was repeated: who waits for a paid job goes on waiting, but gently."""
        return None if self._may_repeat(limited=limited) else LONGEST_PAUSE

    async def _pause(self, attempt: int, asked: float | None = None) -> bool:
        """Wait before the next attempt; `False` if the deadline would pass first, or the user has interrupted."""
        if self.interrupted:
            return False
        backoff = min(LONGEST_PAUSE, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)
        seconds = backoff if asked is None else asked
        if time.monotonic() + seconds > self.deadline:
            return False
        if seconds > 1:
            self.hooks.progress(None, f"waiting {seconds:.0f} s before trying again")
        await asyncio.sleep(seconds)
        return True

    # --- Calls of libraries -------------------------------------------------------------------------------------

    async def _computed(self, effect: Compute, token: Secret | None, within: float | None) -> Outcome:
        """What a library gives. How a call to the provider failed it says by what it raises."""
        try:
            provider = self._provider(token, within)
            return await self.workers.run(effect, self.scratch, self._fraction, provider)
        except (AnymediaError, Answered, NotHandedOver) as error:
            self._discreet(error)
            raise
        except Exception as error:  # noqa: BLE001 - whatever a library raises is one of our errors from here on
            raise self._computed_badly(effect, error) from self._discreet(error)

    def _discreet(self, error: Exception) -> Exception:
        """The error of a library, without its frames if it was given a key."""
        has_key = self.access.key is not None or self.access.token is not None
        return without_frames(error) if has_key else error

    def _fraction(self, fraction: float) -> None:
        self.hooks.progress(fraction, "")

    def _provider(self, token: Secret | None, within: float | None) -> Provider:
        timeouts, secret = self.http.timeouts, token or self.access.key
        return Provider(
            base_url=self.access.base_url,
            key=None if secret is None else secret.reveal(),
            connect_timeout=timeouts.connect,
            timeout=timeouts.total if within is None else min(within, timeouts.total),
        )

    def _computed_badly(self, effect: Compute, error: Exception) -> AnymediaError:
        backend = self.access.backend
        if effect.effect == "pays":
            return verdicts.unknown(backend, repr(error))
        return self._after_purchase(verdicts.of_failed_computation(backend, error))


def _listed(kept: Sequence[Path]) -> str:
    """Where outputs are, the first few by name: they lie side by side."""
    more = len(kept) - MOST_NAMED
    return ", ".join(map(str, kept[:MOST_NAMED])) + (f" and {more} more beside them" if more > 0 else "")
