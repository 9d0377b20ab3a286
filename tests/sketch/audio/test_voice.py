"""Speech: English only, exact speed, never an empty file, never the network."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import av
import libsonare
import numpy as np
import pytest
from pocketsphinx import Decoder

from anymedia.sketch import voice
from anymedia.sketch.catalogue import SPEECH_FORMATS, VOICES
from anymedia.sketch.made import CannotMake, Made

HERE = Path(__file__).parent
SENTENCE = "The quick brown fox jumps over the lazy dog."


def speak(folder: Path, text: str = SENTENCE, **asked: Any) -> Made:
    defaults: dict[str, Any] = {"voice": None, "speed": None, "seed": 3, "output_format": "wav"}
    return voice.speak(
        text=text, folder=folder, progress=asked.pop("progress", lambda fraction: None), **{**defaults, **asked}
    )


def samples(made: Made) -> np.ndarray[Any, Any]:
    with av.open(str(made.path)) as container:
        parts = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    return np.concatenate(parts).astype(np.float32) / 32768


@pytest.mark.parametrize("output_format", SPEECH_FORMATS)
def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, output_format: str) -> None:
    first = speak(tmp_path, output_format=output_format).path.read_bytes()
    assert speak(tmp_path, output_format=output_format).path.read_bytes() == first
    assert len(first) > 5_000


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    first = speak(tmp_path).path.read_bytes()
    assert speak(tmp_path, seed=4).path.read_bytes() != first


@pytest.mark.parametrize("voice_name", sorted(VOICES.keys() - {"bright"}))
def test_another_program_understands_every_word(tmp_path: Path, voice_name: str) -> None:
    """PocketSphinx and its acoustic model share nothing with what speaks. It knows no voice as high as `bright`."""
    made = speak(tmp_path, voice=voice_name)
    sixteen_bits = (samples(made) * 32767).astype("<i2").tobytes()
    recogniser = Decoder(samprate=24_000.0, loglevel="ERROR")
    recogniser.start_utt()
    recogniser.process_raw(sixteen_bits, full_utt=True)
    recogniser.end_utt()
    assert recogniser.hyp().hypstr == SENTENCE.lower().rstrip(".")


@pytest.mark.parametrize("speed", (0.5, 2.0))
def test_speed_divides_the_duration(tmp_path: Path, speed: float) -> None:
    plain, changed = speak(tmp_path).duration, speak(tmp_path, speed=speed).duration
    assert plain is not None and changed == pytest.approx(plain / speed, abs=0.002)


def test_speech_is_loud_enough_and_not_clipped(tmp_path: Path) -> None:
    made = speak(tmp_path)
    heard = samples(made)
    assert -22 < libsonare.lufs(heard, 24_000).integrated_lufs < -18
    assert np.abs(heard).max() < 10 ** (-1 / 20)
    assert len(heard) / 24_000 == pytest.approx(made.duration, abs=1e-4)


def test_variants_move_the_pitch_and_say_what_they_are(tmp_path: Path) -> None:
    pitch = {}
    for name in VOICES:
        made = speak(tmp_path, voice=name)
        assert ("variant" in made.plan["voice_is"]) == (name != "heart")
        track = libsonare.pitch_yin(samples(made), 24_000, fmin=70, fmax=400)
        voiced = np.asarray(track.f0)[np.asarray(track.voiced_flag, dtype=bool)]
        pitch[name] = float(np.median(voiced))
    assert pitch["deep"] < pitch["low"] < pitch["heart"] < pitch["bright"]


def test_a_long_text_is_spoken_whole_with_progress(tmp_path: Path) -> None:
    seen: list[float] = []
    made = speak(tmp_path, text=" ".join([SENTENCE] * 30), progress=seen.append, output_format="opus")
    assert made.duration is not None and made.duration > 75
    assert len(seen) > 25 and seen == sorted(seen) and seen[-1] == 1.0


def test_progress_may_stop_the_engine(tmp_path: Path) -> None:
    def stop(fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        speak(tmp_path, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ("", "   ", "...", "?!", "🙂🙂", "— —"))
def test_text_without_a_sound_is_refused_and_leaves_no_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(CannotMake, match="nothing in this text can be spoken"):
        speak(tmp_path, text=text)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sentence", (HERE / "english_sentences.txt").read_text(encoding="utf-8").splitlines())
def test_english_with_names_and_loan_words_is_accepted(sentence: str) -> None:
    assert voice.check_english(sentence) == ()


@pytest.mark.parametrize("sentence", (HERE / "foreign_sentences.txt").read_text(encoding="utf-8").splitlines())
def test_another_language_is_refused(sentence: str) -> None:
    with pytest.raises(CannotMake, match="English only"):
        voice.check_english(sentence)


def test_a_foreign_word_in_english_text_is_named_in_a_warning(tmp_path: Path) -> None:
    made = speak(tmp_path, text="The Russian word Москва is the name of the largest city in the country.")
    assert made.ignored_words == ("Москва",)
    assert "Москва" in made.warnings[0]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"voice": "emma"}, "heart, low, deep, bright"),
        ({"speed": 2.5}, "0.5 to 2"),
        ({"speed": 0.0}, "0.5 to 2"),
        ({"output_format": "wma"}, "wav, mp3, opus"),
        ({"language": "fr"}, "English only"),
    ],
)
def test_what_cannot_be_done_is_refused_with_what_can(tmp_path: Path, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(CannotMake, match=says):
        speak(tmp_path, **asked)


@pytest.mark.parametrize("language", ("en", "en-GB", "EN_us"))
def test_english_may_be_asked_for_by_name(tmp_path: Path, language: str) -> None:
    assert speak(tmp_path, text="Yes.", language=language).plan["language"] == "en"


def test_speaking_opens_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: object, **named: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    voice._reader.cache_clear()
    for name in VOICES:
        speak(tmp_path, text="Hello.", voice=name)
