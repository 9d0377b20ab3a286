"""The first witness: OpenAI's own client reads what the emulator answers. Imports nothing of anymedia's backends."""

import base64
import struct
from collections.abc import Iterator

import openai
import pytest

from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from anymedia.testing.emulator.pictures import draw

GENERATIONS = "/v1/images/generations"
EDITS = "/v1/images/edits"
RESPONSES = "/v1/responses"
IMAGE_MODEL = "gpt-image-2.6-flare"
CHAT_MODEL = "gpt-6-luna"
PNG = draw(MediaAsked(prompt="input", output_format="png", width=64, height=32))


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="openai", api_key="sk-right-key") as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=emulator.base_url, api_key="sk-right-key", max_retries=0) as client:
        yield client


def png_size(text: str | None) -> tuple[int, int]:
    data = base64.b64decode(text or "", validate=True)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_generate_gives_the_asked_number_of_pictures_of_the_asked_size(
    emulator: Emulator, client: openai.OpenAI
) -> None:
    answer = client.images.generate(model=IMAGE_MODEL, prompt="a fox", n=2, size="1536x864", quality="low")
    assert [png_size(image.b64_json) for image in answer.data or []] == [(1536, 864)] * 2
    assert (answer.size, answer.quality, answer.background, answer.output_format) == (
        "1536x864",
        "low",
        "opaque",
        "png",
    )
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_size_auto_gives_1024x1024_and_names_it(client: openai.OpenAI) -> None:
    answer = client.images.generate(model=IMAGE_MODEL, prompt="a fox", size="auto")
    assert answer.size == "1024x1024"
    assert png_size((answer.data or [])[0].b64_json) == (1024, 1024)


def test_usage_grows_with_size_quality_and_number(client: openai.OpenAI) -> None:
    small = client.images.generate(model=IMAGE_MODEL, prompt="a fox", quality="low").usage
    large = client.images.generate(model=IMAGE_MODEL, prompt="a fox", quality="high", n=2).usage
    assert small is not None
    assert large is not None
    assert (small.output_tokens, large.output_tokens) == (272, 2 * 4160)
    assert small.total_tokens == small.input_tokens + small.output_tokens


def test_edit_with_one_image(emulator: Emulator, client: openai.OpenAI) -> None:
    answer = client.images.edit(model=IMAGE_MODEL, prompt="bluer", image=("a.png", PNG, "image/png"))
    assert png_size((answer.data or [])[0].b64_json) == (1024, 1024)
    part = next(part for part in emulator.requests[0].parts if part.name == "image")
    assert (part.filename, part.media_type, part.data) == ("a.png", "image/png", PNG)


def test_edit_with_two_images_and_a_mask(emulator: Emulator, client: openai.OpenAI) -> None:
    answer = client.images.edit(
        model=IMAGE_MODEL,
        prompt="bluer",
        n=2,
        image=[("a.png", PNG, "image/png"), ("b.png", PNG, "image/png")],
        mask=("m.png", PNG, "image/png"),
    )
    assert len(answer.data or []) == 2
    assert answer.usage is not None
    assert answer.usage.input_tokens_details.image_tokens > 0
    assert [part.name for part in emulator.requests[0].parts if part.filename] == ["image[]", "image[]", "mask"]


def test_edit_refuses_bytes_without_a_media_type(emulator: Emulator, client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="unsupported mimetype") as caught:
        client.images.edit(model=IMAGE_MODEL, prompt="bluer", image=PNG)
    assert (caught.value.code, caught.value.param) == ("unsupported_file_mimetype", "image")
    assert (emulator.submits, emulator.billed) == (1, 0)


def test_edit_refuses_a_mask_of_another_size(client: openai.OpenAI) -> None:
    mask = draw(MediaAsked(prompt="mask", output_format="png", width=8, height=8))
    with pytest.raises(openai.BadRequestError, match="same size"):
        client.images.edit(
            model=IMAGE_MODEL, prompt="p", image=("a.png", PNG, "image/png"), mask=("m.png", mask, "image/png")
        )


def test_edit_refuses_seventeen_images(client: openai.OpenAI) -> None:
    images = [(f"{index}.png", PNG, "image/png") for index in range(17)]
    with pytest.raises(openai.BadRequestError, match="maximum length 16"):
        client.images.edit(model=IMAGE_MODEL, prompt="p", image=images)


def test_streaming_gives_partial_images_and_then_the_picture(client: openai.OpenAI) -> None:
    events = list(
        client.images.generate(model=IMAGE_MODEL, prompt="a fox", size="64x64", stream=True, partial_images=2)
    )
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert len({event.b64_json for event in events}) == 3
    assert all(png_size(event.b64_json) == (64, 64) for event in events)


