"""Writes a planned piece as notes: its form in bars, then a part for every role. Times are in beats."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from anymedia.sketch.catalogue import table
from anymedia.sketch.music_plan import MusicPlan

STEP = 0.25
"""Patterns are in sixteenths: a quarter of a beat."""
SHORTEST_TUNE = 2.5
"""Seconds. A shorter piece, backing for a film, has no time for a bar: it is the final chord alone."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of the form. `chord` is a scale degree from 0, `place` counts the bars of its section."""

    start: int
    section: str
    chord: int
    place: int
    last: bool


@dataclass(frozen=True, kw_only=True)
class Note:
    """Keys struck together. `keys` are MIDI keys (60 is middle C), `velocity` is 1 to 127."""

    start: float
    length: float
    keys: Sequence[int]
    velocity: int


class Score:
    """A piece: `bpm` (quarter notes per minute), `form` (its bars before the final chord), `parts` (notes by role)."""

    def __init__(self, plan: MusicPlan, seed: int) -> None:
        self.plan, self.random = plan, np.random.default_rng(seed % 2**63)
        self.music, self.beats = table("music"), plan.style["beats"]
        self.scale = self.music["modes"][plan.mode]
        bars, self.bpm = self._fitted()
        self.form = self._form(bars)
        self.parts = {role: [*map(self._humanised, self._part(role, name))] for role, name in plan.parts.items()}

    def _fitted(self) -> tuple[int, float]:
        """(bars before the final chord, tempo): the final chord rings for about a seventh of the piece, 1 to 3.5 s."""
        plan = self.plan
        if plan.seconds < SHORTEST_TUNE:
            return 0, plan.bpm
        wanted = (plan.seconds - min(3.5, max(1.0, plan.seconds / 7))) * plan.bpm / 60 / self.beats
        bars = max(1, int(wanted) if plan.tempo_asked else round(wanted))
        kept = plan.tempo_asked and bars * self.beats < plan.seconds * plan.bpm / 60
        return bars, plan.bpm if kept else plan.bpm * bars / wanted

    def _form(self, bars: int) -> list[Bar]:
        """Intro, then verses (A) and bridges (B) of four bars (twelve in a blues); the last bar leads home."""
        choices = self.music["progressions"][self.plan.style["progressions"]]
        verse, bridge = (choices[drawn] for drawn in self.random.integers(len(choices), size=2))
        size = max(4, len(verse))
        intro = 0 if bars < 10 else 2 if bars < 24 else 4
        blocks = max(1, round((bars - intro) / size))
        sections = "I" + {2: "AB", 3: "ABA"}.get(blocks, "AABA" * blocks)[:blocks]
        lengths = [intro, *[size] * (blocks - 1), bars - intro - size * (blocks - 1)]
        form: list[Bar] = []
        for section, length in zip(sections, lengths, strict=True):
            degrees = bridge if section == "B" else verse
            for place in range(length):
                start, last = len(form) * self.beats, place == length - 1
                leads_home = len(form) == bars - 1 > 0
                chord = self.music["leading"][self.plan.mode] if leads_home else degrees[place % len(degrees)]
                form.append(Bar(start=start, section=section, chord=chord, place=place, last=last))
        return form

    def _humanised(self, note: Note) -> Note:
        """Swung (the second half of a beat starts at `swing`), a little early or late, as loud as the mood."""
        swing = self.plan.style["swing"]
        late, accent = self.random.normal(0, (0.008, 4))
        start = note.start // 1 + np.interp(note.start % 1, (0.0, 0.5, 1.0), (0.0, swing, 1.0)) + late
        velocity = int(np.clip(note.velocity * (0.8 + 0.3 * self.plan.energy) + accent, 20, 124))
        return Note(start=max(0.0, start), length=note.length, keys=note.keys, velocity=velocity)

    def _part(self, role: str, name: str) -> Iterator[Note]:
        """The notes of one role, then the final chord, held to the end; `name` is an instrument or a drum pattern."""
        writers = {"lead": self._lead, "drums": self._drums}
        yield from writers.get(role, self._accompaniment)(role, name)
        lasting = {"lead": [self._sung(0, name)], "drums": [36, 49], "bass": [self._key(0, 31)]}
        start = len(self.form) * self.beats
        length = self.plan.seconds * self.bpm / 60 - start
        yield Note(start=start, length=length, keys=lasting.get(role, self._voicing(0, name)), velocity=88)

    def _key(self, degree: int, base: int) -> int:
        """The MIDI key of a scale degree in the octave from `base` up."""
        return int(base + (self.plan.tonic + self.scale[degree % 7] - base) % 12)

    def _voicing(self, chord: int, name: str) -> list[int]:
        """A close chord around middle C, so that neighbours move little; bare fifths where triads would growl."""
        if name == "distorted guitar":
            return [self._key(chord, 43), self._key(chord + 4, 43)]
        tones = (0, 2, 4, 6) if self.plan.style["progressions"] == "jazz" else (0, 2, 4)
        return sorted(self._key(chord + tone, 54) for tone in tones)

    def _strokes(self, pattern: str, bar: Bar) -> Iterator[tuple[str, float, float]]:
        """The strokes of a bar: (sign, start, length). A dot prolongs, a dash is silence."""
        for stroke in re.finditer(r"[^.-]\.*", (pattern * 2)[: round(self.beats / STEP)]):
            yield stroke[0][0], bar.start + stroke.start() * STEP, len(stroke[0]) * STEP * 0.92

    def _accompaniment(self, role: str, name: str) -> Iterator[Note]:
        """Chords, pad and bass. Among chords `C` strikes all keys, a digit one of them, counted from the lowest."""
        following = [*(bar.chord for bar in self.form[1:]), 0]
        for bar, then in zip(self.form, following, strict=False):
            voicing = self._voicing(bar.chord, name)
            ladder = enumerate([*voicing, *(key + 12 for key in voicing)])
            keys = {"C": voicing} | {str(step): [key] for step, key in ladder}
            keys = self._bass_keys(bar.chord, then) if role == "bass" else keys
            for sign, start, length in self._strokes(self.plan.style["patterns"][role], bar):
                yield Note(start=start, length=length, keys=keys[sign], velocity=66 if role == "pad" else 80)

    def _bass_keys(self, chord: int, then: int) -> dict[str, list[int]]:
        """Digits are intervals above the root, `a` approaches the root of the next bar."""
        root, target = self._key(chord, 31), self._key(then, 31)
        keys = {"1": [root], "8": [root + 12], "a": [target + 1 if target < root else target - 1]}
        return keys | {"3": [self._key(chord + 2, root)], "5": [self._key(chord + 4, root)]}

    def _lead(self, role: str, name: str) -> Iterator[Note]:
        """The tune: each section has two rhythms with a contour of scale degrees for each; the intro has none."""
        cells = self.music["rhythms"][str(self.beats)]["lively" if self.plan.energy > 0.5 else "calm"]
        rhythms = {section: [cells[drawn] for drawn in self.random.integers(len(cells), size=2)] for section in "AB"}
        contours = {section: self.random.choice((-2, -1, -1, 1, 1, 2), (2, 8)).tolist() for section in "AB"}
        degree = 0
        for bar in (bar for bar in self.form if bar.section != "I"):
            if bar.place % 4 == 0:
                degree = 2 if bar.section == "B" else 0
            closing = bar.place % 4 == 3 or bar.last
            which = 0 if closing else bar.place % 2
            starts = [0] if closing else rhythms[bar.section][which]
            ends = [*starts[1:], self.beats / STEP * (0.75 if closing else 1)]
            for step, end, leap in zip(starts, ends, contours[bar.section][which], strict=False):
                degree += leap - 7 * (degree > 6) + 7 * (degree < -2)
                if step % 8 == 0:
                    near = (degree, degree + 1, degree - 1)
                    degree = next(tone for tone in near if (tone - bar.chord) % 7 in (0, 2, 4))
                start, length = bar.start + step * STEP, (end - step) * STEP * 0.94
                key, velocity = self._sung(degree, name), 96 if step % 4 == 0 else 86
                yield Note(start=start, length=length, keys=[key], velocity=velocity)

    def _sung(self, degree: int, name: str) -> int:
        """The MIDI key of any scale degree, 0 being the tonic above middle C, where an instrument is at home."""
        base = 67 + 12 * self.music["instruments"].get(name, {}).get("octave", 0)
        return self._key(0, base) + int(12 * (degree // 7) + self.scale[degree % 7])

    def _drums(self, role: str, name: str) -> Iterator[Note]:
        """The pattern of each key; a section ends with a fill on snare and toms."""
        drums = self.music["drums"]
        for bar in self.form:
            rows = drums[name] | (drums[f"fill in {self.beats}"] if bar.last and len(self.form) > 3 else {})
            for key, signs in rows.items():
                for sign, start, _ in self._strokes(signs, bar):
                    velocity = self.music["velocities"][sign]
                    yield Note(start=start, length=0.2, keys=[int(key)], velocity=velocity)
