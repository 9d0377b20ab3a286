"""Writes `docs/reference/evidence.md`: how each parameter of each backend is known, from what the oracles found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..registry import shipped_backends
from ..spec.backend import Backend
from .tables import code, codes, noun, page, table

FINDINGS = "evidence.json"
"""Written by the oracle tests: operation, backend, parameter, the grade and after it the other witnesses."""
UNSAID = "predates.json"
"""Written by them too: document, and a row for each thing that travelled and that it does not say."""
UNPROVEN = "reading"
INTRODUCTION = """\
How each parameter of each shipped backend is known to be right, computed from what the oracle tests found. What the
grades mean: [evidence](../explanation/evidence.md). A parameter has the grade that all of its cases reach; witnesses
that agree besides stand after it. What nothing has proven stands as `reading`."""
OF_DOCUMENTS = """\
## What published documents do not say

Everything that our client sent in the tests, or the emulator answered, and a document that the provider publishes does
not know or does not allow: it is older than the models, or says less than the provider does. A request that is listed
here has no grade `schema`, unless the document lets any text pass there. What is not listed, the document validates."""

Findings = Mapping[str, Mapping[str, Mapping[str, str]]]
Unsaid = Mapping[str, Sequence[Mapping[str, Any]]]


def render(reference: Path) -> str:
    """The whole page. `reference` is the folder of the findings."""
    findings: Findings = json.loads((reference / FINDINGS).read_text("utf-8"))
    rows = [row for backend in shipped_backends().values() for row in _rows(backend, findings)]
    grades = table(("backend", "operation", "grade", "parameters"), rows)
    return page("The evidence table", INTRODUCTION, grades, OF_DOCUMENTS, *_unsaid(reference))


def _unsaid(reference: Path) -> Iterator[str]:
    documents: Unsaid = json.loads((reference / UNSAID).read_text("utf-8"))
    for name, rows in documents.items():
        yield f"### {name}"
        yield table(("operation", "where", "field", "what we saw", "what the document says"), map(_unsaid_row, rows))


def _unsaid_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    field = code(row["field"]) if row["field"] else ""
    return (code(row["operation"]), row["place"], field, codes(row["values"]), row["says"])


def _rows(backend: Backend, findings: Findings) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for kind in dict.fromkeys(model.accepts for model in backend.models):
        names = dict.fromkeys(name for model in backend.models_for(kind) for name in model.serves)
        known = findings.get(kind.operation, {}).get(backend.name, {})
        grades: dict[str, list[str]] = {}
        for name in sorted(names):
            grades.setdefault(known.get(name, _without_witness(backend)), []).append(name)
        rows += [(backend.name, noun(kind.operation), grade, codes(those)) for grade, those in grades.items()]
    return rows


def _without_witness(backend: Backend) -> str:
    """What runs on the user's own machine has no foreign format: the tests measure the files it makes."""
    return "measured" if backend.role == "rehearsal" else UNPROVEN
