"""Google's Gemini API with an API key: images, videos, music and speech.

Facts: the official client google-genai 3.4.0 (its types, and what it sends), stored copies of the pages under
https://ai.google.dev/gemini-api/docs, and LiteLLM's price table 1.109.1, checked 2026-11-22.
"""

from ...operations import ImageRequest, MusicRequest, SpeechRequest, VideoRequest
from ...spec import ApiKey, Backend
from . import contents, images, music, speech, videos
from .common import DOCS, read_error

__all__ = ["BACKEND"]

BACKEND = Backend(
    name="google",
    aliases=("gemini",),
    title="Google",
    docs=DOCS,
    base_url="https://generativelanguage.googleapis.com",
    base_url_env=("GOOGLE_GEMINI_BASE_URL",),
    auth=ApiKey(env=("GOOGLE_API_KEY", "GEMINI_API_KEY"), header="x-goog-api-key", prefix=""),
    priority={ImageRequest: 10, VideoRequest: 20, MusicRequest: 20, SpeechRequest: 30},
    models=(*images.MODELS, *videos.MODELS, *music.MODELS, *speech.MODELS),
    submit=contents.submit,
    read_error=read_error,
    samples=(*images.SAMPLES, *videos.SAMPLES, *music.SAMPLES, *speech.SAMPLES),
)
