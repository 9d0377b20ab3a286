"""Reads a prompt into a `Picture`: what to draw, where, when and how. It draws nothing and guesses no word.

The vocabulary is data: `data/picture_words.toml` and the names of the drawings.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import NamedTuple

from anymedia.sketch import sprites
from anymedia.sketch.made import CannotMake, Json
from anymedia.sketch.sprites import tables

MOST_ALIKE = 12
"""The most drawings of one subject."""
LONGEST_PHRASE, PLURAL_COUNT = 5, 3
"""Words of a phrase; how many a plural is without a number."""
NO_PLURAL = ("small", "sizes", "counts", "colours", "says")
WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|«([^»]+)»|(?<!\w)[\'‘]([^\'’]+)[\'’](?!\w)')
CAPITALS = re.compile(
    r"\b(?:says?|saying|reads?|reading|titled|text|words?)[:,]? ((?:[A-Z0-9][A-Z0-9'!?&.-]*\s?)+)(?![a-z])"
)


class Word(NamedTuple):
    """A phrase of the prompt; `role` is the table that knows it ("" where none does), `name` its entry there."""

    phrase: str
    role: str = ""
    name: str = ""
    plural: bool = False


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One noun to draw. `on` is the index, in `Picture.subjects`, of what it rides or stands on."""

    word: str = ""
    sprite: str = ""
    count: int = 0
    colour: str | None = None
    on: int | None = None
    aloft: bool = False
    scale: float = 1.0

    @property
    def kind(self) -> sprites.Kind:
        return sprites.kind(self.sprite)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The plan of a picture. `ground`, `far` and `sights` say what the scenery paints; colours are "#rrggbb".

    `time_of_day` is "day", "sunrise", "sunset" or "night". `colours` are those that belong to no subject. `removes`
    is a word that asks to take something away or to reshape a picture, which nobody here can do. `names_scene` and
    `names_time` are false where the prompt left the choice.
    """

    prompt: str
    scene: str
    ground: str
    far: str | None = None
    time_of_day: str = "day"
    names_scene: bool = False
    names_time: bool = False
    weather: str | None = None
    sights: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    colours: tuple[str, ...] = ()
    lettering: str | None = None
    finish: str | None = None
    removes: str | None = None
    substitutions: tuple[str, ...] = ()
    ignored_words: tuple[str, ...] = ()

    def document(self) -> Json:
        """The plan as JSON."""
        return asdict(self)


def finishes() -> tuple[str, ...]:
    return tuple(tables()["finishes"])


def read(prompt: str, style: str | None = None) -> Picture:
    """Understand `prompt`; `style` names a finish. Raises CannotMake for a finish that does not exist."""
    role, finish = ("finishes", None) if style is None else lexicon().get(style.strip().lower(), ("", None))
    if role != "finishes":
        raise CannotMake(f"`style` must be one of {', '.join(finishes())}, got {style!r}")
    lettering, rest = _lettering(prompt)
    notes = _Notes()
    for word in _phrases(rest):
        notes.take(word)
    notes.close_colour()
    found = notes.found
    scene, ground, far = _place(notes)
    night = ground in ("space", "moon") or not {"stars", "moon"}.isdisjoint(found["sights"])
    return Picture(
        prompt=prompt,
        scene=scene,
        ground=ground,
        far=far,
        time_of_day=next(iter(found["times"]), "night" if night else "day"),
        names_scene=bool(found["scenes"]),
        names_time=bool(found["times"]),
        weather=next(iter(found["weathers"]), None),
        sights=tuple(dict.fromkeys(found["sights"])),
        subjects=tuple(notes.subjects),
        colours=tuple(found["colours"]),
        lettering=lettering,
        finish=finish or next(iter(found["finishes"]), None),
        removes=next(iter(found["removes"]), None),
        substitutions=tuple(found["substitutions"]),
        ignored_words=tuple(dict.fromkeys(found["ignored"])),
    )


def _lettering(prompt: str) -> tuple[str | None, str]:
    """The text to letter, and the prompt without it."""
    for pattern in (QUOTED, CAPITALS):
        said = ["".join(match.groups("")).strip() for match in pattern.finditer(prompt)]
        if any(said):
            return "\n".join(filter(None, said)), pattern.sub(" , ", prompt)
    return None, prompt


@cache
def lexicon() -> Mapping[str, tuple[str, str]]:
    """Phrase: (role, name). Where two tables know a phrase, the later one here wins."""
    known = {name.replace("-", " "): ("subjects", name) for name in sprites.names()}
    for name, words in tables()["synonyms"].items():
        sure, _, near = words.partition("~")
        known |= dict.fromkeys(_listed(near), ("near", name))
        known |= dict.fromkeys(_listed(sure), ("subjects", name))
    for role, words in tables()["grammar"].items():
        known |= {phrase: (role, phrase) for phrase in _listed(words)}
    for role in ("sizes", "counts", "colours", "sights", "scenes", "weathers", "times", "finishes"):
        for name, entry in tables()[role].items():
            known |= dict.fromkeys(_listed(entry["words"] if role == "scenes" else entry), (role, name))
    return known


def _listed(words: str) -> Sequence[str]:
    return [phrase.strip() for phrase in words.split(",") if phrase.strip()]


def _phrases(text: str) -> Iterator[Word]:
    """Cut the text into the longest phrases known."""
    words = [word.lower().replace("’", "'").removesuffix("'s") for word in WORD.findall(text)]
    while words:
        tried = (_look_up(words[:size]) for size in range(min(LONGEST_PHRASE, len(words)), 0, -1))
        found = next((word for word in tried if word.role), Word(words[0]))
        yield found
        words = words[len(found.phrase.split(" ")) :]


def _look_up(words: Sequence[str]) -> Word:
    phrase = " ".join(words)
    for same in (phrase, phrase.replace("-", " ")):
        if same in lexicon():
            return Word(phrase, *lexicon()[same])
    if phrase.isdigit():
        return Word(phrase, "counts", phrase)
    for plural, single in tables()["endings"].items():
        role, name = lexicon().get(phrase.removesuffix(plural) + single, ("", ""))
        if role and role not in NO_PLURAL and phrase.endswith(plural):
            return Word(phrase, role, name, plural=True)
    return Word(phrase)


@dataclass(kw_only=True)
class _Notes:
    """What has been read so far, by role, and what is known of the next noun; a count of 0 was not said."""

    found: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    subjects: list[Subject] = field(default_factory=list)
    next: Subject = field(default_factory=Subject)
    rides: bool = False

    def take(self, word: Word) -> None:
        """Add one phrase."""
        match word.role:
            case "subjects" | "near":
                self._take_subject(word)
            case "counts":
                self.next = replace(self.next, count=int(word.name))
            case "sizes":
                self.next = replace(self.next, scale=float(word.name))
            case "colours":
                self.close_colour()
                self.next = replace(self.next, colour=word.name)
            case "riding":
                self.rides = bool(self.subjects)
            case "above" | "aloft" if self.subjects and not self.next.count:
                self.subjects[-1] = replace(self.subjects[-1], aloft=True)
            case "aloft":
                self.next = replace(self.next, aloft=True)
            case role:
                self.found[role or "ignored"].append(word.name or word.phrase)
                if role in ("scenes", "sights"):
                    self.next, self.rides = replace(self.next, count=0), False

    def _take_subject(self, word: Word) -> None:
        count = PLURAL_COUNT if word.plural and self.next.count <= 1 else self.next.count or 1
        if word.role == "near":
            self.found["substitutions"].append(f"{word.phrase!r} is drawn as {word.name.replace('-', ' ')!r}")
        if count > MOST_ALIKE:
            self.found["substitutions"].append(f"{count} {word.phrase!r} are drawn as {MOST_ALIKE}")
        if self.rides:
            self.subjects[-1] = replace(self.subjects[-1], on=len(self.subjects))
        self.subjects.append(replace(self.next, word=word.phrase, sprite=word.name, count=min(count, MOST_ALIKE)))
        self.next, self.rides = Subject(), False

    def close_colour(self) -> None:
        """A colour that no noun follows is the fruit of that name, if counted, else a colour of the picture."""
        colour, self.next = self.next.colour, replace(self.next, colour=None)
        if self.next.count and ("colours", colour) == lexicon()["orange"]:
            self._take_subject(Word("orange", "subjects", "tangerine"))
        elif colour:
            self.found["colours"].append(colour)


def _home(notes: _Notes) -> str:
    """The scene where the largest subject is at home; an abstract one when nothing at all was understood."""
    if notes.subjects:
        return max(notes.subjects, key=lambda subject: subject.kind.size).kind.home
    if notes.found["weathers"] == ["snow"]:
        return "winter"
    return "field" if any(notes.found[role] for role in ("sights", "times", "weathers")) else "abstract"


def _place(notes: _Notes) -> tuple[str, str, str | None]:
    """The scene, its ground and what stands far behind. Scenes that find no place there are ignored words."""
    scenes = notes.found["scenes"] or [_home(notes)]
    entries = [tables()["scenes"][name] for name in scenes]
    ground = next((entry["ground"] for entry in entries if "ground" in entry), "grass")
    own = next((entry.get("far") for entry in entries if entry.get("ground") == ground), None)
    if "winter" in scenes and ground in ("grass", "moss"):
        ground = "snow"
    closed = ground in ("space", "sky", "abstract", "studio")
    fars = [entry["far"] for entry in entries if "far" in entry and not closed]
    far = next((far for far in fars if far not in ("hills", own)), own or next(iter(fars), None))
    for name, entry in zip(scenes, entries, strict=True):
        if ground not in (entry.get("ground"), "abstract") and far != entry.get("far") and name != "winter":
            notes.found["ignored"].append(name)
    return scenes[0], ground, far
