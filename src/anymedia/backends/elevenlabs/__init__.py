"""ElevenLabs: speech, music, sound effects and everything about voices.

Facts: https://elevenlabs.io/docs/api-reference, read through the official client 2.78.0, checked 2026-11-22.
"""

from ...operations import (
    AlignmentRequest,
    AudioIsolationRequest,
    DubbingRequest,
    MusicRequest,
    SoundEffectRequest,
    SpeechRequest,
    StemSeparationRequest,
    TranscriptionRequest,
    VoiceCloneRequest,
    VoiceConversionRequest,
    VoiceDesignRequest,
)
from ...spec import ApiKey, Backend
from . import conversion, dubbing, music, own_voices, sound_effects, speech, stems, transcription
from .catalogue import catalogue
from .common import DOCS, read_error

__all__ = ["BACKEND"]

KINDS = (speech, music, sound_effects, transcription, conversion, own_voices, dubbing, stems)

BACKEND = Backend(
    name="elevenlabs",
    aliases=("eleven_labs",),
    title="ElevenLabs",
    docs=DOCS,
    base_url="https://api.elevenlabs.io",
    base_url_env=("ELEVENLABS_BASE_URL",),
    auth=ApiKey(env=("ELEVENLABS_API_KEY",), header="xi-api-key", prefix=""),
    priority={
        SpeechRequest: 10,
        MusicRequest: 10,
        SoundEffectRequest: 10,
        VoiceConversionRequest: 10,
        AudioIsolationRequest: 10,
        VoiceDesignRequest: 10,
        VoiceCloneRequest: 10,
        DubbingRequest: 10,
        StemSeparationRequest: 10,
        AlignmentRequest: 10,
        TranscriptionRequest: 50,
    },
    models=tuple(model for kind in KINDS for model in kind.MODELS),
    submit=speech.submit,
    read_error=read_error,
    catalogue=catalogue,
    samples=tuple(sample for kind in KINDS for sample in kind.SAMPLES),
)
