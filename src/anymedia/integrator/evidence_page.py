"""Writes `docs/reference/evidence.md`: how each parameter of each backend is known, from what the oracles found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ..registry import shipped_backends
from ..spec.backend import Backend
from .tables import codes, noun, page, table

FINDINGS = "evidence.json"
"""Written by the oracle tests: operation, backend, parameter, the grade and after it the other witnesses."""
UNPROVEN = "reading"
INTRODUCTION = """\
How each parameter of each shipped backend is known to be right, computed from what the oracle tests found. What the
grades mean: [evidence](../explanation/evidence.md). A parameter has the grade that all of its cases reach; witnesses
that agree besides stand after it. What nothing has proven stands as `reading`."""

Findings = Mapping[str, Mapping[str, Mapping[str, str]]]


def render(reference: Path) -> str:
    """The whole page. `reference` is the folder of the findings."""
    findings: Findings = json.loads((reference / FINDINGS).read_text("utf-8"))
    rows = [row for backend in shipped_backends().values() for row in _rows(backend, findings)]
    return page("The evidence table", INTRODUCTION, table(("backend", "operation", "grade", "parameters"), rows))


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
