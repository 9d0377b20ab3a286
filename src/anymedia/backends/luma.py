"""Luma: films of ray-3.2 through its Agents API, which takes the place of Dream Machine's. Facts: the official client
luma-agents 0.5.0 and copies of the provider's pages, read 2026-11-23."""

from datetime import date
from urllib.parse import quote

from ..media import Json, MediaFile
from ..operations import VideoRequest
from ..spec import (
    ApiKey,
    Backend,
    Call,
    Failed,
    Flow,
    Inline,
    Model,
    OneFile,
    Param,
    Pending,
    Problem,
    Reply,
    Rule,
    Sample,
    Succeeded,
    TextUpTo,
    UnknownPrice,
    get,
    one_of,
    post,
)
from ..spec.tiny import MP4, PNG

DOCS = "https://docs.agents.lumalabs.ai/guides/videos/generation/"
ERRORS = "https://docs.agents.lumalabs.ai/guides/error-handling/"
PRICES = "https://docs.agents.lumalabs.ai/guides/pricing/: the copies at hand end before the films"
FRAME = OneFile(media_types=("image/png", "image/jpeg", "image/webp"), bytes_each=50_000_000)


def submit(call: Call) -> Flow:
    body = {"model": call.model.id, "type": "video", **call.body}
    generation = (yield post("/generations", json=body)).json
    return Pending(state={"id": generation["id"]}, id=generation["id"], poll_after=2.0)


def poll(call: Call, state: Json) -> Flow:
    """A state that no type names is taken for work that goes on: the deadline ends it."""
    generation = (yield get(f"/generations/{quote(state['id'], safe='')}")).json
    match generation["state"]:
        case "completed":
            return Succeeded(
                files=tuple(MediaFile(media_type="video/mp4", url=each["url"]) for each in generation["output"])
            )
        case "failed":
            code = generation.get("failure_code")
            reason = str(generation.get("failure_reason") or code)
            return Failed(reason=reason, kind="refused" if code == "content_moderated" else "failed")
    return Pending(state=state, poll_after=2.0)


def read_error(status: int, json: Json) -> Problem | None:
    match json:
        case {"detail": str(message)} if status == 402:
            return Problem(kind="rejected", message=message, next="Add funds at https://platform.lumalabs.ai.")
    return None


def reference(file: MediaFile) -> Json:
    return {"data": Inline(file=file), "media_type": file.media_type}


MODEL = Model(
    id="ray-3.2",
    accepts=VideoRequest,
    params={
        "prompt": Param(wire_name="prompt", allows=TextUpTo(6000)),
        "aspect_ratio": Param(wire_name="aspect_ratio", allows=one_of("9:16", "3:4", "1:1", "4:3", "16:9", "21:9")),
        "duration": Param(wire_name="video.duration", allows=one_of(5, 10), encode=lambda seconds: f"{seconds:g}s"),
        "resolution": Param(wire_name="video.resolution", allows=one_of("360p", "540p", "720p", "1080p")),
        "first_frame": Param(wire_name="video.start_frame", allows=FRAME, encode=reference),
        "last_frame": Param(wire_name="video.end_frame", allows=FRAME, encode=reference),
    },
    rules=(Rule(when={"duration": 10}, needs={"first_frame": Rule.ABSENT, "last_frame": Rule.ABSENT}),),
    price=UnknownPrice(source=PRICES, checked=date(2026, 11, 23)),
    typical_bytes=10_000_000,
    source=DOCS,
)

FOX, FILE = VideoRequest(prompt="a fox"), MediaFile(media_type="image/png", data=PNG)
FRAMED = VideoRequest(prompt="a fox", duration=5, resolution="1080p", first_frame=FILE, last_frame=FILE)
ABOUT = {"id": "182bd5e5", "created_at": "2026-11-23T04:00:00Z", "model": "ray-3.2", "type": "video"}
QUEUED, WORKING = (Reply(json={**ABOUT, "state": state}) for state in ("queued", "processing"))
OUTPUT = {"type": "video", "url": "https://storage.lumalabs.ai/182bd5e5.mp4?signature=abc"}
DONE = Reply(json={**ABOUT, "state": "completed", "output": [OUTPUT]})
MADE = (QUEUED, WORKING, DONE, Reply(content=MP4, media_type="video/mp4"))
MODERATED, BROKEN = (
    Reply(json={**ABOUT, "state": "failed", "failure_code": code, "failure_reason": "It failed"})
    for code in ("content_moderated", "generation_failed")
)

BACKEND = Backend(
    name="luma",
    aliases=("lumalabs",),
    title="Luma",
    docs=DOCS,
    base_url="https://agents.lumalabs.ai/v1",
    auth=ApiKey(env=("LUMA_AGENTS_API_KEY",)),
    priority={},
    models=(MODEL,),
    submit=submit,
    poll=poll,
    read_error=read_error,
    samples=(
        Sample(request=FOX, replies=MADE, source=DOCS),
        Sample(request=FRAMED, replies=MADE, source=DOCS),
        Sample(request=FOX, replies=(QUEUED, MODERATED), expects="refused", source=ERRORS),
        Sample(request=FOX, replies=(QUEUED, BROKEN), expects="failed", source=ERRORS),
    ),
)
