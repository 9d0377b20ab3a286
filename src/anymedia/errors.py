"""Every exception this package raises, in one tree.

* AnymediaError
  - UsageError               ours, before anything is sent: the call cannot be made as it stands (exit 2)
    - InvalidParameter       the model has the parameter, but not with this value
    - UnsupportedParameter   the model has no such parameter
    - UnknownName            no such backend, model, mode, job, continuation ...; `next` has the nearest name
    - InvalidInput           an input file is missing, unreadable, too big, or not what it says it is
    - OutputRefused          the output path exists, is outside the root, cannot be written, or the disk is full
    - RetiredModel           the model no longer exists at its provider
    - IdempotencyConflict    the key belongs to a job with other parameters
  - ConfigurationError       ours, before anything is sent: the set-up does not allow the call (exit 3)
    - InvalidConfiguration   the configuration file or a variable is wrong
    - MissingCredentials     the chosen backend has no key
    - NoBackendAvailable     nothing that is set up can serve the whole request
    - MissingDependency      the backend needs packages that are not installed
  - BudgetExceeded           the worst case costs more than a cap allows, or its price is unknown (exit 7)
  - NotSent                  the request never reached the provider whole; nothing was charged (exit 69)
    - RateLimited            the provider asked to wait longer than the deadline; `retry_at` says until when
  - Rejected                 the provider refused the request; nothing was charged (exit 4)
    - AuthenticationRejected the provider did not accept the key
    - ContinuationGone       the provider no longer has the state this request continues
  - Refused                  the provider's policy refused the content (exit 8)
  - GenerationFailed         the provider accepted the job and then failed it (exit 5)
    - EmptyOutput            it said it succeeded and delivered nothing
    - Expired                it was made and paid for, and the provider no longer has it
  - OutcomeUnknown           it may have been charged and is never sent again without your word (exit 6)
    - UnexpectedReply        the provider answered in a shape its backend does not know
  - PartialResult            fewer outputs than asked for; `result` has those that came (exit 9)
  - VerificationFailed       what arrived is not whole or not what it says it is; it is in quarantine (exit 10)
  - StillRunning             the wait ended, the job did not; resume it (exit 75)
  - Cancelled                the job was cancelled (exit 5)
  - LedgerError              the ledger cannot be written, so nothing is spent (exit 3)
  - BackendDefect            a backend broke a rule of the vocabulary; a bug in that backend (exit 1)
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from .media import Json

if TYPE_CHECKING:
    from .results import Result

Charged = Literal["no", "yes", "maybe"]
LONGEST_SHOWN = 60
"""Characters of a value that a sentence shows."""


class AnymediaError(Exception):
    """Base class of every error of this package.

    `code` is stable and machine-readable, `charged` says whether money moved, `retryable` whether the same call may
    succeed later without a change, and `next` what to do about it. `job_id` and `idempotency_key` are the receipt.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    charged_by_default: ClassVar[Charged] = "no"
    retryable_by_default: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        next: str | None = None,
        job_id: str | None = None,
        idempotency_key: str | None = None,
        charged: Charged | None = None,
        retryable: bool | None = None,
        backend: str | None = None,
        model: str | None = None,
        details: Json = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.next = next
        self.job_id = job_id
        self.idempotency_key = idempotency_key
        self.charged: Charged = self.charged_by_default if charged is None else charged
        self.retryable = self.retryable_by_default if retryable is None else retryable
        self.backend = backend
        self.model = model
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} {self.next}" if self.next else self.message

    def document(self) -> dict[str, Json]:
        """The error as it stands in `--json` and in the agent tools."""
        return {
            "code": self.code,
            "message": self.message,
            "next": self.next,
            "retryable": self.retryable,
            "charged": self.charged,
        }


class UsageError(AnymediaError):
    code = "usage"
    exit_code = 2


class InvalidParameter(UsageError):
    code = "invalid_parameter"


class UnsupportedParameter(UsageError):
    code = "unsupported_parameter"


