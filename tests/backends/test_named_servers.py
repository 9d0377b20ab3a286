"""Servers of one's own under names of one's own: chosen after what is shipped, with a key or without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import errors
from anymedia.spec import Reply
from anymedia.testing.conformance.reply_server import ReplyServer
from anymedia.testing.emulator import Emulator
from toys import KEY, PICTURE
from workplace import Workplace

MODELS = {"image": ["gpt-image-2.6-flare", "gpt-image-2"], "video": ["sora-2"]}


@pytest.fixture
def mill() -> Iterator[Emulator]:
    """A server of one's own that speaks the dialect, and insists on its key."""
    with Emulator(api_key=KEY) as emulator:
        yield emulator


@pytest.fixture
def shed() -> Iterator[ReplyServer]:
    """Another, without a key, that answers what a test says."""
    with ReplyServer() as server:
        yield server


def table(url: str, **more: Any) -> dict[str, Any]:
    return {"base_url": f"{url}/v1", "models": MODELS, **more}


def at_the_mill(workplace: Workplace, mill: Emulator, **more: Any) -> Workplace:
    workplace.environ = {"MILL_KEY": KEY, "TOY_API_KEY": ""}
    workplace.arguments = {"servers": {"mill": table(mill.url, key_env="MILL_KEY", **more)}}
    return workplace


def at_the_shed(workplace: Workplace, shed: ReplyServer, **more: Any) -> Workplace:
    workplace.environ = {"TOY_API_KEY": ""}
    workplace.arguments = {"servers": {"shed": table(shed.url, **more)}}
    return workplace


def film(workplace: Workplace, prompt: str = "a fox", **parameters: Any) -> Any:
    return workplace.run(lambda client: client.video(prompt, **parameters))


# --- Making ---------------------------------------------------------------------------------------------------------


def test_a_named_server_draws_with_its_first_model_and_its_own_key(workplace: Workplace, mill: Emulator) -> None:
    made = at_the_mill(workplace, mill).draw()
    assert (made.backend, made.model, made.cost.amount) == ("mill", "gpt-image-2.6-flare", None)
    (request,) = mill.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == {"model": "gpt-image-2.6-flare", "prompt": "a fox"}


def test_a_named_server_edits_pictures(workplace: Workplace, mill: Emulator) -> None:
    made = at_the_mill(workplace, mill).draw()
    workplace.draw(prompt="bluer", input_images=[made.path], model="mill:gpt-image-2")
    assert [request.path for request in mill.requests] == ["/v1/images/generations", "/v1/images/edits"]


def test_a_named_server_films_edits_and_remixes(workplace: Workplace, mill: Emulator) -> None:
    first = film(at_the_mill(workplace, mill), duration=4, continuable=True)
    film(workplace, "bluer", video=first.path, backend="mill")
    film(workplace, "a hare", continue_from=first.continuation_id)
    paths = [request.path.rpartition("/")[2] for request in mill.requests if request.pays]
    assert paths == ["videos", "edits", "remix"]


def test_a_server_without_a_key_is_sent_none(workplace: Workplace, shed: ReplyServer) -> None:
    shed.expect((Reply(json={"data": [{"url": f"{shed.url}/made/1.png"}]}), picture()), {})
    made = at_the_shed(workplace, shed).draw(size=(777, 333), quality="as it comes")
    assert made.path.read_bytes() == PICTURE
    assert [request.path for request in shed.arrived] == ["/v1/images/generations", "/made/1.png"]
    assert not any("authorization" in request.headers for request in shed.arrived)


def picture() -> Reply:
    return Reply(content=PICTURE, media_type="image/png")


def test_an_address_elsewhere_is_not_fetched_without_https(workplace: Workplace, shed: ReplyServer) -> None:
    shed.expect((Reply(json={"data": [{"url": "http://192.0.2.1/1.png"}]}),), {})
    error = at_the_shed(workplace, shed).failure()
    assert (error.code, error.charged) == ("failed", "yes")


def test_the_shape_of_pictures_is_asked_for_only_when_configured(workplace: Workplace, shed: ReplyServer) -> None:
    shed.expect((Reply(json={"data": [{"url": f"{shed.url}/1.png"}]}), picture()), {})
    at_the_shed(workplace, shed, image_response_format="url").draw()
    assert json.loads(shed.arrived[0].body)["response_format"] == "url"


