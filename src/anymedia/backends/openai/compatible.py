"""Servers of your own that speak OpenAI's dialect: one backend for each table under `[servers]` of the configuration.

What such a server can do is not known here. It takes the parameters of the dialect with hardly a limit, and what else
it knows goes through `provider_options`; it says itself what it refuses.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from ...errors import InvalidConfiguration
from ...media import Json, MediaFile, Spilled
from ...operations import ImageRequest, Request, SpeechRequest, TranscriptionRequest, VideoRequest
from ...spec import (
    AnyValue,
    ApiKey,
    Backend,
    Between,
    Call,
    Continuation,
    Failed,
    Files,
    Flow,
    Listing,
    Model,
    NoKey,
    OneFile,
    Param,
    PerUnit,
    Pixels,
    Price,
    Reply,
    Rule,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    UnknownPrice,
    post,
)
from ...spec.pricing import Unit
from ...spec.tiny import PNG
from . import images, speech, transcription, videos
from .catalogue import catalogue
from .common import CHECKED, REFERENCE, read_error
from .image_models import IMAGE_TYPES, encode_size

DOCS = "docs/how-to/use-your-own-server.md"
RANK = 50
"""Among servers and plugins; all of them come after what this package ships."""


class Server(Protocol):
    """One table under `[servers]`, as the configuration reads it. `prices` are dollars for one unit, by operation."""

    @property
    def base_url(self) -> str: ...
    @property
    def key_env(self) -> str | None: ...
    @property
    def models(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def prices(self) -> Mapping[str, Decimal]: ...
    @property
    def image_response_format(self) -> str | None: ...


@dataclass(frozen=True, kw_only=True)
class Served:
    """How the dialect serves one operation, and what a price of it is for."""

    accepts: type[Request]
    params: Mapping[str, Param]
    rules: tuple[Rule, ...]
    unit: Unit
    submit: Callable[[Call], Flow]
    poll: Callable[[Call, Json], Flow] | None = None
    reconcile: Callable[[Call, float], Listing] | None = None
    continuation: Continuation | None = None
    max_outputs: int = 1
    typical_bytes: int
    samples: tuple[Sample, ...]


# --- Images -----------------------------------------------------------------------------------------------------

ANY_SIZE = Param(wire_name="size", allows=Pixels(least=1, most=16384 * 16384), encode=encode_size)
ANY_TEXT = AnyValue(str)

IMAGE_PARAMS = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(100_000)),
    "n": Param(wire_name="n", allows=Between(1, 10)),
    "size": ANY_SIZE,
    "quality": Param(wire_name="quality", allows=ANY_TEXT),
    "style": Param(wire_name="style", allows=ANY_TEXT),
    "background": Param(wire_name="background", allows=ANY_TEXT),
    "output_format": Param(wire_name="output_format", allows=ANY_TEXT),
    "output_compression": Param(wire_name="output_compression", allows=Between(0, 100)),
    "moderation": Param(wire_name="moderation", allows=ANY_TEXT),
    "input_images": Param(
        wire_name="image",
        allows=Files(media_types=IMAGE_TYPES, at_most=16, bytes_each=50 * 10**6),
        encode=tuple,
    ),
    "mask": Param(wire_name="mask", allows=OneFile(media_types=("image/png",), bytes_each=50 * 10**6)),
}
IMAGE_RULES = (
    Rule(when={"mask": Rule.ASKED}, needs={"input_images": Rule.ASKED}, why="the mask applies to the first image"),
)


def submit_image(call: Call) -> Flow:
    response = yield images.request_of({"model": call.model.id, **call.settings, **call.body})
    return pictures(call, response.json)


def pictures(call: Call, reply: Json) -> Step:
    outputs = [output_of(item) for item in reply["data"]]
    files = tuple(output for output in outputs if output is not None)
    if not files:
        return Failed(reason="the reply holds no picture", kind="empty_output")
    wanted = call.body.get("n", 1)
    missing = tuple("The server delivered fewer pictures than asked for." for _ in range(wanted - len(files)))
    return Succeeded(files=files, missing=missing, usage=reply.get("usage") or {})


def output_of(item: Mapping[str, Json]) -> MediaFile | Spilled | None:
    """The picture itself or its address: servers of this dialect send either."""
    picture, url = item.get("b64_json"), item.get("url")
    if picture is None and url:
        return MediaFile(media_type="image/png", url=url)
    return picture


# --- Speech and transcription -----------------------------------------------------------------------------------

SPEECH_PARAMS = {
    "text": Param(wire_name="input", allows=TextUpTo(100_000)),
    "voice": Param(wire_name="voice", allows=ANY_TEXT),
    "instructions": Param(wire_name="instructions", allows=TextUpTo(100_000)),
    "speed": Param(wire_name="speed", allows=Between(0.1, 10.0)),
    "output_format": Param(wire_name="response_format", allows=speech.FORMATS),
}
TRANSCRIPTION_PARAMS = {**transcription.PARAMS_WHISPER, "language": Param(wire_name="language", allows=ANY_TEXT)}


def submit_speech(call: Call) -> Flow:
    response = yield post("/audio/speech", json={"model": call.model.id, **call.body})
    return speech.recording(response)


def is_spoken_by_whisper(sample: Sample) -> bool:
    """Whether it is about what every server of the dialect may serve, and not about one model of OpenAI's."""
    return sample.model in (None, "whisper-1")


