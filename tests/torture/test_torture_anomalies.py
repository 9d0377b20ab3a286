"""One call after the other fails once: open, write, fsync, link, commit, connect, send, receive. Nothing is lost."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from invariants import NOT_SUBMITTED, WHOLE, check_everything
from killing import Victim, recover
from sample_provider import Purchase, SampleProvider
from seams import FAILURES
from share import LONG

from workplace import Workplace

ONE_FOR_EACH = "way" if LONG else "backend"
BACKENDS = 6
"""Drawn for a short run."""
SHARE = 6
"""Calls of each way of buying that fail in a short run."""


def check_after_failure(place: Workplace, purchase: Purchase, seller: SampleProvider, answer: dict[str, Any]) -> str:
    """What the caller was told is true, nothing was bought twice, and what can be finished is finished for free.

    The caller asked once more with the same key, in the same process: one failure must not make it useless.
    """
    said, again = answer["outcomes"]
    assert "bug" not in (said["code"], again["code"]), (said, again)
    assert said["code"] == "done" or again["code"] != "ledger" or said == again, f"the ledger stays unusable: {again}"
    assert seller.submits <= 1
    check_everything(place, billed=seller.billed)
    rows = place.rows()
    if said["code"] != "done":
        assert said["charged"] in ("no", "yes", "maybe") and said["next"], said
        assert said["charged"] != "no" or seller.billed == 0 or again["code"] == "done", f"billed, and told: {said}"
        assert said["job_id"] in (None, rows[0]["id"]), "an error of another job"
        assert said["job_id"] or said["charged"] == "no", "money without a receipt"
    recover(place, purchase)
    for was, now in zip(rows, place.rows(), strict=True):
        if was["status"] in ("running", "ready"):
            assert now["status"] in WHOLE, f"{was['status']} became {now['status']}: {now['error']}"
        if was["status"] in NOT_SUBMITTED - {"planned", "reserved"}:
            assert was["status"] == now["status"]
    assert seller.submits <= 1
    check_everything(place, billed=seller.billed)
    return str(said["code"])


@pytest.mark.parametrize("trouble", FAILURES)
def test_any_call_may_fail_and_nothing_is_lost_or_bought_twice(
    trouble: str, purchase: Purchase, victim: Victim, tmp_path: Path, draw: random.Random
) -> None:
    struck: dict[str, str] = {}
    numbers = count(1) if LONG else iter(sorted(draw.sample(range(1, 60), SHARE)))
    for number in numbers:
        place = Workplace(root=tmp_path / f"call-{number}")
        with SampleProvider(purchase=purchase) as seller:
            answer = victim.buy(place, seller, at=number, trouble=trouble, key="mine", again=True)
            if answer["struck"] is None:
                break
            try:
                code = check_after_failure(place, purchase, seller, answer)
            except AssertionError as error:
                error.add_note(f"call {number}, {answer['struck']!r}, failed ({trouble})")
                raise
        struck[f"{number} {answer['struck']}"] = code
    print(purchase.id, trouble, struck)