def test_streaming_an_edit_ends_with_its_own_event(client: openai.OpenAI) -> None:
    image = ("a.png", PNG, "image/png")
    events = list(client.images.edit(model=IMAGE_MODEL, prompt="p", image=image, stream=True))
    assert [event.type for event in events] == ["image_edit.completed"]


def call_in(answer: openai.types.responses.Response) -> openai.types.responses.response_output_item.ImageGenerationCall:
    [call] = [item for item in answer.output if item.type == "image_generation_call"]
    return call


def test_responses_draws_and_continues(emulator: Emulator, client: openai.OpenAI) -> None:
    first = client.responses.create(
        model=CHAT_MODEL,
        input="a fox",
        tools=[{"type": "image_generation", "model": IMAGE_MODEL, "size": "64x64"}],
        tool_choice={"type": "image_generation"},
    )
    assert (call_in(first).action, call_in(first).size) == ("generate", "64x64")
    assert png_size(call_in(first).result) == (64, 64)
    second = client.responses.create(
        model=CHAT_MODEL, input="bluer", previous_response_id=first.id, tools=[{"type": "image_generation"}]
    )
    assert (second.previous_response_id, call_in(second).action) == (first.id, "edit")
    assert call_in(second).result != call_in(first).result
    assert second.usage is not None
    assert (emulator.submits, emulator.billed) == (2, 2)


def test_responses_reads_messages_with_pictures_and_earlier_calls(client: openai.OpenAI) -> None:
    first = client.responses.create(model=CHAT_MODEL, input="a fox", tools=[{"type": "image_generation"}])
    uri = "data:image/png;base64," + base64.b64encode(PNG).decode()
    answer = client.responses.create(
        model=CHAT_MODEL,
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "like this"},
                    {"type": "input_image", "image_url": uri, "detail": "auto"},
                ],
            },
            {"type": "image_generation_call", "id": call_in(first).id, "result": None, "status": "completed"},
        ],
        tools=[{"type": "image_generation", "action": "edit"}],
    )
    assert (call_in(answer).action, call_in(answer).revised_prompt) == ("edit", "like this")


def test_responses_without_the_tool_answers_with_text(client: openai.OpenAI) -> None:
    assert "text" in client.responses.create(model=CHAT_MODEL, input="hello").output_text


def test_an_unknown_previous_response_is_refused(emulator: Emulator, client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="not found") as caught:
        client.responses.create(model=CHAT_MODEL, input="bluer", previous_response_id="resp_gone")
    assert (caught.value.code, caught.value.param) == ("previous_response_not_found", "previous_response_id")
    assert emulator.billed == 0


def test_a_response_that_was_not_stored_cannot_be_continued(client: openai.OpenAI) -> None:
    first = client.responses.create(model=CHAT_MODEL, input="a fox", tools=[{"type": "image_generation"}], store=False)
    with pytest.raises(openai.BadRequestError, match=first.id):
        client.responses.create(model=CHAT_MODEL, input="bluer", previous_response_id=first.id)


