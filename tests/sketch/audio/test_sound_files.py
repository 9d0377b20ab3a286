"""Every format is written exactly, labelled, and the same each time."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest
from hearing import loudness, true_peak

from anymedia.sketch import sound_files
from anymedia.sketch.catalogue import SOUND_FORMATS
from anymedia.sketch.made import CannotMake, Label, Made

LABEL = Label(engine="a test tone", prompt="beep; größer — 日本", seed=7)
RATE = 48_000
FRAMES = 48_777


def tone(channels: int = 2) -> sound_files.Samples:
    times = np.arange(FRAMES) / RATE
    return np.stack([0.3 * np.sin(2 * np.pi * 440 * (side + 1) * times) for side in range(channels)]).astype(np.float32)


def write(path: Path, output_format: str) -> Made:
    """Writes to `path` with the ending of the format, and moves that to `path` itself."""
    made = sound_files.write(path, tone(), RATE, output_format, LABEL, plan={})
    made.path.rename(path)
    return made


def decoded_frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


def comment(path: Path) -> str:
    with av.open(str(path)) as container:
        return {**container.metadata, **container.streams.audio[0].metadata}["comment"]


@pytest.mark.parametrize("output_format", SOUND_FORMATS)
def test_a_file_says_who_made_it_from_what(tmp_path: Path, output_format: str) -> None:
    write(tmp_path / "a", output_format)
    assert comment(tmp_path / "a") == LABEL.comment()


@pytest.mark.parametrize("output_format", ("wav", "mp3", "opus", "flac"))
def test_a_file_holds_exactly_the_frames_given(tmp_path: Path, output_format: str) -> None:
    write(tmp_path / "a", output_format)
    assert decoded_frames(tmp_path / "a") == FRAMES


def test_aac_is_longer_by_less_than_one_packet(tmp_path: Path) -> None:
    write(tmp_path / "a", "aac")
    assert 0 <= decoded_frames(tmp_path / "a") - FRAMES < 1024


@pytest.mark.parametrize("output_format", SOUND_FORMATS)
def test_the_same_samples_give_the_same_bytes(tmp_path: Path, output_format: str) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, output_format)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("output_format", "media_type", "begins"),
    [
        ("wav", "audio/wav", b"RIFF"),
        ("mp3", "audio/mpeg", b"ID3"),
        ("opus", "audio/ogg", b"OggS"),
        ("flac", "audio/flac", b"fLaC"),
        ("aac", "audio/aac", b"\xff\xf1"),
    ],
)
def test_a_file_begins_as_its_media_type_does(
    tmp_path: Path, output_format: str, media_type: str, begins: bytes
) -> None:
    assert write(tmp_path / "a", output_format).media_type == media_type
    assert (tmp_path / "a").read_bytes().startswith(begins)


def test_a_wav_file_is_plain_16_bit_pcm(tmp_path: Path) -> None:
    write(tmp_path / "a", "wav")
    with wave.open(str(tmp_path / "a")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        read = np.frombuffer(file.readframes(FRAMES), "<i2").reshape(-1, 2).T / 32767
    assert np.abs(read - tone()).max() < 1 / 32767


def test_levelling_meets_the_target_without_passing_the_peak_ceiling() -> None:
    steady = sound_files.bring_to(tone(), RATE, -20.0)
    assert loudness(steady, RATE) == pytest.approx(-20.0, abs=0.1)
    click = np.zeros((2, RATE), np.float32)
    click[:, 100] = 0.1
    assert true_peak(sound_files.bring_to(click, RATE, -20.0), RATE) == pytest.approx(-2.0, abs=0.1)


def test_silence_cannot_be_levelled() -> None:
    with pytest.raises(CannotMake, match="silent"):
        sound_files.bring_to(np.zeros((1, RATE), np.float32), RATE, -20.0)
