"""What a walk can end with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

EXTENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image/png": ".png",
        "image/jpeg": ".jpg",
        "image/webp": ".webp",
        "image/gif": ".gif",
        "image/avif": ".avif",
        "image/svg+xml": ".svg",
        "audio/mpeg": ".mp3",
        "audio/wav": ".wav",
        "audio/ogg": ".ogg",
        "audio/flac": ".flac",
        "audio/aac": ".aac",
        "audio/mp4": ".m4a",
        "audio/webm": ".webm",
        "audio/midi": ".mid",
        "video/mp4": ".mp4",
        "video/quicktime": ".mov",
        "video/webm": ".webm",
        "video/x-matroska": ".mkv",
    }
)
"""Every media type a walk can find, by its one name in this package, and the ending of its files."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A whole file. `width` and `height` are pixels; what the format or this file does not say is `None`.

    `frames` counts the pictures of a format that may be animated. `length_declared` is False where the structure is
    whole as far as it goes and nothing in it says how far it should go: a cut between two frames would look the same.
    """

    media_type: str
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None
    frames: int | None = None
    length_declared: bool = True

    @property
    def extension(self) -> str:
        return EXTENSIONS[self.media_type]


class NotWhole(Exception):
    """A media file that is cut short, goes on after its end, or contradicts itself.

    `ends_at` is the offset at which all of it has come, if it goes on after that.
    """

    def __init__(self, reason: str, *, ends_at: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ends_at = ends_at


class NotMedia(Exception):
    """No media file at all; `looks_like` is `html`, `json`, `xml`, `text`, `empty` or, for other bytes, `None`."""

    def __init__(self, reason: str, looks_like: str | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.looks_like = looks_like
