"""What the oracle found about xAI over gRPC: every case, and whether the official client sends the same message."""

from __future__ import annotations

from collections.abc import Iterator

from evidence import SDK, Finding
from grpc_laboratory import GrpcLaboratory, cases

from anymedia.backends.grok_sdk import BACKEND

LABORATORY = "grpc_laboratory"


def findings(laboratory: GrpcLaboratory) -> Iterator[Finding]:
    for case in cases():
        yield Finding(
            operation=case.request.operation,
            backend=BACKEND.name,
            parameter=case.parameter,
            witnesses=frozenset({SDK} if laboratory.agrees(case) else ()),
        )
