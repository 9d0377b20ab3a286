"""Sends one request, places the key, and says what its failure means.

It never repeats anything: `run.py` decides what may be sent again. A failure is one of three kinds: `NotHandedOver`
(the body was not handed over whole: nothing was bought), `Answered` (the provider refused, in its own words), or
`NoAnswer` (anything else, whose outcome nobody knows).
"""

from __future__ import annotations

import asyncio
import json as json_library
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, BinaryIO

import httpx2

from ..media import Json, MediaFile
from ..spec.backend import ApiKey
from ..spec.wire import Answered, Exchange, HttpRequest, NotHandedOver, Response
from .addresses import AddressRefused, problem_with_url
from .containers import EXTENSIONS
from .network import direct_transport, guarded_transport
from .part import TooLong
from .redaction import package_logger
from .reply_body import (
    THREAD_BATCH,
    UNPACKED_HERE,
    GrowingSink,
    KeepPreview,
    NoAnswer,
    OpenSink,
    chunks,
    in_thread,
    scan,
    scan_events,
    spill,
    words,
)
from .request_body import file_size, file_stream, json_body, readable_file
from .secret import without_frames
from .settings import Access, Timeouts


class NotTrusted(NotHandedOver):
    """Nobody vouches for the server's certificate. Asking again would not change that."""


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
    way: httpx2.AsyncClient = field(repr=False)

    def close(self) -> None:
        """Let go of the files of a message that will not be sent."""
        _close_all(self.opened)


_LIMITS = httpx2.Limits(max_connections=200, max_keepalive_connections=20)
_NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
"""What one reply sets must not travel with the next request: an API has no use for cookies."""

