"""Reads one JSON reply as it arrives: media in it streams decoded into sinks and is never text in memory.

Pure: it opens nothing, waits for nothing and knows no provider. Strings are searched with `bytes.find`, never walked in
Python, because a reply is a few tokens around megabytes of base64.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, NoReturn

from ...media import Json
from .base64_text import Base64Text, NotBase64, Sink

MIB: Final = 1024 * 1024
DEEPEST: Final = 200

Path = tuple[str | int, ...]
Pattern = tuple[str | int | None, ...]
"""Steps of a path; `None` stands for any index of an array."""

_STRUCTURE: Final = re.compile(rb'["{}\[\]:,]')
_BRACKET: Final = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+["{}\[\]]', re.DOTALL)
"""The next bracket, or the quote of a string that the chunk cuts, behind all that lies before it."""
_STRING_END: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_URL: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{0,15}:(?:\\?/){2}")
_DATA_URL: Final = re.compile(rb"data:([^,]*),", re.IGNORECASE)
_SALVAGEABLE: Final = re.compile(r'\s*[{,]\s*(?P<key>"(?:[^"\\]|\\.)*+")\s*:\s*')
_PATTERN_STEP: Final = re.compile(r"(?:^|(?<=.)\.)(?P<key>[^.\[\]]+)|\[(?P<index>\d+|\*)\]")

_CLOSER: Final = {ord("{"): ord("}"), ord("["): ord("]")}
_OBJECT_END, _QUOTE, _COLON, _COMMA, _BACKSLASH = b'}":,\\'
_URL_SHOWS_WITHIN: Final = 24
"""Bytes of a string in which the `://` of a URL must have begun to show; base64 has no colon."""
_LONGEST_DATA_URL_HEAD: Final = 256


class BadReply(Exception):
    """The reply is no whole JSON document, or a media string in it is no base64.

    `salvaged` holds the scalar fields of the top level that arrived whole, if any: a job's id outlives a cut reply.
    `closed` holds what the sinks answered that were closed before the fault, so that what they took is not lost.
    """

    def __init__(self, reason: str, *, salvaged: dict[str, Json] | None, closed: tuple[object, ...]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.salvaged = salvaged
        self.closed = closed


class ReplyScanner:
    """One reply. `feed` it chunks of any size, then `finish`; `abandon` it when the exchange is cancelled.

    `media_at` are paths such as `data[*].b64_json`, `output[0].result`, `video.data`. A string there is decoded into
    the sink that `open_sink(path)` gives, the path spelled out as in `data[1].b64_json`, unless it is a URL; any other
    value there stays what it is. `cap` limits, in bytes, all text that is not media. What a sink raises passes through.
    """

    def __init__(self, *, media_at: Sequence[str] = (), open_sink: Callable[[str], Sink], cap: int = 16 * MIB) -> None:
        self._open_sink = open_sink
        self._cap = cap
        self._kept = bytearray()
        self._containers = [_Container(closer=0, live=tuple(_parsed_pattern(path) for path in media_at))]
        self._step = ReplyScanner._structure
        self._text_ended = False
        self._key_from: int | None = None
        self._escaped = False
        self._undecided = b""
        self._media: Base64Text | None = None
        self._closed: list[tuple[Path, object]] = []

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the reply. Raises `BadReply` as soon as it cannot become a good one."""
        if self._undecided:
            chunk, self._undecided = self._undecided + chunk, b""
        position = 0
        try:
            while position < len(chunk):
                position = self._step(self, chunk, position)
        except BaseException:
            self.abandon()
            raise

    def finish(self) -> Json:
        """The document, with what the sinks answered in place of their strings. Raises `BadReply`."""
        try:
            return self._document()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Gives the reply up, and with it the sink that is open, if one is. May be called at any time, and again."""
        self._step = ReplyScanner._refuse
        media, self._media = self._media, None
        if media is not None:
            media.sink.abandon()

    def _document(self) -> Json:
        if self._step is not ReplyScanner._structure or len(self._containers) > 1:
            self._fail("The reply ends early.")
        try:
            document = json.loads(self._kept.decode(), parse_constant=_refuse_constant)
        except UnicodeDecodeError as error:
            self._fail(f"The reply is not UTF-8: {error.reason}.")
        except ValueError as error:
            self._fail(f"The reply is not JSON: {error}.")
        for path, value in self._closed:
            _place(document, path, value)
        return document

    def _fail(self, reason: str) -> NoReturn:
        closed = tuple(value for _, value in self._closed)
        raise BadReply(reason, salvaged=_salvage(self._kept) or None, closed=closed)

    def _refuse(self, chunk: bytes, position: int) -> int:
        raise ValueError("this reply was finished or given up; it takes no more bytes")

    def _keep(self, text: bytes) -> None:
        self._kept += text
        if len(self._kept) > self._cap:
            del self._kept[self._cap :]
            self._fail(f"The reply holds more than {self._cap} bytes beside its media.")

    def _structure(self, chunk: bytes, position: int) -> int:
        """Passes tokens until a string is media or outlasts the chunk; keeps all it passed."""
        kept_from = position
        try:
            while True:
                here = self._containers[-1]
                token = _STRUCTURE.search(chunk, position) if here.live else _BRACKET.match(chunk, position)
                if token is None:
                    self._keep(chunk[kept_from:])
                    return len(chunk)
                position = token.end()
                mark = chunk[position - 1]
                if mark != _QUOTE:
                    self._punctuation(here, mark)
                elif here.holds_media():
                    self._keep(chunk[kept_from : position - 1])
                    self._step = ReplyScanner._media_head
                    return position
                else:
                    end = _string_end(chunk, position)
                    if end < 0:
                        return self._string_outlasts(here, chunk, kept_from, position)
                    begin, position = position - 1, end
                    if here.wants_key:
                        self._key(here, chunk[begin:end])
        except _Malformed as error:
            self._keep(chunk[kept_from:position])  # what came before may name the job
            self._fail(str(error))

    def _punctuation(self, here: _Container, mark: int) -> None:
        if mark == _COMMA:
            here.go_on()
        elif mark == _COLON:
            here.wants_key = False
        elif mark in _CLOSER:
            self._open(here, _CLOSER[mark])
        elif mark == here.closer:
            self._containers.pop()
            self._text_ended = len(self._containers) == 1
        else:
            raise _Malformed("The reply is not JSON: its brackets do not match.")

    def _open(self, here: _Container, closer: int) -> None:
        if self._text_ended:
            raise _Malformed("The reply goes on after its end.")
        if len(self._containers) > DEEPEST:
            raise _Malformed(f"The reply is nested deeper than {DEEPEST}.")
        live = tuple(filter(None, here.below))
        self._containers.append(_Container(closer=closer, live=live) if live else _WITHOUT_MEDIA[closer])

    def _key(self, here: _Container, quoted: bytes) -> None:
        try:
            key = json.loads(quoted) if b"\\" in quoted else quoted[1:-1].decode(errors="replace")
        except ValueError as error:
            raise _Malformed(f"The reply is not JSON: {error}.") from error
        if not here.go_to(key):
            raise _Malformed(f"The reply has `{self._path_text()}` twice.")

    def _string_outlasts(self, here: _Container, chunk: bytes, kept_from: int, position: int) -> int:
        self._key_from = len(self._kept) + position - 1 - kept_from if here.wants_key else None
        self._keep(chunk[kept_from:position])
        self._step = ReplyScanner._string
        self._escaped = False
        return position

    def _string(self, chunk: bytes, position: int) -> int:
        """The rest, or some more, of a string that is kept."""
        start = position + self._escaped
        end = _string_end(chunk, start)
        if end < 0:
            self._escaped = _ends_in_escape(chunk, start)
            self._keep(chunk[position:])
            return len(chunk)
        self._keep(chunk[position:end])
        self._step = ReplyScanner._structure
        if self._key_from is not None:
            try:
                self._key(self._containers[-1], bytes(self._kept[self._key_from :]))
            except _Malformed as error:
                self._fail(str(error))
        return end

    def _media_head(self, chunk: bytes, position: int) -> int:
        """Decides from its first bytes what a string at a media path is."""
        furthest = position + _LONGEST_DATA_URL_HEAD
        quote = chunk.find(b'"', position, furthest)
        head = chunk[position : furthest if quote < 0 else quote]
        if quote < 0 and not _is_telling(head):
            self._undecided = chunk[position:]
            return len(chunk)
        data_url = _DATA_URL.match(head)
        declared = data_url[1].replace(b"\\/", b"/").decode(errors="replace") if data_url else ""
        if _URL.match(head) or (_is_data_url(head) and not declared.lower().endswith(";base64")):
            return self._leave_string(position)
        self._open_media(declared.partition(";")[0].strip().lower())
        self._step = ReplyScanner._media_body
        return position + (data_url.end() if data_url else 0)

    def _leave_string(self, position: int) -> int:
        self._keep(b'"')
        self._key_from, self._escaped = None, False
        self._step = ReplyScanner._string
        return position

    def _open_media(self, declared: str) -> None:
        self._media = Base64Text(self._open_sink(self._path_text()))
        if declared:
            self._media.sink.declare(declared)

    def _media_body(self, chunk: bytes, position: int) -> int:
        assert self._media is not None
        quote = chunk.find(b'"', position)
        try:
            self._media.write(memoryview(chunk)[position : len(chunk) if quote < 0 else quote])
            if quote < 0:
                return len(chunk)
            self._media.end()
        except NotBase64:
            self._fail(f"`{self._path_text()}` of the reply is not base64.")
        self._closed.append((self._path(), self._media.sink.close()))
        self._media = None
        self._keep(b"null")
        self._step = ReplyScanner._structure
        return quote + 1

    def _path(self) -> Path:
        return tuple(container.at for container in self._containers[1:] if container.at is not None)

    def _path_text(self) -> str:
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self._path())
        return steps.removeprefix(".")


class _Malformed(Exception):
    """What is no JSON, and was not kept yet."""


class _Container:
    """An object or array the scanner is in, or the reply around them all (`closer` 0).

    `live` are the patterns that can still match in here, `below` what is left of them at `at`, the current place.
    """

    __slots__ = ("at", "below", "closer", "live", "seen", "wants_key")

    def __init__(self, *, closer: int, live: tuple[Pattern, ...]) -> None:
        self.closer = closer
        self.live = live
        self.below = () if closer else live
        self.at: str | int | None = None
        self.seen: set[str] = set()
        self.wants_key = bool(live) and closer == _OBJECT_END
        if live and closer and not self.wants_key:
            self.go_to(0)

    def go_to(self, at: str | int) -> bool:
        """False if `at` leads to media and was here before."""
        self.at = at
        self.below = tuple(p[1:] for p in self.live if p[0] == at or (p[0] is None and isinstance(at, int)))
        if not self.below or isinstance(at, int):
            return True
        is_new = at not in self.seen
        self.seen.add(at)
        return is_new

    def go_on(self) -> None:
        """To the next key or element."""
        if isinstance(self.at, int):
            self.go_to(self.at + 1)
        else:
            self.wants_key = self.closer == _OBJECT_END

    def holds_media(self) -> bool:
        return () in self.below and not self.wants_key


_WITHOUT_MEDIA: Final = {closer: _Container(closer=closer, live=()) for closer in _CLOSER.values()}
"""Containers where no pattern can match keep no place, so that all of them are the same."""


def _string_end(chunk: bytes, position: int) -> int:
    """Just behind the quote that closes the string `position` is in, or -1 if it is not in this chunk."""
    quote = chunk.find(b'"', position)
    if quote <= position or chunk[quote - 1] != _BACKSLASH:
        return quote + 1 or -1
    end = _STRING_END.match(chunk, position)
    return end.end() if end else -1


def _ends_in_escape(chunk: bytes, position: int) -> bool:
    """Whether the chunk was cut between a backslash and what it escapes."""
    text = chunk[position:]
    return (len(text) - len(text.rstrip(b"\\"))) % 2 == 1


def _is_data_url(head: bytes) -> bool:
    return head[:5].lower() == b"data:"


def _is_telling(head: bytes) -> bool:
    """Whether more bytes could not change what the string is taken for."""
    if _is_data_url(head):
        return b"," in head or len(head) >= _LONGEST_DATA_URL_HEAD
    return len(head) >= _URL_SHOWS_WITHIN


@lru_cache(maxsize=256)
def _parsed_pattern(path: str) -> Pattern:
    steps: list[str | int | None] = []
    position = 0
    while position < len(path):
        step = _PATTERN_STEP.match(path, position)
        if step is None:
            raise ValueError(f"{path!r} is no path such as `data[*].b64_json` or `video.data`")
        index = step["index"]
        steps.append(step["key"] if index is None else None if index == "*" else int(index))
        position = step.end()
    if not steps:
        raise ValueError("a path to media has at least one step")
    return tuple(steps)


def _place(document: Json, path: Path, value: object) -> None:
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _salvage(kept: bytearray) -> dict[str, Json]:
    """The scalars among the fields of the top level, as far as the text can be read."""
    text = kept.decode(errors="replace")
    decoder = json.JSONDecoder(parse_constant=lambda name: None)
    found: dict[str, Json] = {}
    position = 0
    while field := _SALVAGEABLE.match(text, position):
        try:
            key = json.loads(field["key"])
            value, position = decoder.raw_decode(text, field.end())
        except ValueError:
            break
        if _is_whole_scalar(value, text[position:].lstrip()[:1]):
            found[key] = value
    return found


def _is_whole_scalar(value: Json, following: str) -> bool:
    """A number may have been cut, and bytes that were no UTF-8 were replaced: neither is what was sent."""
    if isinstance(value, str):
        return "\ufffd" not in value
    return isinstance(value, int | float) and following in {",", "}"}
