"""Music: Lyria by interactions. Instruments, words, length and voice are said in the prompt; nothing else is asked."""

import io
import wave
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal

from ...media import Json
from ...operations import MusicRequest
from ...spec import Call, Flow, Model, Param, PerUnit, Reply, Sample, TextUpTo, one_of
from . import interactions
from .common import CHECKED, DOCS, PRICES_READ_AT, SEEN

MEDIA_TYPES = {"mp3": "audio/mp3", "wav": "audio/wav"}
"""Of the official client's AudioResponseFormat, those that the documentation of Lyria names."""


def encode_media_type(output_format: Json) -> str:
    return MEDIA_TYPES[output_format]


PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="text", allows=TextUpTo(65_536)),
    "output_format": Param(
        wire_name="response_format.mime_type", allows=one_of(*MEDIA_TYPES), encode=encode_media_type
    ),
}


def submit(call: Call) -> Flow:
    """One song. Nothing of it is stored: Lyria has no conversation to go on with."""
    fields = {name: value for name, value in call.body.items() if name != "text"}
    fields["response_format"] = {"type": "audio", **fields.get("response_format", {})}
    response = yield interactions.creation(call, [interactions.text(call.body["text"])], {"store": False, **fields})
    return (yield from interactions.at_once(call, response))


def music_model(model_id: str, *, dollars: str) -> Model:
    return Model(
        id=model_id,
        accepts=MusicRequest,
        params=PARAMS,
        price=PerUnit(amount=Decimal(dollars), unit="generation", source=PRICES_READ_AT, checked=CHECKED),
        typical_bytes=10_000_000,
        submit=submit,
        source=f"{DOCS}/models/{model_id}",
    )


MODELS = (
    music_model("lyria-3.5", dollars="0.08"),
    music_model("lyria-3-pro-preview", dollars="0.08"),
    music_model("lyria-3-clip-preview", dollars="0.04"),
)

# --- Samples ----------------------------------------------------------------------------------------------------


def tone() -> bytes:
    """A tenth of a second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(bytes(1600))
    return file.getvalue()


def played(*pieces: Json) -> Reply:
    steps = [{"type": "model_output", "content": list(pieces)}]
    return Reply(json={"id": "int_1", "object": "interaction", "status": "completed", "steps": steps})


SONG = {"type": "audio", "mime_type": "audio/wav", "data": b64encode(tone()).decode()}
LYRICS = {"type": "text", "text": "[Verse] A fox in the snow."}
SAMPLES = (
    Sample(request=MusicRequest(prompt="a waltz"), replies=(played(SONG),), source=SEEN),
    Sample(request=MusicRequest(prompt="a waltz", output_format="wav"), replies=(played(LYRICS, SONG),), source=SEEN),
    Sample(request=MusicRequest(prompt="a waltz"), replies=(played(LYRICS),), expects="failed", source=SEEN),
    Sample(
        request=MusicRequest(prompt="something vile"),
        replies=(
            Reply(json={"id": "int_1", "status": "failed", "errors": [{"code": "SAFETY", "message": "blocked"}]}),
        ),
        expects="refused",
        source=SEEN,
    ),
)
