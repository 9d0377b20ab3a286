"""Sound effects: a noise from its description, at most half a minute long."""

from collections.abc import Mapping

from ...operations import SoundEffectRequest
from ...spec import (
    AnyValue,
    Between,
    Call,
    Flow,
    HttpRequest,
    Model,
    Param,
    Price,
    Reply,
    Sample,
    TextUpTo,
    UnknownPrice,
)
from ...spec.tiny import MP3
from .common import CHECKED, DOCS, PRICING, SEEN, format_param, per_unit, recording, split_format
from .samples import WAV, aloud

PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="text", allows=TextUpTo(2048)),
    "duration": Param(wire_name="duration_seconds", allows=Between(0.5, 30.0)),
    "loop": Param(wire_name="loop", allows=AnyValue(bool)),
    "prompt_influence": Param(wire_name="prompt_influence", allows=Between(0.0, 1.0)),
    "output_format": format_param("mp3", "wav", "opus"),
}
"""The official client's documentation of `text_to_sound_effects.convert`. It names no limit of the text; this one keeps
a mistaken file from being sent."""


def submit(call: Call) -> Flow:
    fields, query = split_format(call.body)
    body = {"model_id": call.model.id, **fields}
    response = yield HttpRequest(method="POST", path="/v1/sound-generation", effect="pays", query=query, json=body)
    return recording(response)


def sound_model(model_id: str, *, price: Price) -> Model:
    return Model(
        id=model_id,
        accepts=SoundEffectRequest,
        params=PARAMS,
        price=price,
        typical_bytes=500_000,
        submit=submit,
        source=f"{DOCS}/text-to-sound-effects/convert",
    )


MODELS = (
    sound_model("eleven_text_to_sound_v2", price=per_unit("0.12", "generation")),
    sound_model("eleven_text_to_sound_v3", price=UnknownPrice(source=PRICING, checked=CHECKED)),
)
"""The first is the default because its price is known; nobody publishes that of its successor yet."""

SAMPLES = (
    Sample(request=SoundEffectRequest(prompt="rain on a tin roof"), replies=(aloud(MP3),), source=SEEN),
    Sample(
        request=SoundEffectRequest(prompt="rain on a tin roof", duration=2.0, loop=True, output_format="wav"),
        replies=(aloud(WAV, media_type="audio/wav"),),
        source=SEEN,
    ),
    Sample(
        request=SoundEffectRequest(prompt="rain on a tin roof"),
        replies=(Reply(json={}),),
        expects="failed",
        source="no such reply is documented; money must not be lost to it in silence",
    ),
)
