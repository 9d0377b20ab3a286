"""Videos: jobs of `/videos`. OpenAI shut them down on 2026-09-24; servers of others go on speaking the same shape.

Facts: types and docstrings of the official client 3.54.0 and OpenAI's OpenAPI document of 2026-08-21, both checked
2026-11-22.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from ...media import Json, MediaFile
from ...operations import Request, Size, VideoRequest
from ...spec import (
    Call,
    Continuation,
    Failed,
    Flow,
    Listed,
    Listing,
    Model,
    OneFile,
    Param,
    Pending,
    Reply,
    Response,
    Rule,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    form,
    get,
    one_of,
    post,
)
from ...spec.tiny import MP4
from .common import CHECKED, REFUSALS, as_parts
from .image_models import IMAGE_TYPES, encode_size
from .images import FILE

SHUT_DOWN = date(2026, 9, 24)
"""Of every model and of the whole API. Source: the deprecation notes of the official client 3.54.0."""

# --- Prices -----------------------------------------------------------------------------------------------------

PRICES_READ_AT = "https://help.apiyi.com/sora-2-api-official-release-en.html"
"""A reseller's copy of OpenAI's prices; cometapi.com and yingtu.ai name the same."""
DEFAULT_SIZE = (720, 1280)
DEFAULT_SECONDS = 4
"""What is made when nothing is asked for, by the official client's documentation of `size` and `seconds`."""

DOLLARS_A_SECOND: Mapping[Size, Decimal] = {size: Decimal("0.10") for size in ((720, 1280), (1280, 720))}
DOLLARS_A_SECOND_PRO: Mapping[Size, Decimal] = {
    (720, 1280): Decimal("0.30"),
    (1280, 720): Decimal("0.30"),
    (1024, 1792): Decimal("0.50"),
    (1792, 1024): Decimal("0.50"),
}


@dataclass(frozen=True, kw_only=True)
class SecondsOfSize:
    """So many dollars for each second, by size. Nobody can tell it for a film whose length another film decides."""

    dollars: Mapping[Size, Decimal]
    source: str = PRICES_READ_AT
    checked: date = CHECKED

    def worst_case(self, request: Request) -> Decimal | None:
        assert isinstance(request, VideoRequest)
        follows = request.video is not None or request.continue_from is not None
        if follows and not request.extend:
            return None
        a_second = max(self.dollars.values()) if follows else self.dollars[request.size or DEFAULT_SIZE]
        return a_second * Decimal(str(DEFAULT_SECONDS if request.duration is None else request.duration))

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        return self.worst_case(request)

    def describe(self) -> str:
        least, most = min(self.dollars.values()), max(self.dollars.values())
        return f"${least:f} per second" if least == most else f"${least:f} to ${most:f} per second"


# --- Models -----------------------------------------------------------------------------------------------------


def encode_seconds(duration: Json) -> str:
    return f"{duration:.10g}"


def encode_route(extend: Json) -> str:
    return "extensions" if extend else "edits"


LARGEST_REFERENCE = 50 * 10**6
LARGEST_VIDEO = 500 * 10**6
"""Bytes. No limit is published for either; these keep a mistaken file from being sent."""

ROUTE = "route"
"""Where in the body the flow finds the last part of the path; it is no field of the provider's."""


def video_params(*, sizes: Param, duration: Param, extend: Param) -> Mapping[str, Param]:
    """The parameters of the dialect. What differs between servers is given."""
    return {
        "prompt": Param(wire_name="prompt", allows=TextUpTo(32_000)),
        "duration": duration,
        "size": sizes,
        "first_frame": Param(
            wire_name="input_reference", allows=OneFile(media_types=IMAGE_TYPES, bytes_each=LARGEST_REFERENCE)
        ),
        "video": Param(wire_name="video", allows=OneFile(media_types=("video/mp4",), bytes_each=LARGEST_VIDEO)),
        "extend": extend,
    }


EXTEND = Param(wire_name=ROUTE, allows=one_of(False, True), encode=encode_route)
SECONDS = Param(wire_name="seconds", allows=one_of(4, 8, 12, 16, 20), encode=encode_seconds)

