"""Reads a prompt into a plan for a piece: genre, mood, key, tempo, instruments, length. No sound is made here."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from anymedia.sketch.catalogue import find, table, words
from anymedia.sketch.made import CannotMake, Json

DEFAULT_SECONDS = 20.0
BPM_RANGE = (40, 220)
Named = Mapping[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class MusicPlan:
    """Everything decided before the first note. `tonic` is a pitch class (C is 0), `parts` maps lead, chords, bass and
    pad to instruments and drums to a pattern, `style` is the row of the genre as the prompt changes it.
    """

    genre: str
    moods: tuple[str, ...]
    tonic: int
    mode: str
    bpm: float
    tempo_asked: bool
    seconds: float
    energy: float
    parts: Mapping[str, str]
    style: Mapping[str, Json]
    vocals: bool
    ignored: tuple[str, ...]


def read(prompt: str, duration: float | None, seed: int) -> MusicPlan:
    """Plan a piece; what the prompt leaves open is drawn. Raises CannotMake for what cannot be played."""
    music, random = table("music"), np.random.default_rng([seed % 2**63, zlib.crc32(prompt.encode())])
    said, rest = _said(prompt)
    wanted, unwanted, ignored = _named(rest)
    moods = [music["moods"][name] for name in wanted["moods"]]
    energy = float(np.mean([mood["energy"] for mood in moods])) if moods else 0.65
    genres = [name for name in wanted["genres"] if name != "waltz"]
    genre = [*genres, *wanted["genres"], "ballad" if energy < 0.45 else "pop"][0]
    style = music["genres"][genre] | (music["triple"] if "waltz" in wanted["genres"] else {})
    modes = (said.get("mode"), "note" in said and "major", *(mood["mode"] for mood in moods), style["mode"])
    mode = next(filter(None, modes))
    usual = random.uniform(*style["bpm"]) * np.prod([mood["tempo"] for mood in moods])
    bpm = float(said.get("bpm") or np.clip(usual, *BPM_RANGE))
    if not BPM_RANGE[0] <= bpm <= BPM_RANGE[1]:
        raise CannotMake(f"tempo must be {BPM_RANGE[0]} to {BPM_RANGE[1]} bpm, got {bpm:g}")
    tonic = music["notes"][said["note"]] if "note" in said else int(random.choice((0, 2, 4, 5, 7, 9, 10)))
    length = float(music["numbers"].get(said["number"], said["number"])) if "number" in said else DEFAULT_SECONDS
    return MusicPlan(
        genre=genre,
        moods=tuple(wanted["moods"]),
        tonic=(tonic + music["accidentals"].get(said.get("accidental"), 0)) % 12,
        mode=mode,
        bpm=bpm,
        tempo_asked="bpm" in said,
        seconds=length * music["units"].get(said.get("unit"), 1) if duration is None else duration,
        energy=energy,
        parts=_parts(style, wanted, unwanted),
        style=style if style["mode"] == mode else style | {"progressions": mode},
        vocals=bool(wanted["vocal"]),
        ignored=tuple(dict.fromkeys([*ignored, *genres[1:]])),
    )


def _said(prompt: str) -> tuple[Mapping[str, str], str]:
    """What a prompt says of bpm, number and unit of the length, note, accidental and mode; and the rest of it.

    "A minor key" names a mode but no note.
    """
    said: dict[str, str] = {}
    rest = prompt.lower()
    for patterns in table("music")["said"]:
        match = next(filter(None, (re.search(pattern, rest) for pattern in patterns)), None)
        if match is not None:
            said |= match.groupdict()
            rest = f"{rest[: match.start()]} , {rest[match.end() :]}"
    return said, rest


def _named(text: str) -> tuple[Named, Named, list[str]]:
    """(what is to play, what is not to, unknown words), by kind: genres, moods, instruments, drums, vocal, solo."""
    music = table("music")
    rows = {kind: music[kind].items() for kind in ("moods", "instruments", "genres")}
    known = [(kind, name, word) for kind in rows for name, row in rows[kind] for word in row["words"]]
    known += [(kind, word, word) for kind in ("vocal", "drums", "solo") for word in music[f"{kind}_words"]]
    meanings = {" ".join(words(word)): (kind, name) for kind, name, word in known}
    wanted, unwanted = ({kind: list[str]() for kind, _, _ in known} for _ in range(2))
    ignored, negated = [], False
    for phrase, meaning in find(words(text), meanings):
        if meaning is not None:
            (unwanted if negated or phrase == "drumless" else wanted)[meaning[0]].append(meaning[1])
            continue
        negated = phrase in music["without"] or (negated and phrase in ("or", "and", "any"))
        if not negated and phrase not in music["filler"]:
            ignored.append(phrase)
    return wanted, unwanted, ignored


def _parts(style: Mapping[str, Json], wanted: Named, unwanted: Named) -> dict[str, str]:
    """Who plays which role: the named instruments first, then, unless it is a solo, what the genre is used to."""
    roles = {name: row["roles"] for name, row in table("music")["instruments"].items()}
    solo, asked, drums = bool(wanted["solo"]), wanted["instruments"], style["drums"] or "soft"
    if not wanted["drums"] and (solo or unwanted["drums"] or style["drums"] is None):
        drums = None
    elif style["beats"] == 3:
        drums = "waltz"
    if solo and not asked and drums is None:
        asked = [style["lead"]]
    chosen: dict[str, str] = {}
    for name in asked:
        free = [role for role in roles[name] if role not in chosen]
        chosen |= dict.fromkeys(free[:1], name)
    if "lead" in roles.get(chosen.get("chords", ""), ()):
        chosen.setdefault("lead", chosen["chords"])
    banned = {None, *unwanted["instruments"]}
    banned |= {style["bass"] for name in unwanted["instruments"] if "bass" in roles[name]}
    usual = {} if solo else {role: style[role] for role in ("lead", "chords", "bass", "pad")}
    parts = {role: name for role, name in {**usual, **chosen, "drums": drums}.items() if name not in banned}
    if not parts:
        raise CannotMake("the prompt takes every instrument away; name one that may play")
    return parts
