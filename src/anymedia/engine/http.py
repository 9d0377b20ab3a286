"""The only module that imports the HTTP library. Sends one request, places the key, and says what its failure means.

It never repeats anything: `run.py` decides what may be sent again. A failure is one of three kinds: `NotHandedOver`
(the body was not handed over whole: nothing was bought), `Answered` (the provider refused, in its own words), or
`NoAnswer` (anything else, whose outcome nobody knows).
"""

from __future__ import annotations

import asyncio
import json as json_library
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Protocol

import httpx2

from ..errors import BackendDefect
from ..media import Json, MediaFile, Spilled
from ..spec.backend import ApiKey
from ..spec.wire import HttpRequest, Response
from .containers import EXTENSIONS
from .reply_scanner import BadReply, ReplyScanner, Sink
from .request_body import json_body, readable_file
from .settings import Access, Timeouts

LARGEST_REPLY_TEXT = 16 * 2**20
"""Bytes of JSON text kept in memory from one reply; media in it does not count, it goes to disk."""
THREAD_BATCH = 256 * 1024
"""Bytes gathered before they are scanned and written in a thread, off the event loop."""

OpenSink = Callable[[str], Sink]


class Writable(Protocol):
    def write(self, chunk: bytes) -> object: ...


class GrowingSink(Writable, Protocol):
    """Something that bytes are appended to, and that knows how many it has."""

    @property
    def size(self) -> int: ...


def _write_all(sink: Writable, batch: list[bytes]) -> None:
    for chunk in batch:
        sink.write(chunk)


class NotHandedOver(Exception):
    """The request did not leave this machine whole. Nothing can have been bought."""


class NoAnswer(Exception):
    """The request left, and no answer of the provider's says what became of it. `salvaged` may hold a job id."""

    def __init__(self, reason: str, salvaged: Json = None, kept: str | None = None) -> None:
        super().__init__(reason)
        self.salvaged = salvaged
        self.kept = kept


class CannotGoOn(Exception):
    """The server sends a file only from its beginning."""


class TooLong(Exception):
    """The server sends more than anybody asked for."""


class BrokenOff(Exception):
    """A download stopped; it may go on later."""


class Gone(Exception):
    """The server no longer has the file."""


class Answered(Exception):
    """The provider answered with a status that is not a success."""

    def __init__(self, status: int, headers: Mapping[str, str], json: Json, text: str) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.headers = headers
        self.json = json
        self.text = text


@dataclass
class _Handover:
    """Follows one request on the wire: was its body handed over whole?"""

    whole: bool = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("send_request_body.complete"):
            self.whole = True


class Http:
    """One connection pool. Belongs to one event loop."""

    def __init__(self, timeouts: Timeouts | None = None) -> None:
        self._timeouts = timeouts or Timeouts()
        limits = httpx2.Limits(max_connections=200, max_keepalive_connections=20)
        times = httpx2.Timeout(
            connect=self._timeouts.connect, read=self._timeouts.read, write=self._timeouts.write, pool=None
        )
        self._client = httpx2.AsyncClient(timeout=times, limits=limits, follow_redirects=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def send(
        self, access: Access, request: HttpRequest, *, headers: Mapping[str, str], open_sink: OpenSink
    ) -> Response:
        """Send once. Raise `NotHandedOver`, `Answered` or `NoAnswer`."""
        url = absolute_url(access, request)
        handover = _Handover()
        opened: list[BinaryIO] = []
        built = self._build(access, request, url, headers, handover, opened)
        try:
            async with asyncio.timeout(self._timeouts.total):
                return await self._exchange(built, request, open_sink)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError) as error:
            raise _failure(error, handover) from error
        finally:
            _close_all(opened)

    async def fetch(self, access: Access, url: str, sink: GrowingSink, *, start: int, most: int) -> None:
        """Append the body at `url` to a sink, from byte `start` on.

        Raise `CannotGoOn`, `TooLong`, `Gone`, or `BrokenOff` for everything that may go better later.
        """
        target = httpx2.URL(url)
        headers = {"Accept-Encoding": "identity", **_key_header(access, target)}
        if start:
            headers["Range"] = f"bytes={start}-"
        try:
            async with self._client.stream("GET", target, headers=headers) as response:
                _check_download(response, start)
                async for batch in _batches(response):
                    await asyncio.to_thread(_write_all, sink, batch)
                    if sink.size > most:
                        raise TooLong
        except (httpx2.HTTPError, TimeoutError, OSError) as error:
            raise BrokenOff(type(error).__name__) from error

    def _build(
        self,
        access: Access,
        request: HttpRequest,
        url: httpx2.URL,
        headers: Mapping[str, str],
        handover: _Handover,
        opened: list[BinaryIO],
    ) -> httpx2.Request:
        content: dict[str, Any] = {}
        if request.parts is not None:
            content = _form(request.parts, opened)
        elif request.json is not None:
            body = json_body(request.json)
            content = {"content": body.stream()}
            headers = {"Content-Type": "application/json", "Content-Length": str(body.length), **headers}
        return self._client.build_request(
            request.method,
            url,
            params=dict(request.query) or None,
            headers={**request.headers, **headers, **_key_header(access, url)},
            extensions={"trace": handover.trace},
            **content,
        )

    async def _exchange(self, built: httpx2.Request, request: HttpRequest, open_sink: OpenSink) -> Response:
        response = await self._client.send(built, stream=True)
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            if not response.is_success:
                text = await _capped_text(response)
                raise Answered(response.status_code, headers, _json_or_none(text), text)
            if _is_json(headers):
                reply = await _scan(response, request.media_at, open_sink)
                return Response(status=response.status_code, headers=headers, json=reply)
            if _is_text(headers):
                raise NoAnswer(f"a page of type {headers['content-type']} instead of an answer")
            if response.status_code == 204:
                return Response(status=204, headers=headers)
            spilled = await spill(response, open_sink("body"))
            return Response(status=response.status_code, headers=headers, spilled=spilled)
        finally:
            await response.aclose()


