"""What a failed exchange means: pure functions from a reply or a broken connection to one of our errors.

The classes are A not sent, B refused, C unknown, D safe; only A and B say that nothing was charged.
"""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ..errors import (
    AnymediaError,
    AuthenticationRejected,
    Cancelled,
    Charged,
    ContinuationGone,
    EmptyOutput,
    Expired,
    GenerationFailed,
    InvalidParameter,
    MissingDependency,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Rejected,
    StillRunning,
)
from ..spec.backend import Backend, Model, Problem
from ..spec.wire import Answered, Failed, NotHandedOver
from . import numbers
from .addresses import AddressRefused
from .foreign_words import QUOTED, quoted
from .http import NotTrusted
from .ledger import Row
from .reply_body import NoAnswer

REFUSING = frozenset(range(400, 500)) - {408, 409, 425, 429}
"""Statuses that say the provider took nothing on. 408, 409 and 425 are sent after work may have begun."""
TRANSIENT = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Statuses after which a request that is safe to repeat is repeated."""
LONGEST_WAIT = 10**8
"""Seconds; a provider that asks to wait longer, three years, says nothing sensible."""

NOTHING_CHARGED = "Nothing was charged."
CHECK_FIRST = (
    "Look at the provider's own dashboard before you ask again; `anymedia settle` writes down what you find. "
    "Nothing sends it again by itself."
)


def not_sent(backend: Backend, failure: NotHandedOver) -> NotSent:
    return NotSent(
        f"The request did not reach {backend.title}: {quoted(str(failure))}.",
        next=f"{NOTHING_CHARGED} Check the network and ask again.",
    )


def still_running(row: Row, reason: str = "", then: str | None = None) -> StillRunning:
    """The wait ended before the job did, for whatever reason; nothing is lost."""
    resume = f"`anymedia resume {row['id']}` goes on, without paying again."
    return StillRunning(
        reason or f"The wait is over; {row['backend']} is still at work on it.",
        next=f"{then} {resume}" if then else resume,
    )


def not_trusted(backend: Backend, failure: NotTrusted) -> NotSent:
    return NotSent(
        f"The server of {backend.title} cannot be trusted: {quoted(str(failure))}.",
        next=f"{NOTHING_CHARGED} Check its certificate, a proxy in between, or name yours with SSL_CERT_FILE.",
        retryable=False,
    )


def never_fetched(backend: Backend, refused: AddressRefused, *, charged: Charged) -> GenerationFailed:
    return GenerationFailed(
        f"{backend.title} named {refused} in its reply; it is not fetched.",
        charged=charged,
        next="If this is your own server, set its base URL.",
    )


def unknown(backend: Backend, reason: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"Nobody knows what became of the request at {backend.title}: {quoted(reason)}. It may have been charged.",
        next=CHECK_FIRST,
    )


def of_no_answer(backend: Backend, failure: NoAnswer) -> OutcomeUnknown:
    return unknown(backend, str(failure))


def of_answer(backend: Backend, model: Model, answer: Answered) -> AnymediaError:
    """The error for a reply to a request that pays."""
    problem, said = _problem(backend, answer), said_in(backend, answer)
    if problem is not None and problem.kind != "rate_limited":
        error = _of_problem(problem, said, model)
        error.next, error.charged = problem.next or error.next, problem.charged
        return billed(error, problem.cost)
    if answer.status == 429:
        return rate_limited(said, retry_after(backend, answer))
    if answer.status in (401, 403):
        return AuthenticationRejected(said, next="Check the key: `anymedia doctor` shows which one is used.")
    if answer.status in REFUSING:
        then = f"{NOTHING_CHARGED} Change the request; the same one is refused again."
        return Rejected(said, next=then, details={"status": answer.status})
    return unknown(backend, said)


def said_in(backend: Backend, answer: Answered) -> str:
    """What was answered, in a sentence."""
    problem = _problem(backend, answer)
    message = quoted(problem.message if problem else _message_in(answer))
    return f"{backend.title} answered {answer.status}: {message or 'no reason given'}."


def says_missing(error: Rejected) -> bool:
    """Whether the provider said that it knows no such thing."""
    return (error.details or {}).get("status") in (404, 410)


def _problem(backend: Backend, answer: Answered) -> Problem | None:
    """What the backend makes of an error reply. One it cannot read is judged by its status."""
    try:
        return backend.read_error(answer.status, answer.json)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def _of_problem(problem: Problem, said: str, model: Model) -> AnymediaError:
    match problem.kind:
        case "refused":
            return Refused(said, next="The provider's policy refused it. Change what is asked for.")
        case "authentication":
            return AuthenticationRejected(said, next="Check the key: `anymedia doctor` shows which one is used.")
        case "model_gone":
            instead = f'Use model="{model.successor}".' if model.successor else "`anymedia models` lists the others."
            return Rejected(said, next=instead)
        case "continuation_gone":
            return ContinuationGone(said, next="Start from the earlier picture instead: pass it as an input image.")
        case "rejected" | "rate_limited":
            return Rejected(said, next=f"{NOTHING_CHARGED} Change the request; the same one is refused again.")


def rate_limited(said: str, wait: float | None) -> RateLimited:
    moment = None if wait is None else datetime.now(UTC) + timedelta(seconds=wait)
    when = f" It asks to wait until {moment:%H:%M:%S} UTC." if moment else ""
    return RateLimited(said + when, retry_at=moment, next=f"{NOTHING_CHARGED} Ask again later.")


def retry_after(backend: Backend, answer: Answered) -> float | None:
    """Seconds the provider asks to wait, in the header or else in what the backend reads of the body.

    Never negative, `None` if it says nothing sensible.
    """
    seconds = _seconds_in(answer.headers.get("retry-after", ""))
    if seconds is None:
        problem = _problem(backend, answer)
        seconds = None if problem is None else problem.retry_after
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    return float(max(0, seconds)) if seconds < LONGEST_WAIT else None  # what is not a number is not less either


def _seconds_in(header: str) -> float | None:
    """A number or a date."""
    if not header:
        return None
    try:
        return float(header)
    except ValueError:
        return _seconds_until(header)


def _seconds_until(date: str) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _message_in(answer: Answered) -> str:
    """The sentence in the usual places of an error reply, else the beginning of its text."""
    match answer.json:
        case {"error": {"message": str(message)}} | {"error": str(message)} | {"message": str(message)}:
            return message
        case {"detail": str(message) | {"message": str(message)} | [{"msg": str(message)}, *_]}:
            return message
    return "a web page instead of an answer" if answer.text.lstrip().startswith("<") else answer.text[:QUOTED]


def billed(error: AnymediaError, cost: Decimal | None) -> AnymediaError:
    """The same error with what the provider says that it charged for nothing."""
    if (cost := numbers.cost(cost)) is not None:
        error.charged = "yes" if cost else "no"
        error.details = {**(error.details or {}), "cost": f"{cost:f}"}
        error.message += f" It charged ${cost:f}." if cost else ""
    return error


def cost_in(error: AnymediaError) -> Decimal | None:
    """What the provider said that it charged, if it did."""
    cost = (error.details or {}).get("cost")
    return None if cost is None else Decimal(cost)


def not_the_first(error: AnymediaError, *, bought: bool) -> None:
    """Let a refusal of a job that had bought before say so; a cost that it names stands.

    `bought`: another purchase was refused, so a cost is that of this one alone, and what all of it cost is not known.
    """
    if bought:
        error.details = {name: value for name, value in (error.details or {}).items() if name != "cost"}
    if error.charged == "no" and cost_in(error) is None:
        error.charged = "maybe"
        error.next = error.next and error.next.replace(
            NOTHING_CHARGED, "What was bought before it may have been charged."
        )


def of_failed_step(backend: Backend, step: Failed) -> AnymediaError:
    """The error for a job that the provider accepted and could not finish."""
    return billed(_of_failure(f"{backend.title}: {quoted(step.reason)}.", step.kind), step.cost)


def _of_failure(said: str, kind: str) -> AnymediaError:
    match kind:
        case "refused":
            return Refused(said, charged="maybe", next="The provider's policy refused it. Change what is asked for.")
        case "expired":
            return Expired(said, next="It was paid for and is gone; download sooner next time.")
        case "cancelled":
            return Cancelled(said)
        case "empty_output":
            return EmptyOutput(said, next="It may have been charged. Ask again, or ask differently.")
    return GenerationFailed(said, next="It may have been charged.")


def of_failed_computation(backend: Backend, error: Exception) -> AnymediaError:
    """The error for a library call that failed. A `ValueError` is the library's own refusal of what was asked."""
    if isinstance(error, ModuleNotFoundError):
        extra = f'Install it: pip install "anymedia[{backend.extra}]".' if backend.extra else None
        return MissingDependency(f"{backend.title} needs the package {error.name!r}.", next=extra)
    if isinstance(error, ValueError):
        return InvalidParameter(f"{backend.title}: {quoted(str(error))}.")
    if isinstance(error, OSError) and backend.role == "provider":
        return NotSent(
            f"What {backend.title} was to be sent could not be made ready: {quoted(str(error))}.",
            next=f"{NOTHING_CHARGED} See to this machine and ask again.",
        )
    return GenerationFailed(f"{backend.title} failed: {quoted(repr(error))}.", charged="no")
