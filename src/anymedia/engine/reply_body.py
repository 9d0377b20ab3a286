"""Reads the body of a reply, JSON with media in it or media itself: computed as it comes, written in batches."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar, Protocol, TypeVar

import httpx2

from ..media import Json, Spilled
from ..spec.wire import HttpRequest
from .event_stream import EventStream
from .files import remove
from .part import TooLong
from .reply_scanner import BadReply, ReplyScanner, Sink

LARGEST_REPLY_TEXT = 16 * 2**20
"""Bytes of JSON text kept in memory from one reply; media in it does not count, it goes to disk."""
THREAD_BATCH = 256 * 1024
"""Bytes gathered before they are written in a thread, off the event loop."""
LARGE_BATCH = 4 * 2**20
"""The same while few bytes wait in this process: a usual picture then needs a single trip to a thread."""
FEW = 4 * 2**20

MOST_EVENTS = 10_000
"""Events of one reply; hundreds are usual."""
MOST_OUTPUTS = 100
"""Files of one reply; 10 is the most that any model is asked for."""
BEGINNING = 4096
"""Bytes of an unreadable reply that are kept: they may name a job, or say what stands between us and the provider."""

UNPACKED_HERE = "gzip, deflate"
"""What we ask for. One packing only: packed twice, a thousand-fold becomes a million-fold."""
UNPACKED_AT_ONCE = 256 * 1024

T = TypeVar("T")


class NoAnswer(Exception):
    """The request left, and no answer of the provider's says what became of it.

    `salvaged` holds what could be read of a broken reply, such as a job id; `whole` are outputs that had arrived, and
    `begun` is one of which only the beginning did.
    """

    def __init__(
        self, reason: str, *, salvaged: Json = None, whole: tuple[Spilled, ...] = (), begun: tuple[Spilled, ...] = ()
    ) -> None:
        super().__init__(reason)
        self.salvaged = salvaged
        self.whole = whole
        self.begun = begun


class GrowingSink(Sink, Protocol):
    """A sink that only computes when it is written to, and does its file I/O when it is flushed."""

    @property
    def size(self) -> int: ...

    def flush(self, *, last: bool = False) -> None: ...

    def close(self) -> Spilled: ...


OpenSink = Callable[[str], GrowingSink]
KeepPreview = Callable[[Spilled], Awaitable[None]]
"""Takes an unfinished picture that lies whole in its part file."""


def chunks(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The body as it comes, unpacked if it is packed. Raise `httpx2.DecodingError` for what was not asked for."""
    packed = response.headers.get("content-encoding", "").strip().lower()
    if not isinstance(response.stream, httpx2.AsyncByteStream):
        return response.aiter_bytes()
    # A body that is not compressed needs none of the library's layers; they cost more than the bytes themselves.
    raw = response.stream.__aiter__()
    return raw if packed in ("", "identity") else _unpacked(raw, packed)


async def _unpacked(raw: AsyncIterator[bytes], packed: str) -> AsyncIterator[bytes]:
    """Unpack in small pieces: a packet that holds a thousand times its size never stands in memory whole."""
    if packed not in ("gzip", "x-gzip", "deflate"):
        raise httpx2.DecodingError(f"a body packed as {packed!r:.40}, which nobody asked for")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
    async for chunk in raw:
        while chunk:
            try:
                yield unpack.decompress(chunk, UNPACKED_AT_ONCE)
            except zlib.error as error:
                raise httpx2.DecodingError(str(error)) from error
            chunk = unpack.unconsumed_tail
    yield unpack.flush()


async def scan(response: httpx2.Response, media_at: tuple[str, ...], open_sink: OpenSink) -> Json:
    """Read a JSON reply; media in it goes to sinks as it comes."""
    sinks, begin = Sinks(open_sink), b""
    scanner = ReplyScanner(media_at=media_at, open_sink=sinks.open, cap=LARGEST_REPLY_TEXT)
    try:
        async for chunk in chunks(response):
            begin = begin or chunk[:BEGINNING]
            scanner.feed(chunk)
            await sinks.flush_after(len(chunk))
        return scanner.finish()
    except BadReply as error:
        raise _broken(error, begin) from error
    except TooLong as error:
        raise _given_up(scanner, error) from error
    except httpx2.HTTPError as error:
        raise _cut(scanner, error) from error
    finally:
        scanner.abandon()
        await sinks.finish()


async def scan_events(
    response: httpx2.Response, request: HttpRequest, open_sink: OpenSink, keep_preview: KeepPreview
) -> list[Json]:
    """Read a stream of events up to one that ends it. Media of any but that one are previews, or of no use."""
    sinks, told = Sinks(open_sink), list[Json]()
    scanner = partial(ReplyScanner, media_at=request.media_at, open_sink=sinks.open, cap=LARGEST_REPLY_TEXT)
    stream = EventStream(scanner)
    try:
        async for event in _events(response, stream, sinks):
            told.append(event)
            if _type_of(event) in request.until:
                await sinks.flush()
                return [*await _without_media(told[:-1]), event]
            if _type_of(event) in request.previews:
                await sinks.flush()
                for preview in _spilled_in(event):
                    await keep_preview(preview)
                told[-1] = _bare(event)
            if len(told) > MOST_EVENTS:
                raise NoAnswer("a stream of events without end", salvaged=told[-1:])
        raise NoAnswer("the stream of events broke off", salvaged=told, whole=tuple(_spilled_in(told)))
    except BadReply as error:
        broken = _broken(error)
        raise NoAnswer(
            str(broken), salvaged=[*told, broken.salvaged], whole=(*_spilled_in(told), *broken.whole)
        ) from error
    except TooLong as error:
        raise NoAnswer(str(error), salvaged=told) from error
    except httpx2.HTTPError as error:
        reason = f"the reply broke off ({type(error).__name__})"
        raise NoAnswer(reason, salvaged=told, whole=tuple(_spilled_in(told))) from error
    finally:
        stream.abandon()
        await sinks.finish()


