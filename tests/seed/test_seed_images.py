"""The seed's pictures: what each provider is sent, what is written, and how a picture is continued."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from house import INPUT, House

from anymedia import errors
from toys import PICTURE, picture

PRO = "gemini-3-pro-image"


@pytest.mark.parametrize("mode", ["image", "video"])
def test_grok_without_its_key_names_xai_api_key(mode: str, house: House) -> None:
    error = house.failure(mode=mode, backend="grok")
    assert isinstance(error, errors.MissingCredentials) and "XAI_API_KEY" in str(error)


def test_grok_is_sent_the_prompt_the_model_and_the_wish_for_base64(house: House) -> None:
    made = house.opens("grok").make("a fox", backend="grok")
    (sent,) = house.paid("grok")
    assert (sent.json["prompt"], sent.json["model"]) == ("a fox", made.model)
    assert sent.json["response_format"] == "b64_json"


def test_the_decoded_picture_is_written_and_its_size_reported(house: House) -> None:
    made = house.opens("grok").make()
    drawn = picture("a fox", output_format="jpeg")
    assert made.path.read_bytes() == drawn
    assert (made.files[0].size, made.files[0].media_type) == (len(drawn), "image/jpeg")
    assert made.document()["results"][0]["files"][0]["size"] == len(drawn)


def test_grok_gives_a_continuation_and_is_sent_the_kept_picture_with_it(house: House) -> None:
    first = house.opens("grok").make(continuable=True)
    assert first.continuation_id is not None
    house.make("bluer", continue_from=first.continuation_id)
    sent = house.paid("grok")[-1].json
    picture = sent.get("image") or sent["images"][0]
    assert b64decode(picture["url"].partition("base64,")[2]) == first.path.read_bytes()


@pytest.mark.parametrize("backend", ["grok", "google", "openai"])
@pytest.mark.parametrize("mode", ["image", "video"])
def test_an_unknown_continuation_is_an_error_that_says_so(mode: str, backend: str, house: House) -> None:
    error = house.opens(backend).failure(mode=mode, backend=backend, continue_from="grok_img_0123456789ab")
    assert isinstance(error, errors.UnknownName) and "grok_img_0123456789ab" in error.message
    assert house.buyers == {}


def test_grok_is_sent_the_aspect_ratio(house: House) -> None:
    house.opens("grok").make(aspect_ratio="16:9")
    assert house.paid("grok")[0].json["aspect_ratio"] == "16:9"


@pytest.mark.parametrize(
    ("size", "sent"), [("1k", "1k"), ("2k", "2k"), ("1024x768", None), ("4k", None)], ids=lambda value: str(value)
)
def test_groks_size_is_sent_or_refused_and_never_replaced_by_1k(size: str, sent: str | None, house: House) -> None:
    """The seed sends 1k whatever is asked for."""
    house.opens("grok")
    if sent is None:
        error = house.failure(backend="grok", size=size)
        assert isinstance(error, errors.UnsupportedParameter | errors.InvalidParameter)
        assert house.buyers == {}
    else:
        house.make(size=size)
        assert house.paid("grok")[0].json["resolution"] == sent


def test_grok_is_sent_every_input_image_and_not_only_the_first(house: House) -> None:
    house.opens("grok").make(input_images=[INPUT])
    house.make(input_images=[INPUT, INPUT])
    one, two = (request.json for request in house.paid("grok"))
    address = f"data:image/png;base64,{b64encode(PICTURE).decode()}"
    assert one["image"]["url"] == address
    assert [each["url"] for each in two["images"]] == [address, address]


def test_openai_is_sent_the_response_to_continue_and_none_at_first(house: House) -> None:
    """The id to continue is our own; what stands behind it is the id of OpenAI's response, on every turn."""
    first = house.opens("openai").make(continuable=True)
    second = house.make("bluer", continue_from=first.continuation_id)
    house.make("redder", continue_from=second.continuation_id)
    told = [request.json.get("previous_response_id") for request in house.paid("openai")]
    assert told[0] is None and told[1] and told[2] and told[1] != told[2]
    assert first.continuation_id != second.continuation_id


