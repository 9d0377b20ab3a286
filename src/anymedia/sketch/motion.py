"""Where the camera and the actors are at every moment. Arithmetic only: no pixels and no chance.

`share` is the part of the film that has passed, 0 at the first frame and 1 at the last. Points are arrays (x, y) in
pixels of the stage, the wide background, or of the frame; at zoom 1 a stage pixel is as large as a frame pixel.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

Point = NDArray[np.float64]
Matrix = NDArray[np.float64]
FACTS = tomllib.loads(files("anymedia.sketch").joinpath("data/video_motion.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, kw_only=True)
class Gait:
    """How a class of actors moves; units are in `data/video_motion.toml`."""

    airborne: bool = False
    speed: float = 0.0
    beats: float = 0.0
    rise: float = 0.0
    turn: float = 0.0
    stretch: float = 0.0

    @property
    def pivot(self) -> Point:
        """What stays in place when an actor turns, as shares of its drawing: its foot, or its middle when airborne."""
        return np.array([0.5, 0.5 if self.airborne else 1.0])


GAITS: Mapping[str, Gait] = {name: Gait(**facts) for name, facts in FACTS["gaits"].items()}


def ease(share: float) -> float:
    """From 0 to 1 with a soft start and a soft end."""
    inside = min(1.0, max(0.0, share))
    return inside * inside * (3 - 2 * inside)


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A slow pan, and a zoom from 1 to `nearer`. `start` and `end` are shares of the room the stage leaves the view."""

    frame: Point
    stage: Point
    start: Point
    end: Point
    nearer: float

    def view(self, share: float) -> tuple[Point, float]:
        """The corner of what is seen of the stage, and the zoom."""
        eased = ease(share)
        zoom = 1 + (self.nearer - 1) * eased
        return (self.stage - self.frame / zoom) * (self.start + (self.end - self.start) * eased), zoom

    def box(self, share: float) -> tuple[float, float, float, float]:
        """What is seen of the stage: left, top, right, bottom."""
        corner, zoom = self.view(share)
        right, bottom = np.minimum(self.stage, corner + self.frame / zoom)
        return corner[0], corner[1], right, bottom

    def project(self, point: Point, share: float, parallax: float) -> Point:
        """A point of the stage in the frame; what is near (`parallax` over 1) passes faster."""
        (corner, zoom), (home, _) = self.view(share), self.view(0.5)
        return (point - home - (corner - home) * parallax) * zoom


@dataclass(frozen=True, kw_only=True)
class Actor:
    """What moves by itself. `anchor` is its foot, or its middle when airborne; `heading` (x, y) is where it looks."""

    size: Point
    anchor: Point
    gait: Gait
    heading: Point
    phase: float
    parallax: float
    enters: bool

    def pose(self, camera: Camera, share: float, duration: float) -> tuple[Point, Matrix]:
        """Where its anchor is in the frame, and the matrix (2, 2) that stretches and turns it."""
        beat = 2 * pi * self.gait.beats * share * duration + self.phase
        lift = sin(beat) if self.gait.airborne else abs(sin(beat))
        longer = 1 + self.gait.stretch * (lift - 0.5)
        stretch = np.array([1 / longer, longer]) * camera.view(share)[1]
        place = self._course(camera, share, duration)
        place[1] -= self.gait.rise * min(self.size[1], camera.frame[1] / 3) * lift
        absent = 1 - ease(share / FACTS["entrance"]) if self.enters else 0.0
        if self.gait.speed:
            # What goes comes in from behind itself; what stands grows out of the ground.
            behind = place[0] if self.heading[0] > 0 else camera.frame[0] - place[0]
            place -= self.heading * absent * (behind + self.size[0])
        else:
            stretch *= 1 - absent
        turn = self.gait.turn * sin(beat + self.gait.airborne * pi / 3)
        return place, np.array([[cos(turn), -sin(turn)], [sin(turn), cos(turn)]]) * stretch

    def _course(self, camera: Camera, share: float, duration: float) -> Point:
        """The way over the stage, shortened and shifted where it would leave the frame."""
        start, end = (self._travelled(camera, moment, duration) for moment in (0.0, 1.0))
        room = np.maximum(0, camera.frame / 2 - self.size * camera.nearer * 0.54)
        half = np.clip((end - start) / 2, -room, room)
        middle = np.clip((start + end) / 2, *(camera.frame / 2 + side * (room - abs(half)) for side in (-1, 1)))
        bend = (middle - half - start) * (1 - share) + (middle + half - end) * share
        return self._travelled(camera, share, duration) + bend * [1, self.gait.airborne]

    def _travelled(self, camera: Camera, share: float, duration: float) -> Point:
        way = min(0.5, self.gait.speed * duration) * camera.frame[0]
        return camera.project(self.anchor + self.heading * way * (share - 0.5), share, self.parallax)


def panning(actors: Sequence[Actor], *, frame: Point, stage: Point, to_right: bool, duration: float) -> Camera:
    """A camera that goes with the first actor that goes, or `to_right`, as far as what stands remains in view."""
    nearer = 1.06 if stage[0] > frame[0] else 1.12
    stands = [(actor.anchor[0], actor.size[0] * 0.6) for actor in actors if not actor.gait.speed]
    room = stage[0] - frame[0] / nearer
    first = max([0.0, *(middle + half - frame[0] / nearer for middle, half in stands)])
    last = min([room, *(middle - half for middle, half in stands)])
    middle = min(room, max(0.0, (first + last) / 2))
    reach = min(max(0.0, last - first), FACTS["pan_speed"] * duration * frame[0]) / 2
    way = reach if next((actor.heading[0] > 0 for actor in actors if actor.gait.speed), to_right) else -reach
    start, end = (np.array([(middle + side * way) / room, 0.6]) for side in (-1, 1))
    return Camera(frame=frame, stage=stage, start=start, end=end, nearer=nearer)
