"""A document that a provider publishes about itself (OpenAPI 3.1), asked about what really travelled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from published_schemas import Json, Violation, alternatives, resolved, sharpened, violations

from anymedia.testing.emulator import Part, ReceivedRequest

FOLDER = Path(__file__).parent / "published"
FORM = "multipart/form-data"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of the document; `definition` is `None` if it has no such operation."""

    name: str
    definition: Mapping[str, Any] | None


class Document:
    """`error` names the schema of replies that refuse, for statuses that an operation does not list."""

    def __init__(self, content: Json, *, error: str | None = None) -> None:
        self._content = sharpened(content)
        self._error = None if error is None else {"$ref": f"#/components/schemas/{error}"}
        servers = content.get("servers") or [{"url": ""}]
        self._prefix = urlsplit(servers[0]["url"]).path.rstrip("/")

    @classmethod
    def read(cls, name: str, *, error: str | None = None) -> Document:
        """A document of the folder `published`."""
        return cls(json.loads((FOLDER / name).read_text("utf-8")), error=error)

    def operation(self, method: str, path: str) -> Operation:
        """The operation that serves this path: a path without braces goes before one with them."""
        path = path.removeprefix(self._prefix)
        for template in sorted(self._content["paths"], key=lambda each: each.count("{")):
            definition = self._content["paths"][template].get(method.lower())
            if definition is not None and re.fullmatch(_pattern(template), path):
                return Operation(name=f"{method} {template}", definition=definition)
        return Operation(name=f"{method} {path}", definition=None)

    def against_request(self, request: ReceivedRequest) -> list[Violation]:
        """What the document holds against a request: its operation, query and body."""
        operation = self.operation(request.method, request.path)
        if operation.definition is None:
            return [
                Violation(operation=operation.name, place="request", field="", says="no such operation in our copy")
            ]
        query = self._against_query(operation.definition, request.query)
        body = self._against_body(operation.definition, request)
        return [
            replace(each, operation=operation.name, place=place)
            for place, found in (("query", query), ("request", body))
            for each in found
        ]

    def against_reply(self, request: ReceivedRequest, *, status: int, media_type: str, body: Json) -> list[Violation]:
        """What it holds against the reply to that request. `body` is decoded if it is JSON."""
        operation = self.operation(request.method, request.path)
        if operation.definition is None:
            return []
        found = self._against_content(self._replies(operation.definition, status), media_type, body)
        return [replace(each, operation=operation.name, place=f"reply {status}") for each in found]

    def _replies(self, definition: Mapping[str, Any], status: int) -> Mapping[str, Any]:
        listed = definition["responses"]
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in listed:
                return resolved(listed[key], self._content).get("content", {})
        return {"application/json": {"schema": self._error}} if self._error is not None and status >= 400 else {}

    def _against_query(self, definition: Mapping[str, Any], query: str) -> Iterator[Violation]:
        """The query as an object; a parameter that may not be repeated is its property."""
        declared = [resolved(each, self._content) for each in definition.get("parameters", ())]
        wanted = {each["name"]: each["schema"] for each in declared if each["in"] == "query"}
        required = [each["name"] for each in declared if each["in"] == "query" and each.get("required")]
        schema = {"properties": wanted, "required": required, "propertyNames": {"enum": sorted(wanted)}}
        yield from self._violations(schema, self._object(schema, parse_qsl(query, keep_blank_values=True)))

    def _against_body(self, definition: Mapping[str, Any], request: ReceivedRequest) -> Iterator[Violation]:
        described = resolved(definition.get("requestBody", {}), self._content)
        if not request.media_type:
            if described.get("required"):
                yield Violation(field="content-type", says="must be there")
            return
        body = request.json
        if request.media_type == FORM and FORM in described.get("content", {}):
            pairs = [(part.name, _value(part)) for part in request.parts]
            body = self._object(described["content"][FORM]["schema"], pairs)
        yield from self._against_content(described.get("content", {}), request.media_type, body)

    def _against_content(self, content: Mapping[str, Any], media_type: str, body: Json) -> Iterator[Violation]:
        media_type = media_type.partition(";")[0].strip()
        described = next((each for wanted, each in content.items() if fnmatchcase(media_type, wanted)), None)
        if described is None:
            says = f"one of {', '.join(content)}" if content else "nothing of the kind"
            yield Violation(field="content-type", value=media_type, says=says)
        elif media_type in ("application/json", FORM):
            yield from self._violations(described.get("schema", {}), body)

    def _violations(self, schema: Json, value: Json) -> Iterator[Violation]:
        return violations(self._content, schema, value)

    def _object(self, schema: Json, pairs: Iterable[tuple[str, str | bytes]]) -> Json:
        """The fields of a form or a query as the object that the schema describes: lists, numbers and truths."""
        found: dict[str, list[tuple[str, str | bytes]]] = {}
        for name, value in pairs:
            found.setdefault(name.removesuffix("[]"), []).append((name, value))
        described = alternatives(schema, self._content)
        fields = {name: each for part in described for name, each in part.get("properties", {}).items()}
        return {name: self._read(fields.get(name, {}), given) for name, given in found.items()}

    def _read(self, schema: Json, given: list[tuple[str, str | bytes]]) -> Json:
        choices = list(alternatives(schema, self._content))
        items = [item for each in choices if "items" in each for item in alternatives(each["items"], self._content)]
        several = len(given) > 1 or given[0][0].endswith("[]") or _types(choices) == {"array"}
        values = [_typed(value, _types(items if several and items else choices)) for _, value in given]
        return values if several else values[0]


def posted(target: str, document: Any) -> ReceivedRequest:
    """A request with a document of JSON, as the emulator would receive it."""
    body = json.dumps(document).encode()
    return ReceivedRequest(method="POST", target=target, headers={"content-type": "application/json"}, body=body)


def _pattern(template: str) -> str:
    return re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(template))


def _value(part: Part) -> str | bytes:
    return part.text if part.filename is None else part.data


def _types(choices: Iterable[Json]) -> set[str]:
    named = (each.get("type", []) for each in choices)
    return {kind for each in named for kind in ([each] if isinstance(each, str) else each)}


def _typed(value: str | bytes, types: set[str]) -> Json:
    """Text where the schema wants no text is JSON, if it can be read as such."""
    if isinstance(value, bytes) or not types or "string" in types:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
