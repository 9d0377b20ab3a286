"""Google's own client reads the emulator's Vertex AI. Imports nothing of anymedia's backends."""

from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from anymedia.testing.emulator.pictures import draw

pytestmark = pytest.mark.filterwarnings("ignore:.*(generate_images|edit_image) method is deprecated")

PNG = draw(MediaAsked(prompt="input", output_format="png", width=64, height=32))
MP4 = draw(MediaAsked(prompt="input", output_format="mp4"))
IMAGE = types.Image(image_bytes=PNG, mime_type="image/png")
PAINTER, EDITOR, FILMER = "imagen-4.0-generate-001", "imagen-3.0-capability-001", "veo-3.1-generate-001"
GEMINI = "gemini-3-pro-image"
MODELS = "/v1beta1/publishers/google/models"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="vertex") as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[genai.Client]:
    for name in ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with genai.Client(
        enterprise=True, api_key="any", http_options=types.HttpOptions(base_url=emulator.base_url)
    ) as client:
        yield client


def operation_of(client: genai.Client, **asked: Any) -> types.GenerateVideosOperation:
    source = types.GenerateVideosSource(
        prompt=asked.pop("prompt", "a fox"), image=asked.pop("image", None), video=asked.pop("video", None)
    )
    config = types.GenerateVideosConfig(**asked)
    return client.models.generate_videos(model=FILMER, source=source, config=config)


def content_of(client: genai.Client, message: Any, **image_config: Any) -> types.GenerateContentResponse:
    config = types.GenerateContentConfig(
        response_modalities=["IMAGE"], image_config=types.ImageConfig(**image_config) if image_config else None
    )
    return client.models.generate_content(model=GEMINI, contents=message, config=config)


def picture_in(response: types.GenerateContentResponse) -> types.Blob:
    (part,) = response.parts or ()
    assert part.inline_data is not None
    return part.inline_data


def test_gemini_draws_in_the_asked_shape_and_format(emulator: Emulator, client: genai.Client) -> None:
    asked = {"aspect_ratio": "16:9", "image_size": "2K", "person_generation": "ALLOW_NONE"}
    output = {"output_mime_type": "image/jpeg", "output_compression_quality": 80}
    message = ["a fox", types.Part.from_bytes(data=PNG, mime_type="image/png")]
    response = content_of(client, message, **asked, **output)
    drawn = picture_in(response)
    assert drawn.mime_type == "image/jpeg" and (drawn.data or b"").startswith(b"\xff\xd8")
    assert response.usage_metadata is not None and response.usage_metadata.candidates_token_count == 1680
    assert (emulator.submits, emulator.billed) == (1, 1)
    assert picture_in(content_of(client, "a fox")).mime_type == "image/png"


def test_a_chat_with_gemini_sends_its_pictures_and_signatures_again(emulator: Emulator, client: genai.Client) -> None:
    chat = client.chats.create(model=GEMINI)
    first = picture_in(chat.send_message("a fox"))
    assert picture_in(chat.send_message("bluer")).data != first.data
    turns = emulator.requests[-1].json["contents"]
    assert [turn["role"] for turn in turns] == ["user", "model", "user"]
    assert turns[1]["parts"][0]["thoughtSignature"]


