"""What the oracles found about the chat models: every case, and whether the official client agrees with it."""

from __future__ import annotations

from collections.abc import Iterator

from chat_cases import CASES
from chat_laboratory import ChatLaboratory
from evidence import SDK, Finding

LABORATORY = "chat_laboratory"


def findings(laboratory: ChatLaboratory) -> Iterator[Finding]:
    """The official client agrees if both sent the same, and both understood the answer."""
    for case in CASES:
        pair = laboratory.pair(case)
        agrees = not laboratory.differences(case) and pair.official.error is None and pair.ours.error is None
        yield Finding(
            operation=case.request.operation,
            backend=case.route,
            parameter=case.parameter,
            witnesses=frozenset({SDK} if agrees else ()),
        )
