"""Google's Gemini API with an API key: images, videos, music and speech; voices; transcriptions.

Facts: the official client google-genai 3.4.0 (its types, and what it sends), stored copies of the pages under
https://ai.google.dev/gemini-api/docs, and LiteLLM's price table 1.109.1, checked 2026-11-22.
"""

from ...operations import (
    DescribeRequest,
    ImageRequest,
    MusicRequest,
    SpeechRequest,
    TranscriptionRequest,
    VideoRequest,
    VoiceCloneRequest,
    VoiceDesignRequest,
)
from ...spec import ApiKey, Backend
from . import describe, images, music, speech, transcription, videos, voices
from .catalogue import catalogue
from .common import DOCS, read_error

__all__ = ["BACKEND"]

KINDS = (images, videos, music, speech, voices, transcription, describe)

BACKEND = Backend(
    name="google",
    aliases=("gemini",),
    title="Google",
    docs=DOCS,
    base_url="https://generativelanguage.googleapis.com",
    base_url_env=("GOOGLE_GEMINI_BASE_URL",),
    auth=ApiKey(env=("GOOGLE_API_KEY", "GEMINI_API_KEY"), header="x-goog-api-key", prefix=""),
    priority={
        ImageRequest: 10,
        VideoRequest: 20,
        MusicRequest: 20,
        SpeechRequest: 30,
        TranscriptionRequest: 30,
        DescribeRequest: 30,
        VoiceDesignRequest: 20,
        VoiceCloneRequest: 20,
    },
    models=tuple(model for kind in KINDS for model in kind.MODELS),
    submit=images.submit_contents,
    read_error=read_error,
    catalogue=catalogue,
    samples=tuple(sample for kind in KINDS for sample in kind.SAMPLES),
)
