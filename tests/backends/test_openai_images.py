"""OpenAI's images beyond what every backend is tested for: forms with objects, frames, a mask in a continuation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from anymedia import errors
from anymedia.testing.emulator import Emulator
from toys import KEY, picture
from workplace import Workplace

PIXELS = picture(side=64)


def body_of(emulator: Emulator) -> Any:
    return emulator.requests[-1].json


def test_objects_in_a_form_are_fields_with_brackets(openai: Workplace, emulator: Emulator) -> None:
    extra = {"svg": {"model": "gpt-6-luna", "reasoning": {"effort": "low"}}, "user": "me"}
    openai.failure(input_images=[PIXELS], output_format="svg", provider_options={"openai": extra})
    fields = {part.name: part.text for part in emulator.requests[-1].parts if part.filename is None}
    assert (fields["svg[model]"], fields["svg[reasoning][effort]"], fields["user"]) == ("gpt-6-luna", "low", "me")


@pytest.mark.parametrize("value", [True, 3, 0.5], ids=str)
def test_numbers_and_truth_in_a_form_are_written_as_in_json(value: Any, openai: Workplace, emulator: Emulator) -> None:
    openai.failure(input_images=[PIXELS], provider_options={"openai": {"extra": value}})
    fields = {part.name: part.text for part in emulator.requests[-1].parts if part.filename is None}
    assert fields["extra"] == {True: "true", 3: "3", 0.5: "0.5"}[value]


def test_a_gif_has_the_frames_and_the_time_that_were_asked_for(workplace: Workplace) -> None:
    with Emulator() as emulator:
        workplace.environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": emulator.base_url}
        result = workplace.draw(output_format="gif", frame_count=3, frame_duration=0.25)
    assert (result.files[0].media_type, result.path.suffix) == ("image/gif", ".gif")
    assert result.files[0].duration == pytest.approx(0.75)


def test_a_frame_is_never_rounded(openai: Workplace, emulator: Emulator) -> None:
    error = openai.failure(output_format="gif", frame_duration=0.123)
    assert isinstance(error, errors.InvalidParameter) and "0.12" in str(error)
    assert emulator.requests == ()


def test_a_mask_goes_along_when_a_picture_is_continued(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(continuable=True)
    openai.draw(prompt="a hat on it", continue_from=first.continuation_id, mask=PIXELS)
    (tool,) = body_of(emulator)["tools"]
    assert tool["input_image_mask"]["image_url"].startswith("data:image/png;base64,")
    assert "mask" not in tool


def test_what_no_price_list_bounds_is_over_every_cap(openai: Workplace, emulator: Emulator) -> None:
    for asked in ({"output_format": "gif"}, {"output_format": "svg"}, {"complexity": "high"}):
        assert isinstance(openai.failure(max_cost=Decimal(100), **asked), errors.BudgetExceeded)
    assert emulator.requests == ()
