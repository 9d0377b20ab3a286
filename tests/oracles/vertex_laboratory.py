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
from official_vertex import official_call
from openai_cases import Case
from pydantic import ValidationError

import anymedia
from anymedia.testing.emulator import Emulator, ReceivedRequest

KEY = "vertex-oracle-0123456789abcdef"


class VertexLaboratory:
    """One emulator, one client of each kind. Each case is run once, however many tests ask for it."""

    def __init__(self, emulator: Emulator, official: genai.Client, ours: anymedia.Client) -> None:
        self._emulator = emulator
        self._official = official
        self._ours = ours
        self._pairs: dict[str, Pair] = {}

    def pair(self, case: Case) -> Pair:
        """Both sides of a case."""
        if str(case) not in self._pairs:
            options = anymedia.Options(backend="vertex", model=case.model.id, allow_retired=True)
            self._pairs[str(case)] = Pair(
                official=self._side(lambda: official_call(self._official, case.model.id, case.request)),
                ours=self._side(lambda: self._ours.generate(case.request, options)),
            )
        return self._pairs[str(case)]

    def _side(self, call: Callable[[], Any]) -> Side:
        before = len(self._emulator.requests)
        answer, error = None, None
        try:
            answer = call()
        except (errors.APIError, anymedia.AnymediaError, ValidationError, ValueError) as caught:
            error = caught  # a refusal is compared as well; the official client validates with pydantic
        sent = tuple(map(as_google_reads, self._emulator.requests[before:]))
        paying = [request for request in sent if request.pays]
        assert len(paying) <= 1, "one call is one purchase"
        followed = tuple(request for request in sent if not request.pays)
        return Side(sent=paying[0] if paying else None, followed=followed, answer=answer, error=error)


def as_google_reads(request: ReceivedRequest) -> ReceivedRequest:
    """The request with every field under its JSON name.

    Accepted difference: the official client 3.4.0 leaves `styleImageConfig` and `subjectImageConfig` in snake case, and
    a parser of ProtoJSON takes both spellings: https://protobuf.dev/programming-guides/json/, "field names".
    """
    return replace(request, body=json.dumps(_in_camel_case(request.json)).encode())


def _in_camel_case(document: Any) -> Any:
    match document:
        case dict():
            return {_camel(name): _in_camel_case(value) for name, value in document.items()}
        case list():
            return [_in_camel_case(item) for item in document]
    return document


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
