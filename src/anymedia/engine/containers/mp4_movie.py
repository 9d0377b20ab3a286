"""What the boxes of an MP4 say together: how long it is, how large, and whether all that they promise is there."""

from __future__ import annotations

from typing import Final

from .verdict import Found, NotWhole

_UNKNOWN_TIMES: Final = (2**32 - 1, 2**64 - 1)
_MOST_TRACKS: Final = 64
_SLACK_SECONDS: Final = 0.5
"""Fragments may fall this far short of the declared duration: encoders round and trim."""


class Track:
    """One track; times in units of `timescale` per second."""

    def __init__(self) -> None:
        self.id = 0
        self.timescale = 0
        self.handler = b""
        self.size: tuple[int, int] | None = None
        self.samples = 0
        self.time = 0
        self.fragment_time = 0

    def seconds(self) -> float:
        return self.time / self.timescale if self.timescale and self.time not in _UNKNOWN_TIMES else 0.0

    def fragment_seconds(self) -> float:
        return self.fragment_time / self.timescale if self.timescale else 0.0


class Movie:
    """Everything kept while walking: totals, and a few numbers for each of at most 64 tracks."""

    def __init__(self) -> None:
        self.brand = b""
        self.has_moov = False
        self.has_fragments = False
        self.fragment_index = False
        self.timescale = 0
        self.time = 0
        self.declared_fragment_time = 0
        self.tracks: dict[int, Track] = {}
        self.track = Track()
        self.defaults: dict[int, tuple[int, int]] = {}
        self.fragment_defaults = (0, 0)
        self.first_media: int | None = None
        self.media_end = 0
        self.media_bytes = 0
        self.sample_bytes = 0
        self.first_chunk: int | None = None
        self.last_chunk = 0
        self.indexes = 0
        self.promised_end = 0
        self.image_size: tuple[int, int] | None = None

    def enter(self, kind: bytes) -> None:
        if kind == b"moov":
            self.has_moov = True
        elif kind == b"trak":
            self.track = Track()
        elif kind == b"moof":
            self.has_fragments = True

    def leave(self, kind: bytes) -> None:
        if kind == b"trak":
            self.tracks[self.track.id] = self.track
            self.limit(len(self.tracks))

    def limit(self, tracks: int) -> None:
        if tracks > _MOST_TRACKS:
            raise NotWhole(f"The file has more than {_MOST_TRACKS} tracks.")

    def add_media(self, start: int, end: int) -> None:
        self.first_media = start if self.first_media is None else self.first_media
        self.media_end = end
        self.media_bytes += end - start

    def add_chunks(self, first: int, last: int) -> None:
        self.first_chunk = first if self.first_chunk is None else min(first, self.first_chunk)
        self.last_chunk = max(last, self.last_chunk)

    def add_index(self, end: int) -> None:
        self.indexes += 1
        self.promised_end = max(end, self.promised_end)

    def found(self, file_size: int) -> Found:
        self._check_media(file_size)
        if self.brand in (b"avif", b"avis"):
            return self._picture()
        if not self.has_moov or not self.tracks:
            raise NotWhole("The file has no index (`moov`).")
        if not self.sample_bytes:
            raise NotWhole("The index lists no samples.")
        seconds = self._seconds()
        self._check_fragments(seconds)
        video = next((track for track in self.tracks.values() if track.handler == b"vide"), None)
        width, height = (video and video.size) or (None, None)
        return Found(
            media_type=self._media_type(video is not None),
            width=width,
            height=height,
            duration_seconds=seconds,
            length_declared=not self.has_fragments or self._declares_fragments(),
        )

    def _picture(self) -> Found:
        if self.image_size is None:
            raise NotWhole("Nothing says how large the picture is.")
        width, height = self.image_size
        frames = max((track.samples for track in self.tracks.values()), default=1)
        seconds = self._seconds() if self.has_moov else None
        return Found(media_type="image/avif", width=width, height=height, frames=frames, duration_seconds=seconds)

    def _media_type(self, has_video: bool) -> str:
        if self.brand == b"qt  ":
            return "video/quicktime"
        return "video/mp4" if has_video else "audio/mp4"

    def _check_media(self, file_size: int) -> None:
        if self.first_media is None:
            raise NotWhole("The file has no media data (`mdat`).")
        if self.sample_bytes > self.media_bytes:
            raise NotWhole(f"The file holds {self.media_bytes} of {self.sample_bytes} bytes of its samples.")
        if self.first_chunk is not None and not (
            self.first_media <= self.first_chunk and self.last_chunk < self.media_end
        ):
            raise NotWhole("The index points outside of the media data.")
        if self.promised_end > file_size:
            raise NotWhole(f"The index promises {self.promised_end} bytes, the file has {file_size}.")

    def _seconds(self) -> float | None:
        """Of the samples the index lists, as the movie or, failing that, its tracks say, and of all fragments."""
        tracks = self.tracks.values()
        fragments = max((track.fragment_seconds() for track in tracks), default=0.0)
        if fragments and not any(track.samples for track in tracks):
            return fragments
        if self.timescale and self.time not in _UNKNOWN_TIMES:
            return self.time / self.timescale + fragments or None
        return max((track.seconds() for track in tracks), default=0.0) + fragments or None

    def _check_fragments(self, seconds: float | None) -> None:
        if not self.declared_fragment_time or not self.timescale or not self.has_fragments:
            return
        declared = self.declared_fragment_time / self.timescale
        if (seconds or 0.0) < declared * 0.99 - _SLACK_SECONDS:
            raise NotWhole(f"The file holds {seconds or 0.0:.1f} of {declared:.1f} seconds.")

    def _declares_fragments(self) -> bool:
        """Whether anything says how many fragments there are; an index before each says nothing of the next."""
        return self.fragment_index or self.declared_fragment_time > 0 or self.indexes == 1
