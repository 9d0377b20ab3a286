"""Turns what an engine matched into facts: without quotes, split by `keep`, in the words of `rename`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product

from .facts import Fact, Place
from .pack import Search

_QUOTED = re.compile(r"""[rbuf]*('{3}|"{3}|'|")((?:(?!\1).)*)\1""", re.IGNORECASE | re.DOTALL)


def found(search: Search, place: Place, texts: Mapping[str, str]) -> Iterator[Fact]:
    """The facts of one match. None, where a path or a field is not what the search asks for."""
    within = re.search(search.path, place.path) if search.path else None
    if search.path and within is None:
        return
    named = {} if within is None else {name: text for name, text in within.groupdict().items() if text is not None}
    choices = {name: _kept(search, name, text) for name, text in {**named, **texts}.items()}
    for chosen in product(*choices.values()):
        yield Fact(place=place, fields=dict(zip(choices, chosen, strict=True)))


def _kept(search: Search, name: str, text: str) -> list[str]:
    quoted = _QUOTED.fullmatch(text.strip())
    bare = quoted[2] if quoted else text.strip()
    parts = re.findall(search.keep[name], bare) if name in search.keep else [bare]
    others = search.rename.get(name, {})
    return [others.get(part, part) for part in dict.fromkeys(parts)]
