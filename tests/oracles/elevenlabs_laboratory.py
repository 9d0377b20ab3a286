"""ElevenLabs' official client and ours against one recorder. Raw lines go to artefacts/oracles-elevenlabs.jsonl."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
from elevenlabs import ElevenLabs
from elevenlabs.core import ApiError
from evidence import ARTEFACTS
from laboratory import Side
from official_elevenlabs import official_call
from openai_cases import EARLIER, Case
from wire_difference import differences

import anymedia
from anymedia.backends.elevenlabs import BACKEND
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, ReceivedRequest
from anymedia.testing.emulator.pictures import Media

KEY = "sk-oracle-0123456789abcdef"

ACCEPTED = {
    "x-fern-*": "telemetry of the official client 2.78.0: `core/client_wrapper.py`",
    "fields of forms that say null": "the official client writes what nobody asked for: `json.dumps` of nothing",
    "generated_voice_id, and the ids of voices and dubs in paths": "each side goes on with what it was given itself",
}
"""What need not be equal, and why. Everything else of `wire_difference` holds."""
GENERATED = re.compile(rb"generated\d{11}")
OWN_IDS = re.compile(r"/(voice\d{15}|dub\d+)(?=/)")


def comparable(request: ReceivedRequest) -> ReceivedRequest:
    """The same request without what ACCEPTED names."""
    headers = {name: value for name, value in request.headers.items() if not name.startswith("x-fern-")}
    body = GENERATED.sub(b"generated", _without_nulls(request))
    return replace(request, target=OWN_IDS.sub("/own", request.target), headers=headers, body=body)


def _without_nulls(request: ReceivedRequest) -> bytes:
    """The body without the parts of a form that say `null`."""
    nulls = [part.name for part in request.parts if part.filename is None and part.data == b"null"]
    if not nulls:
        return request.body
    boundary = b"--" + request.headers["content-type"].partition("boundary=")[2].strip('"').encode()
    pieces = request.body.split(boundary)
    named = [f'name="{name}"\r\n\r\nnull\r\n'.encode() for name in nulls]
    return boundary.join(piece for piece in pieces if not any(piece.endswith(end) for end in named))


class ElevenLabsLaboratory:
    """One emulator, one client of each kind. Each case is run once, however many tests ask for it."""

    def __init__(self, emulator: Emulator, official: ElevenLabs, ours: anymedia.Client) -> None:
        self._emulator = emulator
        self._official = official
        self._ours = ours
        self._sides: dict[str, tuple[Side, Side]] = {}

    def sides(self, case: Case) -> tuple[Side, Side]:
        """What the official client did, and what ours did."""
        if str(case) not in self._sides:
            self._sides[str(case)] = self._run(case)
        return self._sides[str(case)]

    def differences(self, case: Case) -> list[str]:
        """Nothing, if both sent the same: the purchase, and what was created afterwards."""
        official, ours = self.sides(case)
        if official.sent is None or ours.sent is None:
            return [f"the official client: {official.error!r}; ours: {ours.error!r}"]
        theirs, mine = (_acts(side) for side in (official, ours))
        if len(theirs) != len(mine):
            return [f"the official client acted {len(theirs)} times, ours {len(mine)}"]
        return [
            line
            for one, other in zip(theirs, mine, strict=True)
            for line in differences(comparable(one), comparable(other))
        ]

    def _run(self, case: Case) -> tuple[Side, Side]:
        previous = None
        if case.request.continue_from == EARLIER:
            continuation_id, previous = self._first_turn(case)
            case = case.continuing(continuation_id)
        options = anymedia.Options(backend=BACKEND.name, model=case.model.id)
        official = self._side(lambda: official_call(self._official, case.model.id, case.request, previous=previous))
        return official, self._side(lambda: self._ours.generate(case.request, options))

    def _side(self, call: Callable[[], Any]) -> Side:
        before = len(self._emulator.requests)
        answer, error = None, None
        try:
            answer = call()
        except (anymedia.AnymediaError, ApiError) as caught:
            error = caught
        sent = self._emulator.requests[before:]
        paying = [request for request in sent if request.pays]
        assert len({request.path for request in paying}) == len(paying), "nothing is bought twice"
        followed = tuple(request for request in sent if request not in paying[:1])
        return Side(sent=paying[0] if paying else None, followed=followed, answer=answer, error=error)

    def _first_turn(self, case: Case) -> tuple[str, list[str]]:
        """A result of the same model to continue: our id for it, and the provider's."""
        options = anymedia.Options(backend=BACKEND.name, model=case.model.id)
        result = self._ours.generate(case.model.accepts(text="It rained.", continuable=True), options)
        assert result.continuation_id is not None
        return result.continuation_id, [result.provider_metadata["request_id"]]


def _acts(side: Side) -> list[ReceivedRequest]:
    """The purchase, what is created or bought afterwards, and the words that are asked for."""
    followed = [request for request in side.followed if request.method == "POST" or "/transcripts/" in request.path]
    return followed if side.sent is None else [side.sent, *followed]


@contextmanager
def elevenlabs_laboratory_at(
    our_client: Callable[[dict[str, str]], anymedia.Client], media: Media
) -> Iterator[ElevenLabsLaboratory]:
    lines = ARTEFACTS / "oracles-elevenlabs.jsonl"
    lines.unlink(missing_ok=True)
    with Emulator(dialect="elevenlabs", api_key=KEY, media=media, history=20_000) as emulator:
        emulator.record_to(lines)
        variables = {"ELEVENLABS_API_KEY": KEY, "ELEVENLABS_BASE_URL": emulator.base_url}
        with httpx.Client() as connections, our_client(variables) as ours:
            desk = ours.asynchronous.desk
            desk.backends = {**desk.backends, BACKEND.name: Watch().backend(BACKEND)}
            official = ElevenLabs(base_url=emulator.base_url, api_key=KEY, httpx_client=connections)
            yield ElevenLabsLaboratory(emulator, official, ours)
