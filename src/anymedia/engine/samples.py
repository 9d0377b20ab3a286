"""Samples that came without a header: puts one before them, with their true length, so that they are a WAV file."""

from __future__ import annotations

import wave
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from ..media import Spilled
from ..spec.wire import Pcm
from .part import Part

SAMPLE_BYTES = 2
"""16 bits: `Pcm` knows no others."""


def spill_samples(raw: Spilled, samples: Pcm, folder: Path, stem: str, spare: Path) -> Spilled:
    """Write the samples of a part file into a WAV file beside its target, and remove the part file.

    No bytes of their own show whether samples are whole. What surely is not stays as it came, with its `problem`.
    """
    if problem := _problem(raw, samples.channels):
        return replace(raw, problem=problem)
    part = Part(folder, stem, spare=spare)
    _write(raw, samples, part)
    part.flush(last=True)
    written = part.close()
    if part.failed or written.problem is not None:
        part.discard()
        return replace(raw, problem=written.problem or "there was no room to write them as a WAV file")
    raw.part.unlink(missing_ok=True)
    return written


def _problem(raw: Spilled, channels: int) -> str | None:
    try:
        size = raw.part.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        size = 0  # nothing came, or not a byte could be written
    if size != raw.size:
        return f"only {size:,} bytes could be written"
    if not size:
        return "there are no samples"
    return "the samples end inside one" if size % (SAMPLE_BYTES * channels) else None


def _write(raw: Spilled, samples: Pcm, part: Part) -> None:
    """The length is known before the first byte, so that the writer never goes back to its header."""
    frames = raw.size // (SAMPLE_BYTES * samples.channels)
    with raw.part.open("rb") as source, wave.open(cast(Any, part), "wb") as writer:
        writer.setparams((samples.channels, SAMPLE_BYTES, samples.rate, frames, "NONE", "not compressed"))
        while chunk := source.read(1 << 20):
            writer.writeframesraw(chunk)
            part.flush()