for _name in ("httpx2", *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
    package_logger(_name)  # they log whole URLs with the signatures in them, and the headers of replies


class Http:
    """One connection pool. Belongs to one event loop."""

    def __init__(self, timeouts: Timeouts | None = None) -> None:
        self.timeouts = timeouts or Timeouts()
        self._client = self._opened(direct_transport(_LIMITS))
        self._guarded: httpx2.AsyncClient | None = None

    def _opened(self, transport: httpx2.AsyncBaseTransport | None) -> httpx2.AsyncClient:
        times = httpx2.Timeout(
            connect=self.timeouts.connect, read=self.timeouts.read, write=self.timeouts.write, pool=None
        )
        return httpx2.AsyncClient(
            headers={"Accept-Encoding": UNPACKED_HERE},
            timeout=times,
            limits=_LIMITS,
            follow_redirects=False,
            cookies=CookieJar(policy=_NO_COOKIES),
            transport=transport,
        )

    def _way_to(self, url: str, *, trusted: bool) -> httpx2.AsyncClient:
        """The connections for a server that the user or the backend named, or else the guarded ones.

        Raise `AddressRefused` for an address that is never asked.
        """
        if trusted:
            return self._client
        if problem := problem_with_url(url):
            raise AddressRefused(problem)
        if self._guarded is None:
            self._guarded = self._opened(guarded_transport(_LIMITS))
        return self._guarded

    async def close(self) -> None:
        await self._client.aclose()
        if self._guarded is not None:
            await self._guarded.aclose()

    def prepare(self, access: Access, request: HttpRequest, *, headers: Mapping[str, str]) -> Prepared:
        """Build the message, so that what cannot be written is found before the intent to pay is.

        Opens the files of a form or an upload. Raise `ValueError` for what no message can carry, `OSError` for a file,
        `AddressRefused` for a URL of a reply that leads nowhere public.
        """
        handover = _Handover()
        opened: list[BinaryIO] = []
        url = absolute_url(access, request)
        way = self._way_to(request.path, trusted=key_may_travel(access, url))
        try:
            built = self._build(access, request, url, headers, handover, opened)
        except BaseException:
            _close_all(opened)
            raise
        return Prepared(request=request, built=built, handover=handover, opened=opened, way=way)

    async def send(
        self, prepared: Prepared, *, open_sink: OpenSink, keep_preview: KeepPreview, within: float | None = None
    ) -> Response:
        """Send once, within so many seconds. Raise `NotHandedOver`, `Answered`, `NoAnswer`, or `AddressRefused`."""
        seconds = self.timeouts.total if within is None else min(within, self.timeouts.total)
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(prepared, open_sink, keep_preview)
        except (httpx2.HTTPError, TimeoutError, OSError) as error:
            raise _failure(error, prepared.handover) from error
        finally:
            prepared.close()

    async def fetch(
        self, access: Access | None, url: str, sink: GrowingSink, *, validator: str | None
    ) -> AsyncIterator[str]:
        """Append the body at `url` to a sink, from where it ends on. Gives the file's validator (its ETag) once.

        `validator` makes sure that it still is the same file; without `access` no server is trusted or sent a key.
        Raise `CannotGoOn`, `Moved`, `Gone`, `TooLong`, `AddressRefused`, or `BrokenOff` for everything that may go
        better later.
        """
        target = _readable(url)
        way = self._way_to(url, trusted=access is not None and key_may_travel(access, target))
        headers = {"Accept-Encoding": "identity"}
        if sink.size:
            headers["Range"] = f"bytes={sink.size}-"
            headers |= {"If-Range": validator} if validator else {}
        try:
            key = {} if access is None else key_header(access, target)
            keyed, key = way.stream("GET", target, headers={**headers, **key}), {}
            async with keyed as response:
                _check_download(response, sink.size)
                yield response.headers.get("etag", "")
                waiting = 0
                async for chunk in chunks(response):
                    sink.write(chunk)
                    waiting += len(chunk)
                    if waiting >= THREAD_BATCH:
                        await in_thread(sink.flush)
                        waiting = 0
        except (CannotGoOn, Moved, Gone, TooLong) as error:
            failure: Exception = without_frames(error)
        except (httpx2.HTTPError, TimeoutError, OSError) as error:
            failure = BrokenOff(type(error).__name__)
        else:
            return
        raise failure  # here, so that it does not bring along the library's frames, which hold the key

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
        elif request.content is not None:
            opened.append(readable_file(request.content))
            content = {"content": file_stream(opened[-1])}
            length = str(file_size(request.content))
            headers = {"Content-Type": request.content.media_type, "Content-Length": length, **headers}
        elif request.json is not None:
            body = json_body(request.json)
            content = {"content": body.stream()}
            headers = {"Content-Type": "application/json", "Content-Length": str(body.length), **headers}
        return self._client.build_request(
            request.method,
            url,
            params=dict(request.query) or None,
            headers={**request.headers, **headers, **key_header(access, url)},
            extensions={"trace": handover.trace},
            **content,
        )

    async def _exchange(self, prepared: Prepared, open_sink: OpenSink, keep_preview: KeepPreview) -> Response:
        request = prepared.request
        response = await prepared.way.send(prepared.built, stream=True)
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            if not response.is_success:
                text = await _capped_text(response)
                raise Answered(response.status_code, headers, json_or_none(text), text)
            if response.status_code == 204 or headers.get("content-length") == "0":
                words_of_silence = "" if request.reads == "text" else None
                return Response(status=response.status_code, headers=headers, text=words_of_silence)
            if _is_media(headers):
                spilled = await spill(response, open_sink)
                return Response(status=response.status_code, headers=headers, spilled=spilled)
            if request.reads == "text":
                text = await words(response)
                return Response(status=response.status_code, headers=headers, text=text)
            if request.reads == "events" and _is_event_stream(headers):
                events = await scan_events(response, request, open_sink, keep_preview)
                return Response(status=response.status_code, headers=headers, json=events)
            reply = await scan(response, request.media_at, open_sink)
            return Response(status=response.status_code, headers=headers, json=reply)
        finally:
            await response.aclose()


def _readable(url: str) -> httpx2.URL:
    """A URL that others wrote. Raise `AddressRefused` if it is none."""
    try:
        return httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise AddressRefused("no valid address") from error


def _check_download(response: httpx2.Response, start: int) -> None:
    status = response.status_code
    if response.has_redirect_location:
        raise Moved(_place_in(response))
    if start and (status in (200, 416) or not response.headers.get("content-range", "").startswith(f"bytes {start}-")):
        raise CannotGoOn
    if 400 <= status < 500 and status not in (408, 425, 429):
        raise Gone(str(status))
    if not response.is_success:
        raise BrokenOff(f"status {status}")


def _place_in(response: httpx2.Response) -> str:
    """Where a redirect leads. Raise `AddressRefused` for what is no address."""
    try:
        return str(response.url.join(response.headers["location"]))
    except (httpx2.InvalidURL, ValueError) as error:
        raise AddressRefused("no valid address") from error


def has_own_origin(access: Access, url: str | httpx2.URL) -> bool:
    """Whether a URL is on the very server of the base URL."""
    try:
        target, base = httpx2.URL(url), _parsed(access.base_url)
    except httpx2.InvalidURL:
        return False
    same = (target.scheme, target.host, target.port) == (base.scheme, base.host, base.port)
    return same and not target.userinfo  # a name and password in it would be sent instead of the key


@cache
def _parsed(base_url: str) -> httpx2.URL:
    """There are few base URLs, and each is needed at every request."""
    return httpx2.URL(base_url)


def still_trusted(access: Access | None, url: str) -> Access | None:
    """What a redirect may go on with: `None` once it comes from a server that may not have the key itself."""
    return access if access is not None and key_may_travel(access, _readable(url)) else None


def may_be_followed(url: str, to: str) -> bool:
    """Whether a redirect keeps what https promised."""
    return not (_readable(url).scheme == "https" and _readable(to).scheme == "http")


def absolute_url(access: Access, request: HttpRequest | Exchange) -> httpx2.URL:
    """The full URL of a request whose path may be relative to the base URL."""
    if request.path.startswith("/"):
        return _written(access.base_url.rstrip("/") + request.path)
    url = _written(request.path)
    if url.scheme not in ("http", "https"):
        raise ValueError(f"the path {request.path!r:.80} must start with / or be a full URL")
    return url


def _written(url: str) -> httpx2.URL:
    try:
        return httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise ValueError(f"{url!r:.80} is no URL") from error


def key_may_travel(access: Access, url: httpx2.URL) -> bool:
    """Whether a URL may be sent the key: the base URL's own origin, or a host the backend named, over https."""
    if has_own_origin(access, url):
        return True
    return url.scheme == "https" and any(_is_named(url.host, named) for named in access.backend.key_travels_to)


def _is_named(host: str, named: str) -> bool:
    """Whether a host is the one that a backend named. A `*` in it stands for one label, never for a domain."""
    labels, wanted = host.split("."), named.split(".")
    return len(labels) == len(wanted) and all(want in ("*", label) for label, want in zip(labels, wanted, strict=True))


def key_header(access: Access, url: httpx2.URL) -> dict[str, str]:
    auth = access.backend.auth
    if not isinstance(auth, ApiKey) or not key_may_travel(access, url):
        return {}
    if access.key is not None:
        return {auth.header: auth.prefix + access.key.reveal()}
    token = access.token
    if token is None or token.value is None:
        return {}
    return {token.declared.header: token.declared.prefix + token.value.reveal()}


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
    if handover.whole:
        return NoAnswer(reason)
    return NotTrusted(reason) if is_about_trust(error) else NotHandedOver(reason)


def is_about_trust(error: BaseException | None) -> bool:
    """Whether TLS failed underneath. The standard library's own error is the innermost cause."""
    while error is not None:
        if type(error).__module__ == "ssl":
            return True
        error = error.__cause__ or error.__context__
    return False


PACKED = ("application/octet-stream", "application/zip")


def _is_media(headers: Mapping[str, str]) -> bool:
    """Whether a body calls itself media, or an archive of it. Everything else is read as JSON, whatever it says."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type.startswith(("image/", "audio/", "video/")) or media_type in PACKED


def _is_event_stream(headers: Mapping[str, str]) -> bool:
    """Whether a body calls itself events. A server that knows no streaming answers with one document."""
    return headers.get("content-type", "").lower().startswith("text/event-stream")


def json_or_none(text: str) -> Json:
    try:
        return json_library.loads(text)
    except (ValueError, RecursionError):
        return None


async def _capped_text(response: httpx2.Response) -> str:
    """The text of an error reply, at most 64 KiB of it."""
    content = b""
    async for chunk in chunks(response):
        content += chunk
        if len(content) > 64 * 1024:
            break
    return content[: 64 * 1024].decode("utf-8", "replace")
