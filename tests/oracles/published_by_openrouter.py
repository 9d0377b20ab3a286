"""OpenRouter's published document, asked about everything that our client and the emulator said to each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openrouter_cases import cases
from openrouter_laboratory import OpenRouterLaboratory
from published import Document, posted
from published_replies import against_exchanges, against_refusal_by
from published_schemas import Violation

from anymedia.testing.emulator import Emulator, Fault, ReceivedRequest

LABORATORY = "openrouter_laboratory"
NAME = "openrouter.openapi.json"
DOCUMENT = Document.read(NAME)

KEY = "sk-or-published-0123456789abcdef"
IMAGES = "/api/v1/images"
GOOD = {"model": "bytedance-seed/seedream-4.5", "prompt": "a red fox in snow"}
BAD: tuple[Any, ...] = ({}, {**GOOD, "prompt": 7}, {**GOOD, "n": 11}, {**GOOD, "model": "nobody/knows-it"}, [])
FAULTS = (
    Fault.bad_key(),
    Fault.moderation(),
    Fault.rate_limited(7),
    *(Fault.status(status, billed=False) for status in (402, 413, 500, 502, 524, 529)),
)


def violations(laboratory: OpenRouterLaboratory) -> Iterator[Violation]:
    for case in cases():
        yield from against_exchanges(DOCUMENT, laboratory.pair(case).ours.replies)
    yield from _refused()


def _refused() -> Iterator[Violation]:
    """Everything that the emulator refuses, by itself and when it is told to."""
    with Emulator(dialect="openrouter", api_key=KEY) as emulator:
        for document in BAD:
            yield from against_refusal_by(DOCUMENT, emulator, posted(IMAGES, document), key=KEY)
        for fault in FAULTS:
            emulator.script(IMAGES, [fault])
            yield from against_refusal_by(DOCUMENT, emulator, posted(IMAGES, GOOD), key=KEY)


def is_validated(request: ReceivedRequest) -> bool:
    """Whether the document has the operation, knows every field, and lets every value pass."""
    return all(violation.allowed for violation in DOCUMENT.against_request(request))
