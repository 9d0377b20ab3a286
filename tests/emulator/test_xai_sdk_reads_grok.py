"""xAI's own client, which speaks gRPC, reads the emulator's xAI. Imports nothing of our backends."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import grpc
import pytest
import xai_sdk

from anymedia.testing.emulator import Emulator, Fault

KEY = "xai-right-key"
DRAWER, CLASSIC, NEWEST = "grok-imagine-image-2.0", "grok-imagine-video", "grok-imagine-video-1.5"
ORDER = "/xai_api.Image/GenerateImage"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="grok", api_key=KEY) as emulator:
        yield emulator


def client_of(emulator: Emulator, key: str = KEY) -> xai_sdk.Client:
    return xai_sdk.Client(api_key=key, api_host=emulator.url.removeprefix("http://"), use_insecure_channel=True)


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Iterator[xai_sdk.Client]:
    with client_of(emulator) as client:
        yield client


def test_it_draws_and_says_what_it_cost(emulator: Emulator, client: xai_sdk.Client) -> None:
    before = emulator.billed
    drawn = client.image.sample_batch("a fox", DRAWER, 2, image_format="base64", aspect_ratio="2:1", quality="low")
    first, second = (each.image for each in drawn)
    assert first != second and first.startswith(b"\xff\xd8") and all(each.respect_moderation for each in drawn)
    assert (drawn[0].cost_usd, emulator.billed - before) == (pytest.approx(0.08), 1)


def test_an_edit_takes_one_picture_or_several(emulator: Emulator, client: xai_sdk.Client) -> None:
    url = client.image.sample("a fox", DRAWER, image_format="base64").base64
    client.image.sample("in the rain", DRAWER, image_format="base64", image_url=url)
    client.image.sample("together", DRAWER, image_format="base64", image_urls=[url, url])
    one, several = (request.json for request in emulator.requests[-2:])
    assert one["image"]["image_url"] == url and len(several["images"]) == 2


def test_a_film_is_a_job_and_fetched_without_a_key(emulator: Emulator, client: xai_sdk.Client) -> None:
    job = client.video.start("it runs", NEWEST, duration=2, resolution="720p")
    seen = []
    while not seen or not seen[-1].HasField("response") or not seen[-1].response.video.url:
        seen.append(client.video.get(job.request_id))
    film = seen[-1].response
    assert len(seen) == 3 and film.usage.cost_in_usd_ticks == 2_800_000_000 and film.video.duration == 2
    assert urllib.request.urlopen(film.video.url).read()[4:8] == b"ftyp"


def test_a_film_is_extended_by_a_method_of_its_own(emulator: Emulator, client: xai_sdk.Client) -> None:
    before = emulator.submits
    assert client.video.extend_start("it runs off", CLASSIC, "https://vidgen.x.ai/1.mp4", duration=4).request_id
    assert emulator.submits - before == 1
    assert emulator.requests[-1].path == "/xai_api.Video/ExtendVideo"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.moderation(), "INVALID_ARGUMENT"),
        (Fault.unknown_model(), "NOT_FOUND"),
        (Fault.rate_limited(), "RESOURCE_EXHAUSTED"),
        (Fault.status(403, billed=False), "PERMISSION_DENIED"),
        (Fault.status(500, billed=True), "INTERNAL"),
    ],
    ids=["moderation", "no such model", "a limit", "no permission", "broken"],
)
def test_a_refusal_has_its_status(emulator: Emulator, client: xai_sdk.Client, fault: Fault, code: str) -> None:
    emulator.script(ORDER, [fault])
    before = emulator.submits
    with pytest.raises(grpc.RpcError) as caught:
        client.image.sample("a fox", DRAWER)
    assert (caught.value.code().name, emulator.submits - before) == (code, 1)


def test_a_wrong_key_is_an_invalid_argument(emulator: Emulator) -> None:
    with client_of(emulator, "xai-wrong-key") as stranger, pytest.raises(grpc.RpcError) as caught:
        stranger.image.sample("a fox", DRAWER)
    assert "Incorrect API key" in str(caught.value.details())


@pytest.mark.parametrize("fault", [Fault.reset_after_body(), Fault.close_after_body()], ids=["reset", "closed"])
def test_a_connection_can_break_after_the_order(fault: Fault) -> None:
    with Emulator(dialect="grok", api_key=KEY) as emulator, client_of(emulator) as client:
        emulator.script(ORDER, [fault] * 9)
        with pytest.raises(grpc.RpcError) as caught:
            client.image.sample("a fox", DRAWER)
        assert caught.value.code().name == "UNAVAILABLE"
        assert emulator.submits >= 1


def test_the_client_itself_buys_five_times_what_is_unavailable_after_it_was_accepted(emulator: Emulator) -> None:
    emulator.script(ORDER, [Fault.status(503, billed=True)] * 4)
    before = emulator.billed
    with client_of(emulator) as client:
        client.image.sample("a fox", DRAWER, image_format="base64")
    assert emulator.billed - before == 5


def test_a_fault_of_bytes_is_refused_and_not_quietly_left_out(emulator: Emulator, client: xai_sdk.Client) -> None:
    emulator.script(ORDER, [Fault.drip()])
    with pytest.raises(grpc.RpcError) as caught:
        client.image.sample("a fox", DRAWER)
    assert "bytes of HTTP" in str(caught.value.details())
