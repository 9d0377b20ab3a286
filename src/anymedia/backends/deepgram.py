"""Deepgram: recordings written down by Nova, and speech by Aura. Parameters travel in the query."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ..media import Json, MediaFile
from ..operations import Request, SpeechRequest, TranscriptionRequest
from ..spec import (
    ApiKey,
    Backend,
    Between,
    Call,
    Failed,
    Flow,
    HttpRequest,
    Model,
    OneFile,
    Param,
    PerUnit,
    Problem,
    Reply,
    Sample,
    ShapedText,
    Succeeded,
    TextUpTo,
    one_of,
)
from ..spec.tiny import MP3, WAV

DOCS = "https://developers.deepgram.com/docs"
SEEN = f"{DOCS} and the types of the official client 7.17.0, read 2026-11-23"
CHECKED = date(2026, 11, 23)
PRICES = "deepgram.com/pricing, by hail-hq/hail of May and D3velop-llc/open-gauntlet-leaderboard of August 2026"
AURA_PRICE = PerUnit(amount=Decimal("0.030"), unit="1k characters", source=PRICES, checked=CHECKED)
NOVA_PRICE = PerUnit(amount=Decimal("0.0092"), unit="minute", source=PRICES, checked=CHECKED, reported_at="seconds")
"""Of several languages; English alone is $0.0077 a minute. LiteLLM's table 1.109.1 still has less."""
RECORDING_TYPES = ("audio/flac", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "video/mp4")
LANGUAGE = ShapedText(pattern="[a-z]{2}(-[A-Z]{2})?", means="a language tag", such_as=("de", "pt-BR"))
VOICE = ShapedText(pattern="aura-2-[a-z]+-[a-z]{2}", means="a voice of Aura 2", such_as=("aura-2-luna-en",))
ENCODINGS = {"mp3": "mp3", "wav": "linear16", "opus": "opus", "flac": "flac"}
"""The container follows: linear16 comes as WAV, Opus as Ogg."""
NOVA = {
    "audio": Param(wire_name="audio", allows=OneFile(media_types=RECORDING_TYPES, bytes_each=2 * 10**9)),
    "language": Param(wire_name="language", allows=LANGUAGE),
    "timestamps": Param(wire_name="utterances", allows=one_of("word", "segment"), encode=lambda name: name != "word"),
}
"""Words have their moments always. Words to expect and speakers are left to `provider_options`: they cost extra."""
AURA = {
    "text": Param(wire_name="text", allows=TextUpTo(2000)),
    "voice": Param(wire_name="model", allows=VOICE),
    "speed": Param(wire_name="speed", allows=Between(0.7, 1.5)),
    "output_format": Param(wire_name="encoding", allows=one_of(*ENCODINGS), encode=ENCODINGS.__getitem__),
}


def submit(call: Call) -> Flow:
    """The recording or the text is the body; the rest is the query, numbers and switches as JSON has them."""
    audio: MediaFile | None = call.body.get("audio")
    usual = {"model": "aura-2-thalia-en"} if audio is None else {"model": call.model.id, "smart_format": True}
    rest = {name: value for name, value in {**usual, **call.body}.items() if name not in ("audio", "text")}
    response = yield HttpRequest(
        method="POST",
        path="/v1/speak" if audio is None else "/v1/listen",
        effect="pays",
        json={"text": call.body["text"]} if audio is None else None,
        content=audio,
        query={name: value if isinstance(value, str) else json.dumps(value) for name, value in rest.items()},
    )
    if audio is None and response.spilled is None:
        return Failed(reason="the reply is no recording", kind="empty_output")
    if audio is None:
        return Succeeded(files=(response.spilled,))
    results, seconds = response.json["results"], response.json["metadata"]["duration"]
    heard = results["channels"][0]["alternatives"][0]
    if not heard["transcript"].strip():
        return Failed(reason="the reply holds no words", kind="empty_output")
    said = {"words": heard.get("words", []), "utterances": results.get("utterances", [])}
    return Succeeded(text=heard["transcript"], usage={"seconds": seconds}, metadata=said)


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"err_code": str(code), "err_msg": str(message)} | {"category": str(code), "message": str(message)}:
            return Problem(kind="rejected", message=message, code=code) if status in (400, 402, 413, 422) else None
    return None


def model(model_id: str, accepts: type[Request], params: Mapping[str, Param], price: PerUnit) -> Model:
    return Model(id=model_id, accepts=accepts, params=params, price=price, typical_bytes=500_000, source=DOCS)


HEARD = {"transcript": "Hello.", "confidence": 0.99, "words": []}
WRITTEN = {"metadata": {"duration": 1.1, "channels": 1}, "results": {"channels": [{"alternatives": [HEARD]}]}}
SILENCE = {**WRITTEN, "results": {"channels": [{"alternatives": [{**HEARD, "transcript": ""}]}]}}
SPOKEN = TranscriptionRequest(audio=MediaFile(media_type="audio/wav", data=WAV))
ALOUD = Reply(content=MP3, media_type="audio/mpeg")

BACKEND = Backend(
    name="deepgram",
    title="Deepgram",
    docs=DOCS,
    base_url="https://api.deepgram.com",
    auth=ApiKey(env=("DEEPGRAM_API_KEY",), prefix="Token "),
    priority={},
    models=(
        model("nova-3", TranscriptionRequest, NOVA, NOVA_PRICE),
        model("aura-2", SpeechRequest, AURA, AURA_PRICE),
    ),
    submit=submit,
    read_error=read_error,
    samples=(
        Sample(request=SPOKEN, replies=(Reply(json=WRITTEN),), source=SEEN),
        Sample(request=SPOKEN, replies=(Reply(json=SILENCE),), expects="failed", source=SEEN),
        Sample(request=SpeechRequest(text="Hello."), replies=(ALOUD,), source=SEEN),
    ),
)
