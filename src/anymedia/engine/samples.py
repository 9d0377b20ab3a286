"""Samples that came without a header: puts one before them, with their true length, so that they are a WAV file."""

from __future__ import annotations

import io
import wave
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..media import Spilled
from ..spec.wire import Pcm
from .files import open_plain, size_of
from .part import Part

SAMPLE_BYTES = 2
"""16 bits: `Pcm` knows no others."""
MOST_BYTES = 2**32 - 1 - 36
"""A WAV file counts its bytes in 32 bits, and 36 of its header are among them."""


def spill_samples(raw: Spilled, samples: Pcm, folder: Path, stem: str, spare: Path) -> Spilled:
    """Write the samples of a part file into a WAV file beside its target.

    No bytes of their own show whether samples are whole. What surely is not stays as it came, with its `problem`.
    """
    if problem := _problem(raw, samples.channels):
        return replace(raw, problem=problem)
    part = Part(folder, stem, spare=spare)
    try:
        _write(raw, samples, part)
    except OSError as error:
        return _given_up(raw, part, f"they cannot be read again: {error.strerror}")
    part.flush(last=True)
    written = part.close()
    if part.failed is not None or written.problem is not None:
        return _given_up(raw, part, written.problem or "there was no room to write them as a WAV file")
    return written


def _given_up(raw: Spilled, part: Part, problem: str) -> Spilled:
    """The samples as they came. Half a WAV file is of no use."""
    with suppress(OSError):
        part.discard()
    return replace(raw, problem=problem)


def _problem(raw: Spilled, channels: int) -> str | None:
    size = size_of(raw.part) or 0  # none if nothing came, or not a byte could be written
    if size != raw.size:
        return f"only {size:,} bytes could be written"
    if not size:
        return "there are no samples"
    if size > MOST_BYTES:
        return "there are more samples than a WAV file can hold"
    return "the samples end inside one" if size % (SAMPLE_BYTES * channels) else None


def _write(raw: Spilled, samples: Pcm, part: Part) -> None:
    part.write(_header(raw.size, samples))
    with open_plain(raw.part) as source:
        while chunk := source.read(1 << 20):
            part.write(chunk)
            part.flush()


def _header(size: int, samples: Pcm) -> bytes:
    """What stands before so many bytes of samples."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        frames = size // (SAMPLE_BYTES * samples.channels)
        writer.setparams((samples.channels, SAMPLE_BYTES, samples.rate, frames, "NONE", "not compressed"))
        writer.writeframesraw(b"")
        return buffer.getvalue()  # closing it would correct the length to that of nothing