@pytest.mark.parametrize(
    "asked",
    [
        {"aspect_ratio": "7:5"},
        {"image_size": "8K"},
        {"person_generation": "dont_allow"},
        {"output_mime_type": "image/webp"},
        {"output_compression_quality": 101},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_a_wrong_field_of_a_picture_is_a_bad_request(
    emulator: Emulator, client: genai.Client, asked: dict[str, Any]
) -> None:
    with pytest.raises(errors.ClientError) as caught:
        content_of(client, "a fox", **asked)
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    assert (emulator.submits, emulator.billed) == (1, 0)


def test_pictures_come_in_the_asked_number_format_and_shape(emulator: Emulator, client: genai.Client) -> None:
    config = types.GenerateImagesConfig(
        number_of_images=2, aspect_ratio="16:9", output_mime_type="image/jpeg", output_compression_quality=80
    )
    found = client.models.generate_images(model=PAINTER, prompt="a fox", config=config).generated_images
    assert found is not None and len(found) == 2
    images = [each.image for each in found]
    assert all(image is not None and image.mime_type == "image/jpeg" for image in images)
    assert all(image is not None and (image.image_bytes or b"").startswith(b"\xff\xd8") for image in images)
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_an_edit_takes_a_picture_and_its_mask(emulator: Emulator, client: genai.Client) -> None:
    references = [
        types.RawReferenceImage(reference_id=1, reference_image=IMAGE),
        types.MaskReferenceImage(
            reference_id=2,
            reference_image=IMAGE,
            config=types.MaskReferenceConfig(mask_mode="MASK_MODE_USER_PROVIDED", mask_dilation=0.1),
        ),
    ]
    config = types.EditImageConfig(edit_mode="EDIT_MODE_INPAINT_INSERTION")
    edited = client.models.edit_image(model=EDITOR, prompt="a hat", reference_images=references, config=config)
    assert edited.generated_images and edited.generated_images[0].image
    assert emulator.billed == 1


def test_a_film_is_submitted_asked_for_and_brought(emulator: Emulator, client: genai.Client) -> None:
    operation = operation_of(client, number_of_videos=2, duration_seconds=4, resolution="1080p", generate_audio=False)
    assert not operation.done
    done = client.operations.get(operation)
    assert done.done and done.result is not None and done.result.generated_videos is not None
    films = [each.video for each in done.result.generated_videos]
    assert [film is not None and (film.video_bytes or b"")[4:8] for film in films] == [b"ftyp", b"ftyp"]
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_films_start_from_pictures_references_and_films(emulator: Emulator, client: genai.Client) -> None:
    asset = types.VideoGenerationReferenceImage(image=IMAGE, reference_type="ASSET")
    assert operation_of(client, image=IMAGE, last_frame=IMAGE).name
    assert operation_of(client, reference_images=[asset] * 3).name
    assert operation_of(client, video=types.Video(video_bytes=MP4, mime_type="video/mp4")).name
    assert emulator.billed == 3


@pytest.mark.parametrize(
    "asked",
    [
        {"duration_seconds": 5},
        {"resolution": "8k"},
        {"aspect_ratio": "1:1"},
        {"last_frame": IMAGE},
        {"number_of_videos": 5},
        {"prompt": ""},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_a_wrong_parameter_is_a_bad_request(emulator: Emulator, client: genai.Client, asked: dict[str, Any]) -> None:
    with pytest.raises(errors.ClientError) as caught:
        operation_of(client, **asked)
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    assert (emulator.submits, emulator.billed) == (1, 0)


def test_a_seed_and_a_watermark_exclude_each_other(emulator: Emulator, client: genai.Client) -> None:
    for watermark in (None, True):
        config = types.GenerateImagesConfig(seed=7, add_watermark=watermark)
        with pytest.raises(errors.ClientError, match="watermark"):
            client.models.generate_images(model=PAINTER, prompt="a fox", config=config)
    seeded = types.GenerateImagesConfig(seed=7, add_watermark=False)
    assert client.models.generate_images(model=PAINTER, prompt="a fox", config=seeded).generated_images
    assert (emulator.submits, emulator.billed) == (3, 1)


def test_an_unknown_model_is_not_found(client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_images(model="imagen-9", prompt="a fox")
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_an_operation_nobody_knows_is_not_found(client: genai.Client) -> None:
    operation = operation_of(client)
    operation.name = f"{(operation.name or '').rpartition('/')[0]}/ffff"
    with pytest.raises(errors.ClientError, match="Operation not found"):
        client.operations.get(operation)


def test_a_fault_meets_the_request_it_is_scripted_for(emulator: Emulator, client: genai.Client) -> None:
    emulator.script(f"{MODELS}/{PAINTER}:predict", [Fault.status(500, billed=True)])
    with pytest.raises(errors.ServerError):
        client.models.generate_images(model=PAINTER, prompt="a fox")
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_the_published_models_are_listed(emulator: Emulator, client: genai.Client) -> None:
    names = [str(model.name) for model in client.models.list()]
    assert f"publishers/google/models/{FILMER}" in names and len(set(names)) == len(names)
    assert emulator.submits == 0
