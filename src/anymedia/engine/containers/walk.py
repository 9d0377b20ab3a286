"""The door to the walkers: a first look decides which of them reads the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from .flac import walk_flac
from .gif import walk_gif
from .jpeg import walk_jpeg
from .matroska import walk_matroska
from .midi import walk_midi
from .mp4 import walk_mp4
from .mpeg_audio import adts_frame, mp3_frame, walk_adts, walk_mp3
from .ogg import walk_ogg
from .png import SIGNATURE, walk_png
from .svg import walk_svg
from .tape import Tape, Walker
from .verdict import Found, NotMedia, NotWhole
from .wav import walk_wav
from .webp import walk_webp

_FIRST_LOOK: Final = 64
_BLANK: Final = b" \t\r\n\xef\xbb\xbf"
_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (SIGNATURE, "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS\0", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"MThd", "audio/midi"),
)
_RIFF_FORMS: Final[Mapping[bytes, str]] = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BRANDS: Final[Mapping[bytes, str | None]] = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"heic": None,
    b"heix": None,
    b"mif1": None,
    b"msf1": None,
}
_TEXTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"<!doctype html", "html"),
    (b"<html", "html"),
    (b"<head", "html"),
    (b"<body", "html"),
    (b"{", "json"),
    (b"[", "json"),
)
_WALKERS: Final[Mapping[str, Callable[[Tape], Walker]]] = {
    "image/png": walk_png,
    "image/jpeg": walk_jpeg,
    "image/gif": walk_gif,
    "image/webp": walk_webp,
    "image/avif": walk_mp4,
    "image/svg+xml": walk_svg,
    "audio/wav": walk_wav,
    "audio/mpeg": walk_mp3,
    "audio/aac": walk_adts,
    "audio/ogg": walk_ogg,
    "audio/flac": walk_flac,
    "audio/midi": walk_midi,
    "audio/mp4": walk_mp4,
    "video/mp4": walk_mp4,
    "video/quicktime": walk_mp4,
    "video/webm": walk_matroska,
    "video/x-matroska": walk_matroska,
}


class Walk:
    """One file, walked while its bytes pass by on their way to disk. Its memory does not grow with the file."""

    def __init__(self) -> None:
        self._tape = Tape()
        self._walker = _whole_file(self._tape)
        self._verdict: Found | NotWhole | NotMedia | None = None

    def feed(self, chunk: bytes | memoryview) -> None:
        """Takes the next bytes, in pieces of any size. Never raises: a file is kept to its end even if it is bad."""
        if self._verdict is None and len(chunk):
            self._tape.supply(chunk)
            self._advance()

    def finish(self) -> Found:
        """What the file is, now that it has ended. Raises `NotWhole` or `NotMedia`."""
        if self._verdict is None:
            self._tape.end()
            self._advance()
        if not isinstance(self._verdict, Found):
            assert self._verdict is not None
            raise self._verdict
        return self._verdict

    def _advance(self) -> None:
        try:
            next(self._walker)
        except StopIteration as stop:
            self._verdict = stop.value
        except (NotWhole, NotMedia) as error:
            self._verdict = error.with_traceback(None)


def sniff(first_bytes: bytes) -> str | None:
    """The media type that the first bytes of a file (64 are enough) announce, `None` if none that is known here.

    MP4 without video and WebM without video announce themselves as video; only a walk tells.
    """
    for signature, media_type in _SIGNATURES:
        if first_bytes.startswith(signature):
            return media_type
    if first_bytes[:4] in (b"RIFF", b"RF64"):
        return _RIFF_FORMS.get(first_bytes[8:12])
    if first_bytes[4:8] == b"ftyp":
        return _sniff_brand(first_bytes)
    if first_bytes[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in first_bytes else "video/x-matroska"
    if first_bytes[:3] == b"ID3" or mp3_frame(first_bytes[:4]):
        return "audio/mpeg"
    if adts_frame(first_bytes[:7]):
        return "audio/aac"
    return "image/svg+xml" if _is_svg(first_bytes) else None


def _sniff_brand(first_bytes: bytes) -> str | None:
    """A general brand of still pictures is AVIF only if the list of compatible brands says so."""
    media_type = _BRANDS.get(first_bytes[8:12], "video/mp4")
    return "image/avif" if media_type is None and b"avif" in first_bytes[16:] else media_type


def _is_svg(first_bytes: bytes) -> bool:
    text = first_bytes.lstrip(_BLANK)
    return text.startswith((b"<svg", b"<?xml", b"<!DOCTYPE svg", b"<!--")) and b"<svg" in text


def _whole_file(tape: Tape) -> Walker:
    first_bytes = yield from tape.peek(_FIRST_LOOK)
    media_type = sniff(first_bytes)
    if media_type is None:
        text = first_bytes.lstrip(_BLANK).lower()
        if not text.startswith((b"<?xml", b"<!doctype svg", b"<!--")):
            _refuse(first_bytes)
        media_type = "image/svg+xml"
    return (yield from _WALKERS[media_type](tape))


def _refuse(first_bytes: bytes) -> NoReturn:
    text = first_bytes.lstrip(_BLANK).lower()
    if not first_bytes:
        raise NotMedia("The file is empty.", "empty")
    for beginning, kind in _TEXTS:
        if text.startswith(beginning):
            raise NotMedia(f"The file is no media, it looks like {kind}.", kind)
    if all(byte >= 0x20 or byte in b"\t\r\n" for byte in first_bytes) and text.isascii():
        kind = "xml" if text.startswith(b"<") else "text"
        raise NotMedia(f"The file is no media, it looks like {kind}.", kind)
    raise NotMedia("The file is of no kind that is known here.", None)
