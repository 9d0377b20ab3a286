"""What the oracles found about OpenAI's backend: every case, and the witnesses that agree with it."""

from __future__ import annotations

from collections.abc import Iterator

from evidence import SDK, Finding
from laboratory import Laboratory
from openai_cases import Case, cases
from openai_talk_cases import talk_cases
from openai_video_cases import video_cases

from anymedia.backends.openai import BACKEND

LABORATORY = "laboratory"


def findings(laboratory: Laboratory) -> Iterator[Finding]:
    for case in (*cases(), *talk_cases(), *video_cases()):
        yield Finding(
            operation=case.request.operation,
            backend=BACKEND.name,
            parameter=case.parameter,
            witnesses=frozenset(_witnesses(laboratory, case)),
        )


def _witnesses(laboratory: Laboratory, case: Case) -> Iterator[str]:
    """The official client agrees if both sent the same, and both understood the answer or both were refused."""
    pair = laboratory.pair(case)
    if not pair.differences and (pair.official.error is None) == (pair.ours.error is None):
        yield SDK