# --- Samples ----------------------------------------------------------------------------------------------------

LINKED = Reply(json={"created": 1, "data": [{"url": "https://files.example.org/1.png?signature=abc"}]})
LINKED_SAMPLE = Sample(
    request=ImageRequest(prompt="a fox", size=(64, 64)),
    replies=(LINKED, Reply(content=PNG, media_type="image/png")),
    source="the `url` of `Image` in the types of the official client 3.54.0, read 2026-11-22",
)


def is_plain(sample: Sample) -> bool:
    """Whether it is about the images API in one reply, and not about the Responses tool, which only OpenAI has."""
    request = sample.request
    assert isinstance(request, ImageRequest)
    return request.continuable is None and request.partial_images is None and sample.continues is None


# --- Operations -------------------------------------------------------------------------------------------------


SERVED: Mapping[str, Served] = {
    "image": Served(
        accepts=ImageRequest,
        params=IMAGE_PARAMS,
        rules=IMAGE_RULES,
        unit="image",
        submit=submit_image,
        max_outputs=10,
        typical_bytes=2_000_000,
        samples=(*filter(is_plain, images.SAMPLES), LINKED_SAMPLE),
    ),
    "video": Served(
        accepts=VideoRequest,
        params=videos.video_params(
            sizes=ANY_SIZE,
            duration=Param(wire_name="seconds", allows=Between(0.1, 3600.0), encode=videos.encode_seconds),
            extend=videos.EXTEND,
        ),
        rules=videos.ROUTE_RULES,
        unit="second",
        submit=videos.submit,
        poll=videos.poll,
        reconcile=videos.reconcile,
        continuation=videos.REMIX,
        typical_bytes=10_000_000,
        samples=videos.SAMPLES,
    ),
    "speech": Served(
        accepts=SpeechRequest,
        params=SPEECH_PARAMS,
        rules=(),
        unit="1k characters",
        submit=submit_speech,
        typical_bytes=1_000_000,
        samples=tuple(replace(sample, model=None) for sample in speech.SAMPLES),
    ),
    "transcription": Served(
        accepts=TranscriptionRequest,
        params=TRANSCRIPTION_PARAMS,
        rules=transcription.WHISPER_RULES,
        unit="minute",
        submit=transcription.submit_whisper,
        typical_bytes=10_000,
        samples=tuple(replace(sample, model=None) for sample in transcription.SAMPLES if is_spoken_by_whisper(sample)),
    ),
}
"""What servers of this dialect can make, by operation."""


# --- Backends ---------------------------------------------------------------------------------------------------


def backends(configuration: Mapping[str, Json]) -> Iterator[Backend]:
    """A backend for each named server. Raise `InvalidConfiguration` for models that it cannot have."""
    for name, server in (configuration.get("servers") or {}).items():
        yield server_backend(name, server)


def server_backend(name: str, server: Server) -> Backend:
    check_models(name, server)
    served = [SERVED[operation] for operation in server.models]
    asked = server.image_response_format
    return Backend(
        name=name,
        title=name,
        docs=DOCS,
        base_url=server.base_url,
        auth=NoKey() if server.key_env is None else ApiKey(env=(server.key_env,)),
        priority={each.accepts: RANK for each in served},
        models=tuple(
            model_of(model_id, SERVED[operation], server.prices.get(operation))
            for operation, ids in server.models.items()
            for model_id in ids
        ),
        submit=submit_image,
        read_error=read_error,
        catalogue=catalogue,
        settings={} if asked is None else {"response_format": asked},
        samples=tuple(sample for each in served for sample in each.samples),
    )


def check_models(name: str, server: Server) -> None:
    ids = [model_id.lower() for those in server.models.values() for model_id in those]
    if not ids:
        raise InvalidConfiguration(
            f"The server {name!r} has no models, so nothing can be asked of it.",
            next=f'Name them by operation, such as: [servers.{name}.models] image = ["my-model"].',
        )
    for operation in {**server.models, **server.prices}:
        if operation not in SERVED:
            raise InvalidConfiguration(
                f"The server {name!r} has models or prices for {operation}, which no server of this dialect makes.",
                next=f"There are: {', '.join(SERVED)}.",
            )
    if len(set(ids)) < len(ids):
        raise InvalidConfiguration(
            f"The server {name!r} has one model for two operations.",
            next="Give the other operation a server of its own name, with the same base_url.",
        )


def model_of(model_id: str, served: Served, dollars: Decimal | None) -> Model:
    return Model(
        id=model_id,
        accepts=served.accepts,
        params=served.params,
        rules=served.rules,
        price=price_of(served.unit, dollars),
        max_outputs=served.max_outputs,
        typical_bytes=served.typical_bytes,
        continuation=served.continuation,
        submit=served.submit,
        poll=served.poll,
        reconcile=served.reconcile,
        source=REFERENCE,
    )


def price_of(unit: Unit, dollars: Decimal | None) -> Price:
    """What the configuration says a unit costs. It is checked whenever it is read."""
    if dollars is None:
        return UnknownPrice(source="a server of your own; the configuration names no price", checked=CHECKED)
    return PerUnit(amount=dollars, unit=unit, source="your configuration", checked=datetime.now(UTC).date())
