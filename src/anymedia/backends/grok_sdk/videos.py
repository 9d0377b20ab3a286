"""Videos over gRPC: jobs from words, from a picture, with references, and edits and extensions."""

from typing import Any

from ...media import Json
from ...operations import VideoRequest
from ...spec import Call, Control, Failed, Flow, Pending, Reply, Sample, Step, compute
from ...spec.tiny import MP4
from .._xai.common import CHARGED_ALL_THE_SAME
from .._xai.films import FILM, ROUTE, SOON, encode_route, failed, film_models, finished
from .._xai.pictures import FILE
from .library import SEEN, ask, cost_of
from .size import check_size, files_in

# --- Flows ------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    fields = dict(call.body)
    if call.continuation is not None:
        fields["video"] = call.continuation["last_output"]
    check_size(files_in(fields.values()))
    reply = yield compute(order, effect="pays", model=call.model.id, **fields)
    request_id = reply["request_id"]
    return Pending(state={"request_id": request_id}, id=request_id, poll_after=SOON)


def order(control: Control, **fields: Json) -> Json:
    """An extension has a method of its own."""
    extends = fields.pop(ROUTE, None) == encode_route(True)
    return ask(control, method="Video/ExtendVideo" if extends else "Video/GenerateVideo", **fields)


def poll(call: Call, state: Json) -> Flow:
    reply = yield compute(ask, method="Video/GetDeferredVideo", request_id=state["request_id"])
    return step_of(reply.get("status"), reply.get("response", {}), state)


def step_of(status: Json, response: Json, state: Json) -> Step:
    """A status that no message names is taken for work that goes on: the deadline ends it."""
    match status:
        case "DONE":
            film = response.get("video", {})
            held_back = bool(film) and not film.get("respect_moderation")
            return finished(film, cost_of(response), held_back=held_back)
        case "FAILED":
            error = response.get("error", {})
            return failed(error.get("code"), error.get("message"), cost_of(response))
        case "EXPIRED":
            return Failed(reason="the request expired before it was made", kind="expired", cost=cost_of(response))
    progress = response.get("progress")
    fraction = None if progress is None else progress / 100
    return Pending(state=state, id=state["request_id"], poll_after=SOON, fraction=fraction)


MODELS = film_models(submit, poll)

# --- Samples ----------------------------------------------------------------------------------------------------

ACCEPTED = Reply(json={"request_id": "d97415a1-5796-b7ec-379f-4e6819e08fdf"})
WORKING = Reply(json={"status": "PENDING", "response": {"progress": 50}})


def filmed(**film: Any) -> Reply:
    told = {"url": "https://vidgen.x.ai/1/video.mp4", "duration": 8, "respect_moderation": True, **film}
    return Reply(json={"status": "DONE", "response": {"video": told, "usage": {"cost_in_usd_ticks": "6400000000"}}})


def broken(code: str, message: str) -> Reply:
    return Reply(json={"status": "FAILED", "response": {"error": {"code": code, "message": message}}})


CLASSIC = "grok-imagine-video"
DELIVERED = (ACCEPTED, WORKING, filmed(), Reply(content=MP4, media_type="video/mp4"))


def sample(
    *replies: Reply, model: str | None = None, expects: Any = "done", source: str = SEEN, **asked: Any
) -> Sample:
    return Sample(
        request=VideoRequest(**{"prompt": "a fox", **asked}),
        replies=replies or DELIVERED,
        model=model,
        expects=expects,
        source=source,
    )


SAMPLES = (
    sample(),
    sample(first_frame=FILE, last_frame=FILE, references=(FILE, FILE), aspect_ratio="9:16", generate_audio=False),
    sample(model=CLASSIC, continuable=True),
    sample(model=CLASSIC, prompt="it runs off", video=FILM, extend=True, duration=4.0),
    sample(
        ACCEPTED,
        WORKING,
        broken("internal_error", "The service could not complete the generation."),
        expects="failed",
    ),
    sample(ACCEPTED, Reply(json={"status": "EXPIRED"}), expects="failed"),
    sample(ACCEPTED, filmed(url=""), expects="failed"),
    sample(
        ACCEPTED,
        filmed(url="", respect_moderation=False),
        prompt="something vile",
        expects="refused",
        source=CHARGED_ALL_THE_SAME,
    ),
    sample(
        ACCEPTED,
        WORKING,
        broken("invalid_argument", "Generated video rejected by content moderation."),
        prompt="something vile",
        expects="refused",
    ),
)
