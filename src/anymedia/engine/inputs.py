"""Makes the files of a request ready: read, measured, hashed, and checked to be the medium they claim to be."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import IO

from ..errors import InvalidInput, shown
from ..media import Json, MediaFile
from ..operations import Request, media_in
from .containers import NotMedia, NotWhole, Walk, sniff
from .files import sha256_of

MediaInput = str | os.PathLike[str] | bytes | MediaFile
"""What users may pass where a file is asked for: a path, bytes, a `MediaFile`, or a `Result`."""

BLOCK = 1 << 20
HEAD = 64
"""Bytes that tell what a file is."""
LONGEST_PATH = 4096
"""Bytes of a path; no system that this runs on opens a longer one."""
PDF = "application/pdf"
"""No medium that is made here, but one that can be looked at."""


def media_file(value: MediaInput) -> MediaFile:
    """The file a user means, measured. Reads the whole file once: call it off the event loop. Raise `InvalidInput`."""
    if isinstance(value, MediaFile):
        return _ready(value)
    if isinstance(value, bytes):
        return _ready(MediaFile(media_type="application/octet-stream", data=value))
    return _ready(MediaFile(media_type="application/octet-stream", path=_path(value)))


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


def ready_request(request: Request) -> Request:
    """The request with every file measured and hashed."""
    changed: dict[str, Json] = {}
    for name, value in request.asked_for().items():
        if isinstance(value, MediaFile):
            changed[name] = _ready(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], MediaFile):
            changed[name] = tuple(_ready(file) for file in value)
    return replace(request, **changed)


def _ready(file: MediaFile) -> MediaFile:
    if file.url is not None:
        raise InvalidInput(
            "An input file must be on this machine; web addresses are not fetched.",
            next="Download it first and pass its path.",
        )
    if file.sha256 is not None and file.size is not None and file.data is None:
        return file if _unchanged(file) else _measure_path(file)
    return _measure_bytes(file) if file.data is not None else _measure_path(file)


def _unchanged(file: MediaFile) -> bool:
    path = Path(file)
    return path.is_file() and path.stat().st_size == file.size


def _measure_bytes(file: MediaFile) -> MediaFile:
    assert file.data is not None
    media_type = _media_type(file, file.data[:HEAD], "These bytes are")
    _, size, digest, duration = _digest(io.BytesIO(file.data))
    return replace(file, media_type=media_type, size=size, sha256=digest, duration=duration)


def _measure_path(file: MediaFile) -> MediaFile:
    path = Path(file).absolute()
    try:
        if path.exists() and not path.is_file():
            raise InvalidInput(f"The input {path} is not a file.", next="Pass the path of a picture, sound or film.")
        with path.open("rb") as stream:
            head, size, digest, duration = _digest(stream)
    except FileNotFoundError:
        raise InvalidInput(f"The input file {path} does not exist.", next="Check the path.") from None
    except IsADirectoryError:
        raise InvalidInput(f"The input {path} is a folder, not a file.") from None
    except OSError as error:
        raise InvalidInput(f"The input file {path} cannot be read: {error.strerror}.") from error
    media_type = _media_type(file, head, f"The input file {path} is")
    return replace(file, path=path, media_type=media_type, size=size, sha256=digest, duration=duration)


def check_unchanged(request: Request) -> None:
    """Raise `InvalidInput` if a file is no longer the one that was checked: nothing else may be bought instead."""
    for files in media_in(request).values():
        for file in files:
            if file.path is not None and _hash_of(file.path) != file.sha256:
                raise InvalidInput(f"The input file {file.path} has changed since it was checked.", next="Ask again.")


def _hash_of(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise InvalidInput(f"The input file {path} cannot be read any more: {error.strerror}.") from error


def _digest(stream: IO[bytes]) -> tuple[bytes, int, str, float | None]:
    """The first bytes, the size, the hash, and the seconds of what plays and says how long it is."""
    digest = hashlib.sha256()
    head, size, walk = b"", 0, None
    while block := stream.read(BLOCK):
        if not head:
            head = block[:HEAD]
            walk = Walk() if (sniff(head) or "").startswith(("audio/", "video/")) else None
        size += len(block)
        digest.update(block)
        if walk is not None:
            walk.feed(block)
    return head, size, digest.hexdigest(), None if walk is None else _seconds(walk)


def _seconds(walk: Walk) -> float | None:
    """How long it plays. Whether a file that is not whole can be used is the provider's to say."""
    try:
        return walk.finish().duration_seconds
    except (NotWhole, NotMedia):
        return None


def _media_type(file: MediaFile, head: bytes, subject: str) -> str:
    """The media type by the bytes; the claim of the caller must agree with it."""
    if not head:
        raise InvalidInput(f"{subject} empty.")
    found = PDF if head.startswith(b"%PDF-") else sniff(head)
    if found is None:
        raise InvalidInput(
            f"{subject} no picture, sound or film that anymedia knows.",
            next="Pass a PNG, JPEG, WebP, GIF, MP3, WAV, OGG, FLAC, MP4, WebM or PDF file.",
        )
    return found
