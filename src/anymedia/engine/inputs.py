"""Makes the files of a request ready: opened once, read whole, hashed, and checked to be the media they claim to be."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import time
from dataclasses import asdict, dataclass, replace
from io import BufferedReader
from pathlib import Path
from typing import IO

from ..errors import InvalidInput, shown
from ..media import Json, MediaFile, readable_size
from ..operations import Request, media_in
from .addresses import problem_with_url
from .containers import NotMedia, NotWhole, Walk, sniff
from .fence import Fence
from .files import NotPlain, open_plain
from .foreign_words import quoted

MediaInput = str | os.PathLike[str] | bytes | MediaFile
"""What users may pass where a file is asked for: a path, a web address, bytes, a `MediaFile`, or a `Result`."""

BLOCK = 1 << 20
UNKNOWN = "application/octet-stream"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|data:")
HEAD = 64
"""Bytes that tell what a file is."""
TAIL = 1024
"""Bytes in which the end mark of a PDF stands."""
LONGEST_PATH = 4096
"""Bytes of a path; no system that this runs on opens a longer one."""
PDF = "application/pdf"
"""No medium that is made here, but one that can be looked at."""
MEND = "Make the file readable, then ask again."
BLANK = b"\0\t\n\f\r "
STEADY = 2 * 10**9
"""Nanoseconds after which a file that did not change is known by its times: two changes may share one tick of them."""
MOST_KNOWN = 1000
Times = tuple[int, int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What reading a whole file told."""

    media_type: str
    size: int
    sha256: str
    duration: float | None

    def put_into(self, file: MediaFile) -> MediaFile:
        return replace(file, **asdict(self))


_known: dict[Path, tuple[Times, Facts]] = {}
"""Files that were read whole and found to be media, and what changes when they do."""


def media_file(value: MediaInput) -> MediaFile:
    """The file a user means. Nothing is read or fetched yet. Raise `InvalidInput` for an address that never is."""
    if isinstance(value, MediaFile):
        file = value
    elif isinstance(value, bytes):
        file = MediaFile(media_type=UNKNOWN, data=value)
    elif isinstance(value, str) and is_address(value):
        file = MediaFile(media_type=UNKNOWN, url=value)
    else:
        file = MediaFile(media_type=UNKNOWN, path=_path(value))
    if file.url is not None and (problem := problem_with_url(file.url)):
        raise InvalidInput(
            f"The input {quoted(file.url)} is {problem}; it is not fetched.",
            next="Download it yourself and pass its path.",
        )
    return file


def _path(value: str | os.PathLike[str]) -> Path:
    """The path, if there can be one: no system takes a zero byte, and not everybody after `~` has a home."""
    try:
        path = Path(value).expanduser()
        named = os.fsencode(path)
        possible = b"\0" not in named and len(named) <= LONGEST_PATH
    except (RuntimeError, TypeError, ValueError):
        possible = False
    if not possible:
        raise InvalidInput(f"{shown(value)} is no path.", next="Pass the path of a picture, sound or film.")
    return path


def is_address(text: str) -> bool:
    """Whether a user means a web address and no path."""
    return _SCHEME.match(text) is not None


def check_fetched(request: Request) -> None:
    """Raise `InvalidInput` for a file that is still only an address: here nothing is fetched."""
    for files in media_in(request).values():
        for file in files:
            if file.url is not None:
                raise InvalidInput(
                    f"The input {quoted(file.url)} is not on this machine, and planning uses no network.",
                    next="Download it yourself and pass its path.",
                )


def ready_request(request: Request, fence: Fence) -> Request:
    """The request with every file measured and hashed. Reads them whole: call it off the event loop.

    Raise `InvalidInput` for a file that is outside of the fence, too large, not the whole medium it begins like, or
    still only an address.
    """
    check_fetched(request)
    changed: dict[str, Json] = {}
    for name, value in request.asked_for().items():
        if isinstance(value, MediaFile):
            changed[name] = ready_file(value, fence)
        elif isinstance(value, tuple) and value and isinstance(value[0], MediaFile):
            changed[name] = tuple(ready_file(file, fence) for file in value)
    return replace(request, **changed)


def ready_file(file: MediaFile, fence: Fence) -> MediaFile:
    """The same of one file. One that is named by its address is left as it is: it is fetched when a job is opened."""
    if file.url is not None:
        return file
    if file.data is not None:
        return _measured(io.BytesIO(file.data), len(file.data), "These bytes are").put_into(file)
    named = Path(file).absolute()
    path = fence.check_input(named)
    with _opened(path, named) as stream:
        times = _times(stream)
        _check_size(times[2], named, fence)
        facts = _recalled(path, times)
        if facts is None:
            try:
                facts = _measured(stream, times[2], f"The input file {named} is")
            except OSError as error:
                raise InvalidInput(f"The input file {named} cannot be read: {error.strerror}.", next=MEND) from error
            _remember(path, times, facts)
    return replace(facts.put_into(file), path=path)


def measured(path: Path, subject: str) -> MediaFile:
    """A file that came from elsewhere, read whole. `subject` begins the sentence that says what is wrong with it."""
    with open_plain(path) as stream:
        facts = _measured(stream, _times(stream)[2], subject)
    return facts.put_into(MediaFile(media_type=UNKNOWN, path=path))


def _opened(path: Path, named: Path) -> BufferedReader:
    try:
        return open_plain(path)
    except FileNotFoundError:
        raise InvalidInput(f"The input file {named} does not exist.", next="Check the path.") from None
    except NotPlain as error:
        reason = f"The input {named} is not a file: {error.strerror}."
        raise InvalidInput(reason, next="Pass the path of a picture, sound or film.") from None
    except OSError as error:
        raise InvalidInput(f"The input file {named} cannot be read: {error.strerror}.", next=MEND) from error


