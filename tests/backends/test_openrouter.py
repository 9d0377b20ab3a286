"""OpenRouter over the public door: costs that replies tell, conversations that go on, refusals that say what to do."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from anymedia import AnymediaError, MediaFile, errors
from anymedia.backends.openrouter import BACKEND
from anymedia.spec import Reply
from anymedia.testing.conformance.reply_server import ReplyServer
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from anymedia.testing.emulator.pictures import draw
from toys import KEY
from workplace import Workplace

IMAGES, CHAT, VIDEOS = "/api/v1/images", "/api/v1/chat/completions", "/api/v1/videos"
SEVERAL, GOES_ON = "bytedance-seed/seedream-4.5", "black-forest-labs/flux-3-video"
PNG = draw(MediaAsked(prompt="input", output_format="png", width=16, height=16))
PICTURE = MediaFile(media_type="image/png", data=PNG)


@pytest.fixture
def emulator(workplace: Workplace) -> Iterator[Emulator]:
    with Emulator(dialect="openrouter", api_key=KEY) as emulator:
        workplace.environ = {
            "OPENROUTER_API_KEY": KEY,
            "OPENROUTER_BASE_URL": emulator.base_url,
            "TOY_API_KEY": "",
        }
        yield emulator


@pytest.fixture
def router(workplace: Workplace) -> Iterator[ReplyServer]:
    """One that answers what a test says."""
    with ReplyServer() as server:
        workplace.environ = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": server.url, "TOY_API_KEY": ""}
        yield server


def failure(workplace: Workplace, **parameters: Any) -> AnymediaError:
    with pytest.raises(AnymediaError) as caught:
        workplace.draw(**parameters)
    return caught.value


# --- Money ----------------------------------------------------------------------------------------------------------


def test_what_the_reply_says_it_cost_is_settled(workplace: Workplace, emulator: Emulator) -> None:
    result = workplace.draw(model=SEVERAL, n=2)
    assert (result.cost.amount, result.cost.source) == (Decimal("0.08"), "the provider's reply")
    assert len(result.files) == 2 and (emulator.submits, emulator.billed) == (1, 1)


@pytest.mark.parametrize(
    ("usage", "settled"),
    [
        ({"cost": 0.0672}, Decimal("0.0672")),
        ({"cost": 0.0000001}, Decimal("0.0000001")),
        ({"cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.06}}, Decimal("0.06")),
        ({"cost": 0.003, "is_byok": True}, None),
        ({"cost": None}, None),
        ({"cost": -1}, None),
        ({"cost": True}, None),
        (None, None),
    ],
)
def test_a_cost_is_told_whole_or_not_at_all(
    workplace: Workplace, router: ReplyServer, usage: Any, settled: Decimal | None
) -> None:
    """With a key of one's own for the provider behind it, that provider bills as well."""
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
    router.expect((Reply(json={"created": 1, "data": [{"b64_json": pixel}], "usage": usage}),), {})
    assert workplace.draw().cost.amount == settled


@pytest.mark.parametrize("status", [502, 524, 529])
def test_a_provider_behind_it_that_failed_may_have_been_paid(
    workplace: Workplace, emulator: Emulator, status: int
) -> None:
    emulator.script(IMAGES, [Fault.status(status, billed=True)])
    assert failure(workplace).code == "unknown"
    assert emulator.submits == 1


def test_no_credit_says_where_to_add_some(workplace: Workplace, emulator: Emulator) -> None:
    emulator.script(IMAGES, [Fault.status(402, billed=False)])
    error = failure(workplace)
    assert (error.code, error.charged, error.next) == (
        "rejected",
        "no",
        "Add credits: https://openrouter.ai/credits",
    )


def test_what_a_filter_flagged_is_refused_with_its_reasons(workplace: Workplace, emulator: Emulator) -> None:
    emulator.script(IMAGES, [Fault.moderation()])
    error = failure(workplace)
    assert isinstance(error, errors.Refused) and "(violence)" in error.message


