"""What the official client showed about ElevenLabs' backend: every case, and whether it agrees with it."""

from __future__ import annotations

from collections.abc import Iterator

from elevenlabs_cases import BACKEND, Case, cases
from elevenlabs_laboratory import ElevenLabsLaboratory
from evidence import SDK, Finding

LABORATORY = "elevenlabs_laboratory"


def findings(laboratory: ElevenLabsLaboratory) -> Iterator[Finding]:
    for case in cases():
        yield Finding(
            operation=case.request.operation,
            backend=BACKEND.name,
            parameter=case.parameter,
            witnesses=frozenset(_witnesses(laboratory, case)),
        )


def _witnesses(laboratory: ElevenLabsLaboratory, case: Case) -> Iterator[str]:
    """The official client agrees if both sent the same, and both understood the answer or both were refused."""
    official, ours = laboratory.sides(case)
    if not laboratory.differences(case) and (official.error is None) == (ours.error is None):
        yield SDK
