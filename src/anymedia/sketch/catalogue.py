"""What the audio engines can do, by name, for whoever must list it cheaply. Importing it reads no file."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from anymedia.sketch.made import Json

SOUND_FORMATS = ("wav", "mp3", "opus", "flac", "aac")
"""Raw `pcm` is no format here: such a file says neither its rate nor its channels, so nothing can verify it."""
SPEECH_FORMATS = SOUND_FORMATS
VOICES: Mapping[str, str] = {
    "heart": "American English, female; the one real speaker",
    "low": "heart shifted down by 3 semitones: a variant, not another speaker",
    "deep": "heart shifted down by 5 semitones: a variant, not another speaker",
    "bright": "heart shifted up by 3 semitones: a variant, not another speaker",
}
FINISHES = ("van gogh", "oil", "watercolor", "pixel", "sketch", "noir", "sepia", "neon", "posterize")
"""Finishes of a picture; the words that mean each are in `data/picture_words.toml`."""
SPEED_RANGE = (0.5, 2.0)
MUSIC_SECONDS = (3.0, 300.0)
SOUND_EFFECT_SECONDS = (0.5, 30.0)


@cache
def table(name: str) -> Json:
    """The data table `audio_{name}.json`; callers must not change it."""
    return json.loads((Path(__file__).parent / "data" / f"audio_{name}.json").read_text(encoding="utf-8"))


def sound_effect_names() -> tuple[str, ...]:
    """Every sound that has a recipe, in alphabetical order."""
    return tuple(sorted(table("recipes")))


def words(text: str) -> list[str]:
    """The lower-case words of a prompt, in order; hyphens and punctuation separate, `#` stays for keys."""
    return re.findall(r"[^\W_]+(?:['’][^\W\d_]+)?#?", text.lower())


def find(said: Sequence[str], meanings: Mapping[str, Json]) -> list[tuple[str, Json]]:
    """Split words into phrases, longest known phrase first: (phrase, its meaning, or None for a word unknown)."""
    found: list[tuple[str, Json]] = []
    index = 0
    while index < len(said):
        sizes = range(min(6, len(said) - index), 0, -1)
        phrases = (" ".join(said[index : index + size]) for size in sizes)
        phrase = next((phrase for phrase in phrases if phrase in meanings), said[index])
        found.append((phrase, meanings.get(phrase)))
        index += len(phrase.split())
    return found
