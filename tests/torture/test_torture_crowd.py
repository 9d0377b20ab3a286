"""Many processes on one ledger: one key is one purchase, every job has its row, and a cap holds across all of them."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from invariants import check_everything
from killing import Victim
from sample_provider import Purchase, SampleProvider
from share import LONG

from anymedia.testing.conformance.subjects import SampleSubject
from anymedia.testing.emulator import Fault
from workplace import Workplace

ONE_FOR_EACH = "backend"
BACKENDS = 6
"""Drawn for a short run."""
PROCESSES = 50 if LONG else 20
ALLOWED = 10
PATIENT = 90.0
"""Seconds that each process waits for what another one makes, on a machine that is busy with them all."""


def codes_of(answers: list[dict[str, Any]]) -> Counter[str]:
    return Counter(outcome["code"] for answer in answers for outcome in answer["outcomes"])


def files_of(purchase: Purchase) -> int:
    """How many files one result leaves: words that nobody asked to have in a file are in the ledger alone."""
    return 0 if purchase.request.makes == "text" else 1


def test_one_key_from_many_processes_is_one_purchase(
    purchase: Purchase, victim: Victim, seller: SampleProvider, place: Workplace
) -> None:
    answers = victim.buy_together(place, seller, PROCESSES, key="mine", wait=PATIENT)
    assert codes_of(answers) == {"done": PROCESSES}, answers
    assert {outcome["job_id"] for answer in answers for outcome in answer["outcomes"]} == {place.row["id"]}
    assert (seller.submits, seller.billed, len(place.files())) == (1, 1, files_of(purchase))
    check_everything(place, billed=1)


def test_every_process_finds_its_job_in_the_ledger(
    purchase: Purchase, victim: Victim, seller: SampleProvider, place: Workplace
) -> None:
    answers = victim.buy_together(place, seller, PROCESSES, key="mine-{}", wait=PATIENT)
    assert codes_of(answers) == {"done": PROCESSES}, answers
    told = {outcome["job_id"] for answer in answers for outcome in answer["outcomes"]}
    assert told == {row["id"] for row in place.rows()}
    assert {row["idempotency_key"] for row in place.rows()} == {f"mine-{number}" for number in range(PROCESSES)}
    assert (seller.submits, seller.billed) == (PROCESSES,) * 2
    assert len(place.files()) == PROCESSES * files_of(purchase)
    check_everything(place, billed=PROCESSES)


def test_a_cap_for_ten_lets_ten_through(
    purchase: Purchase, victim: Victim, seller: SampleProvider, place: Workplace
) -> None:
    """Every answer is a failure after work began: nothing is settled, so the worst case of each stays reserved."""
    model = SampleSubject(backend=purchase.backend, sample=purchase.sample, number=purchase.number).model
    worst = model.price.worst_case(purchase.request)
    if worst is None:
        pytest.skip("nobody can tell what this costs at most, and then no cap lets it through")
    if purchase.is_conversation:
        pytest.skip("a conversation that is not opened was not bought, so it is opened again")
    place.arguments = {"budgets": {"per_day": str(worst * ALLOWED + worst / Decimal(2))}}
    seller.fail("submit", [Fault.status(500, billed=True)] * PROCESSES)
    answers = victim.buy_together(place, seller, PROCESSES)
    assert codes_of(answers) == {"unknown": ALLOWED, "budget_exceeded": PROCESSES - ALLOWED}, answers
    assert (seller.submits, seller.billed, len(place.rows())) == (ALLOWED,) * 3
    check_everything(place, billed=ALLOWED)