def test_what_else_a_server_knows_goes_through_provider_options(workplace: Workplace, shed: ReplyServer) -> None:
    shed.expect((Reply(json={"data": [{"url": f"{shed.url}/1.png"}]}), picture()), {})
    at_the_shed(workplace, shed).draw(provider_options={"shed": {"seed": 7, "num_inference_steps": 30}})
    body = json.loads(shed.arrived[0].body)
    assert (body["seed"], body["num_inference_steps"]) == (7, 30)


def test_a_reply_without_a_picture_is_no_success(workplace: Workplace, shed: ReplyServer) -> None:
    shed.expect((Reply(json={"data": [{"revised_prompt": "a fox"}]}),), {})
    assert at_the_shed(workplace, shed).failure().code == "empty_output"


# --- Choosing -------------------------------------------------------------------------------------------------------


def test_what_is_shipped_comes_before_a_named_server(openai: Workplace, emulator: Emulator, mill: Emulator) -> None:
    shop = dict(openai.environ)
    at_the_mill(openai, mill).environ.update(shop)
    assert openai.draw().backend == "openai"
    openai.arguments["prefer"] = {"image": ["mill"]}
    assert openai.draw().backend == "mill"
    assert openai.draw(backend="openai").backend == "openai"


def test_a_named_server_comes_before_a_rehearsal(workplace: Workplace, shed: ReplyServer) -> None:
    shed.expect((Reply(json={"data": [{"url": f"{shed.url}/1.png"}]}), picture()), {})
    assert at_the_shed(workplace, shed).draw().backend == "shed"


def test_a_server_whose_key_is_not_set_says_which(workplace: Workplace, mill: Emulator) -> None:
    at_the_mill(workplace, mill).environ["MILL_KEY"] = ""
    error = workplace.failure(backend="mill")
    assert isinstance(error, errors.MissingCredentials) and "MILL_KEY" in str(error)
    assert mill.requests == ()


def test_a_model_that_the_table_does_not_name_is_unknown(workplace: Workplace, mill: Emulator) -> None:
    assert isinstance(at_the_mill(workplace, mill).failure(model="mill:gpt-image-9"), errors.UnknownName)


# --- Money ----------------------------------------------------------------------------------------------------------


def test_a_configured_price_counts_for_budgets(workplace: Workplace, mill: Emulator) -> None:
    at_the_mill(workplace, mill, prices={"image": "0.02", "video": "0"})
    workplace.arguments["budgets"] = {"per_call": "0.05"}
    assert workplace.draw(n=2).cost.amount == Decimal("0.04")
    assert isinstance(workplace.failure(n=3), errors.BudgetExceeded)
    assert film(workplace, duration=4).cost.amount == 0


def test_an_unknown_price_fits_under_no_cap(workplace: Workplace, mill: Emulator) -> None:
    at_the_mill(workplace, mill).arguments["budgets"] = {"per_call": "0.05"}
    assert isinstance(workplace.failure(), errors.BudgetExceeded)
    assert mill.requests == ()


# --- Configuring ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"models": {}}, "has no models"),
        ({"models": {"music": ["tune-1"]}}, "which no server of this dialect makes"),
        ({"prices": {"dubbing": "1"}}, "which no server of this dialect makes"),
        ({"models": {"image": ["one"], "video": ["One"]}}, "one model for two operations"),
        ({"image_response_format": "jpeg"}, "must be one of b64_json, url"),
        ({"prices": {"image": "cheap"}}, "must be US dollars"),
        ({"base_url": "http://gpu.example.org/v1"}, "must begin with https://"),
    ],
    ids=str,
)
def test_a_table_that_cannot_work_is_refused(workplace: Workplace, changed: dict[str, Any], says: str) -> None:
    workplace.arguments = {"servers": {"mill": {**table("http://127.0.0.1:9"), **changed}}}
    error = workplace.failure()
    assert isinstance(error, errors.InvalidConfiguration) and says in str(error)


def test_plain_http_to_another_machine_needs_a_word(workplace: Workplace, tmp_path: Path) -> None:
    workplace.arguments = {"servers": {"mill": table("http://gpu.example.org", allow_http=True)}}
    assert workplace.run(base_url_of_the_mill) == "http://gpu.example.org/v1"


async def base_url_of_the_mill(client: Any) -> str:
    return str(client.desk.backends["mill"].base_url)
