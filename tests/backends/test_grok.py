"""xAI through the public door: what it charges, what it holds back, what is continued, what is refused beforehand."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from anymedia import Result, errors
from anymedia.backends.grok import BACKEND
from anymedia.media import MediaFile
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from anymedia.testing.emulator.pictures import draw
from toys import KEY, PICTURE, Provider, picture, says
from workplace import Workplace

DRAW = "/v1/images/generations"
INPUT = MediaFile(media_type="image/png", data=PICTURE, size=len(PICTURE))
CLIP = draw(MediaAsked(prompt="input", output_format="mp4"))
FILM = MediaFile(media_type="video/mp4", data=CLIP, size=len(CLIP))


def small(asked: MediaAsked) -> bytes:
    return draw(asked) if asked.output_format == "mp4" else picture(asked.prompt, output_format=asked.output_format)


@pytest.fixture
def xai() -> Iterator[Emulator]:
    with Emulator(dialect="grok", api_key=KEY, media=small) as emulator:
        yield emulator


@pytest.fixture
def grok(workplace: Workplace, xai: Emulator) -> Workplace:
    """A workplace whose only key is xAI's."""
    workplace.environ = {"XAI_API_KEY": KEY, "XAI_BASE_URL": xai.base_url, "TOY_API_KEY": ""}
    return workplace


@pytest.fixture
def scripted(workplace: Workplace, provider: Provider) -> Workplace:
    """The same, with an xAI that answers what a test says."""
    workplace.environ = {"XAI_API_KEY": KEY, "XAI_BASE_URL": provider.url, "TOY_API_KEY": ""}
    return workplace


def pictures(*held_back: bool, ticks: int) -> Any:
    """A reply with a picture for each `False`."""
    whole = {"b64_json": b64encode(PICTURE).decode(), "respect_moderation": True}
    data = [{"respect_moderation": False} if each else whole for each in held_back]
    return says({"data": data, "usage": {"cost_in_usd_ticks": ticks}})


def film(workplace: Workplace, **asked: Any) -> Result:
    hurried = Watch().backend(BACKEND)
    result: Result = workplace.run(lambda client: client.video("a fox", wait=30, **asked), hurried)
    return result


# --- Money ------------------------------------------------------------------------------------------------------------


def test_what_xai_says_that_it_cost_settles_the_budget(scripted: Workplace, provider: Provider) -> None:
    provider.on("POST", "/images/generations", pictures(False, ticks=123_456_789))
    result = scripted.draw()
    assert result.cost.amount == Decimal("0.012345679"), "in the grain of the ledger, rounded up"
    assert result.cost.source == "the provider's reply"


def test_what_is_held_back_is_charged_and_said_to_be(grok: Workplace, xai: Emulator) -> None:
    xai.script(DRAW, [Fault.moderation(billed=True)])
    error = grok.failure()
    assert isinstance(error, errors.Refused)
    assert error.charged == "yes" and "It charged $0.06." in error.message
    assert grok.row["settled_nano"] == 60_000_000


def test_all_that_came_may_be_held_back(scripted: Workplace, provider: Provider) -> None:
    provider.on("POST", "/images/generations", pictures(True, True, ticks=1_200_000_000))
    error = scripted.failure(n=2)
    assert (error.code, error.charged, scripted.row["settled_nano"]) == ("refused", "yes", 120_000_000)
    assert "moderation" in error.message


def test_the_pictures_that_passed_are_kept(scripted: Workplace, provider: Provider) -> None:
    provider.on("POST", "/images/generations", pictures(False, True, False, ticks=1_800_000_000))
    error = scripted.failure(n=4)
    assert isinstance(error, errors.PartialResult)
    assert len(error.result.files) == 2
    assert error.result.cost.amount == Decimal("0.18")
    held_back, never_made = error.result.missing
    assert "moderation" in held_back and "charged all the same" in held_back
    assert "fewer" in never_made


def test_a_film_that_is_held_back_keeps_its_cost(scripted: Workplace, provider: Provider) -> None:
    film_of_nothing = {"url": "", "respect_moderation": False}
    done = says({"status": "done", "video": film_of_nothing, "usage": {"cost_in_usd_ticks": 6_400_000_000}})
    provider.on("POST", "/videos/generations", says({"request_id": "1"}))
    provider.on("GET", "/videos/1", done)
    with pytest.raises(errors.Refused) as caught:
        film(scripted)
    assert (caught.value.charged, scripted.row["settled_nano"]) == ("yes", 640_000_000)


@pytest.mark.parametrize("asked, fits", [({}, False), ({"quality": "low"}, True), ({"n": 2, "quality": "low"}, False)])
def test_a_cap_counts_every_picture_by_its_quality(asked: Any, fits: bool, grok: Workplace, xai: Emulator) -> None:
    if fits:
        assert grok.draw(max_cost="0.05", **asked).cost.amount == Decimal("0.04")
    else:
        assert isinstance(grok.failure(max_cost="0.05", **asked), errors.BudgetExceeded)
    assert xai.submits == fits


def test_a_cap_does_not_let_through_what_nobody_can_price(grok: Workplace, xai: Emulator) -> None:
    with pytest.raises(errors.BudgetExceeded):
        film(grok, video=FILM, max_cost="10")
    assert xai.submits == 0


