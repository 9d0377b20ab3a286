"""Output URLs to part files: guarded, streamed, resumed where it broke off, verified on the way."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import Expired, GenerationFailed, StillRunning
from ..media import Spilled
from .files import Part
from .http import BrokenOff, CannotGoOn, Gone, Http, TooLong, has_own_origin
from .redaction import package_logger
from .settings import Access

log = package_logger(__name__)

LARGEST_DOWNLOAD = 4 * 2**30


async def download(http: Http, access: Access, url: str, folder: Path, stem: str, *, deadline: float) -> Spilled:
    """The file at `url`, whole or with its `problem` named.

    Raise `Expired` if the provider no longer has it, `StillRunning` if the deadline passes first, and
    `GenerationFailed` if the URL is one that is never fetched.
    """
    await check_url(url, access)
    attempt = 0
    part = await asyncio.to_thread(Part, folder, stem)
    try:
        while True:
            try:
                if await _fetched(http, access, url, part):
                    return await asyncio.to_thread(part.close)
            except CannotGoOn:
                await asyncio.to_thread(part.discard)
                part = await asyncio.to_thread(Part, folder, stem)
            attempt += 1
            await _pause(attempt, deadline)
    finally:
        part.abandon()


async def _pause(attempt: int, deadline: float) -> None:
    seconds = min(30.0, 0.25 * 2**attempt) * random.uniform(0.5, 1.0)
    if time.monotonic() + seconds > deadline:
        raise StillRunning("The download broke off and the time is up.", next="`anymedia resume` goes on with it.")
    await asyncio.sleep(seconds)


async def _fetched(http: Http, access: Access, url: str, part: Part) -> bool:
    """Fetch what is missing; `False` if it broke off and should be tried again."""
    try:
        await http.fetch(access, url, part, start=part.size, most=LARGEST_DOWNLOAD)
    except Gone as gone:
        raise Expired(
            f"{access.backend.title} no longer has the file ({gone}).",
            next="It was made and paid for; the link has expired.",
        ) from None
    except TooLong:
        raise GenerationFailed(f"{access.backend.title} sent a file without end.", charged="yes") from None
    except BrokenOff as error:
        log.info("a download broke off after %d bytes: %s", part.size, error)
        return False
    return True


async def check_url(url: str, access: Access) -> None:
    """Raise unless a URL from a reply may be fetched: the provider's own origin, or a public host over https."""
    if has_own_origin(access, url):
        return
    target = urlsplit(url)
    if target.scheme != "https" or target.username is not None or not target.hostname:
        raise _hostile(access, "an address that is not plain https")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.hostname, target.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        return  # the download itself will fail and be repeated; nothing was reached
    if not all(ipaddress.ip_address(entry[4][0]).is_global for entry in found):
        raise _hostile(access, "a host inside a private network")


def _hostile(access: Access, what: str) -> GenerationFailed:
    return GenerationFailed(
        f"{access.backend.title} sent {what} as the place of the file; it is not fetched.",
        charged="yes",
        next="If this is your own server, set its base URL.",
    )
