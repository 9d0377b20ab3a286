"""Puts one entry of replies.jsonl into the reply of a sample, in every place that has the shape it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from corpus import Row
from damage import documents_of, with_documents

from anymedia.spec import Reply

Test = Callable[[str, Any], bool]
BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
ID = re.compile(r"(.*_)?id|name")
NUMBER = re.compile(r".*(cost|usd|ticks|price|progress|count|tokens|seconds|duration).*")
WORDS = re.compile(r".*(message|reason|text|prompt|detail|description|transcript|content|title).*")
KEY = "{key}"
"""Stands for the key of the test, which nothing may tell."""


def is_address(name: str, value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def is_media(name: str, value: Any) -> bool:
    return isinstance(value, str) and BASE64.fullmatch(value) is not None


def is_id(name: str, value: Any) -> bool:
    return ID.fullmatch(name) is not None and isinstance(value, str)


def is_number(name: str, value: Any) -> bool:
    return NUMBER.fullmatch(name) is not None and type(value) in (int, float)


def are_words(name: str, value: Any) -> bool:
    return WORDS.fullmatch(name) is not None and isinstance(value, str) and not is_media(name, value)


PLACES: dict[str, Test] = {
    "address": is_address,
    "media": is_media,
    "id": is_id,
    "number": is_number,
    "words": are_words,
}


def grafted(row: Row, reply: Reply, key: str) -> Reply | None:
    """The reply with the entry in it, or `None` if it has no place for it."""
    value = _with_key(row["value"], key)
    match row["at"]:
        case "body":
            return replace(reply, json=None, events=(), content=value.encode() or b" ")
        case "bytes":
            return replace(reply, json=None, events=(), content=bytes.fromhex(value))
        case "status":
            return replace(reply, status=value)
        case "header":
            media_type = value if row["name"] == "Content-Type" else reply.media_type
            headers = {} if row["name"] == "Content-Type" else {row["name"]: value}
            return replace(reply, status=row["status"], headers={**reply.headers, **headers}, media_type=media_type)
        case "outputs":
            return _exchanged(reply, lambda documents: [_repeated(each, value) for each in documents])
    return _exchanged(reply, lambda documents: [_replaced(each, PLACES[row["at"]], value) for each in documents])


def _with_key(value: Any, key: str) -> Any:
    return value.replace(KEY, key) if isinstance(value, str) else value


def _exchanged(reply: Reply, change: Callable[[list[Any]], list[Any]]) -> Reply | None:
    before = documents_of(reply)
    after = change(before)
    return None if not before or after == before else with_documents(reply, after)


def _replaced(document: Any, test: Test, value: Any, name: str = "") -> Any:
    if test(name, document):
        return value
    match document:
        case dict():
            return {key: _replaced(each, test, value, key) for key, each in document.items()}
        case list():
            return [_replaced(each, test, value, name) for each in document]
    return document


def _repeated(document: Any, times: int) -> Any:
    """The document with its list of outputs so many times as long: the outermost in which media or an address is."""
    match document:
        case dict():
            return {key: _repeated(each, times) for key, each in document.items()}
        case [*outputs] if _has_output(outputs):
            return outputs * times
    return document


def _has_output(value: Any) -> bool:
    text = json.dumps(value)
    return "http" in text or BASE64.search(text) is not None