async def _events(response: httpx2.Response, stream: EventStream, sinks: Sinks) -> AsyncIterator[Json]:
    async for chunk in chunks(response):
        for event in stream.feed(chunk):
            yield event
        await sinks.flush_after(len(chunk))
    for event in stream.finish():
        yield event


def _type_of(event: Json) -> str:
    return str(event.get("type")) if isinstance(event, Mapping) else ""


async def _without_media(events: Sequence[Json]) -> list[Json]:
    """The events with nothing in place of their media, whose part files are removed."""
    for unused in _spilled_in(list(events)):
        await in_thread(partial(remove, unused.part))
    return [_bare(event) for event in events]


def _bare(document: Json) -> Json:
    """The document with nothing in place of its media."""
    match document:
        case Spilled():
            return None
        case Mapping():
            return {name: _bare(value) for name, value in document.items()}
        case list():
            return [_bare(value) for value in document]
    return document


def _broken(error: BadReply, begin: bytes = b"") -> NoAnswer:
    """A reply that is no JSON, or not all of it. Its beginning is kept when nothing else can be made of it."""
    whole = tuple(each for each in error.closed if isinstance(each, Spilled))
    text = begin.decode("utf-8", "replace")
    page = "a web page instead of an answer" if text.lstrip().startswith("<") else error.reason
    return NoAnswer(page, salvaged=error.salvaged or {"beginning": text}, whole=whole)


def _cut(scanner: ReplyScanner, error: httpx2.HTTPError) -> NoAnswer:
    """A reply that broke off in the middle: what it said so far may be the only receipt."""
    try:
        understood = scanner.finish()
    except BadReply as bad:
        return _broken(bad)
    reason = f"the reply broke off ({type(error).__name__})"
    return NoAnswer(reason, salvaged=understood, whole=tuple(_spilled_in(understood)))


def _given_up(scanner: ReplyScanner, error: TooLong) -> NoAnswer:
    """A reply that holds more than anybody asked for: what came whole before is kept."""
    try:
        scanner.finish()
    except BadReply as bad:
        whole = tuple(each for each in bad.closed if isinstance(each, Spilled))
        return NoAnswer(str(error), salvaged=bad.salvaged, whole=whole)
    return NoAnswer(str(error))


def _spilled_in(reply: Json) -> Iterator[Spilled]:
    if isinstance(reply, Spilled):
        yield reply
    elif isinstance(reply, Mapping | list):
        for item in reply.values() if isinstance(reply, Mapping) else reply:
            yield from _spilled_in(item)


class Sinks:
    """The sinks of one reply: computing happens as bytes come, file I/O in a thread, in batches."""

    waiting_in_all: ClassVar[int] = 0
    """Bytes that wait in memory in all replies of this process."""

    def __init__(self, open_sink: OpenSink) -> None:
        self._open_sink = open_sink
        self._opened: list[GrowingSink] = []
        self._waiting = 0

    def open(self, path: str) -> GrowingSink:
        if len(self._opened) == MOST_OUTPUTS:
            raise TooLong(f"more than {MOST_OUTPUTS} outputs")
        self._opened.append(self._open_sink(path))
        return self._opened[-1]

    async def flush_after(self, size: int) -> None:
        """Write once enough has come to be worth a trip to a thread."""
        if not self._opened:
            return
        self._waits(size)
        if self._waiting >= (LARGE_BATCH if Sinks.waiting_in_all < FEW else THREAD_BATCH):
            await in_thread(self._flush_all)
            self._waits(-self._waiting)

    async def flush(self) -> None:
        """Bring all that has come to its files, and let go of them: what is whole may be moved."""
        if self._opened:
            try:
                await in_thread(partial(self._flush_all, last=True))
            finally:
                self._opened.clear()
                self._waits(-self._waiting)

    async def finish(self) -> None:
        await self.flush()

    def _waits(self, size: int) -> None:
        self._waiting += size
        Sinks.waiting_in_all += size

    def _flush_all(self, *, last: bool = False) -> None:
        for sink in self._opened:
            sink.flush(last=last)


async def in_thread(function: Callable[[], T]) -> T:
    """`asyncio.to_thread` without copying the context: nothing that runs here reads it."""
    return await asyncio.get_running_loop().run_in_executor(None, function)


async def words(response: httpx2.Response) -> str:
    """A body that is text, whole. If it breaks off, is too long or no text, raise `NoAnswer` with what came of it."""
    content = bytearray()
    try:
        async for chunk in chunks(response):
            content += chunk
            if len(content) > LARGEST_REPLY_TEXT:
                raise NoAnswer("more text than anybody reads", salvaged=_salvaged(content[:BEGINNING]))
        return content.decode()
    except UnicodeDecodeError as error:
        raise NoAnswer("a reply that is no text", salvaged=_salvaged(content[:BEGINNING])) from error
    except httpx2.HTTPError as error:
        raise NoAnswer(f"the reply broke off ({type(error).__name__})", salvaged=_salvaged(content)) from error


def _salvaged(content: bytearray) -> Json:
    return {"text": content.decode("utf-8", "replace")} if content else None


async def spill(response: httpx2.Response, open_sink: OpenSink) -> Spilled:
    """Write a body that is itself media to a sink."""
    sinks = Sinks(open_sink)
    sink = sinks.open("body")
    try:
        async for chunk in chunks(response):
            sink.write(chunk)
            await sinks.flush_after(len(chunk))
        await sinks.finish()
    except TooLong as error:
        raise NoAnswer(str(error)) from error
    finally:
        sink.abandon()
    return sink.close()