def _times(stream: BufferedReader) -> Times:
    """What changes when an open file does."""
    found = os.fstat(stream.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _recalled(path: Path, times: Times) -> Facts | None:
    known = _known.get(path)
    return known[1] if known is not None and known[0] == times else None


def _remember(path: Path, times: Times, facts: Facts) -> None:
    if time.time_ns() - max(times[3:]) > STEADY:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[path] = (times, facts)


def _check_size(size: int, named: Path, fence: Fence) -> None:
    if size > fence.largest_input:
        raise InvalidInput(
            f"The input file {named} has {readable_size(size)}; at most {readable_size(fence.largest_input)} are read.",
            next="Pass a smaller file, or raise the setting `largest_input`.",
        )


# --- Unchanged, or not sent ---------------------------------------------------------------------------------------


class Changed(OSError):
    """A file is not the one any more that was checked."""


def check_unchanged(request: Request) -> None:
    """Raise `InvalidInput` if a file is no longer the one that was checked: nothing else may be bought instead."""
    for files in media_in(request).values():
        for file in (file for file in files if file.path is not None):
            try:
                unchanged(file).close()
            except Changed:
                raise InvalidInput(
                    f"The input file {file.path} has changed since it was checked.", next="Ask again."
                ) from None
            except OSError as error:
                reason = f"The input file {file.path} cannot be read any more: {error.strerror}."
                raise InvalidInput(reason, next=MEND) from error


def unchanged(file: MediaFile) -> BufferedReader:
    """The file on disk that was checked, open at its beginning. Raise `Changed` or another `OSError`."""
    path = Path(file)
    stream = open_plain(path)
    try:
        facts = _recalled(path, _times(stream))
        if file.sha256 is not None and (facts is None or facts.sha256 != file.sha256):
            _check_hash(stream, file)
    except BaseException:
        stream.close()
        raise
    return stream


def _check_hash(stream: BufferedReader, file: MediaFile) -> None:
    other_size = file.size is not None and _times(stream)[2] != file.size
    if other_size or hashlib.file_digest(stream, "sha256").hexdigest() != file.sha256:
        raise Changed(errno.ESTALE, f"{file.path} has changed since it was checked")
    stream.seek(0)


# --- What the bytes are -------------------------------------------------------------------------------------------


def _measured(stream: IO[bytes], expected: int, subject: str) -> Facts:
    """Read a file to its end. Its beginning says what it is; the rest must bear that out."""
    digest, walk = hashlib.sha256(), Walk()
    head, tail, size = b"", b"", 0
    while block := stream.read(BLOCK):
        head = head or block[:HEAD]
        tail = (tail + block[-TAIL:])[-TAIL:]
        size += len(block)
        if size > expected:  # it grows, or is no file of a disk: some of those never end
            raise InvalidInput(f"{subject} longer than it says.", next="Pass a file that is finished.")
        digest.update(block)
        walk.feed(block)
    media_type = _media_type(head, subject)
    duration = None
    if media_type == PDF:
        _check_pdf(tail, subject)
    else:
        duration = _walked(walk, stream, size, media_type, subject)
    return Facts(media_type=media_type, size=size, sha256=digest.hexdigest(), duration=duration)


def _media_type(head: bytes, subject: str) -> str:
    if not head:
        raise InvalidInput(f"{subject} empty.", next="Pass a file with something in it.")
    found = PDF if head.startswith(b"%PDF-") else sniff(head)
    if found is None:
        raise InvalidInput(
            f"{subject} no picture, sound or film that anymedia knows.",
            next="Pass a PNG, JPEG, WebP, GIF, MP3, WAV, OGG, FLAC, MP4, WebM or PDF file.",
        )
    return found


def _check_pdf(tail: bytes, subject: str) -> None:
    """Its inside is not read; that it ends like a PDF is the least."""
    _, mark, after = tail.rpartition(b"%%EOF")
    if not mark or after.strip(BLANK):
        raise InvalidInput(f"{subject} not a whole PDF: it does not end like one.", next="Pass the whole file.")


def _walked(walk: Walk, stream: IO[bytes], size: int, media_type: str, subject: str) -> float | None:
    """The seconds of what plays and says how long it is. Raise `InvalidInput` for what is not whole, or more."""
    try:
        found = walk.finish()
    except NotMedia as error:
        raise InvalidInput(f"{subject} no {media_type}: {error.reason}", next="Pass another file.") from None
    except NotWhole as error:
        if error.ends_at is None:
            reason = f"{subject} not a whole {media_type}: {error.reason}"
            raise InvalidInput(reason, next="Pass the whole file, or save it again.") from None
        if media_type == "image/jpeg" and _is_film(stream, error.ends_at):
            return None  # phones put the film of a motion photo behind the picture; it is sent as it is
        more = size - error.ends_at
        raise InvalidInput(
            f"{subject} more than {media_type}: {more:,} bytes follow its end, which would be sent along.",
            next="Save it again without them.",
        ) from None
    return found.duration_seconds if media_type.startswith(("audio/", "video/")) else None


def _is_film(stream: IO[bytes], start: int) -> bool:
    """Whether the rest of a file is a whole film and nothing else."""
    stream.seek(start)
    walk = Walk()
    while block := stream.read(BLOCK):
        walk.feed(block)
    try:
        return walk.finish().media_type == "video/mp4"
    except (NotMedia, NotWhole):
        return False
