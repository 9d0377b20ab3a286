"""Makes each call twice, by the official client and by ours, against one recorder, and keeps what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import openai
from official_openai import official_call
from openai_cases import EARLIER, Case
from wire_difference import differences

import anymedia
from anymedia.operations import Request
from anymedia.testing.emulator import Emulator, ReceivedRequest

KEY = "sk-oracle-0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class Side:
    """What one client sent, and what came back: its own object, or the error it raised.

    `sent` is the request that pays, `followed` are those that ask what became of it, `replies` is what the recorder
    wrote of the answers to all of them.
    """

    sent: ReceivedRequest | None
    followed: tuple[ReceivedRequest, ...] = ()
    replies: tuple[tuple[ReceivedRequest, Mapping[str, Any]], ...] = ()
    answer: Any = None
    error: Exception | None = None

    @property
    def compared(self) -> tuple[ReceivedRequest, ...]:
        """The purchase, and every other message of the conversation it was made in."""
        said = tuple(request for request in self.followed if request.is_message)
        return said if self.sent is None else (self.sent, *said)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One case on both sides."""

    official: Side
    ours: Side

    @property
    def differences(self) -> list[str]:
        """Nothing, if both sent the same."""
        if self.official.sent is None or self.ours.sent is None:
            return [f"the official client: {self.official.error!r}; ours: {self.ours.error!r}"]
        theirs, mine = self.official.compared, self.ours.compared
        if len(theirs) != len(mine):
            return [f"the official client sent {len(theirs)} messages, ours {len(mine)}"]
        return [line for one, other in zip(theirs, mine, strict=True) for line in differences(one, other)]


class Laboratory:
    """One emulator, one client of each kind. Each case is run once, however many tests ask for it."""

    def __init__(self, emulator: Emulator, official: openai.OpenAI, ours: anymedia.Client, lines: Path) -> None:
        self._emulator = emulator
        self._official = official
        self._ours = ours
        self.lines = lines
        self._pairs: dict[str, Pair] = {}
        self._first_turns: dict[str, tuple[str, str]] = {}
        self._new_lines = lines.open(encoding="utf-8")
        self._replies: list[Mapping[str, Any]] = []

    def close(self) -> None:
        self._new_lines.close()

    def pair(self, case: Case) -> Pair:
        """Both sides of a case."""
        if str(case) not in self._pairs:
            self._pairs[str(case)] = self._run(case)
        return self._pairs[str(case)]

    def _run(self, case: Case) -> Pair:
        previous = None
        if case.request.continue_from == EARLIER:
            continuation_id, previous = self.first_turn(case.request)
            case = case.continuing(continuation_id)
        options = anymedia.Options(backend="openai", model=case.model.id, allow_retired=True)
        return Pair(
            official=self._side(lambda: official_call(self._official, case.model.id, case.request, previous=previous)),
            ours=self._side(lambda: self._ours.generate(case.request, options)),
        )

    def _side(self, call: Callable[[], Any]) -> Side:
        before = len(self._emulator.requests)
        answer, error = None, None
        try:
            answer = call()
        except (openai.OpenAIError, anymedia.AnymediaError, TypeError) as caught:
            error = caught  # a refusal is compared as well; TypeError is a keyword that the client does not have
        sent = self._emulator.requests[before:]
        paying = [request for request in sent if request.pays]
        assert len(paying) <= 1, "one call is one purchase"
        followed = tuple(request for request in sent if not request.pays)
        replies = tuple(zip(sent, self._recorded()[before:], strict=True))
        return Side(sent=paying[0] if paying else None, followed=followed, replies=replies, answer=answer, error=error)

    def _recorded(self) -> list[Mapping[str, Any]]:
        """The replies so far, in the order of the requests; lines that were read before are not read again."""
        self._replies += [json.loads(line)["reply"] for line in self._new_lines]
        return self._replies

    def first_turn(self, like: Request) -> tuple[str, str]:
        """A result of the same operation to continue: our id for it, and the provider's as the recorder saw it."""
        if like.operation not in self._first_turns:
            options = anymedia.Options(backend="openai", allow_retired=True)
            request = replace(like, continue_from=None, continuable=True)
            result = self._ours.generate(request, options)
            lines = [json.loads(line) for line in self.lines.read_text("utf-8").splitlines()]
            answered = next(line for line in reversed(lines) if line["request"]["method"] == "POST")
            assert result.continuation_id is not None
            self._first_turns[like.operation] = (result.continuation_id, answered["reply"]["json"]["id"])
        return self._first_turns[like.operation]
