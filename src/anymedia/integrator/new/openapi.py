"""Reads an OpenAPI document: the parameters of one POST with their limits, and the shape of its reply."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import InvalidInput, UnknownName, did_you_mean
from ...media import Json
from .facts import Shape

IN_BASE64 = re.compile(r"(?i)b64|base64")
ADDRESS = re.compile(r"(?i)^(url|uri|image_url|video_url|audio_url|file_url|sample|output)$")
BYTES = ("image/", "audio/", "video/", "application/octet-stream")
WELL = re.compile(r"(?i)succe|complete|done|ready|finish")
BADLY = re.compile(r"(?i)fail|error|cancel|expire|reject|moderat")
DEEPEST = 6
"""Levels of a reply's schema that are looked through: some refer to themselves."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """One POST of a document. `limits` are those of `parameter`, by the name on the wire."""

    base_url: str
    path: str
    limits: Mapping[str, str]
    required: frozenset[str]
    is_form: bool
    shape: Shape | None
    found_at: str | None
    poll_path: str | None
    key_header: str | None
    statuses: Mapping[str, tuple[str, ...]]
    """Which states are its end, well or badly, as `done` and `failed`; empty where the document does not tell."""


def read_openapi(file: Path, path: str | None) -> Described:
    """The POST at `path`, or the only one. Raise `InvalidInput` or `UnknownName`."""
    try:
        document = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file} is no OpenAPI document in JSON: {error}.", next="Convert YAML first.") from None
    posts = [name for name, methods in (document.get("paths") or {}).items() if "post" in methods]
    chosen = path if path is not None else (posts[0] if len(posts) == 1 else None)
    if chosen is None or chosen not in posts:
        then = did_you_mean(path, posts) if path else f"Name one by --path: {', '.join(posts[:20])}."
        raise UnknownName(f"The document has {len(posts)} POST paths; which is meant is not clear.", next=then)
    operation = document["paths"][chosen]["post"]
    content = _content(document, operation.get("requestBody"))
    media_type = next((name for name in ("application/json", "multipart/form-data") if name in content), None)
    schema = _resolved(document, (content.get(media_type) or {}).get("schema")) if media_type else {}
    shape, found_at = _reply(document, operation)
    servers = document.get("servers") or [{"url": "https://api.example"}]
    return Described(
        base_url=str(servers[0].get("url", "")).rstrip("/"),
        path=chosen,
        limits={name: _limits(_resolved(document, each)) for name, each in (schema.get("properties") or {}).items()},
        required=frozenset(schema.get("required") or ()),
        is_form=media_type == "multipart/form-data",
        shape=shape,
        found_at=found_at,
        poll_path=_poll_path(document, chosen) if shape == "queue" else None,
        key_header=_key_header(document),
        statuses=_statuses(document, operation),
    )


def _content(document: Json, body: Json) -> Mapping[str, Json]:
    content = _resolved(document, body).get("content")
    return content if isinstance(content, dict) else {}


def _resolved(document: Json, schema: Json) -> dict[str, Json]:
    """What a reference of this document stands for; the parts of `allOf` together, the first of `anyOf`."""
    for _ in range(DEEPEST):
        if not isinstance(schema, dict):
            return {}
        if str(schema.get("$ref", "")).startswith("#/"):
            target: Json = document
            for step in schema["$ref"][2:].split("/"):
                target = target.get(step.replace("~1", "/").replace("~0", "~"), {})
            schema = target
        elif "allOf" in schema:
            parts = [_resolved(document, part) for part in schema["allOf"]]
            properties = {name: each for part in parts for name, each in (part.get("properties") or {}).items()}
            required = [name for part in parts for name in part.get("required") or ()]
            rest = {name: each for name, each in schema.items() if name != "allOf"}
            schema = {**{k: v for part in parts for k, v in part.items()}, **rest}
            schema |= {"properties": {**properties, **(rest.get("properties") or {})}, "required": required}
        elif any(name in schema for name in ("anyOf", "oneOf")):
            options = [each for each in schema.get("anyOf") or schema["oneOf"] if each.get("type") != "null"]
            rest = {name: each for name, each in schema.items() if name not in ("anyOf", "oneOf")}
            schema = {**(options[0] if options else {}), **rest}
        else:
            return schema
    return {}


