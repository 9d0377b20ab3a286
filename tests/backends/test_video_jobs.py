"""Videos of OpenAI's shape through the public door, against the emulator: jobs, edits, remixes, broken downloads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anymedia import errors
from anymedia.backends.openai import BACKEND
from anymedia.backends.openai.videos import is_made_by, pause
from anymedia.media import MediaFile
from anymedia.operations import VideoRequest
from anymedia.spec import Call
from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from anymedia.testing.emulator.pictures import draw
from toys import KEY
from workplace import Workplace

FIRST = "/v1/videos/video_00000000000000000000000000000001"
MODEL = BACKEND.models_for(VideoRequest)[0]


@pytest.fixture
def cinema() -> Iterator[Emulator]:
    """An emulator whose films are films."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def workplace(tmp_path: Path, cinema: Emulator) -> Workplace:
    environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": cinema.base_url, "TOY_API_KEY": ""}
    return Workplace(root=tmp_path, environ=environ)


def film(workplace: Workplace, prompt: str = "a fox", **parameters: Any) -> Any:
    return workplace.run(lambda client: client.video(prompt, **parameters))


def test_a_film_is_submitted_polled_and_downloaded(workplace: Workplace, cinema: Emulator) -> None:
    made = film(workplace, duration=8, size=(1280, 720))
    assert made.path.read_bytes()[4:8] == b"ftyp"
    assert (made.backend, made.model, made.provider_metadata) == (
        "openai",
        "sora-2",
        {"seconds": "8", "size": "1280x720"},
    )
    assert [f"{request.method} {request.path}" for request in cinema.requests] == [
        "POST /v1/videos",
        f"GET {FIRST}",
        f"GET {FIRST}",
        f"GET {FIRST}/content",
    ]
    assert cinema.billed == 1


def test_a_result_can_be_edited_extended_and_remixed(workplace: Workplace, cinema: Emulator) -> None:
    first = film(workplace, continuable=True)
    film(workplace, "bluer", video=first.path)
    longer = film(workplace, "it runs", video=first.path, extend=True, duration=20)
    remix = film(workplace, "a hare", continue_from=first.continuation_id)
    paths = [request.path for request in cinema.requests if request.pays]
    assert paths == ["/v1/videos", "/v1/videos/edits", "/v1/videos/extensions", f"{FIRST}/remix"]
    assert longer.provider_metadata["seconds"] == "24"
    assert remix.continuation_id not in (None, first.continuation_id)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"duration": 16}, "only extensions are this long"),
        ({"extend": True, "duration": 8}, "`extend` needs `video`"),
        ({"video": "film.mp4", "duration": 8}, "an edit is as long as its film"),
        ({"video": "film.mp4", "extend": True}, "the length of what is added"),
        ({"video": "film.mp4", "size": (1280, 720)}, "the film decides"),
        ({"size": (1024, 1792), "model": "sora-2"}, "must be one of 720x1280, 1280x720"),
    ],
    ids=str,
)
def test_what_a_route_cannot_take_is_refused_before_anything_is_sent(
    workplace: Workplace, cinema: Emulator, tmp_path: Path, parameters: dict[str, Any], says: str
) -> None:
    (tmp_path / "film.mp4").write_bytes(draw(MediaAsked(prompt="x", output_format="mp4")))
    given = {name: tmp_path / value if name == "video" else value for name, value in parameters.items()}
    with pytest.raises(errors.InvalidParameter) as caught:
        film(workplace, backend="openai", **given)
    assert says in str(caught.value)
    assert cinema.requests == ()


def test_provider_options_reach_the_form_as_text(workplace: Workplace, cinema: Emulator) -> None:
    options = {"openai": {"fps": 24, "enhance": True, "lora": {"name": "x"}, "negative_prompt": "rain"}}
    with pytest.raises(errors.Rejected):  # the emulator knows none of them
        film(workplace, provider_options=options)
    texts = {part.name: part.text for part in cinema.requests[0].parts}
    assert (texts["fps"], texts["enhance"], texts["lora[name]"]) == ("24", "true", "x")
    assert texts["negative_prompt"] == "rain"


def test_a_broken_download_is_fetched_again_without_paying_again(workplace: Workplace, cinema: Emulator) -> None:
    cinema.script(f"{FIRST}/content", [Fault.wrong_length(10), Fault.status(503, billed=False)])
    assert film(workplace).path.read_bytes()[4:8] == b"ftyp"
    fetched = [request for request in cinema.requests if request.path == f"{FIRST}/content"]
    assert (len(fetched), cinema.billed) == (3, 1)
    assert all(KEY in request.headers["authorization"] for request in fetched)


def test_a_wait_that_is_over_leaves_a_job_that_another_process_finishes(workplace: Workplace, cinema: Emulator) -> None:
    with pytest.raises(errors.StillRunning):
        film(workplace, wait=0.1)
    job_id = workplace.row["id"]
    made = workplace.run(lambda client: client.resume(job_id))
    assert made.path.read_bytes()[4:8] == b"ftyp"
    assert (cinema.submits, cinema.billed) == (1, 1)


def test_the_worst_case_follows_seconds_and_size() -> None:
    price, pro = (model.price for model in BACKEND.models_for(VideoRequest))
    request = VideoRequest(prompt="x", duration=8, size=(1024, 1792))
    assert str(pro.worst_case(request)) == "4.00"
    assert str(price.worst_case(VideoRequest(prompt="x"))) == "0.40"
    assert price.worst_case(VideoRequest(prompt="x", continue_from="cont_1")) is None


@pytest.mark.parametrize(
    ("header", "seconds"), [("5000", 5.0), ("1", 0.25), ("9999999", 60.0), ("soon", 2.0), ("", 2.0)]
)
def test_the_server_sets_the_pace_within_reason(header: str, seconds: float) -> None:
    assert pause({"openai-poll-after-ms": header}) == seconds


# --- Which of the listed videos is ours ------------------------------------------------------------------------------

LISTED = {"id": "video_1", "model": "sora-2-2025-12-08", "prompt": "a fox", "seconds": "8", "size": "1280x720"}


def call(*, continuation: Any = None, **parameters: Any) -> Call:
    request = VideoRequest(prompt="a fox", **parameters)
    body = MODEL.encode(request)
    return Call(request=request, model=MODEL, body=body, idempotency_key="key", continuation=continuation)


@pytest.mark.parametrize("asked", [{}, {"duration": 8}, {"duration": 8, "size": (1280, 720)}], ids=str)
def test_a_listed_video_that_nothing_contradicts_may_be_ours(asked: dict[str, Any]) -> None:
    assert is_made_by(call(**asked), LISTED)


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ({"duration": 4}, {}),
        ({"size": (720, 1280)}, {}),
        ({}, {"prompt": "a hare"}),
        ({}, {"prompt": None}),
        ({}, {"model": "sora-2-pro"}),
        ({}, {"remixed_from_video_id": "video_0"}),
    ],
    ids=str,
)
def test_a_listed_video_of_another_request_is_not_ours(asked: dict[str, Any], listed: dict[str, Any]) -> None:
    assert not is_made_by(call(**asked), {**LISTED, **listed})


def test_a_remix_is_known_by_the_video_it_came_from() -> None:
    remix = call(continuation={"video_id": "video_0"})
    assert is_made_by(remix, {**LISTED, "remixed_from_video_id": "video_0"})
    assert not is_made_by(remix, LISTED)


def test_an_edit_is_known_by_its_prompt_alone() -> None:
    clip = MediaFile(media_type="video/mp4", data=b"film")
    assert is_made_by(call(video=clip), {**LISTED, "seconds": "12"})
