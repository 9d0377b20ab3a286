"""OpenAI's own client reads the emulator's videos. Imports nothing of anymedia's backends."""

from collections.abc import Iterator

import openai
import pytest

from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from anymedia.testing.emulator.pictures import draw

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled to:DeprecationWarning")

PNG = draw(MediaAsked(prompt="input", output_format="png", width=64, height=32))
MP4 = draw(MediaAsked(prompt="input", output_format="mp4"))
PICTURE = ("first.png", PNG, "image/png")
FILM = ("film.mp4", MP4, "video/mp4")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="openai") as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=emulator.base_url, api_key="any", max_retries=0) as client:
        yield client


def finished(client: openai.OpenAI, prompt: str = "a fox") -> openai.types.Video:
    return client.videos.create_and_poll(prompt=prompt, poll_interval_ms=1)


def test_a_job_goes_from_queued_to_completed_by_its_polls(emulator: Emulator, client: openai.OpenAI) -> None:
    video = client.videos.create(prompt="a fox", model="sora-2-pro", seconds="8", size="1792x1024")
    seen = [video, client.videos.retrieve(video.id), client.videos.retrieve(video.id)]
    assert [each.status for each in seen] == ["queued", "in_progress", "completed"]
    assert [each.progress for each in seen] == [0, 50, 100]
    last = seen[-1]
    assert (last.model, last.seconds, last.size, last.prompt) == ("sora-2-pro", "8", "1792x1024", "a fox")
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_polling_takes_its_pace_from_the_header(client: openai.OpenAI) -> None:
    reply = client.videos.with_raw_response.create(prompt="a fox")
    assert reply.headers["openai-poll-after-ms"] == "250"
    assert client.videos.poll(reply.parse().id).status == "completed"


def test_content_is_a_film_and_previews_are_pictures(client: openai.OpenAI) -> None:
    video = finished(client)
    film = client.videos.download_content(video.id)
    assert film.response.headers["content-type"] == "video/mp4"
    assert film.read()[4:8] == b"ftyp"
    assert client.videos.download_content(video.id, variant="thumbnail").read()[8:12] == b"WEBP"
    assert client.videos.download_content(video.id, variant="spritesheet").read()[:2] == b"\xff\xd8"


def test_films_of_different_prompts_differ(client: openai.OpenAI) -> None:
    fox, hare = (client.videos.download_content(finished(client, name).id).read() for name in ("a fox", "a hare"))
    assert fox != hare


def test_content_that_is_not_ready_is_refused(client: openai.OpenAI) -> None:
    video = client.videos.create(prompt="a fox")
    with pytest.raises(openai.BadRequestError, match="not ready"):
        client.videos.download_content(video.id)


def test_a_first_frame_arrives_as_it_was_sent(emulator: Emulator, client: openai.OpenAI) -> None:
    client.videos.create(prompt="a fox", input_reference=PICTURE)
    (part,) = (part for part in emulator.requests[0].parts if part.filename)
    assert (part.name, part.media_type, part.data) == ("input_reference", "image/png", PNG)


def test_a_film_can_be_edited_extended_and_remixed(emulator: Emulator, client: openai.OpenAI) -> None:
    video = finished(client)
    assert client.videos.edit(prompt="bluer", video=FILM).status == "queued"
    assert client.videos.extend(prompt="it runs", video=FILM, seconds="4").seconds == "8"
    assert client.videos.remix(video.id, prompt="a hare").remixed_from_video_id == video.id
    assert (emulator.submits, emulator.billed) == (4, 4)


def test_a_film_that_is_there_is_named_by_its_id_in_json(client: openai.OpenAI) -> None:
    """The client's own methods refuse the id that their types offer: they ask for a file."""
    video = finished(client)
    body = {"prompt": "it runs", "seconds": "20", "video": {"id": video.id}}
    assert client.post("/videos/extensions", body=body, cast_to=openai.types.Video).seconds == "24"


def test_videos_are_listed_the_newest_first_and_page_by_page(emulator: Emulator, client: openai.OpenAI) -> None:
    made = [client.videos.create(prompt=f"fox {number}").id for number in range(3)]
    assert [video.id for video in client.videos.list(limit=2)] == made[::-1]
    assert [video.id for video in client.videos.list(order="asc", after=made[0]).data] == made[1:]
    assert emulator.submits == 3


def test_a_deleted_video_is_gone(client: openai.OpenAI) -> None:
    video = finished(client)
    assert client.videos.delete(video.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(video.id)


@pytest.mark.parametrize(
    ("arguments", "code", "param"),
    [
        ({"prompt": ""}, "missing_required_parameter", "prompt"),
        ({"prompt": "x" * 32_001}, "string_above_max_length", "prompt"),
        ({"seconds": "5"}, "invalid_value", "seconds"),
        ({"seconds": "16"}, "invalid_value", "seconds"),
        ({"size": "1024x1024"}, "invalid_value", "size"),
        ({"size": "1024x1792"}, "invalid_value", "size"),
        ({"input_reference": ("a.gif", b"GIF89a", "image/gif")}, "unsupported_file_mimetype", "input_reference"),
        ({"extra_body": {"fps": 24}}, "unknown_parameter", "fps"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_parameter_is_a_bad_request_that_names_it(
    emulator: Emulator, client: openai.OpenAI, arguments: dict[str, object], code: str, param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.videos.create(**({"prompt": "a fox"} | arguments))  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.param) == (code, param)
    assert (emulator.submits, emulator.billed) == (1, 0)


def test_an_edit_takes_no_length_and_a_remix_no_film(client: openai.OpenAI) -> None:
    video = finished(client)
    with pytest.raises(openai.BadRequestError, match="seconds"):
        client.videos.edit(prompt="bluer", video=FILM, extra_body={"seconds": "4"})
    with pytest.raises(openai.BadRequestError, match="size"):
        client.videos.remix(video.id, prompt="bluer", extra_body={"size": "720x1280"})


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.videos.create(prompt="a fox", model="sora-9")
    assert caught.value.code == "model_not_found"


def test_a_fault_meets_the_job_it_is_scripted_for(emulator: Emulator, client: openai.OpenAI) -> None:
    emulator.script("/v1/videos", [Fault.status(500, billed=True)])
    with pytest.raises(openai.InternalServerError):
        client.videos.create(prompt="a fox")
    assert (emulator.submits, emulator.billed) == (1, 1)