def test_a_stored_response_can_be_retrieved_for_free(emulator: Emulator, client: openai.OpenAI) -> None:
    first = client.responses.create(model=CHAT_MODEL, input="a fox", tools=[{"type": "image_generation"}])
    again = client.responses.retrieve(first.id)
    assert call_in(again).result == call_in(first).result
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_models_are_listed_with_their_shutdown_dates(emulator: Emulator, client: openai.OpenAI) -> None:
    dates = {model.id: model.shutdown_date for model in client.models.list()}
    assert dates["gpt-image-1.5"] == "2026-12-01"
    assert dates[IMAGE_MODEL] is None
    assert client.models.retrieve(CHAT_MODEL).id == CHAT_MODEL
    assert (emulator.submits, emulator.billed) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "param"),
    [
        ({"n": 11}, "integer_above_max_value", "n"),
        ({"n": 0}, "integer_below_min_value", "n"),
        ({"size": "1000x1024"}, "invalid_value", "size"),
        ({"size": "1024x1000"}, "invalid_value", "size"),
        ({"size": "64x1024"}, "invalid_value", "size"),
        ({"size": "4096x2160"}, "invalid_value", "size"),
        ({"size": "0x0"}, "invalid_value", "size"),
        ({"model": "gpt-image-1.5", "size": "1536x864"}, "invalid_value", "size"),
        ({"quality": "hd"}, "invalid_value", "quality"),
        ({"model": "gpt-image-2", "quality": "max"}, "invalid_value", "quality"),
        ({"prompt": ""}, "missing_required_parameter", "prompt"),
        ({"prompt": "x" * 32_001}, "string_above_max_length", "prompt"),
        ({"background": "transparent", "output_format": "jpeg"}, "invalid_value", "background"),
        ({"output_format": "png", "output_compression": 50}, "invalid_value", "output_compression"),
        ({"response_format": "b64_json"}, "unknown_parameter", "response_format"),
        ({"extra_body": {"seed": 7}}, "unknown_parameter", "seed"),
        ({"extra_body": {"n": "2"}}, "invalid_type", "n"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_a_bad_request_that_names_it(
    emulator: Emulator, client: openai.OpenAI, arguments: dict[str, object], code: str, param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(**({"model": IMAGE_MODEL, "prompt": "a fox"} | arguments))  # type: ignore[call-overload]
    assert (caught.value.code, caught.value.param) == (code, param)
    assert (emulator.submits, emulator.billed) == (1, 0)


def test_a_wrong_tool_parameter_is_named_with_its_place(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=CHAT_MODEL, input="x", tools=[{"type": "image_generation", "n": 2}])  # type: ignore[list-item]
    assert (caught.value.code, caught.value.param) == ("unknown_parameter", "tools[0].n")


@pytest.mark.parametrize("model", ["dall-e-3", "gpt-image-1", "gpt-image-9"])
def test_a_model_that_is_gone_is_not_found(client: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.images.generate(model=model, prompt="a fox")
    assert caught.value.code == "model_not_found"


def test_a_wrong_key_is_an_authentication_error(emulator: Emulator) -> None:
    with (
        openai.OpenAI(base_url=emulator.base_url, api_key="sk-wrong-key", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        client.images.generate(model=IMAGE_MODEL, prompt="a fox")
    assert caught.value.code == "invalid_api_key"
    assert "sk-wrong-key" not in str(caught.value)
    assert emulator.billed == 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.status(400, billed=False), openai.BadRequestError),
        (Fault.bad_key(), openai.AuthenticationError),
        (Fault.status(403, billed=False), openai.PermissionDeniedError),
        (Fault.unknown_model(), openai.NotFoundError),
        (Fault.status(409, billed=True), openai.ConflictError),
        (Fault.status(422, billed=False), openai.UnprocessableEntityError),
        (Fault.rate_limited(retry_after=3600), openai.RateLimitError),
        (Fault.status(503, billed=True), openai.InternalServerError),
        (Fault.moderation(), openai.BadRequestError),
        (Fault.refuse(), openai.APIConnectionError),
        (Fault.reset_after_body(), openai.APIConnectionError),
        (Fault.close_after_body(), openai.APIConnectionError),
        (Fault.broken_chunks(), openai.APIConnectionError),
        (Fault.wrong_length(by=10), openai.APIConnectionError),
    ],
    ids=lambda value: getattr(value, "name", getattr(value, "__name__", "")),
)
def test_a_fault_is_the_sdk_exception_it_stands_for(
    emulator: Emulator, client: openai.OpenAI, fault: Fault, error: type[Exception]
) -> None:
    emulator.script(GENERATIONS, [fault])
    with pytest.raises(error):
        client.images.generate(model=IMAGE_MODEL, prompt="a fox")
    assert emulator.billed == fault.billed
    assert client.images.generate(model=IMAGE_MODEL, prompt="a fox").data


def test_a_read_timeout_is_billed_once(emulator: Emulator, client: openai.OpenAI) -> None:
    emulator.script(GENERATIONS, [Fault.no_answer()])
    with pytest.raises(openai.APITimeoutError):
        client.images.generate(model=IMAGE_MODEL, prompt="a fox", timeout=0.2)
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_moderation_says_so_in_code_and_details(emulator: Emulator, client: openai.OpenAI) -> None:
    emulator.script(EDITS, [Fault.moderation()])
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.edit(model=IMAGE_MODEL, prompt="p", image=("a.png", PNG, "image/png"))
    assert caught.value.code == "moderation_blocked"
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["moderation_details"]["moderation_stage"] == "input"


def test_the_meter_shows_that_the_sdk_by_default_buys_three_times(emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.status(500, billed=True, headers={"retry-after-ms": "1"})] * 3)
    with (
        openai.OpenAI(base_url=emulator.base_url, api_key="sk-right-key") as client,
        pytest.raises(openai.InternalServerError),
    ):
        client.images.generate(model=IMAGE_MODEL, prompt="a fox")
    assert (emulator.submits, emulator.billed) == (3, 3)