GONE = frozenset({401, 403, 404, 410})
"""Statuses of a download link that has expired."""


def _check_download(response: httpx2.Response, start: int) -> None:
    if response.status_code in GONE:
        raise Gone(str(response.status_code))
    if not response.is_success:
        raise BrokenOff(f"status {response.status_code}")
    if start and response.status_code != 206:
        raise CannotGoOn


def has_own_origin(access: Access, url: str) -> bool:
    """Whether a URL is on the very server of the base URL."""
    target, base = httpx2.URL(url), httpx2.URL(access.base_url)
    return (target.scheme, target.host, target.port) == (base.scheme, base.host, base.port)


def absolute_url(access: Access, request: HttpRequest) -> httpx2.URL:
    """The full URL of a request whose path may be relative to the base URL."""
    if request.path.startswith("/"):
        return httpx2.URL(access.base_url.rstrip("/") + request.path)
    url = httpx2.URL(request.path)
    if url.scheme not in ("http", "https"):
        raise BackendDefect(f"{access.backend.name}: the path {request.path!r} must start with / or be a full URL.")
    return url


def key_may_travel(access: Access, url: httpx2.URL) -> bool:
    """Whether a URL may be sent the key: the base URL's own origin, or a host the backend named, over https."""
    if has_own_origin(access, str(url)):
        return True
    return url.scheme == "https" and url.host in access.backend.key_travels_to


def _key_header(access: Access, url: httpx2.URL) -> dict[str, str]:
    auth = access.backend.auth
    if not isinstance(auth, ApiKey) or access.key is None or not key_may_travel(access, url):
        return {}
    return {auth.header: auth.prefix + access.key}


def _form(parts: tuple[tuple[str, str | MediaFile], ...], opened: list[BinaryIO]) -> dict[str, Any]:
    """Multipart for the HTTP library: it writes the MIME, we name files and types."""
    files: list[tuple[str, tuple[str | None, bytes | BinaryIO, str | None]]] = []
    for number, (name, value) in enumerate(parts):
        if isinstance(value, MediaFile):
            ending = EXTENSIONS.get(value.media_type, "")
            opened.append(readable_file(value))
            files.append((name, (f"file-{number}{ending}", opened[-1], value.media_type)))
        else:
            files.append((name, (None, value.encode(), None)))
    return {"files": files}


def _close_all(opened: list[BinaryIO]) -> None:
    for file in opened:
        file.close()


def _failure(error: Exception, handover: _Handover) -> Exception:
    reason = f"{type(error).__name__}: {error}".removesuffix(": ")
    return NoAnswer(reason) if handover.whole else NotHandedOver(reason)


def _is_json(headers: Mapping[str, str]) -> bool:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _is_text(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").startswith(("text/html", "text/plain"))


def _json_or_none(text: str) -> Json:
    try:
        return json_library.loads(text)
    except (ValueError, RecursionError):
        return None


async def _capped_text(response: httpx2.Response) -> str:
    """The text of an error reply, at most 64 KiB of it."""
    content = b""
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > 64 * 1024:
            break
    return content[: 64 * 1024].decode("utf-8", "replace")


async def _batches(response: httpx2.Response) -> AsyncIterator[list[bytes]]:
    """The body in batches worth a trip to a thread."""
    batch: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        batch.append(chunk)
        size += len(chunk)
        if size >= THREAD_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def _scan(response: httpx2.Response, media_at: tuple[str, ...], open_sink: OpenSink) -> Json:
    """Read a JSON reply; media in it goes to sinks as it comes."""
    scanner = ReplyScanner(media_at=media_at, open_sink=open_sink, cap=LARGEST_REPLY_TEXT)

    def feed(chunks: list[bytes]) -> None:
        for chunk in chunks:
            scanner.feed(chunk)

    try:
        async for batch in _batches(response):
            await _off_the_loop(feed, batch)
        return await asyncio.to_thread(scanner.finish) if media_at else scanner.finish()
    except BadReply as error:
        raise NoAnswer(error.reason, salvaged=error.salvaged) from error
    finally:
        scanner.abandon()


async def _off_the_loop(feed: Callable[[list[bytes]], None], batch: list[bytes]) -> None:
    """Small batches are cheaper to handle here than to hand over."""
    if sum(map(len, batch)) < 16 * 1024:
        feed(batch)
    else:
        await asyncio.to_thread(feed, batch)


async def spill(response: httpx2.Response, sink: Sink) -> Spilled:
    """Write a body that is itself media to a sink."""
    try:
        async for batch in _batches(response):
            await _off_the_loop(partial(_write_all, sink), batch)
        spilled: Spilled = await asyncio.to_thread(sink.close)  # type: ignore[arg-type]
        return spilled
    except BaseException:
        sink.abandon()
        raise
