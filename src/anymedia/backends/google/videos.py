"""Videos: the Omni models, by interactions in the background.

Facts: https://ai.google.dev/gemini-api/docs/omni, stored copy of September 2026, and the official client 3.4.0, both
checked 2026-11-22.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import Request, VideoRequest
from ...spec import (
    Between,
    Call,
    Failed,
    Files,
    Flow,
    Model,
    OneFile,
    Param,
    Price,
    Reply,
    Rule,
    Sample,
    TextUpTo,
    TokenPrice,
    TokenRate,
    one_of,
)
from ...spec.tiny import MP4
from .._google.pictures import FILE
from . import interactions, uploads
from .common import CHECKED, DOCS, IMAGE_TYPES, LARGEST_INLINE, PRICES_READ_AT, SEEN

# --- Prices -----------------------------------------------------------------------------------------------------

DEFAULT_RESOLUTION = "720p"
"""The official client's documentation of `resolution`."""

DOLLARS_1_2 = {"360p": "0.0234", "720p": "0.07", "1080p": "0.105", "4k": "0.21"}
"""A second of gemini-omni-1.2-flash: muapi.ai's table. docs.laozhang.ai puts its own prices of a 10-second clip at 43%
of Google's, which comes to the same."""
DOLLARS_1_1 = {"360p": "0.039", "720p": "0.13", "1080p": "0.195", "4k": "0.39"}
"""A second of gemini-omni-1.1-flash at a reseller (muapi.ai): above Google's, which leaves room for what goes in."""
WORDS_1_1 = Decimal("0.59")
"""Dollars for as many thoughts as the model's output limit of 65,536 tokens leaves room for, at $9 per million."""


def seconds_at_most(dollars: Mapping[str, str], longest: int, request: Request) -> Decimal | None:
    """Nobody publishes what a film costs that another film goes into."""
    assert isinstance(request, VideoRequest)
    if request.video is not None or request.continue_from is not None:
        return None
    seconds = Decimal(str(longest if request.duration is None else request.duration))
    return Decimal(dollars[request.resolution or DEFAULT_RESOLUTION]) * seconds


def with_words(dollars: Decimal | None) -> Decimal | None:
    return None if dollars is None else dollars + WORDS_1_1


@dataclass(frozen=True, kw_only=True)
class SecondsAtResolution:
    """So many dollars for each second, by resolution. Settled only where the length was asked for."""

    dollars: Mapping[str, str]
    longest: int
    source: str = "https://muapi.ai/gemini-omni-1.2-flash"
    checked: date = CHECKED

    def worst_case(self, request: Request) -> Decimal | None:
        return seconds_at_most(self.dollars, self.longest, request)

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        assert isinstance(request, VideoRequest)
        return None if request.duration is None else self.worst_case(request)

    def describe(self) -> str:
        return f"${min(self.dollars.values())} to ${max(self.dollars.values())} per second"


def token_price(dollars: Mapping[str, str], longest: int) -> TokenPrice:
    """Dollars per million tokens of gemini-omni-1.1-flash."""
    return TokenPrice(
        rates=(
            TokenRate(kind="in", dollars=Decimal("1.5"), reported_at="billed.input"),
            TokenRate(kind="words out", dollars=Decimal(9), reported_at="billed.text"),
            TokenRate(kind="video out", dollars=Decimal("17.5"), reported_at="billed.video"),
        ),
        at_most=lambda request: with_words(seconds_at_most(dollars, longest, request)),
        source=PRICES_READ_AT,
        checked=CHECKED,
    )


# --- Models -----------------------------------------------------------------------------------------------------


def encode_seconds(duration: Json) -> str:
    return f"{duration:g}s"


def encode_task(extend: Json) -> str:
    return "extend" if extend else "edit"


def encode_upscaling(upscale: Json) -> str:
    return "upscale" if upscale else "edit"


PICTURE = OneFile(media_types=IMAGE_TYPES, bytes_each=LARGEST_INLINE)
TASK = "generation_config.video_config.task"
FILES = ("first_frame", "last_frame", "references", "video")
"""Where in the body the flow finds the files; they are no fields of the provider's."""


