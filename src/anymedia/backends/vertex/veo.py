"""Films: Veo. Operations that are submitted and then asked for by POST, which buys nothing.

Facts: converters and types of the official client 3.4.0, and DOCS/models/veo/3-1-generate and
DOCS/model-reference/veo-video-generation through stored copies, all checked 2026-11-22.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from ...media import Json, MediaFile
from ...operations import Request, VideoRequest
from ...spec import (
    AnyValue,
    Between,
    Call,
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
    one_of,
    post,
)
from ...spec.tiny import MP4
from .common import CHECKED, DOCS, LIFECYCLE, PRICING, SEEN, VERSION, as_image, body_of, is_filtered, model_path
from .imagen import FILE, IMAGE_TYPES, nothing_came, parameter

# --- Prices -----------------------------------------------------------------------------------------------------

LONGEST = 8
"""Seconds of one film, and what is made when nothing is asked for. An extension adds seven."""
DOLLARS = {"720p": Decimal("0.40"), "1080p": Decimal("0.40"), "4k": Decimal("0.60")}
DOLLARS_FAST = {"720p": Decimal("0.10"), "1080p": Decimal("0.12"), "4k": Decimal("0.30")}
DOLLARS_LITE = {"720p": Decimal("0.05"), "1080p": Decimal("0.08")}
"""US dollars for each second with sound, by resolution: PRICING as mirrored in LiteLLM's price table 1.109.1, checked
2026-11-22. A film without sound costs less by an amount that the table does not name."""


@dataclass(frozen=True, kw_only=True)
class SecondsOfFilms:
    """So many dollars for each second of each film, by resolution. A film without sound costs at most this."""

    dollars: Mapping[str, Decimal]
    source: str = PRICING
    checked: date = CHECKED

    def worst_case(self, request: Request) -> Decimal | None:
        return self._cost(request, request.asked_for().get("n", 1))

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        """Films that were filtered are not billed: PRICING. What silence saves, nobody can tell."""
        asked = request.asked_for()
        if asked.get("generate_audio") is False or asked.get("video") is not None:
            return None
        return self._cost(request, usage.get("videos", asked.get("n", 1)))

    def _cost(self, request: Request, films: int) -> Decimal:
        asked = request.asked_for()
        return self.dollars[asked.get("resolution", "720p")] * Decimal(str(asked.get("duration", LONGEST))) * films

    def describe(self) -> str:
        return f"${min(self.dollars.values()):f} to ${max(self.dollars.values()):f} per second"


# --- Models -----------------------------------------------------------------------------------------------------

LARGEST_IMAGE = 20 * 10**6
LARGEST_FILM = 100 * 10**6
"""Bytes. DOCS name 20 MB for images and no limit for films; this keeps a mistaken file from being sent."""
IMAGE = OneFile(media_types=IMAGE_TYPES, bytes_each=LARGEST_IMAGE)
LONGEST_PROMPT = 10_000
"""Characters. Google counts 1024 tokens, which nobody can count here; the provider judges what is close."""


def encode_quality(quality: Json) -> str:
    """How it is compressed, as the official client's `VideoCompressionQuality` spells it."""
    return str(quality).upper()


PARAMS = {
    "prompt": Param(wire_name="instances.prompt", allows=TextUpTo(LONGEST_PROMPT)),
    "n": parameter("sampleCount", Between(1, 4)),
    "duration": Param(wire_name="parameters.durationSeconds", allows=one_of(4, 6, 8), encode=int),
    "resolution": parameter("resolution", one_of(*DOLLARS)),
    "aspect_ratio": parameter("aspectRatio", one_of("16:9", "9:16")),
    "negative_prompt": parameter("negativePrompt", TextUpTo(LONGEST_PROMPT)),
    "seed": parameter("seed", Between(0, 2**32 - 1)),
    "generate_audio": parameter("generateAudio", AnyValue(bool)),
    "person_generation": parameter("personGeneration", one_of("dont_allow", "allow_adult")),
    "quality": Param(
        wire_name="parameters.compressionQuality", allows=one_of("optimized", "lossless"), encode=encode_quality
    ),
    "first_frame": Param(wire_name="instances.image", allows=IMAGE, encode=as_image),
    "last_frame": Param(wire_name="instances.lastFrame", allows=IMAGE, encode=as_image),
    "references": Param(
        wire_name="instances.referenceImages",
        allows=Files(media_types=IMAGE_TYPES, at_most=3, bytes_each=LARGEST_IMAGE),
        encode=lambda files: [{"image": as_image(file), "referenceType": "ASSET"} for file in files],
    ),
    "video": Param(
        wire_name="instances.video",
        allows=OneFile(media_types=("video/mp4",), bytes_each=LARGEST_FILM),
        encode=as_image,
    ),
    "extend": Param(wire_name="instances.video.mimeType", allows=one_of(True), encode=lambda extend: "video/mp4"),
}
PARAMS_LITE = {name: param for name, param in PARAMS.items() if name not in ("references", "video", "extend")} | {
    "resolution": parameter("resolution", one_of(*DOLLARS_LITE))
}
"""The lite model starts from words or pictures. Source: its capabilities in LiteLLM's table, checked 2026-11-22."""