# --- Continuing -------------------------------------------------------------------------------------------------------


def sent_pictures(request: Any) -> list[bytes]:
    body = request.json
    return [b64decode(each["url"].partition(",")[2]) for each in [*body.get("images", ()), body.get("image")] if each]


def test_the_last_picture_goes_in_again_whatever_became_of_its_file(grok: Workplace, xai: Emulator) -> None:
    first = grok.draw(continuable=True)
    content = first.path.read_bytes()
    first.path.unlink()
    second = grok.draw(prompt="bluer", continue_from=first.continuation_id)
    assert xai.requests[-1].path == "/v1/images/edits"
    assert sent_pictures(xai.requests[-1]) == [content]
    grok.draw(prompt="with a hat", continue_from=second.continuation_id, input_images=[INPUT])
    assert sent_pictures(xai.requests[-1]) == [second.path.read_bytes(), PICTURE]


def test_the_last_film_is_edited_or_goes_on(grok: Workplace, xai: Emulator) -> None:
    model = "grok-imagine-video"
    first = film(grok, model=model, continuable=True)
    film(grok, continue_from=first.continuation_id)
    film(grok, continue_from=first.continuation_id, extend=True, duration=3)
    edit, extension = (request for request in xai.requests[1:] if request.pays)
    assert [edit.path, extension.path] == ["/v1/videos/edits", "/v1/videos/extensions"]
    assert extension.json["duration"] == 3 and "duration" not in edit.json
    assert first.path is not None
    for request in (edit, extension):
        assert request.json["model"] == model
        assert b64decode(request.json["video"]["url"].partition(",")[2]) == first.path.read_bytes()


# --- Choosing and refusing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "model"),
    [
        ({}, "grok-imagine-video-1.5"),
        ({"last_frame": INPUT}, "grok-imagine-video-1.5"),
        ({"video": FILM}, "grok-imagine-video"),
        ({"video": FILM, "extend": True}, "grok-imagine-video"),
        ({"continuable": True}, "grok-imagine-video"),
    ],
    ids=["words", "last frame", "edit", "extension", "to be continued"],
)
def test_the_model_that_can_is_taken(asked: Any, model: str, grok: Workplace) -> None:
    assert film(grok, **asked).model == model


def test_one_input_picture_keeps_its_shape(grok: Workplace, xai: Emulator) -> None:
    error = grok.failure(input_images=[INPUT], aspect_ratio="1:1")
    assert isinstance(error, errors.InvalidParameter) and "`aspect_ratio`" in error.message
    assert (error.charged, xai.submits, grok.row["settled_nano"]) == ("no", 0, 0)


def test_the_picture_that_is_continued_counts_among_the_inputs(grok: Workplace, xai: Emulator) -> None:
    first = grok.draw(continuable=True)
    error = grok.failure(continue_from=first.continuation_id, input_images=[INPUT] * 5)
    assert isinstance(error, errors.InvalidParameter) and "`input_images`" in error.message
    assert xai.submits == 1


@pytest.mark.parametrize(
    ("status", "reply", "kind"),
    [
        (400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***ey."}, "key"),
        (404, {"code": "Not found", "error": "The model grok-0 does not exist."}, "model"),
        (400, {"error": "speed must be between 0.7 and 1.5"}, "rejected"),
        (422, {"error": {"message": "missing field `prompt`", "type": "invalid_request_error"}}, "rejected"),
    ],
)
def test_every_shape_of_error_is_read(
    status: int, reply: Any, kind: str, scripted: Workplace, provider: Provider
) -> None:
    provider.on("POST", "/images/generations", says(reply, status))
    error = scripted.failure()
    expected = errors.AuthenticationRejected if kind == "key" else errors.Rejected
    assert type(error) is expected and error.charged == "no"
    assert ("anymedia models" in str(error.next)) == (kind == "model")
    sentence = reply["error"] if isinstance(reply["error"], str) else reply["error"]["message"]
    assert sentence.rstrip(".") in error.message


def test_moderation_without_a_bill_is_not_said_to_be_free(scripted: Workplace, provider: Provider) -> None:
    provider.on("POST", "/images/generations", says({"error": "Generated image rejected by content moderation."}, 400))
    error = scripted.failure()
    assert (error.code, error.charged, scripted.row["settled_nano"]) == ("refused", "maybe", None)


def test_words_come_with_their_times(grok: Workplace, xai: Emulator) -> None:
    sound = draw(MediaAsked(prompt="", output_format="wav", duration=0.2))
    audio = MediaFile(media_type="audio/wav", data=sound, size=len(sound))
    result = grok.run(lambda client: client.transcribe(audio, prompt="Grok, Colossus\nMemphis"))
    assert result.text == f"{len(sound)} bytes of sound"
    assert [word["text"] for word in result.provider_metadata["words"]] == result.text.split()
    assert [part.text for part in xai.requests[-1].parts if part.name == "keyterm"] == ["Grok", "Colossus", "Memphis"]
    assert xai.requests[-1].parts[-1].name == "file"
    assert json.loads(grok.row["result"])["usage"] == {"duration": 2.0}
