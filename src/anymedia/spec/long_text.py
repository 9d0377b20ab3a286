"""Where a text that is over a model's limit is taken apart: between paragraphs, sentences or words, in this order."""

from __future__ import annotations

import re
from functools import lru_cache

_ENDS = (
    re.compile(r"(?=\s*\n)\s+"),
    re.compile(r"(?<=[.!?…])[\"'”’»)\]]*(?=\s)\s+|(?<=[。！？])"),
    re.compile(r"(?<=[,;:])\s+|(?<=[、，；：])"),
    re.compile(r"\s+"),
)
"""The best places first. White space of a place belongs to neither piece."""


@lru_cache(maxsize=32)  # selection asks it of every model, and again for the plan and the job
def pieces_of(text: str, limit: int, *, between_lines: bool = False) -> tuple[str, ...] | None:
    """The text in as few pieces of at most `limit` characters as reading on from the beginning gives.

    Every word is in exactly one of them, in order; white space between two pieces is gone. `between_lines`: only there.
    `None` if there is a line, or a word, that is too long.
    """
    places = _ENDS[:1] if between_lines else _ENDS
    rest, found = text.strip(), []
    while len(rest) > limit:
        cut = next((cut for place in places if (cut := _last_cut(place, rest, limit)) is not None), None)
        if cut is None:
            return None
        end, start = cut
        found.append(rest[:end])
        rest = rest[start:].lstrip()
    return (*found, rest)


def _last_cut(place: re.Pattern[str], text: str, limit: int) -> tuple[int, int] | None:
    """The end of a piece and the start of the next, at the last such place within the limit.

    A piece of less than a third of the limit is not worth a purchase: a place of another kind is looked for then.
    """
    found = None
    for match in place.finditer(text, 0, limit + 1):
        end = match.start() + len(match[0].rstrip())
        if end > limit:
            break
        if 0 < end < len(text):
            found = (end, match.end())
    return found if found is not None and (found[0] >= limit // 3 or place is _ENDS[-1]) else None
