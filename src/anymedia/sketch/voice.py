"""Speech: one English voice whose weights ship in a wheel, and pitched variants of it. Never downloads a voice."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hibari
import libsonare
import numpy as np

from anymedia.sketch import sound_files
from anymedia.sketch.catalogue import SPEED_RANGE, VOICES, table, words
from anymedia.sketch.made import CannotMake, Json, Label, Made, Progress
from anymedia.sketch.sound_files import Samples

ENGINE = "hibari-tts neural voice"
LOUDNESS = -19.0
_SHIFTS = {"low": (-3.0, 0.92), "deep": (-5.0, 0.86), "bright": (3.0, 1.07)}
"""Semitones and formant factor of each variant; a recogniser got 0 to 5 % of the words wrong."""
_STRETCH_WINDOW = 512
"""Samples. Longer windows smear speech: 2048 doubled the errors of a recogniser at double speed."""
MOSTLY_FOREIGN = 0.2
"""Above this share of non-Latin letters a text is refused; below it the words are named in a warning."""


def speak(
    *,
    text: str,
    voice: str | None,
    speed: float | None,
    seed: int,
    output_format: str,
    folder: Path,
    progress: Progress,
    language: str | None = None,
) -> Made:
    """Write `text`, spoken in English, into `folder`: mono at 24 kHz and -19 LUFS.

    Raises CannotMake for an unknown voice or format, a speed outside 0.5 to 2.0, another language, or text in
    which nothing can be spoken.
    """
    name, rate = "heart" if voice is None else voice, 1.0 if speed is None else speed
    if name not in VOICES:
        raise CannotMake(f"`voice` must be one of {', '.join(VOICES)}, got {name!r}")
    sound_files.check(output_format, "speed", rate, SPEED_RANGE)
    unreadable = check_english(text, language)
    spoken = np.concatenate([_shaped(sentence, name, rate) for sentence in _sentences(text, seed, progress)])
    samples = sound_files.bring_to(spoken[np.newaxis], hibari.SAMPLE_RATE, LOUDNESS)
    label = Label(engine=ENGINE, prompt=text, seed=seed, source_type="trainedAlgorithmicMedia")
    plan = {"voice": name, "voice_is": VOICES[name], "speed": rate, "language": "en"}
    warnings = (f"not English, read wrongly or left out: {', '.join(unreadable)}",) if unreadable else ()
    account = {"plan": plan, "ignored_words": unreadable, "warnings": warnings}
    made = sound_files.write(folder / "speech", samples, hibari.SAMPLE_RATE, output_format, label, **account)
    progress(1.0)
    return made


def check_english(text: str, language: str | None = None) -> tuple[str, ...]:
    """Raises CannotMake when the text, or the language asked for, is not English; returns stray foreign words."""
    if language is not None and language.lower().replace("_", "-").split("-")[0] not in ("en", "eng", "english"):
        raise CannotMake(f"English only: `language` is {language!r}")
    foreign = Counter(script for letter in text if (script := _script(letter)) not in (None, "LATIN"))
    if foreign.total() > MOSTLY_FOREIGN * sum(letter.isalpha() for letter in text):
        raise CannotMake(f"English only: this text is in {str(foreign.most_common(1)[0][0]).title()} script")
    if guess := _foreign_language(text):
        raise CannotMake(f"English only: this text looks like {guess}")
    return tuple(dict.fromkeys(word for word in text.split() if not {*map(_script, word)} <= {None, "LATIN"}))


def _script(sign: str) -> str | None:
    """The script of a letter, by the first word of its Unicode name; None for what is no letter."""
    return unicodedata.name(sign, "UNKNOWN").split()[0] if sign.isalpha() else None


def _foreign_language(text: str) -> str | None:
    """The language whose common words clearly outnumber the English ones, or None; doubt favours English."""
    lists = table("languages")
    said = words(text.replace("’", "'"))
    english = sum(word in lists["english"].split() for word in said)
    # Capitals inside a sentence are mostly names (La Jolla, Van Gogh), which say nothing about its language.
    plain = words(" ".join(word for number, word in enumerate(text.split()) if not number or not word[0].isupper()))
    hits = Counter({name: sum(word in common.split() for word in plain) for name, common in lists["foreign"].items()})
    best, score = hits.most_common(1)[0]
    score += sum(letter in lists["marks"] for letter in text.lower())
    return best if score >= max(2, 0.25 * len(said)) and score > 2 * english else None


@cache
def _reader() -> hibari.Hibari:
    """The voice inside the wheel. Its path is given, so that the library has no name to look up or to download."""
    return hibari.Hibari(model=str(Path(hibari.__file__).parent / "assets" / "hibari.onnx"))


def _sentences(text: str, seed: int, progress: Progress) -> Iterator[Samples]:
    """The speech, a sentence at a time, shape (frames,). Raises CannotMake when no sentence holds a sound."""
    reader = _reader()
    phonemes = [line for line in reader.phonemize(text) if any(letter.isalpha() for letter in line)]
    if not phonemes:
        raise CannotMake("nothing in this text can be spoken; it needs words or numbers in English")
    random = np.random.default_rng(seed % 2**63)
    for number, line in enumerate(phonemes):
        progress(number / (len(phonemes) + 1))
        yield reader.from_ids(reader.ids(line), rng=random)


def _shaped(speech: Samples, voice: str, rate: float) -> Samples:
    """Pitch of the variant, then the speed, by stretching time without changing pitch."""
    if voice in _SHIFTS:
        speech = np.asarray(libsonare.voice_change(speech, hibari.SAMPLE_RATE, *_SHIFTS[voice]), np.float32)
    if rate != 1.0:
        window: Json = {"n_fft": _STRETCH_WINDOW, "hop_length": _STRETCH_WINDOW // 4}
        speech = np.asarray(libsonare.time_stretch(speech, hibari.SAMPLE_RATE, rate, **window), np.float32)
    return speech
