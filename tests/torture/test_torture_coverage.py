"""No fault is forgotten: each has a test that exists, or a reason in writing why it cannot be caused yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from fault_coverage import FAULTS, LISTED, lines_of, listing
from fault_matrix import ELSEWHERE, NOT_YET, ROWS
from sample_provider import Purchase

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_a_test_or_a_reason(fault: str) -> None:
    assert lines_of(fault), f"{fault} is nowhere: give it a row in fault_matrix.py, a test elsewhere, or a reason."
    assert not (fault in NOT_YET and (fault in ELSEWHERE or any(row.id == fault for row in ROWS)))


@pytest.mark.parametrize("place", sorted(set(ELSEWHERE.values())))
def test_a_test_that_is_named_exists(place: str) -> None:
    file, _, name = place.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()


def test_the_list_is_fresh() -> None:
    assert LISTED.read_text() == listing(), (
        "run tests/torture/fault_coverage.py with tests and tests/torture on the PYTHONPATH"
    )


def test_every_row_meets_somebody(purchase: Purchase) -> None:
    """A row that applies to no way of buying would be green without having run."""
    met = [row for row in ROWS if row.applies_to(purchase)]
    assert met, purchase.id
