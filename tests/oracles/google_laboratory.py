"""Google's official client and ours against one recorder. Raw lines go to artefacts/oracles-google.jsonl."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from evidence import ARTEFACTS
from google import genai
from google.genai import types
from google_cases import EARLIER, Case
from laboratory import Side
from official_google import FIRST_PROMPT, VERSIONS, official_call, official_deletion, official_upload
from wire_difference import differences

import anymedia
from anymedia.backends.google import BACKEND
from anymedia.operations import DescribeRequest, Request, VoiceDesignRequest
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, ReceivedRequest
from anymedia.testing.emulator.pictures import Media
from toys import open_client

KEY = "AIza-oracle-0123456789abcdef"

ACCEPTED = {
    "x-goog-api-client": "telemetry of the official client 3.4.0: `_api_client.py` sends it beside user-agent",
    "content-type of a request without a body": "the official client says application/json of nothing: RFC 9110, 8.3",
    "the alphabet of base64": "the official client writes - and _: protocol buffers in JSON take both alphabets",
    "mime_type in inlineData": "the REST reference has mimeType; protocol buffers in JSON take both spellings",
}
"""What need not be equal, and why. Everything else of `wire_difference` holds."""
STANDARD = str.maketrans("-_", "+/")


def comparable(request: ReceivedRequest) -> ReceivedRequest:
    """The same request without what ACCEPTED names."""
    dropped = {"x-goog-api-client"} if request.body else {"x-goog-api-client", "content-type"}
    headers = {name: value for name, value in request.headers.items() if name not in dropped}
    body = json.dumps(_comparable(request.json)).encode() if request.json is not None else request.body
    return replace(request, headers=headers, body=body)


def _comparable(value: Any) -> Any:
    match value:
        case {"data": str(data), "mime_type": media_type, **rest}:
            return {**rest, "data": data.translate(STANDARD), "mimeType": media_type}
        case {"data": str(data), **rest}:
            return {**rest, "data": data.translate(STANDARD)}
        case dict():
            return {name: _comparable(item) for name, item in value.items()}
        case list():
            return [_comparable(item) for item in value]
    return value


class GoogleLaboratory:
    """One emulator, one client of each kind. Each case is run once, however many tests ask for it."""

    def __init__(self, emulator: Emulator, official: Mapping[str, genai.Client], home: Path, lines: Path) -> None:
        self._emulator = emulator
        self._official = official
        self._home = home
        self.lines = lines
        self._sides: dict[str, tuple[Side, Side]] = {}
        self._first_turns: dict[str, tuple[str, str | None]] = {}

    def sides(self, case: Case) -> tuple[Side, Side]:
        """What the official client did, and what ours did."""
        if str(case) not in self._sides:
            self._sides[str(case)] = self._run(case)
        return self._sides[str(case)]

    def differences(self, case: Case) -> list[str]:
        """Nothing, if both sent the same."""
        official, ours = self.sides(case)
        if official.sent is None or ours.sent is None:
            return [f"the official client: {official.error!r}; ours: {ours.error!r}"]
        return differences(comparable(official.sent), comparable(ours.sent))

    def uploading(self, model: str, request: DescribeRequest) -> tuple[Side, Side]:
        """Both clients ask about a film that is too large for one request."""
        client = self._official["v1"]
        official = self._side(lambda: official_upload(client, model, request))
        return official, self._side(lambda: self._ours(model, request))

    def deleting(self, request: VoiceDesignRequest) -> tuple[Side, Side]:
        """Both clients make a voice and delete it."""
        client = self._official["v1beta"]
        official = self._side(lambda: official_deletion(client, request))
        return official, self._side(lambda: asyncio.run(self._deleted(request)))

    async def _deleted(self, request: VoiceDesignRequest) -> anymedia.KeptResource:
        environ = {"GOOGLE_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": self._emulator.base_url}
        async with open_client(self._home, self._home / "out", environ=environ) as client:
            made = await client.generate(request, anymedia.Options(backend="google"))
            return await client.delete_resource(made.resources[0].id)

    def _run(self, case: Case) -> tuple[Side, Side]:
        previous = None
        if case.request.continue_from == EARLIER:
            continuation_id, previous = self._first_turn(case)
            case = case.continuing(continuation_id)
        client = self._official[VERSIONS.get(case.model.id, "v1")]
        official = self._side(lambda: official_call(client, case.model.id, case.request, previous=previous))
        return official, self._side(lambda: self._ours(case.model.id, case.request))

    def _ours(self, model: str, request: Request) -> anymedia.Result:
        options = anymedia.Options(backend="google", model=model, allow_retired=True)
        environ = {"GOOGLE_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": self._emulator.base_url}

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
        except (anymedia.AnymediaError, genai.errors.APIError) as caught:
            error = caught
        sent = self._emulator.requests[before:]
        paying = [request for request in sent if request.pays]  # a chat makes its first turn before the one compared
        followed = tuple(request for request in sent if not request.pays)
        return Side(sent=paying[-1] if paying else None, followed=followed, answer=answer, error=error)

    def _first_turn(self, case: Case) -> tuple[str, str | None]:
        """A result of the same model to continue: our id for it, and the provider's if it has one."""
        model = case.model.id
        if model not in self._first_turns:
            result = self._ours(model, case.model.accepts(prompt=FIRST_PROMPT, continuable=True))
            assert result.continuation_id is not None
            lines = [json.loads(line) for line in self.lines.read_text("utf-8").splitlines()]
            answered = next(line for line in reversed(lines) if line["request"]["method"] == "POST")
            self._first_turns[model] = (result.continuation_id, answered["reply"]["json"].get("id"))
        return self._first_turns[model]


@contextmanager
def google_laboratory_at(home: Path, media: Media) -> Iterator[GoogleLaboratory]:
    lines = ARTEFACTS / "oracles-google.jsonl"
    lines.unlink(missing_ok=True)
    with Emulator(dialect="google", api_key=KEY, media=media, history=20_000) as emulator:
        emulator.record_to(lines)
        once = types.HttpRetryOptions(attempts=1)

        def official(version: str) -> genai.Client:
            options = types.HttpOptions(base_url=emulator.base_url, api_version=version, retry_options=once)
            return genai.Client(api_key=KEY, http_options=options)

        with official("v1") as current, official("v1beta") as beta:
            yield GoogleLaboratory(emulator, {"v1": current, "v1beta": beta}, home, lines)


def brought_home(answer: Any) -> bytes | str:
    """The bytes, or the words, that a client brought home."""
    if isinstance(answer, bytes | str):
        return answer
    if answer.resources and not answer.files:
        name: str = answer.provider_metadata["display_name"]
        return name
    found: bytes | str = answer.text if answer.text is not None else answer.path.read_bytes()
    return found
