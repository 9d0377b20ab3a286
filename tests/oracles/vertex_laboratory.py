"""Makes each call to Vertex AI twice, by Google's official client and by ours, against one recorder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from google import genai
from google.genai import errors
from laboratory import Pair, Side
from official_vertex import FIRST_PROMPT, official_call
from openai_cases import EARLIER, Case
from pydantic import ValidationError

import anymedia
from anymedia.operations import Request
from anymedia.testing.emulator import Emulator, ReceivedRequest

BASE64 = ("data", "thoughtSignature", "thought_signature")
STANDARD = str.maketrans("-_", "+/")
KEY = "vertex-oracle-0123456789abcdef"


class VertexLaboratory:
    """One emulator, one client of each kind. Each case is run once, however many tests ask for it."""

    def __init__(self, emulator: Emulator, official: genai.Client, ours: anymedia.Client) -> None:
        self._emulator = emulator
        self._official = official
        self._ours = ours
        self._pairs: dict[str, Pair] = {}
        self._first_turns: dict[str, str] = {}

    def pair(self, case: Case) -> Pair:
        """Both sides of a case."""
        if str(case) not in self._pairs:
            self._pairs[str(case)] = self._run(case)
        return self._pairs[str(case)]

    def _run(self, case: Case) -> Pair:
        if case.request.continue_from == EARLIER:
            case = case.continuing(self._first_turn(case))
        turns = 1 if case.request.continue_from is None else 2  # a chat makes its first turn before the one compared
        return Pair(
            official=self._side(lambda: official_call(self._official, case.model.id, case.request), turns),
            ours=self._side(lambda: self._generated(case.model.id, case.request)),
        )

    def _generated(self, model: str, request: Request) -> anymedia.Result:
        return self._ours.generate(request, anymedia.Options(backend="vertex", model=model, allow_retired=True))

    def _first_turn(self, case: Case) -> str:
        """The id of a result of the same model to continue."""
        model = case.model.id
        if model not in self._first_turns:
            result = self._generated(model, case.model.accepts(prompt=FIRST_PROMPT, continuable=True))
            assert result.continuation_id is not None
            self._first_turns[model] = result.continuation_id
        return self._first_turns[model]

    def _side(self, call: Callable[[], Any], turns: int = 1) -> Side:
        before = len(self._emulator.requests)
        answer, error = None, None
        try:
            answer = call()
        except (errors.APIError, anymedia.AnymediaError, ValidationError, ValueError) as caught:
            error = caught  # a refusal is compared as well; the official client validates with pydantic
        sent = tuple(map(as_google_reads, self._emulator.requests[before:]))
        paying = [request for request in sent if request.pays]
        assert len(paying) <= turns, "one call is one purchase"
        followed = tuple(request for request in sent if not request.pays)
        return Side(sent=paying[-1] if paying else None, followed=followed, answer=answer, error=error)


def as_google_reads(request: ReceivedRequest) -> ReceivedRequest:
    """The request with every field under its JSON name, and base64 in one alphabet.

    Accepted differences: the official client 3.4.0 leaves `styleImageConfig`, `subjectImageConfig` and the `mime_type`
    of a part in snake case, and writes - and _ in base64. A parser of ProtoJSON takes both:
    https://protobuf.dev/programming-guides/json/, "field names" and "bytes".
    """
    return replace(request, body=json.dumps(_in_camel_case(request.json)).encode())


def _in_camel_case(document: Any) -> Any:
    match document:
        case dict():
            return {_camel(name): _field(name, value) for name, value in document.items()}
        case list():
            return [_in_camel_case(item) for item in document]
    return document


def _field(name: str, value: Any) -> Any:
    return value.translate(STANDARD) if name in BASE64 and isinstance(value, str) else _in_camel_case(value)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