ROUTE_RULES = (
    Rule(when={"extend": Rule.ASKED}, needs={"video": Rule.ASKED}, why="it is that film that goes on"),
    Rule(when={"extend": True}, needs={"duration": Rule.ASKED}, why="the length of what is added"),
    Rule(
        when={"video": Rule.ASKED, "extend": (False, Rule.ABSENT)},
        needs={"duration": Rule.ABSENT},
        why="an edit is as long as its film; extend=true goes on with it",
    ),
    Rule(
        when={"video": Rule.ASKED},
        needs={"size": Rule.ABSENT, "first_frame": Rule.ABSENT, "continue_from": Rule.ABSENT},
        why="the film decides",
    ),
    Rule(
        when={"continue_from": Rule.ASKED},
        needs={"duration": Rule.ABSENT, "size": Rule.ABSENT, "first_frame": Rule.ABSENT},
        why="a remix takes a prompt and nothing else",
    ),
)
RULES = (*ROUTE_RULES, Rule(when={"duration": (16, 20)}, needs={"extend": True}, why="only extensions are this long"))

REMIX = Continuation(
    state="server",
    how="a remix: the earlier film stays with the provider and is made again with another prompt",
    lives="until `expires_at` of the video, which the provider sets; the official client's types name no limit",
)


def video_model(model_id: str, *, dollars: Mapping[Size, Decimal], aliases: tuple[str, ...]) -> Model:
    return Model(
        id=model_id,
        aliases=aliases,
        accepts=VideoRequest,
        params=video_params(
            sizes=Param(wire_name="size", allows=one_of(*dollars), encode=encode_size),
            duration=SECONDS,
            extend=EXTEND,
        ),
        rules=RULES,
        price=SecondsOfSize(dollars=dollars),
        typical_bytes=10_000_000,
        continuation=REMIX,
        retires=SHUT_DOWN,
        submit=submit,
        poll=poll,
        reconcile=reconcile,
        source=f"https://developers.openai.com/api/docs/models/{model_id}",
    )


# --- Flows ------------------------------------------------------------------------------------------------------

SOON = 2.0
"""Seconds until the next poll where the server does not say; the official client asks after one."""
BRIEFEST, LONGEST = 0.25, 60.0


def submit(call: Call) -> Flow:
    fields = {name: value for name, value in call.body.items() if name != ROUTE}
    if call.continuation is not None:
        response = yield post(f"/videos/{quote(call.continuation['video_id'], safe='')}/remix", json=fields)
    elif "video" in fields:
        response = yield form(f"/videos/{call.body.get(ROUTE, 'edits')}", parts=as_parts(fields))
    else:
        response = yield form("/videos", parts=as_parts({"model": call.model.id, **fields}))
    return step_of(call, response, response.json["id"])


def poll(call: Call, state: Json) -> Flow:
    response = yield get(f"/videos/{quote(state['id'], safe='')}")
    return step_of(call, response, state["id"])


def step_of(call: Call, response: Response, video_id: str) -> Step:
    """A status that no documentation names is taken for work that goes on: the deadline ends it."""
    video = response.json
    match video.get("status"):
        case "completed":
            return finished(call, video, video_id)
        case "failed":
            return failed(video.get("error"))
    progress = video.get("progress")
    fraction = progress / 100 if isinstance(progress, int | float) else None
    return Pending(state={"id": video_id}, id=video_id, poll_after=pause(response.headers), fraction=fraction)


def pause(headers: Mapping[str, str]) -> float:
    """Seconds until the next poll, as the server asks for."""
    asked = headers.get("openai-poll-after-ms", "")
    return min(max(int(asked) / 1000, BRIEFEST), LONGEST) if asked.isdecimal() else SOON


def finished(call: Call, video: Json, video_id: str) -> Succeeded:
    path = f"/videos/{quote(video_id, safe='')}/content"
    is_kept = call.continuation is not None or call.request.continuable
    return Succeeded(
        files=(MediaFile(media_type="video/mp4", url=path),),
        continuation={"video_id": video_id} if is_kept else None,
        metadata={name: video[name] for name in ("seconds", "size") if video.get(name)},
    )


