"""Turns samples into labelled audio files and sets their level. The only place that knows audio encoders.

Same samples and label give the same bytes: encoders run in their bit-exact mode, which also keeps dates, random
stream numbers and library versions out of the file.
"""

from pathlib import Path
from typing import cast

import av
import libsonare
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

from anymedia.sketch.catalogue import SOUND_FORMATS, table
from anymedia.sketch.made import CannotMake, Json, Label, Made

Samples = NDArray[np.float32]
"""Shape (channels, frames), full scale is 1.0."""
PEAK_CEILING = -2.0
"""dBTP. Lossy encoders overshoot by up to about 1 dB; the decoded file must stay under -1."""
AAC_PRIMING = 1024


def write(stem: Path, samples: Samples, rate: int, output_format: str, label: Label, **account: Json) -> Made:
    """Encode `samples` into the file `stem` with the ending of its format and the label as comment tag.

    Decoded, the file has exactly the frames given; `aac` is rounded up to its next packet of 1024 frames. The table of
    formats holds bit rates per channel, null for lossless; `aac` has an APE tag at its end, because an ID3 tag in front
    would make ADTS look like MP3 to many readers. `account` is the rest of what `Made` tells: plan, words, warnings.
    """
    encoding = table("formats")[output_format]
    path = stem.with_suffix(f".{output_format}")
    layout = "stereo" if len(samples) == 2 else "mono"
    # ADTS cannot say that the first packet is priming, so the (faded) tail gives way to it.
    kept = samples[:, : max(1, samples.shape[1] - AAC_PRIMING)] if output_format == "aac" else samples
    options = {"fflags": "bitexact", **encoding["options"]}
    with av.open(str(path), "w", format=encoding["container"], container_options=options) as container:
        container.metadata["comment"] = label.comment()
        stream = cast(av.AudioStream, container.add_stream(encoding["codec"], rate=rate, layout=layout))
        stream.codec_context.flags |= Flags.bitexact
        if encoding["bit_rate"] is not None:
            stream.bit_rate = encoding["bit_rate"] * len(samples)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(kept, np.float32), "fltp", layout)
        frame.sample_rate, frame.pts = rate, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    duration = samples.shape[1] / rate
    return Made(path=path, media_type=encoding["media_type"], label=label, duration=duration, **account)


def bring_to(samples: Samples, sample_rate: int, target: float) -> Samples:
    """Scale to `target` LUFS (ITU-R BS.1770), or to the true peak ceiling where that comes first. Never compresses.

    Raises CannotMake for silence.
    """
    peak = max(libsonare.metering_true_peak_db(np.ascontiguousarray(side), sample_rate) for side in samples)
    if peak < -100.0:
        raise CannotMake("the result would be silent")
    interleaved = np.ascontiguousarray(samples.T, dtype=np.float32).reshape(-1)
    measured = libsonare.lufs_interleaved(interleaved, len(samples), sample_rate).integrated_lufs
    # Too short or quiet to have a loudness, it is minus infinity: the peak decides.
    gain = min(PEAK_CEILING - peak, target - measured)
    return np.asarray(samples * 10 ** (gain / 20), dtype=np.float32)


def check(output_format: str, name: str, value: float, limits: tuple[float, float]) -> None:
    """Raises CannotMake for a format that cannot be written, or a parameter `name` outside its inclusive `limits`."""
    if output_format not in SOUND_FORMATS:
        raise CannotMake(f"`output_format` must be one of {', '.join(SOUND_FORMATS)}, got {output_format!r}")
    if not limits[0] <= value <= limits[1]:
        raise CannotMake(f"`{name}` must be {limits[0]:g} to {limits[1]:g}, got {value:g}")
