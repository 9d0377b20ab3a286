"""Damages JSON the way a provider might: a key goes, a type changes, a number grows, a list repeats itself."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from anymedia.spec import Reply

Path = tuple[str | int, ...]
DATA = b"data: "
EVENT = b"data: {"

STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, -0.5, 1e308, 10**30, 10**400, -(10**400), float("nan"), float("inf"),
    "", "bogus", "-1", "NaN", "1e999", "null", "x" * 100_000, "\ud800", "\x1b[31m\r\nSet-Cookie: a=b", "\u202egnp",
    "../../../etc/passwd", "https://[::1", "http://127.0.0.1:1/x", "//evil/x", "file:///etc/passwd", "data:image/png,x",
    [], {}, [None], [[]], [{}], {"x": 1}, ["bogus"],
)  # fmt: skip


def damaged(document: Any, chance: random.Random) -> Any:
    """A copy with one thing, or two, that nobody announced."""
    document = json.loads(json.dumps(document))
    for _ in range(chance.choice([1, 1, 1, 2])):
        path = chance.choice(list(_paths(document)))
        if not path:
            return copy.deepcopy(chance.choice(STRANGE)) if chance.random() < 0.2 else document
        parent = document
        for step in path[:-1]:
            parent = parent[step]
        chance.choice(WAYS)(parent, path[-1], chance)
    return document


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield from _paths(each, (*path, step))


def _drop(parent: Any, step: Any, chance: random.Random) -> None:
    del parent[step]


def _wrap(parent: Any, step: Any, chance: random.Random) -> None:
    parent[step] = chance.choice([[parent[step]], {"value": parent[step]}, [parent[step]] * 3])


def _repeat(parent: Any, step: Any, chance: random.Random) -> None:
    if isinstance(parent[step], list | str):
        parent[step] = parent[step] * chance.choice([0, 2, 3])


def _replace(parent: Any, step: Any, chance: random.Random) -> None:
    parent[step] = copy.deepcopy(chance.choice(STRANGE))


def _swap(parent: Any, step: Any, chance: random.Random) -> None:
    """What stands elsewhere in the same object or list."""
    others = list(parent) if isinstance(parent, dict) else range(len(parent))
    parent[step] = copy.deepcopy(parent[chance.choice(list(others))])


WAYS: tuple[Callable[[Any, Any, random.Random], None], ...] = (
    _drop,
    _wrap,
    _repeat,
    _replace,
    _replace,
    _replace,
    _swap,
)


def is_json(reply: Reply) -> bool:
    """Whether there is JSON in it to be damaged."""
    return bool(documents_of(reply))


def documents_of(reply: Reply) -> list[Any]:
    """The JSON documents of a reply: its events, or those of its stream, or its body."""
    if reply.events:
        return list(reply.events)
    if reply.json is not None:
        return [reply.json]
    return [json.loads(line.removeprefix(DATA)) for line in reply.content.split(b"\n") if line.startswith(EVENT)]


def with_documents(reply: Reply, documents: Sequence[Any]) -> Reply:
    """The reply with these documents in their places. They go as bytes, so that nothing mends addresses in them."""
    if reply.events:
        return replace(reply, events=tuple(documents))
    if reply.json is not None:
        return replace(reply, json=None, content=json.dumps(documents[0]).encode())
    left = iter(documents)
    lines = reply.content.split(b"\n")
    content = b"\n".join(DATA + json.dumps(next(left)).encode() if line.startswith(EVENT) else line for line in lines)
    return replace(reply, content=content)


def damaged_reply(reply: Reply, chance: random.Random) -> Reply:
    """The reply with its document, or one of its events, damaged."""
    documents = documents_of(reply)
    at = chance.randrange(len(documents))
    documents[at] = damaged(documents[at], chance)
    return with_documents(reply, documents)
