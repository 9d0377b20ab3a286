"""The film models: what each takes, what it costs, and what the status of a job means.

Facts: `VideoClient` of the official client xai-sdk 1.21.0, a stored copy of the page on video generation below DOCS of
autumn 2026 and LiteLLM's price table 1.109.1, checked 2026-11-22.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ...media import Json, MediaFile
from ...operations import Request, VideoRequest
from ...spec import (
    AnyValue,
    Between,
    Call,
    Continuation,
    Failed,
    Files,
    Flow,
    Model,
    OneFile,
    Param,
    Rule,
    Step,
    Succeeded,
    TextUpTo,
    one_of,
)
from ...spec.tiny import MP4
from .common import CHECKED, DOCS, HELD_BACK, PRICES_READ_AT, is_moderation
from .pictures import IMAGE_TYPES, LARGEST_INPUT

# --- Prices -----------------------------------------------------------------------------------------------------

DEFAULT_SECONDS, DEFAULT_RESOLUTION = 8, "480p"
"""What is made when nothing is asked for: the page on video generation."""


@dataclass(frozen=True, kw_only=True)
class FilmPrice:
    """Dollars for each second by resolution, and for each picture that goes in.

    Nobody publishes what a second of a film costs that goes in: before an edit or extension nothing can be told.
    """

    dollars: Mapping[str, Decimal]
    going_in: Decimal
    source: str = PRICES_READ_AT
    checked: date = CHECKED

    def worst_case(self, request: Request) -> Decimal | None:
        assert isinstance(request, VideoRequest)
        if request.video is not None or request.continue_from is not None:
            return None
        seconds = Decimal(str(DEFAULT_SECONDS if request.duration is None else request.duration))
        frames = sum(frame is not None for frame in (request.first_frame, request.last_frame))
        pictures = frames + len(request.references or ())
        return self.dollars[request.resolution or DEFAULT_RESOLUTION] * seconds + self.going_in * pictures

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        """The list price, for a reply that does not say what it cost."""
        return self.worst_case(request)

    def describe(self) -> str:
        least, most = min(self.dollars.values()), max(self.dollars.values())
        return f"${least:f} to ${most:f} per second, ${self.going_in:f} per image that goes in"


def price(dollars: Mapping[str, str], going_in: str) -> FilmPrice:
    return FilmPrice(dollars={key: Decimal(each) for key, each in dollars.items()}, going_in=Decimal(going_in))


# --- Parameters -------------------------------------------------------------------------------------------------

ROUTE = "route"
"""Where in the body the flow finds what becomes of `video`; it is no field of the provider's."""
LARGEST_FILM = 50 * 10**6
"""Bytes. No limit is published but 8.7 seconds for an edit and 30 for an extension; this keeps a mistaken file out."""
PICTURE = OneFile(media_types=IMAGE_TYPES, bytes_each=LARGEST_INPUT)


def encode_seconds(duration: Json) -> int:
    return int(duration)


def encode_route(extend: Json) -> str:
    return "extensions" if extend else "edits"


PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(4096)),
    "duration": Param(wire_name="duration", allows=Between(1.0, 15.0, step=1.0), encode=encode_seconds),
    "resolution": Param(wire_name="resolution", allows=one_of("480p", "720p", "1080p")),
    "aspect_ratio": Param(wire_name="aspect_ratio", allows=one_of("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3")),
    "first_frame": Param(wire_name="image", allows=PICTURE),
    "generate_audio": Param(wire_name="generate_audio", allows=AnyValue(bool)),
}
"""No page of xAI's limits the prompt; resellers do (https://doc.octopusx.ai/en/videos/grok/grok-imagine-1-5-preview).
21:9 and 5:2 stand on the page and not in the types of the official client: they wait for a second source."""
REFERENCES = {
    "references": Param(
        wire_name="reference_images",
        allows=Files(media_types=IMAGE_TYPES, at_most=7, bytes_each=LARGEST_INPUT),
        encode=tuple,
    )
}
LAST_FRAME = {"last_frame": Param(wire_name="last_frame", allows=PICTURE)}
ANOTHER_FILM = {
    "video": Param(wire_name="video", allows=OneFile(media_types=("video/mp4",), bytes_each=LARGEST_FILM)),
    "extend": Param(wire_name=ROUTE, allows=one_of(False, True), encode=encode_route),
}
PARAMS_CLASSIC: Mapping[str, Param] = {
    **PARAMS,
    "resolution": Param(wire_name="resolution", allows=one_of("480p", "720p")),
    **REFERENCES,
    **ANOTHER_FILM,
}
SHAPE_OF_FRAME = "the film has the shape of its first frame"
RULES = (Rule(when={"first_frame": Rule.ASKED}, needs={"aspect_ratio": Rule.ABSENT}, why=SHAPE_OF_FRAME),)
UP_TO_720P = {"resolution": ("480p", "720p", Rule.ABSENT)}
RULES_1_5 = (
    Rule(
        when={"first_frame": Rule.ASKED, "references": Rule.ABSENT, "last_frame": Rule.ABSENT},
        needs={"aspect_ratio": Rule.ABSENT},
        why=SHAPE_OF_FRAME,
    ),
    Rule(when={"references": Rule.ASKED}, needs=UP_TO_720P, why="1080p is for words and a first frame alone"),
    Rule(when={"last_frame": Rule.ASKED}, needs=UP_TO_720P, why="1080p is for words and a first frame alone"),
)
NOTHING_ELSE = dict.fromkeys(("first_frame", "references", "resolution", "aspect_ratio", "generate_audio"), Rule.ABSENT)
UP_TO_10 = (*range(1, 11), Rule.ABSENT)
RULES_CLASSIC = (
    *RULES,
    Rule(
        when={"references": Rule.ASKED}, needs={"first_frame": Rule.ABSENT}, why="a picture is a frame or a reference"
    ),
    Rule(when={"references": Rule.ASKED}, needs={"duration": UP_TO_10}, why="longer ones need grok-imagine-video-1.5"),
    Rule(
        when={"video": Rule.ASKED},
        needs={**NOTHING_ELSE, "continue_from": Rule.ABSENT},
        why="the film decides the rest",
    ),
    Rule(when={"continue_from": Rule.ASKED}, needs=NOTHING_ELSE, why="the earlier film decides the rest"),
    Rule(
        when={"extend": Rule.ASKED, "continue_from": Rule.ABSENT},
        needs={"video": Rule.ASKED},
        why="it is that film that goes on",
    ),
    Rule(when={"extend": True}, needs={"duration": UP_TO_10}, why="the length of what is added"),
    *(
        Rule(
            when={film: Rule.ASKED, "extend": (False, Rule.ABSENT)},
            needs={"duration": Rule.ABSENT},
            why="an edit is as long as its film; extend=true goes on with it",
        )
        for film in ("video", "continue_from")
    ),
)
"""Which model does what: the table of request modes on the page, and the sentences around it."""

# --- Models -----------------------------------------------------------------------------------------------------

LAST_FILM = Continuation(
    state="last_output",
    how="the last film goes in again, to be edited, or with extend=true to go on",
    lives="kept on disk; xAI keeps it behind an address for a day",
)


def film_models(submit: Callable[[Call], Flow], poll: Callable[[Call, Json], Flow]) -> tuple[Model, ...]:
    """The models of a door that orders films by `submit` and asks for them by `poll`. The default is the newest.

    Released: the dated names that LiteLLM lists, for the oldest the table of a public program, read 2026-11-22.
    """

    def film_model(model_id: str, **facts: Any) -> Model:
        return Model(
            id=model_id,
            accepts=VideoRequest,
            typical_bytes=10_000_000,
            submit=submit,
            poll=poll,
            source=f"{DOCS}/models/{model_id}",
            **facts,
        )

    return (
        film_model(
            "grok-imagine-video-1.5",
            params={**PARAMS, **REFERENCES, **LAST_FRAME},
            rules=RULES_1_5,
            price=price({"480p": "0.08", "720p": "0.14", "1080p": "0.25"}, "0.01"),
            aliases=("grok-imagine-video-1.5-2026-05-30", "grok-imagine-video-1.5-preview"),
            released=date(2026, 5, 30),
        ),
        film_model(
            "grok-imagine-video-1.5-lite",
            params=PARAMS,
            rules=RULES,
            price=price({"480p": "0.02", "720p": "0.03", "1080p": "0.14"}, "0.01"),
        ),
        film_model(
            "grok-imagine-video",
            params=PARAMS_CLASSIC,
            rules=RULES_CLASSIC,
            price=price({"480p": "0.05", "720p": "0.07"}, "0.002"),
            continuation=LAST_FILM,
            released=date(2026, 2, 2),
        ),
    )


# --- Meaning ----------------------------------------------------------------------------------------------------

SOON = 5.0
"""Seconds until the next poll: what the page's examples wait."""


def failed(code: Json, message: str | None, cost: Decimal | None) -> Failed:
    """What the error of a job means."""
    reason = message or "the film failed and no reason was given"
    return Failed(reason=reason, kind="refused" if is_moderation(code, reason) else "failed", cost=cost)


def finished(film: Json, cost: Decimal | None, *, held_back: bool) -> Step:
    """What a job that is done means, whose `film` names an address unless it was held back."""
    if held_back:
        return Failed(reason=HELD_BACK, kind="refused", cost=cost)
    if not film.get("url"):
        return Failed(reason="the job is done and names no film", kind="empty_output", cost=cost)
    metadata = {"duration": film["duration"]} if film.get("duration") else {}
    return Succeeded(files=(MediaFile(media_type="video/mp4", url=film["url"]),), cost=cost, metadata=metadata)


# --- Samples ----------------------------------------------------------------------------------------------------

FILM = MediaFile(media_type="video/mp4", data=MP4, size=len(MP4))
