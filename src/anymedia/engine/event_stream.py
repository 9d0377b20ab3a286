"""Reads a stream of server-sent events as it arrives: every event is one JSON document, media in it goes to sinks.

Facts: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream, read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from ..media import Json
from .reply_scanner import ReplyScanner

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_TELLING: Final = 16
"""Bytes of a line that tell what it is: `data: [DONE]` is shorter."""
_END_MARK: Final = b"[DONE]"
"""What some servers send last. It is no event."""


class EventStream:
    """One reply. `feed` it chunks of any size; it gives each event once it is whole. `abandon` it in the end.

    `event` and `id` lines are passed over: the providers repeat the type in the data. What is not JSON raises
    `BadReply`, what a sink raises passes through.
    """

    def __init__(self, open_scanner: Callable[[], ReplyScanner]) -> None:
        self._open_scanner = open_scanner
        self._scanner: ReplyScanner | None = None
        self._line = b""
        self._kind: str | None = None
        self._after_return = False

    def feed(self, chunk: bytes) -> Iterator[Json]:
        """Take the next bytes."""
        position = 0
        if self._after_return and chunk[:1] == b"\n":
            position = 1  # the second half of a line end that the chunks cut
        self._after_return = chunk[-1:] == b"\r"
        while position < len(chunk):
            end = _LINE_END.search(chunk, position)
            self._take(chunk[position : end.start() if end else len(chunk)])
            if end is None:
                return
            position = end.end()
            yield from self._line_ended()

    def finish(self) -> Iterator[Json]:
        """The last event, if the server left out the empty line behind it."""
        yield from self._line_ended()
        if self._scanner is not None:
            yield from self._event_ended(self._scanner)

    def abandon(self) -> None:
        """Give the reply up, and with it the sink that is open, if one is."""
        if self._scanner is not None:
            self._scanner.abandon()

    def _take(self, piece: bytes) -> None:
        """Some of a line. What is long is passed on at once."""
        match self._kind:
            case "data":
                self._data.feed(piece)
            case None:
                self._line += piece
                if len(self._line) >= _TELLING:
                    self._decide()

    def _decide(self) -> None:
        name, _, value = self._line.partition(b":")
        self._kind = "data" if name == b"data" else "other"
        if self._kind == "data":
            self._data.feed(value.removeprefix(b" "))

    @property
    def _data(self) -> ReplyScanner:
        if self._scanner is None:
            self._scanner = self._open_scanner()
        return self._scanner

    def _line_ended(self) -> Iterator[Json]:
        line, kind = self._line, self._kind
        if kind is None and line.removeprefix(b"data:").strip() != _END_MARK:
            if line:
                self._decide()
            elif self._scanner is not None:
                yield from self._event_ended(self._scanner)
        self._line, self._kind = b"", None

    def _event_ended(self, scanner: ReplyScanner) -> Iterator[Json]:
        yield scanner.finish()
        self._scanner = None
