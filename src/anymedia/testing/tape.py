"""Writes down what the flows of a backend send and are sent, in order, fit to be shown: no key, no account, no media.

What the engine repeats is one exchange here. What a provider refused has no reply: it never reaches a flow.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ParamSpec

from ..engine.redaction import HIDDEN, REDACTOR
from ..media import Json, MediaFile, Spilled, readable_size
from ..spec.backend import Backend, Model
from ..spec.wire import Effect, Exchange, Flow, HttpRequest, Inline, Outcome, Partial, Response, Step, Succeeded

Arguments = ParamSpec("Arguments")

OF_AN_ACCOUNT = frozenset(
    {
        *("account", "account_id", "customer_id", "email", "org_id", "organization", "organization_id", "owner"),
        *("project", "project_id", "team_id", "user", "user_id", "workspace_id", "x_api_key_id"),
    }
)
"""Names in replies whose value says who asked, and that no flow reads."""
NEVER_KEPT = frozenset({"cookie", "set-cookie", "authorization"})
LONGEST_TEXT = 4096
"""Characters of one text. What is longer, such as a state in base64, stands there by its size and hash."""
_QUERY = re.compile(rf"\?{re.escape(HIDDEN)}")


class ReadHeaders(Mapping[str, str]):
    """The headers of a reply, which remember the names that somebody asked for."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self.asked = {"content-type"}

    def __getitem__(self, name: str) -> str:
        self.asked.add(name.lower())
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    def kept(self) -> dict[str, str]:
        names = sorted(self.asked - NEVER_KEPT)
        return {name: shown_text(self._headers[name]) for name in names if name in self._headers}


@dataclass(kw_only=True)
class Entry:
    """One request and its reply. `headers` are those of the reply; they are shown last, when it is known who read
    what."""

    request: dict[str, Json]
    reply: dict[str, Json] | None = None
    headers: ReadHeaders = field(default_factory=lambda: ReadHeaders({}))

    def document(self) -> dict[str, Json]:
        if self.reply is None:
            return {"request": self.request, "reply": None}
        headers = self.headers.kept()
        return {"request": self.request, "reply": {**self.reply, **({"headers": headers} if headers else {})}}


@dataclass(kw_only=True)
class Tape:
    """What one backend said and heard since the last `clear`. `hide` are values that say who asked, each with the word
    that is shown in its place."""

    hide: Mapping[str, str] = field(default_factory=dict, repr=False)
    entries: list[Entry] = field(default_factory=list)

    def clear(self) -> None:
        self.entries.clear()

    def exchanges(self) -> list[Json]:
        """The exchanges in order; those in a row that are alike, such as polls, stand there once."""
        found: list[Json] = []
        for entry in self.entries:
            document = entry.document()
            if not found or found[-1] != document:
                found.append(document)
        return found

    def backend(self, backend: Backend) -> Backend:
        """The same backend with every flow on the tape."""
        return replace(
            backend,
            submit=self._taped(backend.submit),
            poll=None if backend.poll is None else self._taped(backend.poll),
            models=tuple(self._model(model) for model in backend.models),
        )

    def _model(self, model: Model) -> Model:
        return replace(
            model,
            submit=None if model.submit is None else self._taped(model.submit),
            poll=None if model.poll is None else self._taped(model.poll),
        )

    def _taped(self, function: Callable[Arguments, Flow]) -> Callable[Arguments, Flow]:
        def taped(*arguments: Arguments.args, **named: Arguments.kwargs) -> Flow:
            flow = function(*arguments, **named)
            outcome: Outcome = None
            while True:
                try:
                    effect = flow.send(outcome)
                except StopIteration as finished:
                    self._follow(finished.value)
                    return finished.value  # type: ignore[no-any-return]
                entry = self._sent(effect)
                outcome = yield effect
                if entry is not None and isinstance(outcome, Response):
                    outcome = self._heard(entry, outcome)

        return taped

    def _sent(self, effect: Effect) -> Entry | None:
        match effect:
            case HttpRequest():
                entry = Entry(request=self._hidden(_request_shown(effect)))
            case Exchange():
                entry = Entry(request=self._hidden(_conversation_shown(effect)))
            case _:
                return None
        self.entries.append(entry)
        return entry

    def _heard(self, entry: Entry, response: Response) -> Response:
        entry.reply = self._hidden(_reply_shown(response))
        entry.headers = ReadHeaders(response.headers)
        return replace(response, headers=entry.headers)

    def _follow(self, step: Step) -> None:
        """The files that the engine will fetch from where a reply says they are."""
        for file in step.files if isinstance(step, Succeeded | Partial) else ():
            if isinstance(file, MediaFile) and file.url is not None:
                request = {"method": "GET", "path": file.url, "download": True}
                reply = {"status": 200, "media": f"<{file.media_type}>"}
                self.entries.append(Entry(request=self._hidden(request), reply=reply))

    def _hidden(self, document: dict[str, Json]) -> dict[str, Json]:
        found: dict[str, Json] = _replaced(shown_value(document), self.hide)
        return found


def _request_shown(request: HttpRequest) -> dict[str, Json]:
    shown: dict[str, Json] = {"method": request.method, "path": request.path, "effect": request.effect}
    shown |= {"query": dict(request.query)} if request.query else {}
    if request.parts is not None:
        shown["form"] = [[name, value] for name, value in request.parts]
    elif request.content is not None:
        shown["content"] = request.content
    elif request.json is not None:
        shown["json"] = request.json
    return shown | ({"reads": request.reads} if request.reads != "json" else {})


def _conversation_shown(exchange: Exchange) -> dict[str, Json]:
    shown: dict[str, Json] = {"path": exchange.path, "effect": exchange.effect, "query": dict(exchange.query)}
    return {**shown, "send": list(exchange.send), "collect": dict(exchange.collect)}


def _reply_shown(response: Response) -> dict[str, Json]:
    shown: dict[str, Json] = {"status": response.status}
    shown |= {"json": without_account(response.json)} if response.json is not None else {}
    shown |= {"text": response.text} if response.text is not None else {}
    return shown | ({"media": response.spilled} if response.spilled is not None else {})


# --- Fit to be shown ----------------------------------------------------------------------------------------------


def shown_value(value: Json) -> Json:
    """JSON with every file as its summary, and every text without keys and the queries of URLs."""
    match value:
        case Inline():
            return value.file.summary
        case MediaFile():
            return value.summary
        case Spilled():
            return f"<{value.media_type} {readable_size(value.size)} sha256:{value.sha256[:8]}>"
        case str():
            return shown_text(value)
        case Mapping():
            return {str(name): shown_value(each) for name, each in value.items()}
        case list() | tuple():
            return [shown_value(each) for each in value]
    return value


def shown_text(text: str) -> str:
    text = _QUERY.sub("", REDACTOR.clean(text))
    if len(text) <= LONGEST_TEXT:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"<text {readable_size(len(text))} sha256:{digest[:8]}>"


def without_account(value: Json) -> Json:
    """JSON of a provider without the values whose names say that they are the caller's."""
    match value:
        case Mapping():
            return {
                name: HIDDEN if name in OF_AN_ACCOUNT and isinstance(each, str | int) else without_account(each)
                for name, each in value.items()
            }
        case list():
            return [without_account(each) for each in value]
    return value


def _replaced(value: Json, words: Mapping[str, str]) -> Json:
    match value:
        case str():
            for secret, word in words.items():
                value = value.replace(secret, word)
        case dict():
            return {name: _replaced(each, words) for name, each in value.items()}
        case list():
            return [_replaced(each, words) for each in value]
    return value
