"""ElevenLabs: speech, music, sound effects and everything about voices.

Facts: https://elevenlabs.io/docs/api-reference, read through the official client 2.78.0, checked 2026-11-22.
"""

from ...operations import MusicRequest, SoundEffectRequest, SpeechRequest
from ...spec import ApiKey, Backend
from . import music, sound_effects, speech
from .common import DOCS, read_error

__all__ = ["BACKEND"]

BACKEND = Backend(
    name="elevenlabs",
    aliases=("eleven_labs",),
    title="ElevenLabs",
    docs=DOCS,
    base_url="https://api.elevenlabs.io",
    base_url_env=("ELEVENLABS_BASE_URL",),
    auth=ApiKey(env=("ELEVENLABS_API_KEY",), header="xi-api-key", prefix=""),
    priority={SpeechRequest: 10, MusicRequest: 10, SoundEffectRequest: 10},
    models=(*speech.MODELS, *music.MODELS, *sound_effects.MODELS),
    submit=speech.submit,
    read_error=read_error,
    samples=(*speech.SAMPLES, *music.SAMPLES, *sound_effects.SAMPLES),
)