LITE_RULES = (
    Rule(when={"last_frame": Rule.ASKED}, needs={"first_frame": Rule.ASKED}, why="it ends what another image begins"),
)
RULES = (
    *LITE_RULES,
    Rule(
        when={"references": Rule.ASKED},
        needs={"duration": (8, Rule.ABSENT), "aspect_ratio": ("16:9", Rule.ABSENT)},
        why="films from references have one length and shape",
    ),
    Rule(
        when={"references": Rule.ASKED},
        needs={"first_frame": Rule.ABSENT, "last_frame": Rule.ABSENT, "video": Rule.ABSENT},
        why="references stand alone",
    ),
    Rule(when={"video": Rule.ASKED}, needs={"extend": True}, why="Veo goes on with a film; it does not change one"),
    Rule(when={"extend": Rule.ASKED}, needs={"video": Rule.ASKED}, why="it is that film that goes on"),
    Rule(
        when={"video": Rule.ASKED},
        needs={"duration": Rule.ABSENT, "first_frame": Rule.ABSENT, "last_frame": Rule.ABSENT},
        why="an extension starts from the film and has one length",
    ),
    Rule(when={"video": Rule.ASKED}, needs={"resolution": ("720p", Rule.ABSENT)}, why="only that can be extended"),
)

RELEASED = date(2025, 11, 17)
"""LIFECYCLE, which says of both that they retire "on 2026-11-17 or later", and in its newest copies names them as the
successors of Veo 3.0. No day is announced, so none is declared. Checked 2026-11-22."""


def veo(
    model_id: str,
    *,
    dollars: Mapping[str, Decimal],
    params: Mapping[str, Param] = PARAMS,
    rules: tuple[Rule, ...] = RULES,
    released: date = date.min,
) -> Model:
    return Model(
        id=model_id,
        accepts=VideoRequest,
        params=params,
        rules=rules,
        price=SecondsOfFilms(dollars=dollars),
        max_outputs=4,
        typical_bytes=10_000_000,
        released=released,
        submit=submit,
        poll=poll,
        source=f"{DOCS}/models/veo/3-1-generate; {LIFECYCLE}",
    )


# --- Flows ------------------------------------------------------------------------------------------------------

FILMS = ("response.videos[*].bytesBase64Encoded",)
SOONEST, LATEST = 1.0, 10.0
"""Seconds between polls, doubled each time. The official client's documentation asks every ten."""


def submit(call: Call) -> Flow:
    body = body_of(call, call.body["instances"], call.body.get("parameters", {}))
    response = yield post(model_path(call, "predictLongRunning"), json=body)
    return pending(response.json["name"], polls=0)


def pending(name: str, *, polls: int) -> Pending:
    state = {"name": name, "polls": polls}
    return Pending(state=state, id=name, poll_after=min(LATEST, SOONEST * 2**polls))


def poll(call: Call, state: Json) -> Flow:
    """Ask for the operation at the model that its name begins with."""
    name = state["name"]
    model = quote(name.partition("/operations/")[0], safe="/@")
    response = yield post(
        f"{VERSION}/{model}:fetchPredictOperation", json={"operationName": name}, effect="safe", media_at=FILMS
    )
    operation = response.json
    if not operation.get("done"):
        return pending(name, polls=state["polls"] + 1)
    return failed(operation["error"]) if operation.get("error") else films(call, operation.get("response") or {})


