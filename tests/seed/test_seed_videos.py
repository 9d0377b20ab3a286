"""The seed's films: what xAI is sent, what is clamped only by permission, and how a film is edited."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from house import INPUT, House

from anymedia import errors


def test_grok_is_sent_the_parameters_of_the_film(house: House) -> None:
    made = house.opens("grok").make(mode="video", duration=6, aspect_ratio="16:9", size="720p")
    (sent,) = house.paid("grok")
    expected = {"prompt": "a fox", "model": made.model, "duration": 6, "aspect_ratio": "16:9", "resolution": "720p"}
    assert {name: sent.json[name] for name in expected} == expected


def test_the_bytes_of_a_film_are_saved_and_no_address_is_given(house: House) -> None:
    made = house.opens("grok").make(mode="video", duration=6)
    assert made.path.read_bytes()[4:8] == b"ftyp"
    assert made.files[0].size == made.path.stat().st_size
    assert "http://" not in str(made.document())


@pytest.mark.parametrize(("asked", "nearest"), [(20, 15), (0, 1)])
def test_a_duration_out_of_range_is_refused_or_clamped_by_permission_and_said(
    asked: int, nearest: int, house: House
) -> None:
    error = house.opens("grok").failure(mode="video", backend="grok", duration=asked)
    assert isinstance(error, errors.InvalidParameter)
    assert "duration" in error.message and house.buyers == {}
    made = house.make(mode="video", backend="grok", duration=asked, adapt=True)
    assert house.paid("grok")[0].json["duration"] == nearest
    ((field, was, got),) = [(each.field, each.asked, each.got) for each in made.adjustments]
    assert (field, was, got) == ("duration", asked, nearest)


def test_an_edit_is_sent_the_kept_film_and_neither_duration_nor_shape(house: House) -> None:
    first = house.opens("grok").make(mode="video", duration=6, aspect_ratio="16:9", continuable=True)
    assert first.continuation_id is not None
    house.make("at night", mode="video", continue_from=first.continuation_id)
    edit = house.paid("grok")[-1].json
    assert b64decode(edit["video"]["url"].partition("base64,")[2]) == first.path.read_bytes()
    assert not {"duration", "aspect_ratio", "resolution"} & edit.keys()


@pytest.mark.parametrize(("size", "sent"), [("480p", "480p"), ("720p", "720p"), (None, None)])
def test_a_size_class_is_the_resolution_and_none_is_xais_own_default(
    size: str | None, sent: str | None, house: House
) -> None:
    """The seed sends 720p for everything that is not 480p."""
    house.opens("grok").make(mode="video", size=size)
    assert house.paid("grok")[0].json.get("resolution") == sent


@pytest.mark.parametrize("size", ["480", "large", "360p", "1280x720"])
def test_another_size_is_refused_and_never_replaced_by_720p(size: str, house: House) -> None:
    error = house.opens("grok").failure(mode="video", backend="grok", size=size)
    assert isinstance(error, errors.UsageError) and house.buyers == {}


def test_the_first_input_image_is_the_first_frame_and_a_second_is_refused(house: House) -> None:
    house.opens("grok").make(mode="video", input_images=[INPUT])
    assert house.paid("grok")[0].json["image"]["url"].startswith("data:image/png;base64,")
    assert isinstance(house.failure(mode="video", input_images=[INPUT, INPUT]), errors.InvalidParameter)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"duration": 4}, {"seconds": "4"}),
        ({"size": "1280x720"}, {"size": "1280x720"}),
        ({"duration": 6}, None),
        ({"aspect_ratio": "16:9"}, None),
    ],
    ids=str,
)
def test_openais_films_have_the_length_and_size_asked_for_or_are_refused(
    asked: Any, expected: Any, house: House
) -> None:
    """The seed takes the nearest length and drops the rest."""
    house.opens("openai")
    if expected is None:
        error = house.failure(mode="video", backend="openai", **asked)
        assert isinstance(error, errors.UsageError) and house.buyers == {}
        return
    house.make(mode="video", **asked)
    (sent,) = house.paid("openai")
    fields = sent.json or {part.name: part.text for part in sent.parts}
    assert {name: fields[name] for name in expected} == expected
