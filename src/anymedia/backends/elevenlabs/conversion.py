"""Recordings made anew: spoken by another voice, or freed of everything but the voice."""

from collections.abc import Mapping

from ...operations import AudioIsolationRequest, VoiceConversionRequest
from ...spec import AnyValue, Between, Call, Flow, HttpRequest, Model, OneFile, Param, Reply, Sample, form
from ...spec.tiny import MP3
from .common import (
    DOCS,
    HIGHEST_SEED,
    LARGEST_RECORDING,
    RECORDING_TYPES,
    SEEN,
    as_parts,
    format_param,
    per_unit,
    recording,
    split_format,
    spoken_by,
    streamed,
)
from .samples import RECORDED, WAV, aloud
from .voices import FIRST_VOICE, VOICE

RECORDING = Param(wire_name="audio", allows=OneFile(media_types=RECORDING_TYPES, bytes_each=LARGEST_RECORDING))
CONVERTING: Mapping[str, Param] = {
    "audio": RECORDING,
    "voice": VOICE,
    "remove_background_noise": Param(wire_name="remove_background_noise", allows=AnyValue(bool)),
    "seed": Param(wire_name="seed", allows=Between(0, HIGHEST_SEED)),
    "output_format": format_param("mp3", "wav", "opus"),
}
ISOLATING: Mapping[str, Param] = {"audio": RECORDING}


def convert(call: Call) -> Flow:
    fields, query = split_format(call.body)
    voice = fields.pop("voice", FIRST_VOICE)
    path = streamed(f"/v1/voice-changer/{voice}", query)
    parts = as_parts({"model_id": call.model.id, **fields})
    response = yield HttpRequest(method="POST", path=path, effect="pays", query=query, parts=parts)
    return spoken_by(recording(response), voice)


def isolate(call: Call) -> Flow:
    """The route knows one model and is not told its name."""
    return recording((yield form("/v1/audio-isolation/stream", parts=as_parts(call.body))))


MODELS = (
    Model(
        id="eleven_multilingual_sts_v2",
        accepts=VoiceConversionRequest,
        params=CONVERTING,
        price=per_unit("0.12", "minute"),
        typical_bytes=1_000_000,
        submit=convert,
        source=f"{DOCS}/speech-to-speech/convert",
    ),
    Model(
        id="audio_isolation",
        accepts=AudioIsolationRequest,
        params=ISOLATING,
        price=per_unit("0.12", "minute"),
        typical_bytes=1_000_000,
        submit=isolate,
        source=f"{DOCS}/audio-isolation/convert",
    ),
)
"""The English model of before is left out: this one speaks English too. The route of isolation takes no model; the name
is ours."""

NOTHING = "no such reply is documented; money must not be lost to it in silence"
SAMPLES = (
    Sample(request=VoiceConversionRequest(audio=RECORDED), replies=(aloud(MP3),), source=SEEN),
    Sample(
        request=VoiceConversionRequest(audio=RECORDED, voice="Sarah", seed=7, output_format="wav"),
        replies=(aloud(WAV, media_type="audio/wav"),),
        source=SEEN,
    ),
    Sample(request=VoiceConversionRequest(audio=RECORDED), replies=(Reply(json={}),), expects="failed", source=NOTHING),
    Sample(request=AudioIsolationRequest(audio=RECORDED), replies=(aloud(MP3),), source=SEEN),
    Sample(request=AudioIsolationRequest(audio=RECORDED), replies=(Reply(json={}),), expects="failed", source=NOTHING),
)
