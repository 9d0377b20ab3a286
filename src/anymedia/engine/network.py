"""The way to the network: the HTTP library's own connections, read in larger pieces. Knows nothing of providers.

The library asks its connections for 64 KiB at a time, and each time costs more than the bytes. Asking for twice as much
saves a seventh of the processor time of a whole call with a picture of 1.5 MB (measured 2026-11-22, see `benchmarks/`).

Servers that a reply or a user named are reached by the guarded way only: a name is looked up once, checked, and
connected to by the number that was checked. TLS and the request itself still carry the name.
"""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager, suppress
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2

from ..errors import InvalidConfiguration
from .addresses import HTTPS, public_addresses

READ_BYTES = 128 * 1024
"""Half of what asyncio takes from a socket at once. Larger pieces cost page faults, and with them all that was won."""


def tls_context() -> SSLContext:
    """What decides which servers are trusted; it is the same for every kind of connection.

    Raise `InvalidConfiguration` where the certificates cannot be read.
    """
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        raise InvalidConfiguration(
            f"The certificates to trust cannot be read: {error}.",
            next="Correct SSL_CERT_FILE or SSL_CERT_DIR, or install your system's certificates.",
        ) from error


def direct_transport(limits: httpx2.Limits) -> httpx2.AsyncBaseTransport | None:
    """Straight to the servers; `None`, for the library's own way, where the surroundings name a proxy."""
    return None if urllib.request.getproxies() else _Direct(limits, _Network())


def guarded_transport(limits: httpx2.Limits) -> httpx2.AsyncBaseTransport:
    """The way to servers that others named, over https. Raise `AddressRefused` where it leads nowhere public."""
    direct, proxies = _Direct(limits, _Guarded()), urllib.request.getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    if proxy is None:
        return direct
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    return _ThroughProxy(direct, httpx2.AsyncHTTPTransport(proxy=proxy, limits=limits, verify=tls_context()))


class _ThroughProxy(httpx2.AsyncBaseTransport):
    """A proxy looks names up again, by its own rules: what is refused here never gets there, the rest is its part."""

    def __init__(self, direct: httpx2.AsyncBaseTransport, proxied: httpx2.AsyncBaseTransport) -> None:
        self._direct, self._proxied = direct, proxied

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host, port = request.url.host, request.url.port or HTTPS
        if urllib.request.proxy_bypass(host):
            return await self._direct.handle_async_request(request)
        with suppress(OSError):  # behind some proxies no name of the outside can be looked up
            await public_addresses(host, port)
        return await self._proxied.handle_async_request(request)

    async def aclose(self) -> None:
        await self._direct.aclose()
        await self._proxied.aclose()


class _Direct(httpx2.AsyncBaseTransport):
    """Hands requests to a connection pool, and replies and failures back in the words of the HTTP library."""

    def __init__(self, limits: httpx2.Limits, network: httpcore2.AsyncNetworkBackend) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls_context(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=network,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        asked = httpcore2.Request(
            request.method,
            url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _in_words_of_the_library():
            reply = await self._pool.handle_async_request(asked)
        return httpx2.Response(
            reply.status, headers=reply.headers, stream=_Body(reply.stream), extensions=reply.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, pieces: Any) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _in_words_of_the_library():
            async for piece in self._pieces:
                yield piece

    async def aclose(self) -> None:
        await self._pieces.aclose()


class _Network(httpcore2.AnyIOBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        return _Wide(await super().connect_tcp(host, port, timeout, local_address, socket_options))


NEXT_ADDRESS_AFTER = 3.0
"""Seconds that one address of a host may take to answer while there are others."""


class _Guarded(_Network):
    """Connects to public addresses only. Between the look and the connection nobody is asked again."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        *others, last = await self._looked_up(host, port, timeout)
        patience = NEXT_ADDRESS_AFTER if timeout is None else min(timeout, NEXT_ADDRESS_AFTER)
        for address in others:
            with suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return await super().connect_tcp(address, port, patience, local_address, socket_options)
        return await super().connect_tcp(last, port, timeout, local_address, socket_options)

    async def _looked_up(self, host: str, port: int, timeout: float | None) -> list[str]:
        try:
            async with asyncio.timeout(timeout):
                return await public_addresses(host, port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"the name {host} was not looked up in time") from error
        except OSError as error:
            raise httpcore2.ConnectError(f"the name {host} cannot be looked up") from error


class _Wide(httpcore2.AsyncNetworkStream):
    """A connection that gives as much as there is. What it is asked for is the library's guess, not its limit."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max(max_bytes, READ_BYTES), timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        try:
            return _Wide(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:  # the library closes it after an error, and forgets it when the wait is cancelled
            await self._stream.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@contextmanager
def _in_words_of_the_library() -> Iterator[None]:
    """Failures have the same names in both libraries; callers know one."""
    try:
        yield
    except _FAILURES as error:
        name = type(error).__name__
        raise getattr(httpx2, name)(str(error)) from error


_FAILURES = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
)