def failed(error: Json) -> Failed:
    match error:
        case {"message": str(message), **rest}:
            refused = str(rest.get("code")) in REFUSALS
            return Failed(reason=message, kind="refused" if refused else "failed")
        case str(message):
            return Failed(reason=message)
    return Failed(reason="the video failed and no reason was given")


PAGE = 100
MOST_PAGES = 20


def reconcile(call: Call, since: float) -> Listing:
    """The videos since a moment that this call may have made, from the newest on."""
    found: list[Listed] = []
    query = {"limit": str(PAGE), "order": "desc"}
    for _ in range(MOST_PAGES):
        reply = (yield get("/videos", query=query)).json
        listed = reply["data"]
        found += [as_listed(video) for video in listed if video["created_at"] >= since and is_made_by(call, video)]
        if not listed or not reply.get("has_more") or listed[-1]["created_at"] < since:
            break
        query = {**query, "after": listed[-1]["id"]}
    return found


def as_listed(video: Mapping[str, Json]) -> Listed:
    return Listed(id=video["id"], state={"id": video["id"]}, created_at=video["created_at"])


def is_made_by(call: Call, listed: Mapping[str, Json]) -> bool:
    """Whether a video of the provider's list may be what this call made: nothing that was asked for contradicts it."""
    origin = None if call.continuation is None else call.continuation["video_id"]
    if listed.get("prompt") != call.body["prompt"] or listed.get("remixed_from_video_id") != origin:
        return False
    if origin is not None or "video" in call.body:
        return True  # model, length and size follow the earlier film
    asked = {name: call.body[name] for name in ("seconds", "size") if name in call.body}
    known = {name.lower() for name in (call.model.id, *call.model.aliases)}
    return str(listed.get("model")).lower() in known and all(listed.get(name) == asked[name] for name in asked)


MODELS = (
    video_model("sora-2", dollars=DOLLARS_A_SECOND, aliases=("sora-2-2025-12-08",)),
    video_model("sora-2-pro", dollars=DOLLARS_A_SECOND_PRO, aliases=("sora-2-pro-2025-10-06",)),
)

# --- Samples ----------------------------------------------------------------------------------------------------

SEEN = "the official client 3.54.0 reads this reply; its types, read 2026-11-22"


def job(status: str, **more: Json) -> Reply:
    video = {"id": "video_1", "object": "video", "created_at": 1, "model": "sora-2", "status": status, "progress": 0}
    return Reply(json={**video, "prompt": "a fox", "seconds": "4", "size": "720x1280", **more})


ACCEPTED, WORKING = job("queued"), job("in_progress", progress=50)
DELIVERED = (ACCEPTED, WORKING, job("completed", progress=100), Reply(content=MP4, media_type="video/mp4"))
BLOCKED = {"code": "moderation_blocked", "message": "the safety system refused it"}
FILM = MediaFile(media_type="video/mp4", data=MP4)
SAMPLES = (
    Sample(request=VideoRequest(prompt="a fox"), replies=DELIVERED, source=SEEN),
    Sample(
        request=VideoRequest(prompt="a fox", duration=4, size=(720, 1280), first_frame=FILE),
        replies=DELIVERED,
        source=SEEN,
    ),
    Sample(request=VideoRequest(prompt="in the rain", video=FILM), replies=DELIVERED, source=SEEN),
    Sample(
        request=VideoRequest(prompt="it runs off", video=FILM, extend=True, duration=4), replies=DELIVERED, source=SEEN
    ),
    Sample(request=VideoRequest(prompt="a fox", continuable=True), replies=DELIVERED, source=SEEN),
    Sample(
        request=VideoRequest(prompt="a hare", continue_from="earlier"),
        continues={"video_id": "video_0"},
        replies=DELIVERED,
        source=SEEN,
    ),
    Sample(
        request=VideoRequest(prompt="a fox"),
        replies=(ACCEPTED, job("failed", error={"code": "internal_error", "message": "something broke"})),
        expects="failed",
        source=SEEN,
    ),
    Sample(
        request=VideoRequest(prompt="something vile"),
        replies=(ACCEPTED, job("failed", error=BLOCKED)),
        expects="refused",
        source=SEEN,
    ),
)
