"""What the tests measure of a sound, shape (channels, frames)."""

from __future__ import annotations

import libsonare
import numpy as np
from numpy.typing import NDArray


def loudness(samples: NDArray[np.float32], rate: int) -> float:
    """Integrated loudness in LUFS."""
    interleaved = np.ascontiguousarray(samples.T, dtype=np.float32).reshape(-1)
    return float(libsonare.lufs_interleaved(interleaved, len(samples), rate).integrated_lufs)


def true_peak(samples: NDArray[np.float32], rate: int) -> float:
    """The highest inter-sample peak in dBTP."""
    return max(float(libsonare.metering_true_peak_db(np.ascontiguousarray(side), rate)) for side in samples)
