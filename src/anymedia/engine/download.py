"""Output URLs to part files: guarded, streamed, resumed where it broke off, verified on the way."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import Expired, GenerationFailed, OutputRefused, StillRunning
from ..media import Spilled
from .addresses import AddressRefused
from .files import remove
from .http import BrokenOff, CannotGoOn, Gone, Http, Moved, may_be_followed, still_trusted
from .landing import Fetch
from .part import Part, TooLong
from .redaction import package_logger
from .settings import Access
from .tracing import phase
from .verdicts import never_fetched

log = package_logger(__name__)

REDIRECTS = 5
COPIES = 3
"""Times a file is fetched whole when what arrives is no whole media file."""


@dataclass(kw_only=True)
class Download:
    """One file on its way from a URL of the provider's to a part file. `deadline` is of `time.monotonic`.

    A `url` that begins with / is a path of the provider's API, like that of a request.
    """

    http: Http
    access: Access
    url: str
    folder: Path
    stem: str
    deadline: float
    validator: str | None = None
    attempts: int = 0

    def __post_init__(self) -> None:
        if self.url.startswith("/") and not self.url.startswith("//"):
            self.url = self.access.base_url.rstrip("/") + self.url

    async def run(self) -> Spilled:
        """The file, whole or with its `problem` named.

        Raise `Expired` if the provider no longer has it, `StillRunning` if the deadline passes first, and
        `GenerationFailed` for a URL that is never fetched or a file without end.
        """
        for copy in range(COPIES):
            spilled = await self._whole_copy()
            if spilled.problem is None or copy == COPIES - 1:
                break
            log.info("what was downloaded is not whole (%s); fetching it again", spilled.problem)
            await asyncio.to_thread(remove, spilled.part)
        return spilled

    async def _whole_copy(self) -> Spilled:
        part = self._new_part()
        try:
            while True:
                try:
                    async with asyncio.timeout(max(0.0, self.deadline - time.monotonic())):
                        if await self._fetched(part):
                            await asyncio.to_thread(part.flush, last=True)
                            self._check_written(part)
                            return part.close()
                except TimeoutError:
                    raise self._out_of_time() from None
                except CannotGoOn:
                    await asyncio.to_thread(part.discard)
                    part = self._new_part()
                await self._pause()
        finally:
            await asyncio.to_thread(part.flush, last=True)

    def _check_written(self, part: Part) -> None:
        """A full disk says nothing about the file: it is still at the provider."""
        if part.failed is not None:
            raise OutputRefused(
                f"{self.folder} cannot take the file: {part.failed.strerror}.",
                charged="yes",
                next="Free some space, then resume the job.",
            ) from part.failed

    def _new_part(self) -> Part:
        self.validator = None
        return Part(self.folder, self.stem)

    async def _fetched(self, part: Part) -> bool:
        """Fetch what is missing; `False` if it broke off and should be tried again."""
        title = self.access.backend.title
        try:
            async for validator in follow(self.http, self.access, self.url, part, validator=self.validator):
                self.validator = validator or None
        except AddressRefused as refused:
            raise never_fetched(self.access.backend, refused, charged="yes") from refused
        except Gone as gone:
            raise Expired(f"{title} no longer has the file ({gone}).", next="It was made and paid for.") from None
        except TooLong as error:
            raise GenerationFailed(f"{title} sent a file without end: {error}.", charged="yes") from None
        except BrokenOff as error:
            log.info("a download broke off after %d bytes: %s", part.size, error)
            return False
        return True

    async def _pause(self) -> None:
        self.attempts += 1
        seconds = min(30.0, 0.25 * 2**self.attempts) * random.uniform(0.5, 1.0)
        if time.monotonic() + seconds > self.deadline:
            raise self._out_of_time()
        await asyncio.sleep(seconds)

    def _out_of_time(self) -> StillRunning:
        return StillRunning("The download broke off and the time is up.", next="`anymedia resume` goes on with it.")


def fetching(http: Http, access: Callable[[], Access], deadline: float) -> Fetch:
    """A function that downloads a URL into a part file. The key is looked up when something is fetched."""

    async def fetch(url: str, folder: Path, stem: str) -> Spilled:
        download = Download(http=http, access=access(), url=url, folder=folder, stem=stem, deadline=deadline)
        with phase("download"):
            return await download.run()

    return fetch


async def follow(
    http: Http, access: Access | None, url: str, part: Part, *, validator: str | None = None
) -> AsyncIterator[str]:
    """Like `Http.fetch`, wherever redirects lead. Whoever leads away from the provider's servers is not trusted back.

    Raise `AddressRefused` for a redirect too many, one to plain http from https, or one to where nothing is fetched.
    """
    for _ in range(REDIRECTS + 1):
        try:
            async for found in http.fetch(access, url, part, validator=validator):
                yield found
            return
        except Moved as moved:
            access = still_trusted(access, url)
            if not may_be_followed(url, moved.url):
                raise AddressRefused("a redirect from https to plain http") from None
            url = moved.url
    raise AddressRefused(f"more than {REDIRECTS} redirects, one after another")
