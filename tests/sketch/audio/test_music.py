"""Music: the prompt becomes the plan, the plan becomes the notes, the notes are what is heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import libsonare
import numpy as np
import pytest
from hearing import loudness, true_peak
from numpy.typing import NDArray

from anymedia.sketch import composer, music_plan
from anymedia.sketch.arranger import Note, Score
from anymedia.sketch.catalogue import table
from anymedia.sketch.made import CannotMake, Made
from anymedia.sketch.music_plan import MusicPlan

RATE = 48_000

GENRES = sorted(table("music")["genres"])


def plan(prompt: str, duration: float | None = None) -> MusicPlan:
    return music_plan.read(prompt, duration, seed=1)


def compose(folder: Path, prompt: str, **asked: Any) -> Made:
    defaults: dict[str, Any] = {"duration": 3.0, "seed": 1, "output_format": "wav", "progress": lambda fraction: None}
    return composer.compose(prompt=prompt, folder=folder, **{**defaults, **asked})


def samples(made: Made) -> NDArray[np.float32]:
    with av.open(str(made.path)) as container:
        frames = [frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)]
    return np.asarray(np.concatenate(frames).T, dtype=np.float32) / np.float32(32768)


def score(prompt: str, duration: float, seed: int = 1) -> Score:
    return Score(music_plan.read(prompt, duration, seed), seed)


def keys_of(notes: list[Note]) -> list[int]:
    return [key for note in notes for key in note.keys]


@pytest.mark.parametrize(
    ("prompt", "tonic", "mode"),
    [
        ("a song in D minor", 2, "minor"),
        ("piano in C# major", 1, "major"),
        ("pop in the key of G", 7, "major"),
        ("B-flat major march", 10, "major"),
        ("F sharp minor techno", 6, "minor"),
        ("Ebminor ballad in E♭ minor", 3, "minor"),
        ("jazz in a dorian", 9, "dorian"),
    ],
)
def test_a_key_is_read(prompt: str, tonic: int, mode: str) -> None:
    assert (plan(prompt).tonic, plan(prompt).mode) == (tonic, mode)


def test_a_minor_key_is_a_mode_and_not_the_note_a() -> None:
    tonics = {music_plan.read("in a minor key", None, seed).tonic for seed in range(20)}
    assert plan("pop in a minor key").mode == "minor" and len(tonics) > 3


@pytest.mark.parametrize(
    ("prompt", "bpm"), [("house at 124 bpm", 124), ("rock, 90 beats per minute", 90), ("bpm: 150 metal", 150)]
)
def test_a_tempo_is_read(prompt: str, bpm: float) -> None:
    assert plan(prompt).bpm == bpm


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [
        ("thirty seconds of jazz", 30),
        ("a 45-second jingle", 45),
        ("half a minute of rain music", 30),
        ("two minutes of ambient", 120),
        ("a minute of pop at 120 beats per minute", 60),
        ("a 1.5 minute waltz", 90),
        ("pop", 20),
    ],
)
def test_a_length_in_words_is_read(prompt: str, seconds: float) -> None:
    assert plan(prompt).seconds == seconds
    assert plan(prompt, duration=7.5).seconds == 7.5


def test_every_genre_is_found_by_its_name() -> None:
    assert len(GENRES) == 29
    assert [plan(f"some {genre} music").genre for genre in GENRES] == GENRES


def test_moods_move_mode_tempo_and_energy() -> None:
    happy, sad = plan("happy pop"), plan("sad pop")
    assert (happy.mode, sad.mode) == ("major", "minor")
    assert happy.bpm > sad.bpm and happy.energy > sad.energy


def test_named_instruments_take_their_roles() -> None:
    parts = plan("pop with violin, piano and upright bass").parts
    assert (parts["lead"], parts["chords"], parts["bass"]) == ("violin", "piano", "double bass")


def test_without_takes_away() -> None:
    assert not {"drums", "bass"} & set(plan("rock without drums or bass").parts)
    assert "drums" not in plan("drumless rock").parts
    assert plan("rock").parts["drums"] == "rock"


def test_solo_is_one_instrument() -> None:
    assert plan("solo piano").parts == {"chords": "piano", "lead": "piano"}
    assert plan("solo flute").parts == {"lead": "flute"}
    assert plan("solo jazz").parts == {"lead": "saxophone"}


def test_a_drum_solo_is_drums_alone() -> None:
    assert plan("rock drum solo").parts == {"drums": "rock"}


def test_taking_every_instrument_away_is_refused() -> None:
    with pytest.raises(CannotMake, match="every instrument"):
        plan("hip hop without piano or electric piano or bass or strings or drums")


def test_a_waltz_has_three_beats_in_any_genre() -> None:
    assert [plan(said).style["beats"] for said in ("a jazz waltz", "pop in 3/4", "a waltz", "pop")] == [3, 3, 3, 4]
    assert [plan(said).genre for said in ("a jazz waltz", "pop in 3/4", "a waltz")] == ["jazz", "pop", "waltz"]


def test_words_not_understood_are_told() -> None:
    assert plan("a pop song about quantum llamas").ignored == ("quantum", "llamas")


def test_an_unplayable_tempo_is_refused() -> None:
    with pytest.raises(CannotMake, match="40 to 220 bpm, got 400"):
        plan("techno at 400 bpm")


@pytest.mark.parametrize("output_format", ("aac",))
def test_a_piece_has_the_format_and_length_asked_for(tmp_path: Path, output_format: str) -> None:
    made = compose(tmp_path, "calm solo harp", duration=3.3, output_format=output_format)
    with av.open(str(made.path)) as container:
        frames = sum(frame.samples for frame in container.decode(audio=0))
    assert 0 <= frames - round(3.3 * RATE) < (1024 if output_format == "aac" else 1)


def test_the_same_arguments_give_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first = compose(tmp_path, "solo harp", output_format="mp3")
    audio = first.path.read_bytes()
    assert compose(tmp_path, "solo harp", output_format="mp3").path.read_bytes() == audio
    assert score("solo harp", 5.0).parts != score("solo harp", 5.0, seed=2).parts


@pytest.mark.parametrize("prompt", ("happy pop", "jazz waltz with saxophone"))
def test_a_piece_is_loud_as_promised_in_stereo_and_ends_quietly(tmp_path: Path, prompt: str) -> None:
    heard = samples(compose(tmp_path, prompt, duration=4.0))
    assert loudness(heard, RATE) == pytest.approx(-16, abs=1)
    assert true_peak(heard, RATE) < -1
    assert float(np.dot(*(side / np.linalg.norm(side) for side in heard))) < 0.97
    assert np.abs(heard[:, -480:]).max() < 0.01
    quiet = np.sqrt((heard.mean(axis=0)[: 3 * RATE].reshape(-1, 4800) ** 2).mean(axis=1)) < 1e-3
    assert quiet.mean() < 0.05


def test_the_tempo_asked_for_is_heard(tmp_path: Path) -> None:
    heard = samples(compose(tmp_path, "techno at 128 bpm", duration=7.0))
    assert libsonare.detect_bpm(heard.mean(axis=0), RATE) == pytest.approx(128, abs=1.5)


@pytest.mark.parametrize("prompt", ("folk in E major", "epic cinematic in C minor"))
def test_every_note_belongs_to_the_key_and_the_end_is_the_tonic(prompt: str) -> None:
    asked = plan(prompt)
    scale = {
        (asked.tonic + step) % 12
        for step in ((0, 2, 4, 5, 7, 9, 11) if asked.mode == "major" else (0, 2, 3, 5, 7, 8, 10))
    }
    parts = score(prompt, 5.0).parts
    for role in {"lead", "chords", "pad"} & set(parts):
        assert {key % 12 for key in keys_of(parts[role])} <= scale, role
    assert {keys_of(parts[role])[-1] % 12 for role in ("lead", "bass")} == {asked.tonic}


def test_every_genre_plays_all_its_parts_in_range_with_known_sounds() -> None:
    for genre in GENRES:
        written = plan(genre)
        parts = score(genre, 25.0).parts
        assert set(parts) == set(written.parts)
        for role, notes in parts.items():
            assert written.parts[role] in table("music")["sounds"][role]
            assert len(notes) > 3 and all(0 < key < 128 for key in keys_of(notes)), (genre, role)
            assert all(0 < note.velocity < 128 and note.length > 0 and note.start >= 0 for note in notes)


def test_a_long_piece_has_an_intro_a_returning_verse_and_a_bridge() -> None:
    form = score("pop at 120 bpm", 60.0).form
    assert "".join(bar.section for bar in form).startswith("IIIIAAAAAAAABBBBAAAA")


@pytest.mark.parametrize(
    ("prompt", "degree"), [("pop in C major", 4), ("sad pop in C minor", 6), ("metal in a phrygian", 1)]
)
def test_the_last_bar_leads_home(prompt: str, degree: int) -> None:
    assert score(prompt, 20.0).form[-1].chord == degree


def test_a_verse_returns_with_the_same_tune() -> None:
    piece = score("pop at 120 bpm", 60.0)
    tunes = [
        keys_of([note for note in piece.parts["lead"] if number * 4 - 0.1 < note.start < number * 4 + 3.9])
        for number in range(len(piece.form))
    ]
    assert tunes[4:7] == tunes[8:11] == tunes[16:19] != tunes[12:15]


def test_vocals_are_refused_or_warned_about(tmp_path: Path) -> None:
    with pytest.raises(CannotMake, match="vocals"):
        compose(tmp_path, "pop", instrumental=False)
    assert list(tmp_path.iterdir()) == []
    assert "vocals" in compose(tmp_path, "solo harp with female vocals").warnings[0]
    assert not plan("pop, no vocals").vocals


def test_a_tempo_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    assert "too short for a bar at 45 bpm" in compose(tmp_path, "ambient at 45 bpm", duration=3.0).warnings[0]


@pytest.mark.parametrize(
    ("asked", "says"),
    [({"duration": 2.9}, "3 to 300"), ({"duration": 301.0}, "3 to 300"), ({"output_format": "pcm"}, "wav, mp3, opus")],
)
def test_what_cannot_be_done_is_refused_with_what_can(tmp_path: Path, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(CannotMake, match=says):
        compose(tmp_path, "pop", **asked)


@pytest.mark.parametrize("seconds", (0.5, 2.6))
def test_backing_for_a_film_is_as_long_as_the_film_and_fades_out(seconds: float) -> None:
    sound, rate = composer.backing("solo harp", duration=seconds, seed=1)
    assert sound.shape == (2, round(seconds * rate)) and sound.dtype == np.float32
    assert true_peak(sound, rate) < -1 and loudness(sound, rate) > -28
    assert np.abs(sound[:, -100:]).max() < 0.02 < np.abs(sound).max()


@pytest.mark.parametrize("phase", (0.05, 0.8))
def test_progress_may_stop_the_composer_between_its_phases(tmp_path: Path, phase: float) -> None:
    def stop(fraction: float) -> None:
        if fraction >= phase:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compose(tmp_path, "solo harp", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_the_plan_is_told(tmp_path: Path) -> None:
    told = compose(tmp_path, "calm solo harp in C# minor at 90 bpm").plan
    assert (told["genre"], told["key"], told["bpm"], told["moods"]) == ("ballad", "C# minor", 90, ("calm",))
