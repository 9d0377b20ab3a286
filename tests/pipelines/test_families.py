"""What is declared of each class is what the installed diffusers has."""

from __future__ import annotations

from inspect import signature
from typing import Any

import diffusers
import pytest

from anymedia.backends.diffusers.families import FAMILIES, Family
from anymedia.operations import VideoRequest

CLASSES = sorted({name for each in FAMILIES.values() for name in (each.text, each.picture, each.mask) if name})


def family_of(name: str) -> Family:
    return next(each for each in FAMILIES.values() if name in (each.text, each.picture, each.mask))


def defaults(name: str) -> dict[str, Any]:
    return {each.name: each.default for each in signature(getattr(diffusers, name).__call__).parameters.values()}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_takes_what_its_family_declares(name: str) -> None:
    family, has = family_of(name), defaults(name)
    needed = {"prompt", "guidance_scale", "num_inference_steps", "generator", "output_type", "callback_on_step_end"}
    needed |= {"negative_prompt"} if family.has_negative_prompt else set()
    needed |= {"image"} if name in (family.picture, family.mask) else {"width", "height"}
    needed |= {"mask_image"} if name == family.mask else set()
    needed |= {"num_frames"} if family.accepts is VideoRequest else set()
    assert needed <= has.keys()


@pytest.mark.parametrize("name", [name for name in CLASSES if family_of(name).accepts is VideoRequest])
def test_a_film_is_usually_as_its_family_declares(name: str) -> None:
    family, has = family_of(name), defaults(name)
    assert family.size == (has["width"], has["height"])
    assert (has["num_frames"] - 1) % family.step == 0
    assert has.get("frame_rate", family.frames_per_second) == family.frames_per_second


def test_every_class_that_a_folder_may_be_saved_as_exists() -> None:
    assert [name for name in FAMILIES if not hasattr(diffusers, name)] == []