class UnknownName(UsageError):
    code = "unknown_name"


class InvalidInput(UsageError):
    code = "invalid_input"


class OutputRefused(UsageError):
    code = "output_refused"


class RetiredModel(UsageError):
    code = "retired_model"


class IdempotencyConflict(UsageError):
    code = "idempotency_conflict"


class ConfigurationError(AnymediaError):
    code = "configuration"
    exit_code = 3


class InvalidConfiguration(ConfigurationError):
    code = "invalid_configuration"


class MissingCredentials(ConfigurationError):
    code = "missing_credentials"


class NoBackendAvailable(ConfigurationError):
    code = "no_backend_available"


class MissingDependency(ConfigurationError):
    code = "missing_dependency"


class BudgetExceeded(AnymediaError):
    code = "budget_exceeded"
    exit_code = 7


class NotSent(AnymediaError):
    code = "not_sent"
    exit_code = 69
    retryable_by_default = True


class RateLimited(NotSent):
    code = "rate_limited"

    def __init__(self, message: str, *, retry_at: datetime | None = None, **receipt: Json) -> None:
        super().__init__(message, **receipt)
        self.retry_at = retry_at
        self.details = {"retry_at": None if retry_at is None else retry_at.isoformat()}


class Rejected(AnymediaError):
    code = "rejected"
    exit_code = 4


class AuthenticationRejected(Rejected):
    code = "authentication_rejected"


class ContinuationGone(Rejected):
    code = "continuation_gone"


class Refused(AnymediaError):
    code = "refused"
    exit_code = 8


class GenerationFailed(AnymediaError):
    code = "failed"
    exit_code = 5
    charged_by_default: ClassVar[Charged] = "maybe"


class EmptyOutput(GenerationFailed):
    code = "empty_output"


class Expired(GenerationFailed):
    code = "expired"
    charged_by_default: ClassVar[Charged] = "yes"


class OutcomeUnknown(AnymediaError):
    code = "unknown"
    exit_code = 6
    charged_by_default: ClassVar[Charged] = "maybe"


class UnexpectedReply(OutcomeUnknown):
    code = "unexpected_reply"


class PartialResult(AnymediaError):
    code = "partial"
    exit_code = 9
    charged_by_default: ClassVar[Charged] = "yes"

    def __init__(self, message: str, *, result: Result, **receipt: Json) -> None:
        super().__init__(message, **receipt)
        self.result = result


class VerificationFailed(AnymediaError):
    code = "verify_failed"
    exit_code = 10
    charged_by_default: ClassVar[Charged] = "yes"


class StillRunning(AnymediaError):
    code = "running"
    exit_code = 75
    charged_by_default: ClassVar[Charged] = "yes"
    retryable_by_default = True


class Cancelled(AnymediaError):
    code = "cancelled"
    exit_code = 5
    charged_by_default: ClassVar[Charged] = "maybe"


class LedgerError(AnymediaError):
    code = "ledger"
    exit_code = 3


class BackendDefect(AnymediaError):
    code = "backend_defect"


def shown(value: object) -> str:
    """A value of the caller's in a sentence: short, on one line, whatever it does when it is asked to show itself."""
    import reprlib  # only mistakes need it

    brief = reprlib.Repr()
    brief.maxstring = brief.maxlong = brief.maxother = LONGEST_SHOWN
    try:
        text = brief.repr(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits has no text
        text = f"a {type(value).__name__} that is too long to show"
    return "".join(each if each.isprintable() else "?" for each in text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The advice for a name that does not exist: the nearest one as it is written, else all there are."""
    name = name[:LONGEST_SHOWN]
    from difflib import get_close_matches  # only mistakes need it

    spelled = {each.lower(): each for each in known}
    near = get_close_matches(name.lower(), list(spelled), n=1, cutoff=0.6)
    return f"Did you mean {spelled[near[0]]!r}?" if near else f"There are: {', '.join(spelled.values())}."
