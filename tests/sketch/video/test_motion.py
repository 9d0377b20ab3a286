"""Camera and actors: nothing leaves the frame, jumps, or slides over the ground it stands on."""

from __future__ import annotations

import numpy as np
import pytest

from anymedia.sketch.motion import GAITS, Actor, Camera, panning

FRAME = np.array([640.0, 360.0])
STAGE = np.array([800.0, 360.0])
SHARES = np.linspace(0, 1, 97)
SECONDS = 4.0
ALL_MOVES = tuple(GAITS)


def actor(moves: str, x: float = 400.0, *, width: float = 120.0, facing: int = -1, enters: bool = False) -> Actor:
    foot = 150.0 if GAITS[moves].airborne else 320.0
    return Actor(
        size=np.array([width, 100.0]),
        anchor=np.array([x, foot]),
        gait=GAITS[moves],
        heading=np.array([facing, 0.0]),
        phase=1.0,
        parallax=1.1,
        enters=enters,
    )


def camera(*actors: Actor, to_right: bool = False) -> Camera:
    return panning(actors, frame=FRAME, stage=STAGE, to_right=to_right, duration=SECONDS)


def places(who: Actor, by: Camera) -> np.ndarray:
    """The anchor in the frame at every moment, as rows of x, y."""
    return np.stack([who.pose(by, share, SECONDS)[0] for share in SHARES])


@pytest.mark.parametrize("to_right", [False, True])
def test_the_camera_never_looks_beside_the_stage(to_right: bool) -> None:
    boxes = np.array([camera(to_right=to_right).box(share) for share in SHARES])
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= STAGE).all()
    assert (boxes[:, 2] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 1]) == pytest.approx(FRAME[0] / FRAME[1])


def test_the_camera_moves_all_the_time_in_one_direction_and_softly() -> None:
    steps = np.diff([camera(to_right=True).box(share)[0] for share in SHARES])
    assert (steps > 0).all()
    assert steps[0] < steps.max() / 4
    assert steps[-1] < steps.max() / 4


def test_a_stage_as_small_as_the_frame_starts_whole() -> None:
    by = panning([actor("stands")], frame=FRAME, stage=FRAME, to_right=True, duration=SECONDS)
    assert by.box(0) == (0, 0, *FRAME)


def test_the_camera_keeps_in_view_what_stands() -> None:
    house = actor("stands", 130.0)
    corners = np.array([camera(house, to_right=True).box(share)[0] for share in SHARES])
    assert corners.max() <= 70
    assert np.ptp(corners) > 5


@pytest.mark.parametrize("facing", [-1, 1])
def test_the_camera_goes_with_what_goes(facing: int) -> None:
    by = camera(actor("stands"), actor("walks", facing=facing), to_right=facing < 0)
    assert np.sign(by.box(1)[0] - by.box(0)[0]) == facing


@pytest.mark.parametrize("facing", [-1, 1])
@pytest.mark.parametrize("x", [0.0, 60.0, 400.0, 790.0])
@pytest.mark.parametrize("moves", ALL_MOVES)
def test_actors_stay_in_the_frame(moves: str, x: float, facing: int) -> None:
    who = actor(moves, x, facing=facing)
    for to_right in (False, True):
        across = places(who, camera(to_right=to_right))[:, 0]
        assert across.min() >= 60 - 0.01 * FRAME[0]
        assert across.max() <= FRAME[0] - 60 + 0.01 * FRAME[0]


@pytest.mark.parametrize("enters", [False, True])
@pytest.mark.parametrize("moves", ALL_MOVES)
def test_actors_do_not_jump(moves: str, enters: bool) -> None:
    steps = np.abs(np.diff(places(actor(moves, enters=enters), camera()), axis=0))
    assert steps.max() < FRAME[0] * (0.05 if enters else 0.01)


@pytest.mark.parametrize("facing", [-1, 1])
@pytest.mark.parametrize("moves", ["walks", "rolls", "flies"])
def test_actors_move_over_the_ground_in_the_direction_they_face(moves: str, facing: int) -> None:
    by = camera(to_right=facing > 0)
    ground = [by.project(np.array([400.0, 320.0]), share, 1.0)[0] for share in SHARES]
    moved = np.diff(places(actor(moves, facing=facing), by)[:, 0] - ground)
    assert (moved * facing > -0.05).all()
    assert (moved * facing).sum() > 0.05 * FRAME[0]


@pytest.mark.parametrize("moves", ["walks", "rolls", "stands"])
def test_feet_touch_the_ground_and_never_sink_into_it(moves: str) -> None:
    by = camera()
    ground = np.array([by.project(np.array([400.0, 320.0]), share, 1.0)[1] for share in SHARES])
    height = ground - places(actor(moves), by)[:, 1]
    assert height.min() > -4
    assert height.min() < 1


def test_what_stands_moves_only_with_the_ground() -> None:
    by = camera()
    for share in SHARES:
        _, turned = actor("stands").pose(by, share, SECONDS)
        assert turned == pytest.approx(np.eye(2) * by.view(share)[1])


@pytest.mark.parametrize("facing", [-1, 1])
@pytest.mark.parametrize("moves", ["walks", "rolls", "flies", "floats"])
def test_an_actor_that_enters_starts_outside_and_ends_inside(moves: str, facing: int) -> None:
    way = places(actor(moves, facing=facing, enters=True), camera())
    first, last = way[0], way[-1]
    assert not (-60 < first[0] < FRAME[0] + 60 and -50 < first[1] < FRAME[1] + 50)
    assert 60 < last[0] < FRAME[0] - 60
    assert 0 < last[1] < FRAME[1]


def test_what_stands_enters_by_growing() -> None:
    sizes = [actor("stands", enters=True).pose(camera(), share, SECONDS)[1][1, 1] for share in SHARES]
    assert sizes[0] == 0
    assert sizes[-1] >= 1
    assert (np.diff(sizes) >= -1e-9).all()


def test_an_actor_wider_than_the_frame_stays_in_the_middle() -> None:
    across = places(actor("walks", width=900.0), camera())[:, 0]
    assert across == pytest.approx(FRAME[0] / 2, abs=0.03 * FRAME[0])
