"""What the oracles found about OpenRouter's backend: every case, and the witnesses that agree with it."""

from __future__ import annotations

from collections.abc import Iterator

from evidence import SCHEMA, SDK, Finding
from openai_cases import Case
from openrouter_cases import cases
from openrouter_laboratory import OpenRouterLaboratory
from published_by_openrouter import is_validated

from anymedia.backends.openrouter import BACKEND

LABORATORY = "openrouter_laboratory"


def findings(laboratory: OpenRouterLaboratory) -> Iterator[Finding]:
    for case in cases():
        yield Finding(
            operation=case.request.operation,
            backend=BACKEND.name,
            parameter=case.parameter,
            witnesses=frozenset(_witnesses(laboratory, case)),
        )


def _witnesses(laboratory: OpenRouterLaboratory, case: Case) -> Iterator[str]:
    """The official client agrees if both sent the same, and both understood the answer or both were refused."""
    pair = laboratory.pair(case)
    if not laboratory.differences(case) and (pair.official.error is None) == (pair.ours.error is None):
        yield SDK
    if pair.ours.sent is not None and is_validated(pair.ours.sent):
        yield SCHEMA