def video_params(*, longest: int, references: int, upscales: bool) -> Mapping[str, Param]:
    pictures = Files(media_types=IMAGE_TYPES, at_most=references, bytes_each=LARGEST_INLINE)
    film = OneFile(media_types=("video/mp4",), bytes_each=uploads.LARGEST_FILE)
    seconds = Between(3.0, float(longest), step=1.0)
    upscaling = {"upscale": Param(wire_name=TASK, allows=one_of(False, True), encode=encode_upscaling)}
    return {
        "prompt": Param(wire_name="text", allows=TextUpTo(65_536)),
        "duration": Param(wire_name="response_format.duration", allows=seconds, encode=encode_seconds),
        "resolution": Param(wire_name="response_format.resolution", allows=one_of("360p", "720p", "1080p", "4k")),
        "aspect_ratio": Param(wire_name="response_format.aspect_ratio", allows=one_of("16:9", "9:16")),
        "first_frame": Param(wire_name="first_frame", allows=PICTURE),
        "last_frame": Param(wire_name="last_frame", allows=PICTURE),
        "references": Param(wire_name="references", allows=pictures, encode=tuple),
        "video": Param(wire_name="video", allows=film),
        "extend": Param(wire_name=TASK, allows=one_of(False, True), encode=encode_task),
        **(upscaling if upscales else {}),
    }


NO_FRAMES = {"first_frame": Rule.ABSENT, "last_frame": Rule.ABSENT}
UPSCALING = "https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/video/upscale-videos"
UPSCALING_RULES = (
    Rule(when={"upscale": True}, needs={"resolution": ("720p", "1080p", "4k")}, why=f"how large; {UPSCALING}"),
    Rule(
        when={"upscale": True},
        needs={"aspect_ratio": Rule.ABSENT, "references": Rule.ABSENT, **NO_FRAMES},
        why="it is the same film",
    ),
    Rule(when={"upscale": Rule.ASKED}, needs={"extend": Rule.ABSENT}, why="one task at a time"),
    Rule(
        when={"upscale": Rule.ASKED, "continue_from": Rule.ABSENT},
        needs={"video": Rule.ASKED},
        why="it is that film that is made larger",
    ),
)
"""A film of 360p becomes one of 720p or 1080p, one of 720p becomes 1080p or 4k; longer than 15 seconds it may not be.
Which it is, Google sees."""
RULES = (
    Rule(when={"last_frame": Rule.ASKED}, needs={"first_frame": Rule.ASKED}, why="<LAST_FRAME> ends a <FIRST_FRAME>"),
    Rule(when={"references": Rule.ASKED}, needs=NO_FRAMES, why="a picture is a frame or a reference"),
    Rule(when={"video": Rule.ASKED}, needs={**NO_FRAMES, "continue_from": Rule.ABSENT}, why="the film is the start"),
    Rule(when={"continue_from": Rule.ASKED}, needs=NO_FRAMES, why="the earlier film is the start"),
    Rule(
        when={"extend": Rule.ASKED, "continue_from": Rule.ABSENT},
        needs={"video": Rule.ASKED},
        why="it is that film that goes on",
    ),
    *(
        Rule(
            when={film: Rule.ASKED, "extend": (False, Rule.ABSENT)},
            needs={"duration": Rule.ABSENT},
            why="an edit is as long as its film; extend=true goes on with it",
        )
        for film in ("video", "continue_from")
    ),
)


def video_model(
    model_id: str, *, price: Price, longest: int, references: int, released: date, upscales: bool = False
) -> Model:
    return Model(
        id=model_id,
        accepts=VideoRequest,
        params=video_params(longest=longest, references=references, upscales=upscales),
        rules=(*RULES, *(UPSCALING_RULES if upscales else ())),
        price=price,
        typical_bytes=10_000_000,
        continuation=interactions.STORED,
        released=released,
        submit=submit,
        poll=poll,
        cancel=cancel,
        source=f"{DOCS}/models/{model_id}",
    )


# --- Flows ------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    return uploads.submit(call, question_in(call))


def poll(call: Call, state: Json) -> Flow:
    return uploads.poll(call, question_in(call), state) if "uploaded" in state else interactions.poll(call, state)


def cancel(call: Call, state: Json) -> Flow:
    return nothing_bought() if "uploaded" in state else interactions.cancel(call, state)


def nothing_bought() -> Flow:
    """Google still reads what was uploaded: there is nothing to cancel, and nothing was paid."""
    yield from ()
    return Failed(reason="it was cancelled before it was ordered", kind="cancelled")


def order(call: Call, content: list[Json], fields: Mapping[str, Json]) -> Flow:
    response = yield interactions.creation(call, content, {"background": True, **fields})
    return (yield from interactions.outcome(call, response, response.json["id"]))


