"""Videos over REST: jobs of `/videos`, from words, from a picture, with references, and edits and extensions."""

from typing import Any
from urllib.parse import quote

from ...media import Json, MediaFile
from ...operations import VideoRequest
from ...spec import Call, Failed, Flow, Inline, Pending, Reply, Sample, Step, get, post
from ...spec.tiny import MP4
from .._xai.common import CHARGED_ALL_THE_SAME
from .._xai.films import FILM, ROUTE, SOON, encode_route, failed, film_models, finished
from .._xai.pictures import FILE
from .errors import SEEN, cost_of

# --- Flows ------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    fields = {name: as_url(value) for name, value in call.body.items() if name != ROUTE}
    if call.continuation is not None:
        fields["video"] = as_url(call.continuation["last_output"])
    route = call.body.get(ROUTE, encode_route(False)) if "video" in fields else "generations"
    response = yield post(f"/videos/{route}", json={"model": call.model.id, **fields})
    request_id = response.json["request_id"]
    return Pending(state={"request_id": request_id}, id=request_id, poll_after=SOON)


def as_url(value: Json) -> Json:
    """A file, or each of several, in the form that xAI takes; anything else as it is."""
    match value:
        case MediaFile():
            return {"url": Inline(file=value, form="data_uri")}
        case tuple():
            return [as_url(each) for each in value]
    return value


def poll(call: Call, state: Json) -> Flow:
    """Ask how far it is. While it is at work, the answer is 202, sometimes without a word."""
    response = yield get(f"/videos/{quote(state['request_id'], safe='')}")
    return step_of(response.json or {}, state)


def step_of(job: Json, state: Json) -> Step:
    """A status that no documentation names is taken for work that goes on: the deadline ends it."""
    match job.get("status"):
        case "done":
            film = job["video"]
            return finished(film, cost_of(job), held_back=film.get("respect_moderation") is False)
        case "failed":
            error = job.get("error") or {}
            return failed(error.get("code"), error.get("message"), cost_of(job))
        case "expired":
            return Failed(reason="the request expired before it was made", kind="expired", cost=cost_of(job))
    progress = job.get("progress")
    fraction = progress / 100 if isinstance(progress, int | float) else None
    return Pending(state=state, id=state["request_id"], poll_after=SOON, fraction=fraction)


MODELS = film_models(submit, poll)

# --- Samples ----------------------------------------------------------------------------------------------------

ACCEPTED = Reply(json={"request_id": "d97415a1-5796-b7ec-379f-4e6819e08fdf"})
WORKING = Reply(status=202, json={"status": "pending", "progress": 50})
COST = {"usage": {"cost_in_usd_ticks": 6_400_000_000}}


def filmed(**film: Any) -> Reply:
    told = {"url": "https://vidgen.x.ai/1/video.mp4", "duration": 8, "respect_moderation": True, **film}
    return Reply(json={"status": "done", "video": told, "model": "grok-imagine-video-1.5", "progress": 100, **COST})


def ended(status: str, **error: str) -> Reply:
    return Reply(json={"status": status, **({"error": error} if error else {})})


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
    sample(duration=4.0, resolution="1080p", first_frame=FILE),
    sample(first_frame=FILE, last_frame=FILE, references=(FILE, FILE), aspect_ratio="9:16", generate_audio=False),
    sample(model=CLASSIC, continuable=True),
    sample(model=CLASSIC, prompt="in the rain", video=FILM),
    sample(model=CLASSIC, prompt="it runs off", video=FILM, extend=True, duration=4.0),
    sample(
        ACCEPTED,
        WORKING,
        ended("failed", code="internal_error", message="The service could not complete the generation."),
        expects="failed",
    ),
    sample(ACCEPTED, ended("expired"), expects="failed"),
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
        ended("failed", code="invalid_argument", message="Generated video rejected by content moderation."),
        prompt="something vile",
        expects="refused",
    ),
)
