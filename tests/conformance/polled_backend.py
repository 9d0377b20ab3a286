"""A provider that does not exist, in a file outside any package: uploads, polls, and gives addresses to download."""

import base64
from datetime import date
from decimal import Decimal

from anymedia.media import Json, MediaFile
from anymedia.operations import VideoRequest
from anymedia.spec import (
    AnyValue,
    ApiKey,
    Backend,
    Between,
    Call,
    Created,
    Failed,
    Flow,
    Inline,
    Model,
    OneFile,
    Param,
    Pending,
    PerUnit,
    Reply,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    delete,
    form,
    get,
    one_of,
    post,
)

DOCS = "https://docs.lanterna.example/video"
CHECKED = date(2026, 11, 22)


def submit(call: Call) -> Flow:
    body = {name: value for name, value in call.body.items() if name != "reference"}
    reference = call.body.get("reference")
    if reference is not None:
        uploaded = yield form("/uploads", parts=(("file", reference),), effect="creates")
        upload = uploaded.json["id"]
        yield Created(kind="upload", id=upload, delete=delete(f"/uploads/{upload}"))
        body["reference_id"] = upload
    accepted = yield post("/videos", json={"model": call.model.id, "input": body})
    return Pending(state={"id": accepted.json["id"]}, poll_after=2.0)


def poll(call: Call, state: Json) -> Flow:
    answer = yield get(f"/videos/{state['id']}")
    return step_of(state, answer.json)


def cancel(call: Call, state: Json) -> Flow:
    yield post(f"/videos/{state['id']}/cancel", json={}, effect="safe")
    return Pending(state=state, poll_after=2.0)


def step_of(state: Json, job: Json) -> Step:
    match job["status"]:
        case "failed":
            return Failed(reason=job["reason"])
        case "done":
            return delivered(job)
    return Pending(state=state, poll_after=2.0, fraction=job.get("progress"))


def delivered(job: Json) -> Step:
    files = tuple(MediaFile(media_type="video/webm", url=output["url"]) for output in job["outputs"])
    return Succeeded(files=files) if files else Failed(reason="no output", kind="empty_output")


PARAMS = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(1000)),
    "duration": Param(wire_name="options.seconds", allows=Between(0, 8)),
    "negative_prompt": Param(wire_name="options.avoid", allows=AnyValue(str)),
    "generate_audio": Param(wire_name="options.sound", allows=AnyValue(bool)),
    "resolution": Param(wire_name="options.size_class", allows=one_of("720p", "1080p"), encode=str.upper),
    "first_frame": Param(
        wire_name="frame",
        allows=OneFile(media_types=("image/png", "image/jpeg"), bytes_each=10**6),
        encode=lambda file: Inline(file=file, form="data_uri"),
    ),
    "last_frame": Param(wire_name="reference", allows=OneFile(media_types=("image/png",), bytes_each=10**6)),
}

CLIP = base64.b64decode(
    "GkXfo59ChoEBQveBAULygQRC84EIQoKEd2VibUKHgQJChYECGFOAZwEAAAAAAAG4EU2bdLpNu4tTq4QVSalmU6yBoU27i1OrhBZU"
    "rmtTrIHYTbuMU6uEElTDZ1OsggEbTbuMU6uEHFO7a1OsggGi7AEAAAAAAABZAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAVSalmsirXsYMPQkBNgI1M"
    "YXZmNjIuMTIuMTAyV0GNTGF2ZjYyLjEyLjEwMkSJiECPQAAAAAAAFlSua76uAQAAAAAAADXXgQFzxYjG2HQNNQMkj5yBACK1nIN1"
    "bmSIgQCGhVZfVlA5g4EBI+ODhDuaygDghrCBELqBEBJUw2fYc3OgY8CAZ8iaRaOHRU5DT0RFUkSHjUxhdmY2Mi4xMi4xMDJzc7Jj"
    "wItjxYjG2HQNNQMkj2fIoUWjiERVUkFUSU9ORIeTMDA6MDA6MDEuMDAwMDAwMDAwAB9DtnWl54EAo6CBAACAgkmDQgAA8AD2ADgk"
    "HBhKAAAwYAAAEL///UiMABxTu2uRu4+zgQC3iveBAfGCAXjwgQM="
)
"""One black frame of 16x16 pixels, VP9 in WebM, written by FFmpeg."""
PENDING = Reply(json={"id": "vid_1", "status": "running", "progress": 0.5})
ACCEPTED = Reply(json={"id": "vid_1", "status": "queued"})
DELIVERED = Reply(
    json={"id": "vid_1", "status": "done", "outputs": [{"url": "https://files.lanterna.example/a.webm?signature=abc"}]}
)
FRAME = MediaFile(media_type="image/png", data=b"a picture")
SAMPLES = (
    Sample(
        request=VideoRequest(prompt="a fox"),
        replies=(ACCEPTED, PENDING, DELIVERED, Reply(content=CLIP, media_type="video/webm")),
        source=DOCS,
    ),
    Sample(
        request=VideoRequest(prompt="a fox", last_frame=FRAME),
        replies=(
            Reply(json={"id": "upl_1"}),
            ACCEPTED,
            PENDING,
            DELIVERED,
            Reply(content=CLIP, media_type="video/webm"),
        ),
        source=DOCS,
    ),
    Sample(
        request=VideoRequest(prompt="a fox"),
        replies=(ACCEPTED, Reply(json={"id": "vid_1", "status": "failed", "reason": "out of light"})),
        expects="failed",
        source=DOCS,
    ),
)

BACKEND = Backend(
    name="lanterna",
    title="Lanterna",
    docs=DOCS,
    base_url="https://api.lanterna.example/v2",
    auth=ApiKey(env=("LANTERNA_API_KEY",), header="X-Api-Key", prefix=""),
    priority={VideoRequest: 5},
    models=(
        Model(
            id="lantern-1",
            accepts=VideoRequest,
            params=PARAMS,
            price=PerUnit(amount=Decimal("0.1"), unit="second", source=DOCS, checked=CHECKED),
            typical_bytes=1_000_000,
            source=DOCS,
        ),
    ),
    submit=submit,
    poll=poll,
    cancel=cancel,
    samples=SAMPLES,
)
