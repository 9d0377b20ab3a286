"""What the oracles found about the backends of one short file: every case, and which foreign clients agree with it."""

from __future__ import annotations

from collections.abc import Iterator

from evidence import Finding
from one_file_cases import CASES
from one_file_laboratory import OneFileLaboratory

LABORATORY = "one_file_laboratory"


def findings(laboratory: OneFileLaboratory) -> Iterator[Finding]:
    """A client that hands on whatever it is given says nothing of the name it is given."""
    for case in CASES:
        agreeing = [each for each in laboratory.witnesses_of(case) if not laboratory.differences(each, case)]
        yield Finding(
            operation=case.request.operation,
            backend=case.route,
            parameter=case.parameter,
            witnesses=frozenset(each.grade for each in agreeing if case.parameter not in each.hands_on),
        )
