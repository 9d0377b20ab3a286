"""What is special about xAI over gRPC: what its library does is seen on the wire of the emulator, and counted there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from anymedia import AsyncClient, MediaFile, errors
from anymedia.backends.grok_sdk import library
from anymedia.testing.emulator import Emulator, Fault
from toys import KEY, PICTURE, padded
from workplace import Workplace

ORDER = "/xai_api.Image/GenerateImage"
FILM = "/xai_api.Video/GenerateVideo"
NAME = "grok_sdk"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="grok", api_key=KEY) as emulator:
        yield emulator


@pytest.fixture
def place(workplace: Workplace, emulator: Emulator) -> Workplace:
    workplace.environ = {"XAI_API_KEY": KEY, "GROK_SDK_BASE_URL": emulator.url}
    return workplace


def refused(place: Workplace, **asked: Any) -> errors.AnymediaError:
    return place.failure(backend=NAME, **asked)


def test_pictures_and_films_come_home_and_cost_what_the_reply_says(place: Workplace, emulator: Emulator) -> None:
    async def work(client: AsyncClient) -> Any:
        two = await client.image("a fox", backend=NAME, n=2, aspect_ratio="16:9")
        film = await client.video("it runs", backend=NAME, duration=2.0)
        return two, film

    two, film = place.run(work)
    assert [file.media_type for file in (*two.files, *film.files)] == ["image/jpeg", "image/jpeg", "video/mp4"]
    assert (str(two.cost.amount), str(film.cost.amount)) == ("0.12", "0.16")
    assert (emulator.submits, emulator.billed) == (2, 2)


def test_it_is_never_chosen_by_itself(place: Workplace, emulator: Emulator) -> None:
    result = place.draw(environ={"XAI_BASE_URL": emulator.base_url})
    assert result.backend != NAME
    assert not any(request.path.startswith("/xai_api") for request in emulator.requests)


@pytest.mark.parametrize(
    "fault",
    [
        Fault.status(503, billed=True),
        Fault.status(504, billed=True),
        Fault.status(500, billed=True),
        Fault.reset_after_body(),
        Fault.close_after_body(),
    ],
    ids=["unavailable", "deadline exceeded", "internal", "reset", "closed"],
)
def test_an_order_that_may_have_been_accepted_is_sent_once(fault: Fault, place: Workplace, emulator: Emulator) -> None:
    """The library alone would repeat what is unavailable four times."""
    emulator.script(ORDER, [fault])
    caught = refused(place)
    assert (caught.code, caught.charged) == ("unknown", "maybe")
    assert (emulator.submits, emulator.billed, place.row["status"]) == (1, 1, "unknown")


def test_a_silence_ends_at_the_limit_of_a_request(place: Workplace, emulator: Emulator) -> None:
    place.arguments = {"timeouts": {"total": 0.5}}
    emulator.script(ORDER, [Fault.no_answer()])
    assert refused(place).code == "unknown"
    assert emulator.submits == 1


def test_a_limit_is_waited_for_and_bought_once(place: Workplace, emulator: Emulator) -> None:
    emulator.script(ORDER, [Fault.rate_limited("0.1")])
    place.draw(backend=NAME)
    assert (emulator.submits, emulator.billed) == (2, 1)


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Fault.bad_key(), "authentication_rejected"), (Fault.status(403, billed=False), "authentication_rejected"),
     (Fault.unknown_model(), "rejected"), (Fault.moderation(billed=True), "refused")],
    ids=["a bad key", "no permission", "no such model", "moderation"],
)  # fmt: skip
def test_a_refusal_has_its_own_kind(fault: Fault, code: str, place: Workplace, emulator: Emulator) -> None:
    emulator.script(ORDER, [fault])
    assert refused(place).code == code


def test_nobody_at_the_address_is_not_sent_and_said_soon(place: Workplace, emulator: Emulator) -> None:
    place.environ["GROK_SDK_BASE_URL"] = "http://127.0.0.1:9"
    began = time.monotonic()
    caught = refused(place)
    assert (caught.code, caught.charged) == ("not_sent", "no")
    assert time.monotonic() - began < 20


def test_a_reply_over_the_limit_of_a_message_is_unknown_and_says_what_to_do(
    place: Workplace, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ("grpc.max_receive_message_length", 2000)
    monkeypatch.setattr(library, "CHANNEL_OPTIONS", (*library.CHANNEL_OPTIONS[:-1], small))
    caught = refused(place)
    assert (caught.code, caught.charged, emulator.submits) == ("unknown", "maybe", 1)
    assert "fewer pictures" in str(caught)


def test_files_over_the_limit_of_a_message_are_refused_before_anything_is_sent(
    place: Workplace, emulator: Emulator
) -> None:
    large = place.root / "large.png"
    large.write_bytes(padded(PICTURE, 16 * 2**20))
    caught = refused(place, input_images=[str(large)])
    assert type(caught) is errors.InvalidParameter
    assert "15 MiB" in str(caught)
    assert (emulator.submits, place.row["submitted_at"]) == (0, None)


def test_a_cancelled_purchase_lets_its_call_go(
    place: Workplace, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anymedia.engine.drive.GRACE", 0.05)
    emulator.script(ORDER, [Fault.no_answer()])

    async def work(client: AsyncClient) -> None:
        drawing = asyncio.ensure_future(client.image("a fox", backend=NAME))
        async with asyncio.timeout(20):
            while not emulator.submits:  # noqa: ASYNC110 - what is waited for happens in another thread
                await asyncio.sleep(0.01)
        drawing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await drawing

    began = time.monotonic()
    place.run(work)
    assert time.monotonic() - began < 25
    assert place.row["status"] == "unknown"


def test_the_library_is_imported_by_the_first_call_and_not_before() -> None:
    code = (
        "import sys; from anymedia.registry import shipped_backends; shipped_backends();"
        "from anymedia.testing.emulator import Emulator;"
        "print([name for name in ('grpc', 'xai_sdk', 'google.protobuf') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_a_picture_can_be_continued(place: Workplace, emulator: Emulator) -> None:
    async def work(client: AsyncClient) -> Any:
        first = await client.image("a fox", backend=NAME, continuable=True)
        return first, await client.image("in the rain", continue_from=first.continuation_id)

    first, second = place.run(work)
    assert second.backend == NAME
    sent = emulator.requests[-1].json
    assert MediaFile(media_type="image/jpeg", path=first.path).read_bytes() == _bytes_of(sent["image"]["image_url"])


def _bytes_of(url: str) -> bytes:
    from base64 import b64decode

    return b64decode(url.partition(",")[2])
