"""What the oracles found about xAI's backend: every case, and whether an independent REST client agrees with it.

xAI's official client speaks gRPC only, so what it sends cannot be compared with REST.
"""

from __future__ import annotations

from collections.abc import Iterator

from evidence import CLIENT, Finding
from grok_cases import BACKEND, cases
from grok_laboratory import GrokLaboratory

LABORATORY = "grok_laboratory"


def findings(laboratory: GrokLaboratory) -> Iterator[Finding]:
    for case in cases():
        yield Finding(
            operation=case.request.operation,
            backend=BACKEND.name,
            parameter=case.parameter,
            witnesses=frozenset({CLIENT} if laboratory.agrees(case) else ()),
        )
