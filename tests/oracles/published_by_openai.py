"""OpenAI's published document, asked about everything that our client and the emulator said to each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from laboratory import Laboratory
from openai_cases import cases
from openai_talk_cases import talk_cases
from openai_video_cases import video_cases
from published import Document, posted
from published_replies import against_exchanges, against_refusal_by
from published_schemas import Violation

from anymedia.testing.emulator import Emulator, Fault, ReceivedRequest

LABORATORY = "laboratory"
NAME = "openai.openapi.json"
DOCUMENT = Document.read(NAME, error="ErrorResponse")

KEY = "sk-published-0123456789abcdef"
GENERATIONS = "/v1/images/generations"
GOOD = {"model": "gpt-image-2", "prompt": "a red fox in snow"}
BAD: tuple[Any, ...] = ({}, {"prompt": 7}, {**GOOD, "n": 11}, {**GOOD, "quality": "hd"}, [], "a fox")
FAULTS = (
    Fault.bad_key(),
    Fault.unknown_model(),
    Fault.moderation(),
    Fault.rate_limited(7),
    Fault.status(500, billed=False),
)


def violations(laboratory: Laboratory) -> Iterator[Violation]:
    for case in (*cases(), *talk_cases(), *video_cases()):
        yield from against_exchanges(DOCUMENT, laboratory.pair(case).ours.replies)
    yield from _refused()


def _refused() -> Iterator[Violation]:
    """Everything that the emulator refuses, by itself and when it is told to."""
    with Emulator(dialect="openai", api_key=KEY) as emulator:
        for document in BAD:
            yield from against_refusal(emulator, posted(GENERATIONS, document))
        for fault in FAULTS:
            emulator.script(GENERATIONS, [fault])
            yield from against_refusal(emulator, posted(GENERATIONS, GOOD))


def against_refusal(emulator: Emulator, request: ReceivedRequest) -> list[Violation]:
    """Send a request that is refused; what the document holds against the answer."""
    return against_refusal_by(DOCUMENT, emulator, request, key=KEY)


def is_validated(request: ReceivedRequest) -> bool:
    """Whether the document has the operation, knows every field, and lets every value pass."""
    return all(violation.allowed for violation in DOCUMENT.against_request(request))