def test_a_key_that_may_not_is_no_refusal_of_the_prompt(workplace: Workplace, emulator: Emulator) -> None:
    emulator.script(IMAGES, [Fault.status(403, billed=False)])
    assert failure(workplace).code == "authentication_rejected"


def test_a_model_that_is_gone_is_named(workplace: Workplace, emulator: Emulator) -> None:
    emulator.script(IMAGES, [Fault.unknown_model()])
    assert failure(workplace).next == "`anymedia models` lists the others."


# --- Pictures -------------------------------------------------------------------------------------------------------


def test_a_conversation_goes_on_with_all_that_was_said_and_drawn(workplace: Workplace, emulator: Emulator) -> None:
    first = workplace.draw(continuable=True, input_images=[PICTURE])
    second = workplace.draw(prompt="bluer", continue_from=first.continuation_id)
    assert second.read_bytes() != first.read_bytes() and second.continuation_id is not None
    asked, said, again = emulator.requests[-1].json["messages"]
    assert [part["type"] for part in asked["content"]] == ["text", "image_url"]
    assert said["images"][0]["image_url"]["url"].startswith("data:image/png;base64,")
    assert again == {"role": "user", "content": "bluer"}
    assert [request.path for request in emulator.requests] == [CHAT, CHAT]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": 502, "message": "Provider returned error"}, "failed"),
        ({"code": 403, "message": "no", "metadata": {"error_type": "content_policy_violation"}}, "refused"),
    ],
)
def test_an_error_that_comes_as_a_success_is_one(
    workplace: Workplace, router: ReplyServer, error: Any, code: str
) -> None:
    """Once the model is at work, the status is 200 whatever happens."""
    router.expect((Reply(json={"error": error}),), {})
    ended = failure(workplace, continuable=True)
    assert (ended.code, ended.charged) == (code, "maybe")


# --- Films and sound ------------------------------------------------------------------------------------------------


def test_a_film_goes_on_with_the_job_it_continues(workplace: Workplace, emulator: Emulator) -> None:
    async def two(client: Any) -> Any:
        first = await client.video("a fox", model=GOES_ON, continuable=True, duration=5)
        return first, await client.video("it runs off", continue_from=first.continuation_id, duration=5)

    first, second = workplace.run(two, Watch().backend(BACKEND))  # which polls without pauses
    submitted = [request.json for request in emulator.requests if request.path == VIDEOS]
    assert submitted[1]["previous_job_id"].startswith("gen-vid-") and "previous_job_id" not in submitted[0]
    assert (first.cost.amount, second.path.suffix) == (Decimal("0.5"), ".mp4")
    fetched = [request for request in emulator.requests if request.path.endswith("/content")]
    assert [request.headers["authorization"] for request in fetched] == [f"Bearer {KEY}"] * 2


def test_references_that_would_be_ignored_beside_a_frame_are_refused(workplace: Workplace, emulator: Emulator) -> None:
    with pytest.raises(errors.InvalidParameter, match="ignores references beside frames"):
        workplace.run(
            lambda client: client.video("a fox", model="google/veo-3.1-fast", first_frame=PICTURE, references=[PICTURE])
        )
    assert emulator.submits == 0


def test_bare_samples_become_a_wav_file(workplace: Workplace, emulator: Emulator) -> None:
    result = workplace.run(lambda client: client.speech("x" * 30, output_format="wav"))
    with wave.open(str(result.path)) as reader:
        assert reader.getframerate() == 24_000
        assert reader.getnframes() / 24_000 == pytest.approx(2.0, abs=0.01)
    assert result.provider_metadata["generation_id"] == "gen-tts-emulated"


def test_speech_is_asked_for_as_mp3_where_nothing_is_said(workplace: Workplace, emulator: Emulator) -> None:
    result = workplace.run(lambda client: client.speech("hello"))
    assert result.path.suffix == ".mp3"
    assert emulator.requests[0].json["response_format"] == "mp3"
