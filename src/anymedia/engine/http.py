"""The only module that imports the HTTP library. Sends one request, places the key, and says what its failure means.

It never repeats anything: `run.py` decides what may be sent again. A failure is one of three kinds: `NotHandedOver`
(the body was not handed over whole: nothing was bought), `Answered` (the provider refused, in its own words), or
`NoAnswer` (anything else, whose outcome nobody knows).
"""

from __future__ import annotations

import asyncio
import json as json_library
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, BinaryIO, Protocol, TypeVar

import httpx2

from ..media import Json, MediaFile, Spilled
from ..spec.backend import ApiKey
from ..spec.wire import HttpRequest, Response
from .containers import EXTENSIONS
from .files import TooLong
from .redaction import package_logger
from .reply_scanner import BadReply, ReplyScanner, Sink
from .request_body import json_body, readable_file
from .settings import Access, Timeouts

LARGEST_REPLY_TEXT = 16 * 2**20
"""Bytes of JSON text kept in memory from one reply; media in it does not count, it goes to disk."""
THREAD_BATCH = 512 * 1024
"""Bytes gathered before they are written in a thread, off the event loop."""

T = TypeVar("T")


class GrowingSink(Sink, Protocol):
    """A sink that only computes when it is written to, and does its file I/O when it is flushed."""

    @property
    def size(self) -> int: ...

    def flush(self, *, last: bool = False) -> None: ...

    def close(self) -> Spilled: ...


OpenSink = Callable[[str], GrowingSink]


class NotHandedOver(Exception):
    """The request did not leave this machine whole. Nothing can have been bought."""


class NoAnswer(Exception):
    """The request left, and no answer of the provider's says what became of it.

    `salvaged` holds what could be read of a broken reply, such as a job id; `whole` are outputs that had arrived.
    """

    def __init__(self, reason: str, *, salvaged: Json = None, whole: tuple[Spilled, ...] = ()) -> None:
        super().__init__(reason)
        self.salvaged = salvaged
        self.whole = whole


class CannotGoOn(Exception):
    """The server sends a file only from its beginning."""


class BrokenOff(Exception):
    """A download stopped; it may go on later."""


class Gone(Exception):
    """The server no longer has the file."""


class Moved(Exception):
    """The file is somewhere else. The new place is as hostile as the old one until it is checked."""

    def __init__(self, url: str) -> None:
        super().__init__("moved")
        self.url = url


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


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A message that is ready to be sent, once."""

    request: HttpRequest
    built: httpx2.Request = field(repr=False)
    handover: _Handover
    opened: list[BinaryIO]


_NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
"""What one reply sets must not travel with the next request: an API has no use for cookies."""

for _name in ("httpx2", "httpcore2"):
    package_logger(_name)  # they log whole URLs, with the signatures in them


class Http:
    """One connection pool. Belongs to one event loop."""

    def __init__(self, timeouts: Timeouts | None = None) -> None:
        self._timeouts = timeouts or Timeouts()
        limits = httpx2.Limits(max_connections=200, max_keepalive_connections=20)
        times = httpx2.Timeout(
            connect=self._timeouts.connect, read=self._timeouts.read, write=self._timeouts.write, pool=None
        )
        self._client = httpx2.AsyncClient(
            timeout=times, limits=limits, follow_redirects=False, cookies=CookieJar(policy=_NO_COOKIES)
        )

    async def close(self) -> None:
        await self._client.aclose()

    def prepare(self, access: Access, request: HttpRequest, *, headers: Mapping[str, str]) -> Prepared:
        """Build the message, so that what cannot be written is found before the intent to pay is.

        Opens the files of a form. Raise `ValueError` for what no message can carry and `OSError` for a file.
        """
        handover = _Handover()
        opened: list[BinaryIO] = []
        try:
            built = self._build(access, request, absolute_url(access, request), headers, handover, opened)
        except BaseException:
            _close_all(opened)
            raise
        return Prepared(request=request, built=built, handover=handover, opened=opened)

    async def send(self, prepared: Prepared, *, open_sink: OpenSink, within: float | None = None) -> Response:
        """Send once, within so many seconds. Raise `NotHandedOver`, `Answered` or `NoAnswer`."""
        seconds = self._timeouts.total if within is None else min(within, self._timeouts.total)
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(prepared.built, prepared.request, open_sink)
        except (httpx2.HTTPError, TimeoutError, OSError) as error:
            raise _failure(error, prepared.handover) from error
        finally:
            _close_all(prepared.opened)

    async def fetch(self, access: Access, url: str, sink: GrowingSink, *, validator: str | None) -> AsyncIterator[str]:
        """Append the body at `url` to a sink, from where it ends on. Gives the file's validator (its ETag) once.

        `validator` makes sure that it still is the same file. Raise `CannotGoOn`, `Moved`, `Gone`, `TooLong`, or
        `BrokenOff` for everything that may go better later.
        """
        target = httpx2.URL(url)
        headers = {"Accept-Encoding": "identity", **_key_header(access, target)}
        if sink.size:
            headers["Range"] = f"bytes={sink.size}-"
            headers |= {"If-Range": validator} if validator else {}
        try:
            async with self._client.stream("GET", target, headers=headers) as response:
                _check_download(response, sink.size)
                yield response.headers.get("etag", "")
                waiting = 0
                async for chunk in _chunks(response):
                    sink.write(chunk)
                    waiting += len(chunk)
                    if waiting >= THREAD_BATCH:
                        await in_thread(sink.flush)
                        waiting = 0
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
            spilled = await spill(response, open_sink)
            return Response(status=response.status_code, headers=headers, spilled=spilled)
        finally:
            await response.aclose()


def is_url(text: str) -> bool:
    """Whether the HTTP library can read it as a URL."""
    try:
        return bool(httpx2.URL(text).host)
    except httpx2.InvalidURL:
        return False


def _check_download(response: httpx2.Response, start: int) -> None:
    status = response.status_code
    if response.has_redirect_location:
        raise Moved(str(response.url.join(response.headers["location"])))
    if start and (status in (200, 416) or not response.headers.get("content-range", "").startswith(f"bytes {start}-")):
        raise CannotGoOn
    if 400 <= status < 500 and status not in (408, 425, 429):
        raise Gone(str(status))
    if not response.is_success:
        raise BrokenOff(f"status {status}")


def has_own_origin(access: Access, url: str | httpx2.URL) -> bool:
    """Whether a URL is on the very server of the base URL."""
    try:
        target, base = httpx2.URL(url), _parsed(access.base_url)
    except httpx2.InvalidURL:
        return False
    return (target.scheme, target.host, target.port) == (base.scheme, base.host, base.port)


@cache
def _parsed(base_url: str) -> httpx2.URL:
    """There are few base URLs, and each is needed at every request."""
    return httpx2.URL(base_url)


def absolute_url(access: Access, request: HttpRequest) -> httpx2.URL:
    """The full URL of a request whose path may be relative to the base URL."""
    if request.path.startswith("/"):
        return httpx2.URL(access.base_url.rstrip("/") + request.path)
    try:
        url = httpx2.URL(request.path)
    except httpx2.InvalidURL as error:
        raise ValueError(f"{request.path!r:.80} is no URL") from error
    if url.scheme not in ("http", "https"):
        raise ValueError(f"the path {request.path!r:.80} must start with / or be a full URL")
    return url


def key_may_travel(access: Access, url: httpx2.URL) -> bool:
    """Whether a URL may be sent the key: the base URL's own origin, or a host the backend named, over https."""
    if has_own_origin(access, url):
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


