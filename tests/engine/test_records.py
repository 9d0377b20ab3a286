"""What is written down of steps, results and errors is what is read again: nothing is lost, added or shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import Result, errors
from anymedia.engine.records import (
    error_document,
    error_of,
    error_to_json,
    file_from_json,
    file_to_json,
    output_from_json,
    output_to_json,
    result_of,
    result_to_json,
    status_of,
    step_from_json,
    step_to_json,
)
from anymedia.engine.redaction import REDACTOR
from anymedia.errors import AnymediaError
from anymedia.media import MediaFile, Spilled
from anymedia.results import Adjustment
from anymedia.spec import Resource, Succeeded
from toys import KEY

VOICE = Resource(kind="voice", id="v1")
PART = Spilled(
    part=Path("/out/.fox.part"), size=3, sha256="abc", media_type="video/mp4", extension=".mp4",
    width=4, height=5, duration=6.5, problem="it ends early",
)  # fmt: skip
FAR = MediaFile(media_type="image/png", url="https://toy.example/1")
STEP = Succeeded(
    files=(PART, FAR),
    missing=("One was refused.",),
    text="A fox.",
    resources=(VOICE,),
    continuation={"id": 1},
    usage={"tokens": 3},
    cost=Decimal(1),
    warnings=("It is a dog.",),
    metadata={"seed": 7},
)


def stored(value: Any) -> Any:
    """As it comes back from a column of JSON."""
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("output", [PART, FAR], ids=["here", "there"])
def test_an_output_is_read_as_it_was_written(output: Any) -> None:
    assert output_from_json(stored(output_to_json(output))) == output


def test_a_step_is_read_as_it_was_written_but_for_what_columns_of_their_own_say() -> None:
    """The cost is settled in the same commit; what is gathered and encoded takes the place of what the backend gave."""
    written = stored(step_to_json(STEP, [FAR], {"id": 2}))
    assert step_from_json(written) == Succeeded(
        files=(FAR,),
        missing=("One was refused.",),
        text="A fox.",
        resources=(VOICE,),
        continuation={"id": 2},
        usage={"tokens": 3},
        warnings=("It is a dog.",),
        metadata={"seed": 7},
    )
    assert step_from_json(stored(step_to_json(Succeeded(), [], None))) == Succeeded()


def test_a_file_is_read_as_it_was_written() -> None:
    facts: Any = {"media_type": "video/mp4", "size": 3, "sha256": "abc", "width": 4, "height": 5, "duration": 6.5}
    file = MediaFile(path=Path("/out/fox.mp4"), **facts)
    written = stored(file_to_json(file))
    assert written == {"path": "/out/fox.mp4", **facts}
    assert file_from_json(written) == file


# --- Results ---------------------------------------------------------------------------------------------------------

FILE = MediaFile(media_type="image/png", path=Path("/out/fox.png"), size=3)


def finished() -> Any:
    """The row of a job that has ended."""
    told = result_to_json(STEP, warnings=["It is a wolf."], missing=["Another was lost."], continuation="cont_1")
    planned = {
        "why": ["the first"],
        "warnings": ["It retires soon."],
        "adjustments": [{"field": "n", "asked": 9, "got": 4, "why": "at most 4"}],
    }
    return {
        "id": "job_1",
        "parent": None,
        "operation": "image",
        "backend": "toy",
        "model": "toy-1",
        "status": "partial",
        "idempotency_key": "mine",
        "parts": 0,
        "settled_nano": 50_000_000,
        "reserved_nano": None,
        "cost_source": "a price",
        "kept_files": json.dumps([file_to_json(FILE)]),
        "selection": json.dumps(planned),
        "result": json.dumps(told),
        "error": None,
    }


def test_a_result_is_what_was_planned_and_what_came() -> None:
    result = result_of(finished())
    assert result == Result(
        operation="image",
        files=(FILE,),
        text="A fox.",
        resources=(VOICE,),
        job_id="job_1",
        idempotency_key="mine",
        backend="toy",
        model="toy-1",
        cost=result.cost,
        usage={"tokens": 3},
        adjustments=(Adjustment(field="n", asked=9, got=4, why="at most 4"),),
        warnings=("It retires soon.", "It is a wolf."),
        continuation_id="cont_1",
        why=("the first",),
        provider_metadata={"seed": 7},
        missing=("Another was lost.",),
    )
    assert (result.cost.amount, result.cost.source) == (Decimal("0.05"), "a price")


def test_a_secret_that_a_provider_tells_again_is_not_kept() -> None:
    REDACTOR.hide([KEY])
    written = result_to_json(
        Succeeded(metadata={"echo": f"you sent {KEY}"}), warnings=(), missing=(), continuation=None
    )
    assert KEY not in json.dumps(written) and "redacted" in written["provider_metadata"]["echo"]


# --- Errors ----------------------------------------------------------------------------------------------------------


def kinds(kind: type[AnymediaError] = AnymediaError) -> Iterator[type[AnymediaError]]:
    """Every error there is, by its code, as plain as the others: two need more than words."""
    if kind not in (errors.RateLimited, errors.PartialResult):
        yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from kinds(below)


RECEIPT: Any = {"job_id": "job_1", "idempotency_key": "mine", "backend": "toy", "model": "toy-1"}


def of_row(document: Any) -> AnymediaError:
    return error_of({**finished(), "error": json.dumps(document)})


@pytest.mark.parametrize("kind", [*kinds()], ids=lambda kind: kind.code)
def test_an_error_is_raised_again_as_it_was_the_first_time(kind: type[AnymediaError]) -> None:
    facts: Any = {"next": "Wait.", "charged": "maybe", "retryable": True, "details": {"cost": "1"}}
    first, again = kind("It broke.", **facts, **RECEIPT), of_row(error_to_json(kind("It broke.", **facts)))
    assert (type(again), vars(again)) == (type(first), vars(first))
    plain = of_row(error_document(kind, "It broke.", None))
    assert (type(plain), vars(plain)) == (kind, vars(kind("It broke.", **RECEIPT)))


@pytest.mark.parametrize("retry_at", [datetime(2026, 11, 23, 9, tzinfo=UTC), None])
def test_a_limit_is_raised_again_with_its_end(retry_at: datetime | None) -> None:
    again = of_row(error_to_json(errors.RateLimited("Too many.", retry_at=retry_at)))
    assert isinstance(again, errors.RateLimited)
    assert (again.retry_at, again.message, again.job_id) == (retry_at, "Too many.", "job_1")
    without = of_row(error_document(errors.RateLimited, "Too many.", "Wait."))
    assert isinstance(without, errors.RateLimited) and (without.retry_at, without.next) == (None, "Wait.")


def test_a_result_that_is_not_whole_is_in_its_error() -> None:
    again = of_row(error_document(errors.PartialResult, "One of two.", "Look."))
    assert isinstance(again, errors.PartialResult)
    assert (again.result, again.message, again.next) == (result_of(finished()), "One of two.", "Look.")
    assert (again.charged, again.retryable, again.job_id, again.details) == ("yes", False, "job_1", None)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Refused("no"), "refused"),
        (errors.NotSent("no"), "not_sent"),
        (errors.Expired("no"), "expired"),
        (errors.BackendDefect("no"), "rejected"),
        (errors.UnexpectedReply("no"), "unknown"),
        (errors.UnexpectedReply("no", charged="no"), "rejected"),
        (errors.BackendDefect("no", charged="maybe"), "unknown"),
        (errors.LedgerError("no", charged="yes"), "unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.code}-{value.charged}",
)
def test_a_job_has_the_status_of_its_error_and_is_unknown_if_it_may_have_cost_something(
    error: AnymediaError, status: str
) -> None:
    assert status_of(error) == status
