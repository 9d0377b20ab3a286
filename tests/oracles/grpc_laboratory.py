"""xAI's official client, our backend over gRPC and our backend over REST against one emulator."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import xai_sdk
from grok_cases import Case
from grok_cases import cases as cases_over_rest
from official_xai import official_call
from openai_cases import EARLIER

import anymedia
from anymedia.backends import grok, grok_sdk
from anymedia.media import MediaFile
from anymedia.operations import ImageRequest, Request, VideoRequest
from anymedia.spec import Backend
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, ReceivedRequest
from anymedia.testing.emulator.pictures import Media
from toys import open_client

KEY = "xai-oracle-0123456789abcdef"
ACCEPTED = {
    "n": "the official client says 1 where nothing is asked for, which is the default: `image.py`, n: int = 1",
}
"""What need not be equal between the two that speak gRPC, and why."""
ACCEPTED_OVER_REST = {
    **ACCEPTED,
    "format": "is called `response_format` over REST, and base64 `b64_json`",
    "response_format": "is called `format` over gRPC",
    "detail": "of an image that goes in: xAI's REST pages have no such field",
    "type": "of an image that goes in: xAI's REST pages have it, its messages do not",
}
"""The same between REST and gRPC."""


VALUES = defaultdict(lambda: 2, words=100)
"""Of each parameter on each route, at most."""


def cases() -> Iterator[Case]:
    """What both doors declare: the messages of the official client have no speech and no transcription.

    Every value of a parameter on the route of words; on the others, where three clients take their time, a few.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for case in cases_over_rest():
        model = grok_sdk.BACKEND.model(case.model.id)
        kind = (case.route, case.model.id, case.parameter)
        seen[kind] += 1
        if model is not None and model.accepts in (ImageRequest, VideoRequest) and seen[kind] <= VALUES[case.route]:
            yield replace(case, model=model)


@dataclass(frozen=True, kw_only=True)
class Side:
    """What one client sent to buy, and what it brought home or the error it raised."""

    sent: ReceivedRequest | None
    answer: Any
    error: Exception | None


class GrpcLaboratory:
    """Each case is run once, however many tests ask for it."""

    def __init__(self, emulator: Emulator, official: xai_sdk.Client, home: Path) -> None:
        self._emulator = emulator
        self._official = official
        self._home = home
        self._sides: dict[str, tuple[Side, Side, Side]] = {}
        self._first_turns: dict[tuple[str, str], tuple[str, MediaFile]] = {}

    def sides(self, case: Case) -> tuple[Side, Side, Side]:
        """The official client, ours over gRPC, ours over REST."""
        if str(case) not in self._sides:
            self._sides[str(case)] = self._run(case)
        return self._sides[str(case)]

    def differences(self, case: Case) -> list[str]:
        """Between the official client and ours, both over gRPC: nothing, if both sent the same."""
        theirs, ours, _ = self.sides(case)
        return differences_between(theirs, ours, dict, ACCEPTED)

    def differences_over_rest(self, case: Case) -> list[str]:
        """Between the official client's message and our JSON: nothing, if both say the same."""
        theirs, _, ours = self.sides(case)
        return differences_between(theirs, ours, in_words_of_rest, ACCEPTED_OVER_REST)

    def agrees(self, case: Case) -> bool:
        theirs, ours, _ = self.sides(case)
        return not self.differences(case) and (theirs.error is None) == (ours.error is None)

    def _run(self, case: Case) -> tuple[Side, Side, Side]:
        ours, last = {}, None
        for backend in (grok_sdk.BACKEND, grok.BACKEND):
            request = case.request
            if request.continue_from == EARLIER:
                continuation_id, last = self._first_turn(backend, case)
                request = case.continuing(continuation_id).request
            ours[backend.name] = self._side(lambda b=backend, r=request: self._ours(b, case.model.id, r))
        theirs = self._side(lambda: official_call(self._official, case.model.id, case.request, last))
        return theirs, ours[grok_sdk.BACKEND.name], ours[grok.BACKEND.name]

    def _ours(self, backend: Backend, model: str, request: Request) -> anymedia.Result:
        options = anymedia.Options(backend=backend.name, model=model, allow_retired=True)
        urls = {"XAI_BASE_URL": self._emulator.base_url, "GROK_SDK_BASE_URL": self._emulator.url}

        async def generated() -> anymedia.Result:
            hurried = Watch().backend(backend)
            environ = {"XAI_API_KEY": KEY, **urls}
            async with open_client(self._home, self._home / "out", hurried, environ=environ) as client:
                return await client.generate(request, options)

        return asyncio.run(generated())

    def _side(self, call: Callable[[], Any]) -> Side:
        before = len(self._emulator.requests)
        answer, error = None, None
        try:
            answer = call()
        except (anymedia.AnymediaError, grpc.RpcError) as caught:
            error = caught
        paying = [request for request in self._emulator.requests[before:] if request.pays]
        assert len(paying) <= 1, "one call is one purchase"
        return Side(sent=paying[0] if paying else None, answer=answer, error=error)

    def _first_turn(self, backend: Backend, case: Case) -> tuple[str, MediaFile]:
        """A result of the same model to continue. Both doors are given the same file: the emulator draws alike."""
        key = (backend.name, case.model.id)
        if key not in self._first_turns:
            result = self._ours(backend, case.model.id, case.model.accepts(prompt="a hare", continuable=True))
            assert result.continuation_id is not None
            self._first_turns[key] = (result.continuation_id, result.files[-1])
        return self._first_turns[key]


def differences_between(
    theirs: Side, ours: Side, translate: Callable[[Mapping[str, Any]], Mapping[str, Any]], accepted: Mapping[str, str]
) -> list[str]:
    if theirs.sent is None or ours.sent is None:
        return [f"the official client: {theirs.error!r}; ours: {ours.error!r}"]
    one, other = _without(accepted, translate(theirs.sent.json)), _without(accepted, ours.sent.json)
    return [
        f"{name}: the official client sent {one.get(name)!r:.200}, ours {other.get(name)!r:.200}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


def _without(accepted: Mapping[str, str], document: Any) -> Any:
    match document:
        case {"n": 1, **rest} if "n" in accepted:
            return _without(accepted, rest)
        case dict():
            return {
                name: _without(accepted, each) for name, each in document.items() if name not in {*accepted} - {"n"}
            }
        case list():
            return [_without(accepted, each) for each in document]
    return document


def in_words_of_rest(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """A message with what REST calls the same: addresses are `url`, choices have no prefix."""
    return {name: _in_words_of_rest(name, value) for name, value in message.items()}


PREFIXES = {"aspect_ratio": "ASPECT_RATIO_", "resolution": "RESOLUTION_", "quality": "QUALITY_"}


def _in_words_of_rest(name: str, value: Any) -> Any:
    match value:
        case {"image_url": str(url), **rest}:
            return {"url": url, **rest}
        case list():
            return [_in_words_of_rest(name, each) for each in value]
        case str() if name in PREFIXES:
            return value.partition(PREFIXES[name])[2].lower().replace("19_5", "19.5").replace("_", ":")
    return value


@contextmanager
def grpc_laboratory_at(home: Path, media: Media) -> Iterator[GrpcLaboratory]:
    with Emulator(dialect="grok", api_key=KEY, media=media, history=20_000) as emulator:
        host = emulator.url.removeprefix("http://")
        with xai_sdk.Client(api_key=KEY, api_host=host, use_insecure_channel=True) as official:
            yield GrpcLaboratory(emulator, official, home)
