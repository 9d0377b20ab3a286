"""Sound effects: finds the sounds a prompt names, performs their recipes, mixes them in a small room.

A prompt that names no known sound is refused; nothing is invented. A recipe, a row of `data/audio_recipes.json`,
is a list of layers. A layer is a source (`tones` as [Hz, level, decay in seconds or null], `noise` as [level, low Hz,
high Hz, decay]), a time (`every` so many seconds, at a random `rate` per second, else throughout; each time `hits` as
[delay, level, pitch], or `some` [fewest, most] of them) and shapes: `attack`, `hold`, `length` and `bump` in seconds,
`glide` (pitch factors), `range` (Hz that multiply the tones), `sway` [depth, Hz], `wander` [turns per second, low,
high, power], `pulses` [Hz, sharpness] over a `floor`, `vary` and `spread` (chance in pitch and level), `strong` (how
level follows strength), `pans` (a copy at each) or `pan` (chance).
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from anymedia.sketch import sound_files
from anymedia.sketch.catalogue import SOUND_EFFECT_SECONDS, find, sound_effect_names, table, words
from anymedia.sketch.made import CannotMake, Json, Label, Made, Progress
from anymedia.sketch.sound_files import Samples

ENGINE = "procedural sound effects, synthesised from recipes, not recorded"
RATE = 48_000
DEFAULT_SECONDS = 5.0
LOUDNESS = -20.0
"""LUFS: between dialogue and ambience; short sounds reach the peak ceiling first."""
SMALL_ROOM = 0.35
"""Seconds of reverberation where no place is named."""
FAR_HZ = 1500
FADE_IN, FADE_OUT = 0.003, 0.03
Wave = NDArray[np.float64]
Row = Mapping[str, Json]


@dataclass(frozen=True, kw_only=True)
class Understood:
    """What a prompt asks for: recipe names in order, and how they are to sound. `room` is in seconds;
    `strength` and `pace` are 1 unless the prompt says heavy, gentle, fast, slow.
    """

    sounds: tuple[str, ...]
    strength: float
    pace: float
    once: bool
    room: float
    distant: bool
    pan: float
    ignored: tuple[str, ...]


def understand(prompt: str) -> Understood:
    """Read a prompt. Words for places (forest, beach) count only when no sound is named."""
    lists = table("sound_effects")
    phrases = {phrase: [name] for name, phrases in lists["sounds"].items() for phrase in phrases} | lists["groups"]
    heard = find(words(prompt), phrases)
    rest = [word for word, names in heard if names is None]
    hints = [lists["hints"].get(word, {}) for word in rest]
    named = [names for _, names in heard if names] or [hint.get("sounds", ()) for hint in hints]
    return Understood(
        sounds=tuple(dict.fromkeys(name for names in named for name in names)),
        strength=float(np.prod([hint.get("strength", 1.0) for hint in hints])),
        pace=float(np.prod([hint.get("pace", 1.0) for hint in hints])),
        room=max([SMALL_ROOM, *(hint.get("room", 0.0) for hint in hints)]),
        distant=any("distant" in hint for hint in hints),
        once=any("once" in hint for hint in hints),
        pan=sum(hint.get("pan", 0.0) for hint in hints),
        ignored=tuple(dict.fromkeys(word for word in rest if word not in lists["hints"])),
    )


def ambience(prompt: str, *, duration: float, seed: int) -> tuple[Samples, int] | None:
    """Sound for a film of `duration` seconds: ((2, frames) float32, sample rate), or None when no recipe matches."""
    understood = understand(prompt)
    return (_mixed(understood, prompt, duration, seed, lambda _: None), RATE) if understood.sounds else None


def make(
    *, prompt: str, duration: float | None, seed: int, output_format: str, folder: Path, progress: Progress
) -> Made:
    """Write the sounds that `prompt` names into `folder`, stereo at 48 kHz, exactly `duration` seconds (default 5).

    Raises CannotMake for a prompt without a known sound, a duration outside 0.5 to 30, or an unknown format.
    """
    seconds = DEFAULT_SECONDS if duration is None else duration
    sound_files.check(output_format, "duration", seconds, SOUND_EFFECT_SECONDS)
    understood = understand(prompt)
    if not understood.sounds:
        raise CannotMake(f"no recipe for the sound of {prompt!r}; can make: {', '.join(sound_effect_names())}")
    samples = _mixed(understood, prompt, seconds, seed, progress)
    label = Label(engine=ENGINE, prompt=prompt, seed=seed)
    plan = {name: value for name, value in vars(understood).items() if name != "ignored"} | {"seconds": seconds}
    account = {"plan": plan, "ignored_words": understood.ignored}
    made = sound_files.write(folder / "sound", samples, RATE, output_format, label, **account)
    progress(1.0)
    return made


def _mixed(understood: Understood, prompt: str, seconds: float, seed: int, progress: Progress) -> Samples:
    """All layers, equally loud at their loudest, in one room, levelled; both ends are at zero, so that none clicks."""
    mixed = np.zeros((2, round(seconds * RATE)))
    for number, name in enumerate(understood.sounds):
        progress(number / (len(understood.sounds) + 1))
        layer = _perform(name, understood, seconds, (seed % 2**63, zlib.crc32(prompt.encode()), number))
        mixed += layer / _loudest(layer)
    sides = np.minimum(1.0, [[1.0 - understood.pan], [1.0 + understood.pan]])
    times = np.arange(mixed.shape[1]) / RATE
    ends = np.minimum(1.0, np.minimum(times / FADE_IN, times[::-1] / FADE_OUT))
    placed = _in_room(mixed * sides, understood) * ends
    return sound_files.bring_to(placed.astype(np.float32), RATE, LOUDNESS)


def _loudest(layer: Wave) -> float:
    """The highest RMS of any tenth of a second."""
    blocks = layer[:, : layer.shape[1] // 4800 * 4800].reshape(2, -1, 4800)
    return max(1e-9, float(np.sqrt(np.max(np.mean(blocks**2, axis=(0, 2))))))


def _in_room(dry: Wave, understood: Understood) -> Wave:
    """Adds decaying diffuse reflections; what is far away is duller and has more of them."""
    share = 0.5 if understood.distant else min(0.45, 0.12 + understood.room * 0.1)
    dry = _band(dry, 0, FAR_HZ) if understood.distant else dry
    times = np.arange(round(understood.room * RATE)) / RATE
    random = np.random.default_rng(1)
    tails = np.stack([_noise(random, len(times), 150, 5500) for _ in dry]) * np.exp(-6.9 * times / understood.room)
    size = dry.shape[1] + len(times)
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tails, size), size)[:, : dry.shape[1]]
    return dry * (1 - share) + wet * (share * _loudest(dry) / _loudest(wet))


def _perform(name: str, how: Understood, seconds: float, seed: tuple[int, ...]) -> Wave:
    """A sound in stereo, shape (2, frames), at no particular level."""
    random = np.random.default_rng(seed)
    stereo = np.zeros((2, round(seconds * RATE)))
    for row in table("recipes")[name]:
        for start in _starts(row, how, seconds, np.random.default_rng((*seed, 1))):
            chosen = np.exp(random.uniform(*np.log(row.get("range", (1.0, 1.0)))))
            count = random.integers(*row["some"]) if "some" in row else None
            for late, level, *pitch in row.get("hits", [[0.0, 1.0]])[:count]:
                for pan in row.get("pans") or [random.uniform(-row["pan"], row["pan"])]:
                    first = round((start + late / how.pace) * RATE)
                    times = np.arange(max(2, round(row.get("length", seconds) * RATE))) / RATE
                    sound = _sound(row, how, random, times, chosen * np.prod(pitch))
                    place, angle = stereo[:, first : first + len(sound)], (pan + 1) * np.pi / 4
                    sides = level * random.uniform(0.88, 1) * np.array([np.cos(angle), np.sin(angle)])
                    place += np.outer(sides, sound[: place.shape[1]])
    return stereo


def _starts(row: Row, how: Understood, seconds: float, random: Generator) -> Iterator[float]:
    """When a layer sounds, in seconds. Layers of one recipe with the same rhythm fall together."""
    if "rate" in row:
        yield from random.uniform(0.0, seconds, random.poisson(row["rate"] * how.strength * seconds))
    elif "every" in row:
        times = np.arange(0.06, seconds - 0.05, row["every"] / how.pace)[: 1 if how.once else None]
        yield from np.maximum(0.0, times + row.get("jitter", 0.0) * random.uniform(-1, 1, len(times)))
    else:
        yield 0.0


def _sound(row: Row, how: Understood, random: Generator, times: Wave, pitch: float) -> Wave:
    """One sound of a layer, mono."""
    glide, (depth, rate) = row.get("glide", (1.0,)), row.get("sway", (0.0, 0.0))
    factor = np.interp(times, np.linspace(0.0, times[-1], len(glide)), glide)
    factor *= pitch * (1 + random.uniform(-1, 1) * row.get("vary", 0.0))
    factor *= 1 - depth * np.cos(2 * np.pi * rate * how.pace * times)
    sound = np.zeros_like(times)
    for frequency, level, decay in row.get("tones", ()):
        # Lasting tones start at phases of their own: in step they would add up to clicks.
        turning = 2 * np.pi * np.cumsum(frequency * factor) / RATE + (frequency if decay is None else 0.0)
        sound += level * np.sin(turning) * _envelope(row, times, decay)
    for level, low, high, decay in [row["noise"]] if "noise" in row else []:
        sound += level * _noise(random, len(times), low, high) * _envelope(row, times, decay)
    return sound * _contour(row, how, random, times)


def _envelope(row: Row, times: Wave, decay: float | None) -> Wave:
    """Rises over the attack, holds, and falls to 1/e every `decay` seconds (never, for None)."""
    falling = np.maximum(times - row.get("hold", 0.0), 0.0) / (decay or np.inf)
    return np.asarray(np.minimum(times / row.get("attack", 0.001), 1.0) * np.exp(-falling))


def _contour(row: Row, how: Understood, random: Generator, times: Wave) -> Wave:
    """How the level of a whole sound moves."""
    chance = random.lognormal(0.0, row.get("spread", 0.0))
    moving = np.full_like(times, chance * how.strength ** row.get("strong", 0.0))
    if "bump" in row:
        centre, width = row["bump"]
        moving *= np.exp(-(((times - centre) / width) ** 2))
    if "wander" in row:
        per_second, low, high, power = row["wander"]
        points = random.uniform(low, high, int(times[-1] * per_second) + 2)
        moving *= np.interp(times * per_second, np.arange(len(points)), points) ** power
    floor = row.get("floor", 0.0)
    for rate, power in row.get("pulses", ()):
        turning = 2 * np.pi * (rate * how.pace * times + random.uniform(0.3, 0.7))
        moving *= floor + (1 - floor) * (0.5 + 0.5 * np.cos(turning)) ** power
    return moving


def _band(samples: Wave, low: float, high: float) -> Wave:
    """What lies between two frequencies in Hz, with soft edges; shape (..., frames) in and out."""
    spectrum = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(samples.shape[-1], 1 / RATE) + 1e-3
    spectrum /= np.sqrt((1 + (low / frequency) ** 6) * (1 + (frequency / high) ** 6))
    return np.fft.irfft(spectrum, samples.shape[-1])


def _noise(random: Generator, frames: int, low: float, high: float) -> Wave:
    """Noise between two frequencies in Hz, unit RMS."""
    shaped = _band(random.standard_normal(frames), low, high)
    return np.asarray(shaped / max(1e-9, np.sqrt(np.mean(shaped**2))))