def films(call: Call, response: Json) -> Step:
    delivered = response.get("videos") or ()
    files = tuple(each["bytesBase64Encoded"] for each in delivered if "bytesBase64Encoded" in each)
    filtered = tuple(response.get("raiMediaFilteredReasons") or ())
    if not filtered and response.get("raiMediaFilteredCount"):
        filtered = ("Google's filter took the film and gave no reason",)
    buckets = [each["gcsUri"] for each in delivered if each.get("gcsUri")]
    if not files:
        return nothing_came(filtered, buckets)
    wanted = call.request.asked_for().get("n", 1)
    unsaid = ["Vertex delivered fewer films than asked for."] * (wanted - len(files))
    return Succeeded(
        files=files,
        missing=tuple([*filtered, *unsaid][: max(0, wanted - len(files))]),
        usage={"videos": len(files)},
        metadata={"addresses": buckets} if buckets else {},
    )


def failed(error: Json) -> Failed:
    message = error.get("message") or "the operation failed and no reason was given"
    return Failed(reason=message, kind="refused" if is_filtered(message) else "failed")


MODELS = (
    veo("veo-3.1-generate-001", dollars=DOLLARS, released=RELEASED),
    veo("veo-3.1-fast-generate-001", dollars=DOLLARS_FAST, released=RELEASED),
    veo("veo-3.1-lite-generate-001", dollars=DOLLARS_LITE, params=PARAMS_LITE, rules=LITE_RULES),
)

# --- Samples ----------------------------------------------------------------------------------------------------

NAME = "projects/p/locations/l/publishers/google/models/veo-3.1-generate-001/operations/1"
FILM = MediaFile(media_type="video/mp4", data=MP4)
REASON = "Veo could not generate videos because the input image violates Vertex AI's usage guidelines."
INTERNAL = {"code": 13, "message": "Video generation failed. Please try again in a few minutes."}
VIOLATED = {"code": 3, "message": REASON}
BUCKET = {"gcsUri": "gs://bucket/film.mp4", "mimeType": "video/mp4"}
ACCEPTED = Reply(json={"name": NAME})


def delivered(films: int, **response: Json) -> Reply:
    film = {"bytesBase64Encoded": ENCODED, "mimeType": "video/mp4"}
    return Reply(json={"name": NAME, "done": True, "response": {"videos": [film] * films, **response}})


def ended(error: Json) -> Reply:
    return Reply(json={"name": NAME, "done": True, "error": error})


def film(**asked: Json) -> VideoRequest:
    return VideoRequest(**{"prompt": "a fox", **asked})


ENCODED = b64encode(MP4).decode()
DONE = (ACCEPTED, ACCEPTED, delivered(1))
SAMPLES = (
    Sample(request=film(), replies=DONE, source=SEEN),
    Sample(
        request=film(n=2, duration=4, resolution="1080p", seed=0, generate_audio=False, quality="lossless"),
        replies=(ACCEPTED, ACCEPTED, delivered(2)),
        source=SEEN,
    ),
    Sample(request=film(first_frame=FILE, last_frame=FILE, negative_prompt="snow"), replies=DONE, source=SEEN),
    Sample(request=film(references=(FILE, FILE, FILE), duration=8), replies=DONE, source=SEEN),
    Sample(request=film(video=FILM, extend=True), replies=DONE, source=SEEN),
    Sample(
        request=film(n=2),
        replies=(ACCEPTED, delivered(1, raiMediaFilteredCount=1, raiMediaFilteredReasons=[REASON])),
        expects="partial",
        source=SEEN,
    ),
    Sample(
        request=film(),
        replies=(ACCEPTED, delivered(0, raiMediaFilteredCount=1, raiMediaFilteredReasons=[REASON])),
        expects="refused",
        source=SEEN,
    ),
    Sample(request=film(), replies=(ACCEPTED, ended(VIOLATED)), expects="refused", source=SEEN),
    Sample(request=film(), replies=(ACCEPTED, ended(INTERNAL)), expects="failed", source=SEEN),
    Sample(request=film(), replies=(ACCEPTED, delivered(0, videos=[BUCKET])), expects="failed", source=SEEN),
)
