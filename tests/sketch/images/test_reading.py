"""Reading a prompt: the plan says what was understood, and names what was not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from anymedia.sketch import reading, sprites
from anymedia.sketch.made import CannotMake

COCO_CLASSES = (Path(__file__).parent / "coco_classes.txt").read_text(encoding="utf-8").split("\n")[:-1]


def drawn(prompt: str) -> list[tuple[str, int]]:
    return [(subject.sprite, subject.count) for subject in reading.read(prompt).subjects]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a poster with balloons", [("balloon", 3)]),
        ("two dolphins and an octopus", [("dolphin", 2), ("octopus", 1)]),
        ("wolves", [("wolf", 3)]),
        ("three mice near a goose", [("mouse", 3), ("goose", 1)]),
        ("cherries and strawberries", [("cherries", 1), ("strawberry", 3)]),
        ("an orange", [("tangerine", 1)]),
        ("five oranges", [("tangerine", 5)]),
        ("a lighthouse", [("lighthouse", 1)]),
        ("a hot air balloon", [("hot-air-balloon", 1)]),
        ("a girl riding a bike", [("woman-biking", 1)]),
        ("2 dogs and 30 cats", [("dog", 2), ("cat", 12)]),
    ],
)
def test_nouns_are_drawn_as_often_as_the_prompt_says(prompt: str, expected: list[tuple[str, int]]) -> None:
    assert drawn(prompt) == expected


@pytest.mark.parametrize("noun", COCO_CLASSES)
def test_every_coco_class_is_understood(noun: str) -> None:
    picture = reading.read(f"a {noun}")
    assert picture.ignored_words == ()
    # A dining table is scenery: the picture has a table top to put things on.
    assert picture.subjects or (noun, picture.ground) == ("dining table", "table")


def test_a_colour_goes_to_the_noun_after_it() -> None:
    car, bus = reading.read("a red car and a bus").subjects
    assert (car.colour, bus.colour) == ("#e53935", None)
    assert reading.read("abstract waves of teal and gold").colours == ("#169c94", "#e0a526")


def test_a_rider_stands_on_what_it_rides() -> None:
    astronaut, horse = reading.read("an astronaut riding a horse on the moon").subjects
    assert (astronaut.on, horse.on) == (1, None)
    assert reading.read("a cat on a beach").subjects[0].on is None


@pytest.mark.parametrize("prompt", ["a flying pig", "a pig flying", "a pig over a house"])
def test_what_flies_is_aloft(prompt: str) -> None:
    assert reading.read(prompt).subjects[0].aloft


@pytest.mark.parametrize(
    ("prompt", "ground", "far", "time_of_day", "weather"),
    [
        ("a snowy forest at night", "snow", "forest", "night", None),
        ("a castle in the mountains at sunset", "grass", "mountains", "sunset", None),
        ("a lake in the mountains", "water", "mountains", "day", None),
        ("a city street in the rain", "road", "city", "day", "rain"),
        ("a rocket", "sky", None, "day", None),
        ("two dolphins", "seabed", "deep", "day", None),
        ("a chair", "floor", "wall", "day", None),
    ],
)
def test_the_scene_is_named_or_is_where_the_subject_is_at_home(
    prompt: str, ground: str, far: str | None, time_of_day: str, weather: str | None
) -> None:
    picture = reading.read(prompt)
    assert (picture.ground, picture.far, picture.time_of_day, picture.weather) == (ground, far, time_of_day, weather)


def test_a_scene_that_finds_no_place_is_an_ignored_word() -> None:
    assert reading.read("a cat in a room in space").ignored_words == ("space",)


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ('a sign that says "GRAND OPENING"', "GRAND OPENING"),
        ("a cake with “Happy Birthday”", "Happy Birthday"),
        ("a sign saying OPEN 24 HOURS in a city", "OPEN 24 HOURS"),
        ("a cat's house in the dog's garden", None),
    ],
)
def test_quoted_text_and_capitals_after_says_become_lettering(prompt: str, text: str | None) -> None:
    assert reading.read(prompt).lettering == text


def test_quoted_nouns_are_not_drawn() -> None:
    assert drawn('a sign that says "FREE PIZZA"') == []


def test_words_not_understood_are_named() -> None:
    assert reading.read("a quixotic fox in a flibbertigibbet").ignored_words == ("quixotic", "flibbertigibbet")


def test_a_near_miss_is_reported_as_a_substitution() -> None:
    assert reading.read("a kitten").substitutions == ("'kitten' is drawn as 'cat'",)
    assert reading.read("30 dogs").substitutions == ("30 'dogs' are drawn as 12",)


def test_a_style_is_a_finish_and_an_unknown_one_is_refused_with_the_known_ones() -> None:
    assert reading.read("a fox", "Oil painting").finish == "oil"
    assert reading.read("a fox, pixel art", "watercolor").finish == "watercolor"
    with pytest.raises(CannotMake, match=r"van gogh, oil, watercolor.*'cubist'"):
        reading.read("a fox", "cubist")
    with pytest.raises(CannotMake):
        reading.read("a fox", "dog")


def test_the_plan_is_json() -> None:
    document = reading.read('two red foxes riding a bus, "Hi"').document()
    assert json.loads(json.dumps(document))["subjects"][0]["sprite"] == "fox"


def test_the_vocabulary_names_only_drawings_that_exist() -> None:
    named = set(sprites.tables()["synonyms"])
    named |= {name for entry in sprites.tables()["kinds"].values() for name in entry["names"].split()}
    assert named - sprites.names() == set()
    homes = {entry["home"] for entry in sprites.tables()["kinds"].values()}
    assert homes <= set(sprites.tables()["scenes"])