def _chunks(response: httpx2.Response) -> AsyncIterator[bytes]:
    """The body as it comes."""
    # A body that is not compressed needs none of the decoder's layers; they cost more than the bytes themselves.
    if "content-encoding" not in response.headers and isinstance(response.stream, httpx2.AsyncByteStream):
        return response.stream.__aiter__()
    return response.aiter_bytes()


async def _scan(response: httpx2.Response, media_at: tuple[str, ...], open_sink: OpenSink) -> Json:
    """Read a JSON reply; media in it goes to sinks as it comes."""
    sinks = _Sinks(open_sink)
    scanner = ReplyScanner(media_at=media_at, open_sink=sinks.open, cap=LARGEST_REPLY_TEXT)
    try:
        async for chunk in _chunks(response):
            scanner.feed(chunk)
            await sinks.flush_after(len(chunk))
        return scanner.finish()
    except BadReply as error:
        raise _broken(error) from error
    except TooLong as error:
        raise NoAnswer(str(error)) from error
    except httpx2.HTTPError as error:
        raise _cut(scanner, error) from error
    finally:
        scanner.abandon()
        await sinks.finish()


def _broken(error: BadReply) -> NoAnswer:
    whole = tuple(each for each in error.closed if isinstance(each, Spilled))
    return NoAnswer(error.reason, salvaged=error.salvaged, whole=whole)


def _cut(scanner: ReplyScanner, error: httpx2.HTTPError) -> NoAnswer:
    """A reply that broke off in the middle: what it said so far may be the only receipt."""
    try:
        scanner.finish()
    except BadReply as bad:
        return _broken(bad)
    return NoAnswer(f"the reply broke off ({type(error).__name__})")


class _Sinks:
    """The sinks of one reply: computing happens as bytes come, file I/O in a thread, in batches."""

    def __init__(self, open_sink: OpenSink) -> None:
        self._open_sink = open_sink
        self._opened: list[GrowingSink] = []
        self._waiting = 0

    def open(self, path: str) -> GrowingSink:
        self._opened.append(self._open_sink(path))
        return self._opened[-1]

    async def flush_after(self, size: int) -> None:
        """Write once enough has come to be worth a trip to a thread."""
        self._waiting += size
        if self._opened and self._waiting >= THREAD_BATCH:
            self._waiting = 0
            await in_thread(self._flush_all)

    async def finish(self) -> None:
        if self._opened:
            await in_thread(partial(self._flush_all, last=True))

    def _flush_all(self, *, last: bool = False) -> None:
        for sink in self._opened:
            sink.flush(last=last)


async def in_thread(function: Callable[[], T]) -> T:
    """`asyncio.to_thread` without copying the context: nothing that runs here reads it."""
    return await asyncio.get_running_loop().run_in_executor(None, function)


async def spill(response: httpx2.Response, open_sink: OpenSink) -> Spilled:
    """Write a body that is itself media to a sink."""
    sinks = _Sinks(open_sink)
    sink = sinks.open("body")
    try:
        async for chunk in _chunks(response):
            sink.write(chunk)
            await sinks.flush_after(len(chunk))
        await sinks.finish()
    except TooLong as error:
        raise NoAnswer(str(error)) from error
    finally:
        sink.abandon()
    return sink.close()
