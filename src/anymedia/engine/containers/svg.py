"""SVG: well-formed XML from the `svg` root to its end. Entities are refused, and nothing outside is ever read."""

from __future__ import annotations

import re
from typing import Final, NoReturn
from xml.parsers import expat

from .tape import Tape, Walker
from .verdict import Found, NotMedia, NotWhole

_BITE: Final = 16 * 1024
_LONGEST_BITE: Final = 1024 * 1024
_LONGEST_TOKEN: Final = 8 * 1024 * 1024
"""Bytes of one tag, text or comment the parser may have to hold; a picture within a picture is one attribute."""
_DEEPEST: Final = 200
_NAMESPACES: Final = ("svg", "http://www.w3.org/2000/svg svg")
_PIXELS: Final = re.compile(r"\s*(\d{1,9}(?:\.\d*)?)(?:px)?\s*")


def walk_svg(tape: Tape) -> Walker:
    """`width` and `height` are the root's, if in pixels, else those of its `viewBox`."""
    reader = _Reader()
    bite = _BITE
    while data := (yield from tape.take_up_to(bite)):
        held = reader.read(data)
        if held > _LONGEST_TOKEN:
            raise NotWhole(f"Something before byte {tape.offset} is longer than {_LONGEST_TOKEN} bytes.")
        bite = max(_BITE, min(held, _LONGEST_BITE))
    return reader.end()


class _Reader:
    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._leave
        self._parser.EntityDeclHandler = self._refuse_entity
        self._depth = 0
        self._passed = 0
        self._announces_svg = False
        self._size: tuple[int | None, int | None] | None = None

    def read(self, data: bytes, *, is_last: bool = False) -> int:
        """Parses on; gives how many bytes the parser holds of what has not ended yet."""
        self._announces_svg |= b"<svg" in data
        try:
            self._parser.Parse(data, is_last)
        except expat.ExpatError as error:
            self._give_up(f"The XML is broken: {error}.")
        self._passed += len(data)
        return self._passed - max(0, self._parser.CurrentByteIndex)

    def end(self) -> Found:
        self.read(b"", is_last=True)
        width, height = self._size or (None, None)
        return Found(media_type="image/svg+xml", width=width, height=height)

    def _give_up(self, reason: str) -> NoReturn:
        if not self._announces_svg:
            raise NotMedia(reason, "xml")
        raise NotWhole(reason)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._give_up(f"Elements are nested deeper than {_DEEPEST}.")
        if self._size is None:
            if name not in _NAMESPACES:
                local = name.rpartition(" ")[2].lower()
                raise NotMedia(f"The root is {local!r}, not 'svg'.", "html" if local == "html" else "xml")
            self._size = _size(attributes)

    def _leave(self, name: str) -> None:
        self._depth -= 1

    def _refuse_entity(self, *declaration: object) -> None:
        self._give_up("It declares entities, which are refused.")


def _size(attributes: dict[str, str]) -> tuple[int | None, int | None]:
    box = attributes.get("viewBox", "").replace(",", " ").split()
    box = box if len(box) == 4 else ["", "", "", ""]
    width = _pixels(attributes.get("width", "")) or _pixels(box[2])
    height = _pixels(attributes.get("height", "")) or _pixels(box[3])
    return width, height


def _pixels(length: str) -> int | None:
    number = _PIXELS.fullmatch(length)
    return round(float(number[1])) if number else None