@pytest.mark.parametrize("asked", [{}, {"quality": "low", "size": "1024x1024"}], ids=["omitted", "given"])
@pytest.mark.parametrize("continuable", [None, True], ids=["images", "responses"])
def test_quality_and_size_are_sent_to_openai_only_when_asked_for(
    asked: dict[str, str], continuable: bool | None, house: House
) -> None:
    house.opens("openai").make(continuable=continuable, **asked)
    (request,) = house.paid("openai")
    body = request.json["tools"][0] if continuable else request.json
    assert {name: body[name] for name in ("quality", "size") if name in body} == asked


def test_gemini_goes_on_with_the_stored_conversation(house: House) -> None:
    first = house.opens("google").make(continuable=True)
    assert first.continuation_id is not None
    house.make("bluer", continue_from=first.continuation_id)
    then = house.paid("google")[-1].json
    assert then["previous_interaction_id"]
    assert "a fox" not in str(then["input"])  # the conversation is at Google


def test_an_older_gemini_goes_on_with_the_conversation_that_is_kept_here(house: House) -> None:
    first = house.opens("google").make(model=PRO, continuable=True)
    house.make("bluer", continue_from=first.continuation_id)
    roles = [content["role"] for content in house.paid("google")[-1].json["contents"]]
    assert roles == ["user", "model", "user"]


def test_geminis_input_images_become_parts_beside_the_words(house: House) -> None:
    house.opens("google").make(model=PRO, input_images=[INPUT, INPUT])
    parts = house.paid("google")[0].json["contents"][0]["parts"]
    data = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
    assert data == [b64encode(PICTURE).decode()] * 2
    assert [part["text"] for part in parts if "text" in part] == ["a fox"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [({}, None), ({"aspect_ratio": "16:9", "size": "2K"}, {"aspectRatio": "16:9", "imageSize": "2K"})],
    ids=["omitted", "given"],
)
def test_aspect_ratio_and_size_are_geminis_image_config_and_there_is_none_without_them(
    asked: dict[str, str], expected: Any, house: House
) -> None:
    house.opens("google").make(model=PRO, **asked)
    assert house.paid("google")[0].json["generationConfig"].get("imageConfig") == expected


# --- What the seed drops -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "asked", "chosen"),
    [
        (("google", "openai"), {"n": 2}, "openai"),
        (("google", "openai"), {"input_images": [INPUT], "mask_path": INPUT}, "openai"),
        (("google", "openai", "grok"), {"background": "transparent", "output_format": "png"}, "openai"),
        (("google", "vertex"), {"style_image": INPUT, "seed": None}, "vertex"),
        (("google", "openai"), {"input_images": [INPUT]}, "google"),
    ],
    ids=["two pictures", "mask", "transparent", "style", "image to image"],
)
def test_what_is_asked_for_decides_who_can_and_nothing_of_it_is_dropped(
    keys: tuple[str, ...], asked: Any, chosen: str, house: House
) -> None:
    made = house.opens(*keys).make(**asked)
    assert made.backend == chosen
    assert house.buyers == {chosen: 1}


def test_a_mask_is_sent_to_the_responses_of_openai_as_well(house: House) -> None:
    house.opens("openai").make(input_images=[INPUT], mask=INPUT, continuable=True)
    (tool,) = house.paid("openai")[0].json["tools"]
    assert tool["input_image_mask"]["image_url"].startswith("data:image/png;base64,")


def test_names_of_files_do_not_collide_and_end_like_their_bytes(house: House, tmp_path: Path) -> None:
    batch = house.opens("openai").make(None, prompts=["a fox", "a fox"], output_format="webp")
    first, second = (result.path for result in batch.results)
    assert first != second and {first.suffix, second.suffix} == {".webp"}
    assert first.read_bytes()[8:12] == b"WEBP"
