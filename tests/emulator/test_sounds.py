"""The default recordings are real files: another decoder opens them and hears the asked seconds."""

import io

import av
import pytest

from anymedia.testing.emulator import MediaAsked
from anymedia.testing.emulator.pictures import draw

FORMATS = {"mp3": "mp3", "aac": "aac", "opus": "ogg", "flac": "flac", "wav": "wav"}


@pytest.mark.parametrize("seconds", [0.1, 1.0, 6.5])
@pytest.mark.parametrize("output_format", FORMATS)
def test_a_recording_has_the_asked_format_and_length(output_format: str, seconds: float) -> None:
    data = draw(MediaAsked(prompt="rain", output_format=output_format, duration=seconds))
    with av.open(io.BytesIO(data)) as container:
        assert container.format.name == FORMATS[output_format]
        heard = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    assert heard == pytest.approx(seconds, abs=0.1)
