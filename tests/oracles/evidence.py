"""How each parameter of each backend is known to be right: computed from what the oracles found, never typed.

Every module here whose name starts with `evidence_of_` is one oracle. It has `LABORATORY`, the name of the fixture that
it needs, and `findings(laboratory)`, which gives one `Finding` for each of its cases.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "artefacts"
CHECKED_IN = ROOT / "docs" / "reference" / "evidence.json"

LIVE = "live"
SDK = "SDK"
CLIENT = "client"
SCHEMA = "schema"
READING = "reading"
LADDER = (LIVE, SDK, CLIENT, SCHEMA, READING)
"""The grades from the best to the worst: docs/explanation/evidence.md. `reading` is what is left without a witness."""

Evidence = dict[str, dict[str, dict[str, str]]]
"""Operation, backend, parameter: the grade, and after it the other witnesses that agree."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one case showed about one parameter: which witnesses agree with us, by their grades."""

    operation: str
    backend: str
    parameter: str
    witnesses: frozenset[str]

    @property
    def grade(self) -> str:
        """The best of its witnesses."""
        return min((READING, *self.witnesses), key=LADDER.index)


class Oracle(Protocol):
    """A module that contributes findings."""

    LABORATORY: str
    findings: Callable[[Any], Iterable[Finding]]


def oracles(folder: Path = Path(__file__).parent) -> Iterator[Oracle]:
    """Every oracle of this folder, by name."""
    for path in sorted(folder.glob("evidence_of_*.py")):
        yield cast(Oracle, import_module(path.stem))


def evidence_of(findings: Iterable[Finding]) -> Evidence:
    """A parameter is proven by all of its cases together: it has the grade of the weakest."""
    cells: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        cells.setdefault((finding.operation, finding.backend, finding.parameter), []).append(finding)
    evidence: Evidence = {}
    for (operation, backend, parameter), cases in sorted(cells.items()):
        evidence.setdefault(operation, {}).setdefault(backend, {})[parameter] = _said(cases)
    return evidence


def _said(cases: Iterable[Finding]) -> str:
    grade = max((case.grade for case in cases), key=LADDER.index)
    besides = frozenset.intersection(*(case.witnesses for case in cases)) - {grade}
    return ", ".join((grade, *sorted(besides, key=LADDER.index)))


def as_text(evidence: Evidence) -> str:
    return json.dumps(evidence, indent=2) + "\n"
