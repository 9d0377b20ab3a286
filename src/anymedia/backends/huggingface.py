"""Hugging Face's router: open models that draw and write down, run by Hugging Face itself or by a partner."""

from collections.abc import Callable, Mapping
from datetime import date

from ..media import Json, MediaFile
from ..operations import ImageRequest, Request, TranscriptionRequest
from ..spec import (
    ApiKey,
    Backend,
    Between,
    Call,
    Failed,
    Flow,
    Inline,
    Model,
    OneFile,
    Param,
    Pixels,
    Problem,
    Reply,
    Sample,
    Succeeded,
    TextUpTo,
    UnknownPrice,
    post,
    upload,
)
from ..spec.tiny import PNG, WAV, in_base64

DOCS = "https://huggingface.co/docs/inference-providers"
PRICE = UnknownPrice(source=f"{DOCS}/pricing: the time it computes, or the partner's rate", checked=date(2026, 11, 23))
SEEN = f"{DOCS}/tasks and the official client 2.4.0, read 2026-11-23"
PROMPT = TextUpTo(10_000)
RECORDING = OneFile(media_types=("audio/flac", "audio/mpeg", "audio/ogg", "audio/wav"), bytes_each=25 * 10**6)
"""The limits of texts, recordings and sizes are ours: no page names any."""


def submit_to_partner(call: Call) -> Flow:
    """Nscale speaks OpenAI's dialect."""
    body = {"response_format": "b64_json", "model": call.model.id, **call.body}
    response = yield post("/nscale/v1/images/generations", json=body, media_at=("data[*].b64_json",))
    pictures = tuple(item["b64_json"] for item in response.json["data"])
    return Succeeded(files=pictures) if pictures else Failed(reason="the reply holds no picture", kind="empty_output")


def submit(call: Call) -> Flow:
    """A picture is the whole reply, words come in JSON. A recording is the whole body, unless more goes with it."""
    path, body = f"/hf-inference/models/{call.model.id}", {"parameters": {}, **call.body}
    sole = body["inputs"] if isinstance(body["inputs"], Inline) and len(call.body) == 1 else None
    response = yield post(path, json=body) if sole is None else upload(path, content=sole.file, effect="pays")
    if response.spilled is not None:
        return Succeeded(files=(response.spilled,))
    if not response.json["text"].strip():
        return Failed(reason="the reply holds no words", kind="empty_output")
    chunks = response.json.get("chunks")
    return Succeeded(text=response.json["text"], metadata={} if chunks is None else {"chunks": chunks})


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"error": str(message)} | {"error": {"message": str(message)}} if status in (400, 402, 413, 422):
            return Problem(kind="rejected", message=message)
    return None


def open_model(
    model_id: str, accepts: type[Request], submit: Callable[[Call], Flow], params: Mapping[str, Param]
) -> Model:
    return Model(
        id=model_id,
        accepts=accepts,
        params=params,
        price=PRICE,
        typical_bytes=1_000_000,
        submit=submit,
        source=f"{DOCS}/tasks/index",
    )


SIZE = Pixels(least=2**16, most=2**21, multiple_of=8)
FLUX = {
    "prompt": Param(wire_name="prompt", allows=PROMPT),
    "size": Param(wire_name="size", allows=SIZE, encode=lambda size: "{}x{}".format(*size)),
}
DIFFUSION = {
    "prompt": Param(wire_name="inputs", allows=PROMPT),
    "negative_prompt": Param(wire_name="parameters.negative_prompt", allows=PROMPT),
    "size": Param(wire_name="parameters.width parameters.height", allows=SIZE),
    "guidance_scale": Param(wire_name="parameters.guidance_scale", allows=Between(0.0, 20.0)),
    "seed": Param(wire_name="parameters.seed", allows=Between(0, 2**31 - 1)),
}
WHISPER = {"audio": Param(wire_name="inputs", allows=RECORDING, encode=lambda file: Inline(file=file))}

FOX = ImageRequest(prompt="a fox")
SPOKEN = TranscriptionRequest(audio=MediaFile(media_type="audio/wav", data=WAV))
SD3 = "stabilityai/stable-diffusion-3-medium-diffusers"

BACKEND = Backend(
    name="huggingface",
    aliases=("hf",),
    title="Hugging Face",
    docs=DOCS,
    base_url="https://router.huggingface.co",
    auth=ApiKey(env=("HF_TOKEN",)),
    priority={},
    models=(
        open_model("black-forest-labs/FLUX.1-schnell", ImageRequest, submit_to_partner, FLUX),
        open_model(SD3, ImageRequest, submit, DIFFUSION),
        open_model("openai/whisper-large-v3", TranscriptionRequest, submit, WHISPER),
    ),
    submit=submit,
    read_error=read_error,
    samples=(
        Sample(request=FOX, replies=(Reply(json={"data": [{"b64_json": in_base64(PNG)}]}),), source=SEEN),
        Sample(request=FOX, model=SD3, replies=(Reply(content=PNG, media_type="image/png"),), source=SEEN),
        Sample(request=SPOKEN, replies=(Reply(json={"text": "Good morning."}),), source=SEEN),
        Sample(request=SPOKEN, replies=(Reply(json={"text": ""}),), expects="failed", source=SEEN),
    ),
)
