"""The catalogue is cheap to read and agrees with the engines' tables."""

from __future__ import annotations

import subprocess
import sys

from anymedia.sketch.catalogue import SOUND_FORMATS, VOICES, find, sound_effect_names, table, words


def test_reading_the_catalogue_imports_no_engine() -> None:
    probe = "import sys, anymedia.sketch.catalogue; print({'numpy', 'av', 'hibari', 'libsonare'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_importing_the_catalogue_reads_no_table() -> None:
    probe = "import anymedia.sketch.catalogue as catalogue; print(catalogue.table.cache_info().misses)"
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout == "0\n"


def test_every_named_sound_has_a_recipe_and_every_recipe_a_name() -> None:
    assert set(table("recipes")) == set(table("sound_effects")["sounds"]) == set(sound_effect_names())


def test_every_format_has_an_encoding() -> None:
    assert set(table("formats")) == set(SOUND_FORMATS)


def test_groups_and_places_name_only_known_sounds() -> None:
    lists = table("sound_effects")
    named = [*lists["groups"].values(), *(hint.get("sounds", ()) for hint in lists["hints"].values())]
    assert {sound for sounds in named for sound in sounds} <= set(sound_effect_names())


def test_every_known_phrase_can_be_met_in_a_prompt() -> None:
    phrases = [phrase for phrases in table("sound_effects")["sounds"].values() for phrase in phrases]
    assert [phrase for phrase in phrases if " ".join(words(phrase)) != phrase or len(words(phrase)) > 6] == []


def test_every_genre_uses_known_instruments_with_a_measured_level() -> None:
    music = table("music")
    for name in music["genres"]:
        for role in ("lead", "chords", "bass", "pad"):
            instrument = music["genres"][name][role]
            assert instrument is None or instrument in music["sounds"][role], (name, role)


def test_every_instrument_has_a_measured_level_in_each_of_its_roles() -> None:
    music = table("music")
    for name, row in music["instruments"].items():
        assert all(name in music["sounds"][role] for role in row["roles"]), name
    assert set(music["sounds"]["drums"]) == {name for name in music["drums"] if not name.startswith("fill")}


def test_the_longest_phrase_wins() -> None:
    meanings = {"car": "engine", "car alarm": "alarm"}
    assert find(["a", "car", "alarm"], meanings) == [("a", None), ("car alarm", "alarm")]


def test_variants_are_not_called_speakers() -> None:
    assert [name for name, what in VOICES.items() if "variant" not in what] == ["heart"]
