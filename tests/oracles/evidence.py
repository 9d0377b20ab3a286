"""How each parameter of each backend is known to be right: computed from what the oracles found, never typed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from laboratory import Laboratory
from openai_cases import Case

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "artefacts"
CHECKED_IN = ROOT / "docs" / "reference" / "evidence.json"

PROVEN = "SDK"
UNPROVEN = "reading"

Evidence = dict[str, dict[str, dict[str, str]]]
"""Operation, backend, parameter: the grade."""


def is_proven(laboratory: Laboratory, case: Case) -> bool:
    """Both clients sent the same, and both understood the answer or both were refused."""
    pair = laboratory.pair(case)
    return not pair.differences and (pair.official.error is None) == (pair.ours.error is None)


def evidence_of(laboratory: Laboratory, cases: Iterable[Case]) -> Evidence:
    """A parameter is proven by all of its cases together; one that differs is enough to unprove it."""
    grades: dict[str, dict[str, str]] = {}
    for case in cases:
        known = grades.setdefault(case.request.operation, {})
        proven = is_proven(laboratory, case) and known.get(case.parameter) != UNPROVEN
        known[case.parameter] = PROVEN if proven else UNPROVEN
    return {operation: {"openai": dict(sorted(known.items()))} for operation, known in grades.items()}


def as_text(evidence: Evidence) -> str:
    return json.dumps(evidence, indent=2) + "\n"
