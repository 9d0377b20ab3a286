"""Inputs that a user names by their web address: fetched by us, through the guard, before a job is opened.

No provider is ever given the address: it could reach what we refuse, and could see another file than was checked.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import InvalidInput, OutputRefused
from ..media import Json, MediaFile
from ..operations import Request, media_in
from .addresses import AddressRefused
from .download import follow
from .files import private_folder, remove_tree
from .foreign_words import quoted
from .http import BrokenOff, CannotGoOn, Gone, Http
from .inputs import measured
from .ledger import Row
from .part import Part, TooLong
from .private_files import fetched_folders
from .redaction import package_logger
from .settings import FETCHED_INPUTS, LARGEST_INPUT

log = package_logger(__name__)

TRIES = 3
PAUSE = 0.5
"""Seconds before the second try; before the third, twice as many."""
KEPT_SECONDS = 7 * 24 * 3600.0
"""How long a file outlives a job that may still be sent, or a crash before there was a job."""


@dataclass(kw_only=True)
class FetchedInputs:
    """The files of one call, each of at most `largest` bytes. `home` is the state folder; nothing is fetched twice."""

    http: Http
    home: Path
    largest: int = LARGEST_INPUT
    keep: bool = False
    _folder: Path | None = None
    _found: dict[str, MediaFile] = field(default_factory=dict)

    async def on_this_machine(self, request: Request) -> Request:
        """The request with files in place of addresses. Raise `InvalidInput` for what cannot be had."""
        changed: dict[str, Json] = {}
        for name, files in media_in(request).items():
            here = tuple([await self._here(file) for file in files])
            changed[name] = here[0] if isinstance(getattr(request, name), MediaFile) else here
        return replace(request, **changed)

    async def _here(self, file: MediaFile) -> MediaFile:
        if file.url is None:
            return file
        if file.url not in self._found:
            self._found[file.url] = await self._fetched(file.url)
        return self._found[file.url]

    async def _fetched(self, url: str) -> MediaFile:
        shown = f"The input {quoted(url)}"
        try:
            async with asyncio.timeout(self.http.timeouts.total):
                part = await self._tried(url, shown)
        except AddressRefused as refused:
            raise _not_fetched(f"{shown} is {refused}; it is not fetched.") from refused
        except Gone as gone:
            raise _not_fetched(f"{shown} is not there: its server answered {gone}.") from None
        except TooLong as error:
            raise _not_fetched(f"{shown} is too large: {error}.") from None
        except TimeoutError:
            raise _not_fetched(f"{shown} did not come within {self.http.timeouts.total:g} s.") from None
        if part.size == 0:
            raise _not_fetched(f"{shown} is empty.")
        return await asyncio.to_thread(measured, part.path, f"{shown} is")

    async def _tried(self, url: str, shown: str) -> Part:
        folder, reason = await asyncio.to_thread(self._opened), ""
        part, validator = Part(folder, "input", most=self.largest), None
        try:
            for number in range(TRIES):
                await asyncio.sleep(PAUSE * number)
                try:
                    async for found in follow(self.http, None, url, part, validator=validator):
                        validator = found or None
                    await asyncio.to_thread(part.flush, last=True)
                    return self._written(part)
                except CannotGoOn:
                    await asyncio.to_thread(part.discard)
                    part, validator = Part(folder, "input", most=self.largest), None
                    reason = "it can only be had from its beginning"
                except BrokenOff as error:
                    log.info("an input broke off after %d bytes: %s", part.size, error)
                    reason = str(error)
            raise _not_fetched(f"{shown} could not be fetched ({reason}).", retryable=True)
        finally:
            await asyncio.to_thread(part.flush, last=True)

    def _written(self, part: Part) -> Part:
        if part.failed:
            raise self._no_room("it was not written whole")
        return part

    def _no_room(self, reason: str | None) -> OutputRefused:
        return OutputRefused(
            f"{self.home} cannot take an input: {reason}.", next="Free some space, or make it writable."
        )

    def _opened(self) -> Path:
        parent = self.home / "scratch" / FETCHED_INPUTS
        if self._folder is None:
            try:
                _sweep(parent)
                self._folder = private_folder(parent / secrets.token_hex(8))
            except OSError as error:
                raise self._no_room(error.strerror) from error
        return self._folder

    async def close(self) -> None:
        """Remove the files, unless a job needs them."""
        if self._folder is not None and not self.keep:
            await asyncio.to_thread(remove_tree, self._folder)


@asynccontextmanager
async def fetched_inputs(http: Http, home: Path, largest: int) -> AsyncIterator[FetchedInputs]:
    """Whoever opens a job with the files sets `keep`; else they are gone in the end."""
    inputs = FetchedInputs(http=http, home=home, largest=largest)
    try:
        yield inputs
    finally:
        await inputs.close()


def _not_fetched(message: str, *, retryable: bool = False) -> InvalidInput:
    return InvalidInput(message, next="Download it yourself and pass its path.", retryable=retryable)


def _sweep(parent: Path) -> None:
    """Remove what nobody can need any more."""
    for folder in parent.glob("*"):
        try:
            old = time.time() - folder.stat().st_mtime > KEPT_SECONDS
        except FileNotFoundError:
            continue  # another process is at it too
        if old:
            remove_tree(folder)


MAY_BE_SENT = frozenset({"not_sent", "rate_limited", "unknown"})
"""Jobs that ended like this can be sent again, with the same files."""


def drop_inputs(row: Row, status: str, home: Path) -> None:
    """Remove what was fetched for a job that is over. The parts of a larger job leave it to that."""
    if row["parent"] is None and status not in MAY_BE_SENT:
        for folder in fetched_folders(row, home):
            remove_tree(folder)