def question_in(call: Call) -> uploads.Question:
    """What is ordered. It is delivered as a file: the documentation asks for that above 4 MB.

    The media come before the words. Two pictures are told apart by marks in the words, in the order of the pictures.
    """
    body = call.body
    fields = {name: value for name, value in body.items() if name not in ("text", *FILES)}
    fields["response_format"] = {"type": "video", "delivery": "uri", **fields.get("response_format", {})}
    fields["generation_config"] = {"video_config": {"task": task_of(call)}, **fields.get("generation_config", {})}
    files = [body[name] for name in ("video", "first_frame", "last_frame") if name in body]
    marks = "<FIRST_FRAME> <LAST_FRAME> " if "last_frame" in body else ""
    return uploads.Question(
        files=(*files, *body.get("references", ())),
        words=(interactions.text(marks + body["text"]),),
        fields=fields,
        ask=order,
    )


def task_of(call: Call) -> str:
    if "video" in call.body or call.continuation is not None:
        return encode_task(False)
    if "first_frame" in call.body:
        return "image_to_video"
    return "reference_to_video" if "references" in call.body else "text_to_video"


MODELS = (
    video_model(
        "gemini-omni-1.2-flash",
        price=SecondsAtResolution(dollars=DOLLARS_1_2, longest=15),
        longest=15,
        references=6,
        released=date(2026, 11, 5),
        upscales=True,
    ),
    video_model(
        "gemini-omni-1.1-flash",
        price=token_price(DOLLARS_1_1, 10),
        longest=10,
        references=3,
        released=date(2026, 8, 27),
    ),
)
"""Lengths and references: docs.cloud.google.com and resellers' pages (muapi.ai, docs.laozhang.ai, docs.oxen.ai)."""

# --- Samples ----------------------------------------------------------------------------------------------------

FILM = MediaFile(media_type="video/mp4", data=MP4)
FILE_URI = "https://generativelanguage.googleapis.com/v1beta/files/abc-123:download?alt=media"


def told(status: str, **more: Json) -> Reply:
    return Reply(json={"id": "v1_abc", "object": "interaction", "status": status, **more})


def filmed(piece: Json) -> Reply:
    usage = {
        "total_input_tokens": 8,
        "total_output_tokens": 46_336,
        "total_tokens": 46_344,
        "output_tokens_by_modality": [{"modality": "video", "tokens": 46_336}],
    }
    output = {"type": "model_output", "content": [{"type": "video", "mime_type": "video/mp4", **piece}]}
    return told("completed", steps=[output], usage=usage)


QUEUED, WORKING, STORED = told("queued"), told("in_progress"), filmed({"uri": FILE_URI})
MAKING, ACTIVE = (Reply(json={"name": "files/abc-123", "state": state}) for state in ("PROCESSING", "ACTIVE"))
DELIVERED = (QUEUED, WORKING, STORED, ACTIVE, Reply(content=MP4, media_type="video/mp4"))
WORDS = {"type": "model_output", "content": [{"type": "text", "text": "I cannot film that."}]}


def sample(replies: tuple[Reply, ...] = DELIVERED, **asked: Json) -> Sample:
    return Sample(request=VideoRequest(**{"prompt": "a fox", **asked}), replies=replies, source=SEEN)


SAMPLES = (
    sample(),
    sample(duration=8, resolution="1080p", aspect_ratio="9:16"),
    sample(first_frame=FILE),
    sample(first_frame=FILE, last_frame=FILE),
    sample(references=(FILE, FILE)),
    sample(video=FILM),
    sample(video=FILM, extend=True, duration=4),
    sample(video=FILM, upscale=True, resolution="1080p"),
    sample(continuable=True),
    sample((QUEUED, STORED, MAKING, STORED, ACTIVE, DELIVERED[-1]), continuable=True, duration=3),
    sample((QUEUED, WORKING, filmed({"data": b64encode(MP4).decode()})), duration=4),
    Sample(
        request=VideoRequest(prompt="at night", continue_from="earlier"),
        continues={"interaction_id": "v1_earlier"},
        replies=DELIVERED,
        source=SEEN,
    ),
    Sample(
        request=VideoRequest(prompt="a fox"),
        replies=(QUEUED, told("failed", errors=[{"code": "internal", "message": "something broke"}])),
        expects="failed",
        source=SEEN,
    ),
    Sample(
        request=VideoRequest(prompt="a fox"),
        replies=(QUEUED, told("completed", steps=[WORDS])),
        expects="failed",
        source=SEEN,
    ),
    Sample(
        request=VideoRequest(prompt="something vile"),
        replies=(QUEUED, told("failed", errors=[{"code": "SAFETY", "message": "blocked"}])),
        expects="refused",
        source=SEEN,
    ),
)
