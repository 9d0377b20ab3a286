"""Lists every fault with the tests that cause it, or the reason why none can. Run as a program, it writes the list."""

from __future__ import annotations

from pathlib import Path

from fault_matrix import ELSEWHERE, NOT_IN_A_CALL, NOT_IN_A_CONVERSATION, NOT_YET, ROWS

LISTED = Path(__file__).with_name("fault_coverage.txt")
FAULTS = tuple(f"F{number:02}" for number in range(1, 85))
MATRIX = "tests/torture/test_torture_matrix.py::test_a_fault_costs_what_it_must_and_is_told_truly"


def lines_of(fault: str) -> list[str]:
    """What is said of one fault."""
    rows = [row for row in ROWS if row.id == fault]
    found = [f"{fault}  {MATRIX}[{row.key}-...]" for row in rows]
    found += [f"{fault}  known gap: {row.known_gap}" for row in rows if row.known_gap]
    if fault in ELSEWHERE:
        found.append(f"{fault}  {ELSEWHERE[fault]}")
    if fault in NOT_IN_A_CONVERSATION:
        found.append(f"{fault}  not in a conversation: {NOT_IN_A_CONVERSATION[fault]}")
    if fault in NOT_IN_A_CALL:
        found.append(f"{fault}  not in the call of a library: {NOT_IN_A_CALL[fault]}")
    if fault in NOT_YET:
        found.append(f"{fault}  not yet: {NOT_YET[fault]}")
    return found


def listing() -> str:
    return "".join(f"{line}\n" for fault in FAULTS for line in lines_of(fault))


if __name__ == "__main__":
    LISTED.write_text(listing())