def _limits(schema: Mapping[str, Json]) -> str:
    """The limits in the words that `--param` takes."""
    options = [each for each in schema.get("enum") or () if each is not None]
    if options and all(isinstance(each, str | int | float) for each in options):
        return "|".join(map(str, options))
    low, high = (schema.get(name, schema.get(f"exclusiveM{name[1:]}")) for name in ("minimum", "maximum"))
    if isinstance(low, int | float) and isinstance(high, int | float):
        return f"{low}..{high}"
    longest = schema.get("maxLength")
    return f"<={longest}" if isinstance(longest, int) else ""


def _reply(document: Json, operation: Mapping[str, Json]) -> tuple[Shape | None, str | None]:
    """How the file comes, and where it stands, as far as the document tells."""
    content = _answer(document, operation)
    if any(name.startswith(BYTES) for name in content):
        return "bytes", None
    schema = (content.get("application/json") or {}).get("schema")
    places = list(_places(document, schema, "", 0))
    for kind, wanted in (("base64", IN_BASE64), ("url", ADDRESS)):
        found = next((path for path in places if wanted.search(path.rpartition(".")[2].removesuffix("[*]"))), None)
        if found is not None and not (kind == "url" and {"id", "status"} <= set(places)):
            return ("base64" if kind == "base64" else "url"), found
    if "polling_url" in places:
        return "polling-url", None
    return ("queue", None) if "id" in places else (None, None)


def _answer(document: Json, operation: Mapping[str, Json]) -> Mapping[str, Json]:
    """What a success holds, by its media type."""
    codes = sorted(code for code in operation.get("responses") or {} if str(code).startswith("2"))
    return _content(document, operation["responses"][codes[0]]) if codes else {}


def _statuses(document: Json, operation: Mapping[str, Json]) -> dict[str, tuple[str, ...]]:
    reply = _resolved(document, (_answer(document, operation).get("application/json") or {}).get("schema"))
    told = _resolved(document, (reply.get("properties") or {}).get("status")).get("enum") or ()
    names = [each for each in told if isinstance(each, str)]
    return {
        "done": tuple(name for name in names if WELL.search(name) and not BADLY.search(name)),
        "failed": tuple(name for name in names if BADLY.search(name)),
    }


def _places(document: Json, schema: Json, path: str, depth: int) -> Iterator[str]:
    """The path of every text in a schema, those nearest first."""
    resolved = _resolved(document, schema)
    if depth > DEEPEST:
        return
    if resolved.get("type") == "array" or "items" in resolved:
        yield from _places(document, resolved.get("items"), f"{path}[*]", depth + 1)
        return
    properties = resolved.get("properties")
    if not isinstance(properties, dict):
        if path:
            yield path
        return
    for name, each in properties.items():
        yield from _places(document, each, f"{path}.{name}" if path else name, depth + 1)


def _poll_path(document: Json, path: str) -> str | None:
    """The GET with one variable that begins like the POST: where a job is asked after."""
    start = path.strip("/").split("/")[0]
    gets = [name for name, methods in document["paths"].items() if "get" in methods and name.count("{") == 1]
    near = sorted(
        (name for name in gets if f"/{start}" in name), key=lambda name: (not name.startswith(path), len(name))
    )
    return re.sub(r"\{[^}]+\}", "{id}", near[0]) if near else None


def _key_header(document: Json) -> str | None:
    schemes = ((document.get("components") or {}).get("securitySchemes") or {}).values()
    return next((each.get("name") for each in schemes if each.get("in") == "header"), None)
