"""What the oracles found about Vertex's backend: every case, and whether Google's official client agrees with it."""

from __future__ import annotations

from collections.abc import Iterator

from evidence import SDK, Finding
from vertex_cases import vertex_cases
from vertex_laboratory import VertexLaboratory

from anymedia.backends.vertex import BACKEND

LABORATORY = "vertex_laboratory"


def findings(laboratory: VertexLaboratory) -> Iterator[Finding]:
    for case in vertex_cases():
        pair = laboratory.pair(case)
        agrees = not pair.differences and (pair.official.error is None) == (pair.ours.error is None)
        yield Finding(
            operation=case.request.operation,
            backend=BACKEND.name,
            parameter=case.parameter,
            witnesses=frozenset({SDK} if agrees else ()),
        )
