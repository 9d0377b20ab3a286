"""Cartesia: speech by Sonic, as the bytes of one reply."""

from collections.abc import Mapping
from datetime import date

from ..media import Json
from ..operations import SpeechRequest
from ..spec import (
    ApiKey,
    Backend,
    Between,
    Call,
    Failed,
    Flow,
    HttpRequest,
    Model,
    Param,
    Problem,
    Reply,
    Sample,
    ShapedText,
    Succeeded,
    TextUpTo,
    UnknownPrice,
    one_of,
)
from ..spec.tiny import MP3, WAV

DOCS = "https://docs.cartesia.ai/build-with-cartesia/tts-models"
SEEN = "the official client 4.2.0 reads the bytes of this reply; its types, read 2026-11-23"
UNDOCUMENTED = "no such reply is documented; money must not be lost to it in silence"
VERSION = "2026-08-14"
"""Of the API: what the official client 4.2.0 asks for. Errors are JSON since 2026-03-01, see
https://docs.cartesia.ai/use-the-api/api-errors, read 2026-11-23."""
PRICE = UnknownPrice(
    source="https://docs.cartesia.ai/pricing: about a credit for a character; a credit costs what the plan says",
    checked=date(2026, 11, 23),
)
FORMATS: Mapping[str, Json] = {
    "mp3": {"container": "mp3", "sample_rate": 44100, "bit_rate": 128000},
    "wav": {"container": "wav", "sample_rate": 44100, "encoding": "pcm_s16le"},
}
VOICES = {"Katie": "f786b574-daa5-4673-aa0c-cbe3e8534c02", "Jameson": "a5136bf9-224c-4d76-b823-52bd5efcffcc"}
"""Those that the page of Sonic 3.5 recommends. The first speaks where none is asked for."""
VOICE = ShapedText(
    options=tuple(VOICES),
    pattern="[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    means="the id of a voice",
    such_as=("e07c00bc-4134-4eae-9ea4-1a55fb45746b",),
)
PARAMS = {
    "text": Param(wire_name="transcript", allows=TextUpTo(10_000)),  # no page names a limit; longer ones go in parts
    "voice": Param(wire_name="voice.id", allows=VOICE, encode=lambda name: VOICES.get(name, name)),
    "language": Param(
        wire_name="language",
        allows=ShapedText(pattern="[a-z]{2}", means="a language code of two letters", such_as=("en", "de")),
    ),
    "output_format": Param(wire_name="output_format", allows=one_of(*FORMATS), encode=FORMATS.__getitem__),
}
SPEED = Param(wire_name="generation_config.speed", allows=Between(0.6, 1.5))
"""Of Sonic 3; switched off in 3.5: https://docs.cartesia.ai/build-with-cartesia/tts-models/sonic-3-to-sonic-3-5."""


def submit(call: Call) -> Flow:
    usual = {"voice": {"id": VOICES["Katie"]}, "output_format": FORMATS["mp3"]}
    response = yield HttpRequest(
        method="POST",
        path="/tts/bytes",
        effect="pays",
        json={"model_id": call.model.id, **usual, **call.body},
        headers={"cartesia-version": VERSION},
    )
    if response.spilled is None:
        return Failed(reason="the reply is no recording", kind="empty_output")
    return Succeeded(files=(response.spilled,))


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"error_code": str() | None, "message": str(message)} if status in (400, 402, 404, 422):
            return Problem(kind="rejected", message=message, code=reply["error_code"])
    return None


def sonic(model_id: str, params: Mapping[str, Param]) -> Model:
    return Model(
        id=model_id,
        accepts=SpeechRequest,
        params=params,
        price=PRICE,
        typical_bytes=500_000,
        source=f"{DOCS}/{model_id.replace('.', '-')}",
    )


RAIN = SpeechRequest(text="The rain has stopped.")
RAIN_WAV = SpeechRequest(text="The rain has stopped.", voice="Jameson", output_format="wav")

BACKEND = Backend(
    name="cartesia",
    title="Cartesia",
    docs=DOCS,
    base_url="https://api.cartesia.ai",
    auth=ApiKey(env=("CARTESIA_API_KEY",)),
    priority={},
    models=(sonic("sonic-3.5", PARAMS), sonic("sonic-3", {**PARAMS, "speed": SPEED})),
    submit=submit,
    read_error=read_error,
    samples=(
        Sample(request=RAIN, replies=(Reply(content=MP3, media_type="audio/mpeg"),), source=SEEN),
        Sample(request=RAIN_WAV, replies=(Reply(content=WAV, media_type="audio/wav"),), source=SEEN),
        Sample(request=RAIN, replies=(Reply(json={}),), expects="failed", source=UNDOCUMENTED),
    ),
)
