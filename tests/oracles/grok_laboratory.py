"""The independent REST client for xAI and ours against one recorder. Raw lines go to artefacts/oracles-grok.jsonl."""

from __future__ import annotations

import asyncio
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from client_xai import options_of
from evidence import ARTEFACTS
from grok_cases import BACKEND, Case
from laboratory import Side
from openai_cases import EARLIER
from wire_difference import differences

import anymedia
from ai_sdk import AiSdk, ClientRefused
from anymedia.media import MediaFile
from anymedia.operations import Request
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, ReceivedRequest
from anymedia.testing.emulator.pictures import Media
from toys import open_client

KEY = "xai-oracle-0123456789abcdef"

ACCEPTED = {
    "accept-language": 'Node\'s fetch adds it: https://fetch.spec.whatwg.org, 4.6 "HTTP-network-or-cache fetch"',
    "sec-fetch-mode": "Node's fetch adds it: https://www.w3.org/TR/fetch-metadata",
    "content-type of a request without a body": "there is nothing that it could be the type of: RFC 9110, 8.3",
    "model of a transcription": "the client leaves it to xAI; public programs name it, as we do",
}
"""What need not be equal, and why. Everything else of `wire_difference` holds."""


def comparable(request: ReceivedRequest) -> ReceivedRequest:
    """The same request without what ACCEPTED names."""
    dropped = {"accept-language", "sec-fetch-mode", *(() if request.body else ("content-type",))}
    headers = {name: value for name, value in request.headers.items() if name not in dropped}
    return replace(request, headers=headers)


def differences_between(theirs: ReceivedRequest, mine: ReceivedRequest) -> list[str]:
    found = differences(comparable(theirs), comparable(mine))
    of_transcription = mine.path.endswith("/stt")
    return [line for line in found if not (of_transcription and line.startswith("part model: "))]


class GrokLaboratory:
    """One emulator, one client of each kind. Each case is run once, however many tests ask for it."""

    def __init__(self, emulator: Emulator, client: AiSdk, home: Path, lines: Path) -> None:
        self._emulator = emulator
        self._client = client
        self._home = home
        self.lines = lines
        self._sides: dict[str, tuple[Side, Side]] = {}
        self._first_turns: dict[str, tuple[str, MediaFile]] = {}

    def sides(self, case: Case) -> tuple[Side, Side]:
        """What the independent client did, and what ours did."""
        if str(case) not in self._sides:
            self._sides[str(case)] = self._run(case)
        return self._sides[str(case)]

    def differences(self, case: Case) -> list[str]:
        """Nothing, if both sent the same."""
        theirs, ours = self.sides(case)
        if theirs.sent is None or ours.sent is None:
            return [f"the independent client: {theirs.error!r}; ours: {ours.error!r}"]
        return differences_between(theirs.sent, ours.sent)

    def agrees(self, case: Case) -> bool:
        """Whether both sent the same, and both understood the answer or both were refused."""
        theirs, ours = self.sides(case)
        return not self.differences(case) and (theirs.error is None) == (ours.error is None)

    def _run(self, case: Case) -> tuple[Side, Side]:
        last = None
        if case.request.continue_from == EARLIER:
            continuation_id, last = self._first_turn(case)
            case = case.continuing(continuation_id)
        request, model = case.request, case.model.id
        theirs = self._side(lambda: self._client.ask(request.operation, model, **options_of(request, last)))
        return theirs, self._side(lambda: self._ours(model, request))

    def _ours(self, model: str, request: Request) -> anymedia.Result:
        options = anymedia.Options(backend="grok", model=model, allow_retired=True)
        environ = {"XAI_API_KEY": KEY, "XAI_BASE_URL": self._emulator.base_url}

        async def generated() -> anymedia.Result:
            hurried = Watch().backend(BACKEND)
            async with open_client(self._home, self._home / "out", hurried, environ=environ) as client:
                return await client.generate(request, options)

        return asyncio.run(generated())

    def _side(self, call: Callable[[], Any]) -> Side:
        before = len(self._emulator.requests)
        answer, error = None, None
        try:
            answer = call()
        except (anymedia.AnymediaError, ClientRefused) as caught:
            error = caught
        sent = self._emulator.requests[before:]
        paying = [request for request in sent if request.pays]
        assert len(paying) <= 1, "one call is one purchase"
        followed = tuple(request for request in sent if not request.pays)
        return Side(sent=paying[0] if paying else None, followed=followed, answer=answer, error=error)

    def _first_turn(self, case: Case) -> tuple[str, MediaFile]:
        """A result of the same model to continue: its id, and the output that goes in again."""
        model = case.model.id
        if model not in self._first_turns:
            result = self._ours(model, case.model.accepts(prompt="a hare", continuable=True))
            assert result.continuation_id is not None
            self._first_turns[model] = (result.continuation_id, result.files[-1])
        return self._first_turns[model]


@contextmanager
def grok_laboratory_at(home: Path, media: Media) -> Iterator[GrokLaboratory]:
    lines = ARTEFACTS / "oracles-grok.jsonl"
    lines.unlink(missing_ok=True)
    with Emulator(dialect="grok", api_key=KEY, media=media, history=20_000) as emulator:
        emulator.record_to(lines)
        with AiSdk(emulator.base_url, KEY) as client:
            yield GrokLaboratory(emulator, client, home, lines)


def brought_home(answer: Any) -> list[bytes] | str:
    """The bytes of every output, or the words, that a client brought home."""
    match answer:
        case {"text": str(text)}:
            return text
        case {"images": [*images]}:
            return [b64decode(image) for image in images]
        case {"videos": [*films]}:
            return [urllib.request.urlopen(film["url"]).read() for film in films]
        case {"audio": bytes(audio)}:
            return [audio]
    if answer.text is not None:
        words: str = answer.text
        return words
    return [file.read_bytes() for file in answer.files]


def price_told(answer: Any) -> int | None:
    """What the reply said that it cost, in ticks, as the independent client hands it on."""
    ticks: int | None = answer.get("providerMetadata", {}).get("xai", {}).get("costInUsdTicks")
    return ticks
