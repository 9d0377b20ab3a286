"""Sound that came in parts, as one file. The sound itself is copied as it is: nothing is decoded."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..spec.wire import Control
from .containers.mpeg_audio import sound_of

ENDINGS = {"audio/mpeg": ".mp3", "audio/aac": ".aac", "audio/wav": ".wav"}
JOINED_TYPES = frozenset(ENDINGS)
PIECE = 1 << 20


def join(control: Control, files: Sequence[str], media_type: str) -> str:
    """Write the sound of all files, in order, into one; give back its path. Raise `ValueError` if they do not fit."""
    target = control.scratch / f"joined{ENDINGS[media_type]}"
    if media_type == "audio/wav":
        _join_samples(files, target)
    else:
        with target.open("wb") as whole:
            for file in files:
                whole.write(sound_of(Path(file).read_bytes()))
    return str(target)


def _join_samples(files: Sequence[str], target: Path) -> None:
    with wave.open(str(target), "wb") as whole:
        for number, file in enumerate(files):
            with wave.open(file, "rb") as part:
                kind = part.getparams()[:3]  # not how many there are: a provider that streams does not know it
                if number == 0:
                    whole.setparams((*kind, 0, "NONE", "not compressed"))
                elif kind != whole.getparams()[:3]:
                    raise ValueError("the parts differ in channels, width or rate of their samples")
                for samples in _samples_of(part):
                    whole.writeframesraw(samples)


def _samples_of(part: wave.Wave_read) -> Iterator[bytes]:
    while samples := part.readframes(PIECE):
        yield samples
