"""The word of the user about a job, as the ledger has it: of that job alone, and only while its outcome is open."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bare_ledger import add, row

from anymedia.engine.ledger import Ledger
from anymedia.engine.settlements import OPEN, request_cancel, settle_money, settle_unknown


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Two jobs of unknown outcome, and one that is done."""
    found = Ledger(tmp_path / "state")
    for name, status in (("one", "unknown"), ("two", "unknown"), ("three", "done")):
        add(found, name, status=status, reserved_nano=9)
    yield found
    found.close()


def changed(ledger: Ledger, work: Any) -> dict[str, dict[str, Any]]:
    """The columns that are not as they were, by job."""
    before = {name: row(ledger, name) for name in ("one", "two", "three")}
    ledger.call_now(work)
    after = {name: row(ledger, name) for name in before}
    found = {name: {key: value for key, value in after[name].items() if value != before[name][key]} for name in after}
    return {name: columns for name, columns in found.items() if columns}


@pytest.mark.parametrize(
    ("made", "cost", "status", "nano", "error"),
    [
        (False, None, "not_sent", 0, ("not_sent", "no", "Ask again.", "It was never made, and nothing was charged")),
        (True, Decimal("0.07"), "failed", 70_000_000, ("failed", "yes", None, "It was made and charged")),
        (True, None, "failed", None, ("failed", "yes", None, "It was made and charged")),
    ],
    ids=["not made", "made", "made at an unknown cost"],
)
def test_an_unknown_job_is_settled_by_a_word(
    made: bool, cost: Decimal | None, status: str, nano: int | None, error: Any, ledger: Ledger
) -> None:
    ((name, columns),) = changed(ledger, partial(settle_unknown, job_id="one", made=made, cost=cost)).items()
    assert (name, columns["status"], row(ledger)["settled_nano"]) == ("one", status, nano)
    assert columns["cost_source"] == ("your own word" if made else "nothing was charged")
    stored = json.loads(columns["error"])
    assert (stored["code"], stored["charged"], stored["next"]) == error[:3]
    assert stored["message"].startswith(error[3]) and stored["message"].endswith("your own word.")
    assert columns["note"].startswith("Settled by the user on 20") and columns["note"].endswith(" UTC.")
    assert columns["finished_at"] == pytest.approx(time.time(), abs=60)
    assert ledger.call_now(lambda c: c.execute("PRAGMA synchronous").fetchone()[0]) == 2  # it waits for the disk


def test_a_job_that_is_unknown_no_longer_stays_as_it_is(ledger: Ledger) -> None:
    assert changed(ledger, partial(settle_unknown, job_id="three", made=True, cost=Decimal(1))) == {}


def test_what_a_job_cost_is_taken_from_the_user(ledger: Ledger) -> None:
    ((name, columns),) = changed(ledger, partial(settle_money, job_id="three", cost=Decimal("0.07"))).items()
    assert (name, columns["settled_nano"], columns["cost_source"]) == ("three", 70_000_000, "your own word")
    assert columns.keys() == {"settled_nano", "cost_source", "finished_at"}


def test_a_wish_to_cancel_stands_in_the_row(ledger: Ledger) -> None:
    ((name, columns),) = changed(ledger, partial(request_cancel, job_id="two")).items()
    assert (name, columns) == ("two", {"cancel_requested_at": pytest.approx(time.time(), abs=60)})


def test_a_job_is_open_until_its_outcome_is_known() -> None:
    assert {"planned", "reserved", "submitting", "running", "ready"} == OPEN
