"""Videos: jobs of `/videos`, which are polled, and whose films are fetched with the key.

Facts: the official client 1.3.84 (`VideoGenerationRequest`, `VideoGenerationResponse`), and a copy of `/videos/models`
of 2026-10-09 in a public repository. Both checked 2026-11-22.
"""

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote

from ...media import Json, MediaFile
from ...operations import Size, VideoRequest
from ...spec import (
    AnyValue,
    Call,
    Continuation,
    Failed,
    Files,
    Flow,
    Model,
    OneFile,
    Param,
    Pending,
    Reply,
    Rule,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    get,
    one_of,
    post,
)
from ...spec.tiny import MP4
from .common import CHECKED, IMAGE_TYPES, LARGEST_FILE, SEEN, cost_in, image_part, image_parts, page
from .images import FILE, SEED
from .pricing import SecondsListed

COPIED = "a copy of /videos/models of 2026-10-09 in a public repository"

# --- Parameters -------------------------------------------------------------------------------------------------


def encode_size(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def encode_seconds(duration: float) -> int:
    return round(duration)


FRAMES = ("first_frame", "last_frame")
"""Where in the body the flow finds the frames: names of the parameters, and of the provider's `frame_type`."""
FRAME = OneFile(media_types=IMAGE_TYPES, bytes_each=LARGEST_FILE)


def video_params(
    *,
    durations: tuple[int, ...],
    resolutions: tuple[str, ...],
    aspect_ratios: tuple[str, ...],
    frames: tuple[str, ...],
    sizes: tuple[Size, ...] = (),
    seed: bool = False,
    references: int = 0,
) -> Mapping[str, Param]:
    """The parameters of one model, as the provider's list has them."""
    pictures = Files(media_types=IMAGE_TYPES, at_most=max(references, 1), bytes_each=LARGEST_FILE)
    given: Mapping[str, Param | None] = {
        "prompt": Param(wire_name="prompt", allows=TextUpTo(32_000)),
        "duration": Param(wire_name="duration", allows=one_of(*durations), encode=encode_seconds),
        "resolution": Param(wire_name="resolution", allows=one_of(*resolutions)),
        "aspect_ratio": Param(wire_name="aspect_ratio", allows=one_of(*aspect_ratios)),
        "size": Param(wire_name="size", allows=one_of(*sizes), encode=encode_size) if sizes else None,
        "generate_audio": Param(wire_name="generate_audio", allows=AnyValue(bool)),
        "seed": SEED if seed else None,
        **{name: Param(wire_name=name, allows=FRAME) for name in frames},
        "references": Param(wire_name="input_references", allows=pictures, encode=image_parts) if references else None,
    }
    return {name: param for name, param in given.items() if param is not None}


SIZE_RULE = Rule(
    when={"size": Rule.ASKED},
    needs={"resolution": Rule.ABSENT, "aspect_ratio": Rule.ABSENT},
    why="it says both",
)
REFERENCES_RULE = Rule(
    when={"references": Rule.ASKED},
    needs={"first_frame": Rule.ABSENT, "last_frame": Rule.ABSENT},
    why="OpenRouter ignores references beside frames",
)
"""https://openrouter.ai/docs/guides/overview/multimodal/video-generation, a stored copy, checked 2026-11-22."""
CONTINUED_RULE = Rule(
    when={"continue_from": Rule.ASKED},
    needs={"first_frame": Rule.ABSENT, "last_frame": Rule.ABSENT},
    why="the earlier film is what it begins with",
)

GOES_ON = Continuation(
    state="server",
    how="`previous_job_id`: the same model edits or extends the earlier film",
    lives="as long as OpenRouter has the job; no time is published",
)

# --- Flows ------------------------------------------------------------------------------------------------------

SOON = 5.0
"""Seconds between polls. The documentation's examples wait 30; films take minutes."""


def submit(call: Call) -> Flow:
    body = {name: value for name, value in call.body.items() if name not in FRAMES}
    frames = [{**image_part(call.body[name]), "frame_type": name} for name in FRAMES if name in call.body]
    if frames:
        body["frame_images"] = frames
    if call.continuation is not None:
        body["previous_job_id"] = call.continuation["job_id"]
    response = yield post("/videos", json={"model": call.model.id, **body})
    return step_of(call, response.json, response.json["id"])


def poll(call: Call, state: Json) -> Flow:
    response = yield get(path_of(state["id"]))
    return step_of(call, response.json, state["id"])


def path_of(job_id: str) -> str:
    return f"/videos/{quote(job_id, safe='')}"


def step_of(call: Call, job: Json, job_id: str) -> Step:
    """A status that no documentation names is taken for work that goes on: the deadline ends it."""
    match job.get("status"):
        case "completed":
            return finished(call, job, job_id)
        case "failed" | "cancelled" | "expired" as status:
            return Failed(reason=job.get("error") or f"the video {status} and no reason was given", kind=status)
    return Pending(state={"id": job_id}, id=job_id, poll_after=SOON)


def finished(call: Call, job: Json, job_id: str) -> Step:
    """The films are fetched from OpenRouter itself, whatever addresses the reply has."""
    count = len(job.get("unsigned_urls") or ("",))
    usage = job.get("usage") or {}
    is_kept = call.model.continuation is not None and (call.continuation is not None or call.request.continuable)
    return Succeeded(
        files=tuple(
            MediaFile(media_type="video/mp4", url=f"{path_of(job_id)}/content?index={index}") for index in range(count)
        ),
        continuation={"job_id": job_id} if is_kept else None,
        usage=usage,
        cost=cost_in(usage),
        metadata={"generation_id": job["generation_id"]} if job.get("generation_id") else {},
    )


# --- Models -----------------------------------------------------------------------------------------------------

WIDE = ((1280, 720), (1080, 1920), (1920, 1080), (720, 1280), (3840, 2160), (2160, 3840))
VEO_PARAMS = video_params(
    durations=(4, 6, 8),
    resolutions=("720p", "1080p", "4K"),
    aspect_ratios=("16:9", "9:16"),
    sizes=WIDE,
    frames=FRAMES,
    seed=True,
    references=3,
)
"""How many references are taken is not listed; three are Google's own limit."""
WAN_PARAMS = video_params(
    durations=tuple(range(2, 31)),
    resolutions=("480p", "720p", "1080p"),
    aspect_ratios=("16:9", "4:3", "1:1", "3:4", "9:16"),
    frames=("first_frame",),
    seed=True,
)
FLUX_PARAMS = video_params(
    durations=tuple(range(5, 21)),
    resolutions=("720p", "1080p"),
    aspect_ratios=("21:9", "16:9", "4:3", "1:1", "3:4", "9:16"),
    frames=FRAMES,
)


def video_model(
    model_id: str,
    *,
    params: Mapping[str, Param],
    longest: int,
    released: date,
    prices: Mapping[str, str],
    rules: tuple[Rule, ...] = (),
    continuation: Continuation | None = None,
) -> Model:
    return Model(
        id=model_id,
        accepts=VideoRequest,
        params=params,
        rules=rules,
        price=SecondsListed(prices=prices, longest=longest, source=COPIED, checked=CHECKED),
        typical_bytes=10_000_000,
        continuation=continuation,
        released=released,
        submit=submit,
        poll=poll,
        source=page(model_id),
    )


MODELS = (
    video_model(
        "google/veo-3.1-fast",
        params=VEO_PARAMS,
        rules=(SIZE_RULE, REFERENCES_RULE),
        longest=8,
        released=date(2026, 3, 20),
        prices={
            "duration_seconds_with_audio": "0.12",
            "duration_seconds_with_audio_4k": "0.30",
            "duration_seconds_without_audio": "0.10",
            "duration_seconds_with_audio_720p": "0.10",
            "duration_seconds_without_audio_4k": "0.25",
            "duration_seconds_without_audio_720p": "0.08",
        },
    ),
    video_model(
        "google/veo-3.1",
        params=VEO_PARAMS,
        rules=(SIZE_RULE, REFERENCES_RULE),
        longest=8,
        released=date(2026, 3, 20),
        prices={
            "duration_seconds_with_audio": "0.40",
            "duration_seconds_with_audio_4k": "0.60",
            "duration_seconds_without_audio": "0.20",
            "duration_seconds_without_audio_4k": "0.40",
        },
    ),
    video_model(
        "alibaba/wan-3.0",
        params=WAN_PARAMS,
        longest=30,
        released=date(2026, 8, 24),
        prices={"duration_seconds_480p": "0.05", "duration_seconds_720p": "0.1", "duration_seconds_1080p": "0.2"},
    ),
    video_model(
        "black-forest-labs/flux-3-video",
        params=FLUX_PARAMS,
        rules=(CONTINUED_RULE,),
        longest=20,
        released=date(2026, 8, 4),
        prices={
            "cents_per_second_output": "17",
            "cents_per_second_output_720p": "17",
            "cents_per_second_output_1080p": "29",
            "cents_per_second_video_continuation_720p": "41",
            "cents_per_second_video_continuation_1080p": "53",
        },
        continuation=GOES_ON,
    ),
)
"""The day in the permanent name of each is the one it was released on here. That flux-3-video goes on with an earlier
job is taken from its price for a continuation."""

# --- Samples ----------------------------------------------------------------------------------------------------

USAGE = {"cost": 0.4, "is_byok": False}


def job(status: str, code: int = 200, **more: Json) -> Reply:
    about = {"id": "gen-vid-1", "polling_url": "https://openrouter.ai/api/v1/videos/gen-vid-1", "status": status}
    return Reply(status=code, json={**about, **more})


CONTENT = "https://openrouter.ai/api/v1/videos/gen-vid-1/content?index=0"
ACCEPTED, WORKING = job("pending", 202), job("in_progress")
DONE = job("completed", unsigned_urls=[CONTENT], usage=USAGE, generation_id="gen-1")
FILM = Reply(content=MP4, media_type="video/mp4")
DELIVERED = (ACCEPTED, WORKING, DONE, FILM)
GOING_ON = "black-forest-labs/flux-3-video"


def sample(
    replies: tuple[Reply, ...] = DELIVERED, *, model: str | None = None, expects: Json = "done", **asked: Json
) -> Sample:
    request = VideoRequest(**{"prompt": "a fox", **asked})
    return Sample(request=request, replies=replies, model=model, expects=expects, source=SEEN)


SAMPLES = (
    sample(),
    sample(duration=4, size=(1280, 720), generate_audio=False, first_frame=FILE, last_frame=FILE),
    sample(references=(FILE, FILE)),
    sample(model=GOING_ON, continuable=True),
    Sample(
        request=VideoRequest(prompt="it runs off", continue_from="earlier"),
        model=GOING_ON,
        continues={"job_id": "gen-vid-0"},
        replies=DELIVERED,
        source=SEEN,
    ),
    sample((ACCEPTED, job("failed", error="The provider failed")), expects="failed"),
    sample((ACCEPTED, job("cancelled")), expects="failed"),
    sample((ACCEPTED, WORKING, job("expired")), expects="failed"),
)
