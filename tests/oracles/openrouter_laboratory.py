"""Makes each call to OpenRouter twice, by its official client and by ours, against one recorder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from laboratory import Pair, Side
from official_openrouter import FIRST_PROMPT, official_call
from openai_cases import EARLIER, Case
from openrouter import OpenRouter
from openrouter.errors import OpenRouterError
from wire_difference import differences

import anymedia
from anymedia.operations import Request
from anymedia.testing.emulator import Emulator, ReceivedRequest

KEY = "sk-or-oracle-0123456789abcdef"


class OpenRouterLaboratory:
    """One emulator, one client of each kind. Each case is run once, however many tests ask for it."""

    def __init__(self, emulator: Emulator, official: OpenRouter, ours: anymedia.Client, lines: Path) -> None:
        self._emulator = emulator
        self._official = official
        self._ours = ours
        self.lines = lines
        self._new_lines = lines.open(encoding="utf-8")
        self._replies: list[Mapping[str, Any]] = []
        self._pairs: dict[str, Pair] = {}
        self._first_turns: dict[str, str] = {}

    def close(self) -> None:
        self._new_lines.close()

    def pair(self, case: Case) -> Pair:
        """Both sides of a case."""
        if str(case) not in self._pairs:
            self._pairs[str(case)] = self._run(case)
        return self._pairs[str(case)]

    def differences(self, case: Case) -> list[str]:
        """Nothing, if both sent the same."""
        official, ours = self.pair(case).official, self.pair(case).ours
        if official.sent is None or ours.sent is None:
            return [f"the official client: {official.error!r}; ours: {ours.error!r}"]
        return differences(comparable(official.sent), comparable(ours.sent))

    def _run(self, case: Case) -> Pair:
        if case.request.continue_from == EARLIER:
            case = case.continuing(self._first_turn(case))
        return Pair(
            official=self._side(lambda: official_call(self._official, case.model.id, case.request)),
            ours=self._side(lambda: self._generated(case.model.id, case.request)),
        )

    def _generated(self, model: str, request: Request) -> Any:
        result = self._ours.generate(request, anymedia.Options(backend="openrouter", model=model))
        return result.text if request.makes == "text" else [file.read_bytes() for file in result.files]

    def _first_turn(self, case: Case) -> str:
        """The id of a result of the same model to continue."""
        model = case.model.id
        if model not in self._first_turns:
            request = case.model.accepts(prompt=FIRST_PROMPT, continuable=True)
            options = anymedia.Options(backend="openrouter", model=model)
            continuation_id = self._ours.generate(request, options).continuation_id
            assert continuation_id is not None
            self._first_turns[model] = continuation_id
        return self._first_turns[model]

    def _side(self, call: Callable[[], Any]) -> Side:
        before = len(self._emulator.requests)
        answer, error = None, None
        try:
            answer = call()
        except (OpenRouterError, httpx.HTTPError, anymedia.AnymediaError) as caught:
            error = caught  # a refusal is compared as well
        sent = self._emulator.requests[before:]
        paying = [request for request in sent if request.pays]  # a continuation makes its first turn before
        followed = tuple(request for request in sent if not request.pays)
        replies = tuple(zip(sent, self._recorded()[before:], strict=True))
        return Side(sent=paying[-1] if paying else None, followed=followed, replies=replies, answer=answer, error=error)

    def _recorded(self) -> list[Mapping[str, Any]]:
        """The replies so far, in the order of the requests; lines that were read before are not read again."""
        self._replies += [json.loads(line)["reply"] for line in self._new_lines]
        return self._replies


def comparable(request: ReceivedRequest) -> ReceivedRequest:
    """The same request without what means nothing.

    Accepted differences: the official client 1.3.84 says `stream: false` of a chat, which is what it is if nothing is
    said (`ChatRequest.stream`, "Enable streaming response"); and the earlier job of a continuation is another one on
    either side.
    """
    if not isinstance(request.json, dict):
        return request
    document = {name: value for name, value in request.json.items() if (name, value) != ("stream", False)}
    if "previous_job_id" in document:
        document["previous_job_id"] = "EARLIER"
    return replace(request, body=json.dumps(document).encode())
