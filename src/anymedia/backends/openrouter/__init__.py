"""OpenRouter: pictures, films, speech, transcriptions and descriptions of many providers, by one key.

Facts: the official client 1.3.84, OpenRouter's OpenAPI document of 2026-08-22 and stored copies of its pages and
lists, checked 2026-11-22.
"""

from ...operations import DescribeRequest, ImageRequest, SpeechRequest, TranscriptionRequest, VideoRequest
from ...spec import ApiKey, Backend
from . import describe, images, speech, transcription, videos
from .catalogue import catalogue
from .common import DOCS, read_error

__all__ = ["BACKEND"]

KINDS = (images, videos, speech, transcription, describe)

BACKEND = Backend(
    name="openrouter",
    title="OpenRouter",
    docs=DOCS,
    base_url="https://openrouter.ai/api/v1",
    base_url_env=("OPENROUTER_BASE_URL",),
    auth=ApiKey(env=("OPENROUTER_API_KEY",)),
    priority={
        ImageRequest: 40,
        VideoRequest: 50,
        SpeechRequest: 50,
        TranscriptionRequest: 60,
        DescribeRequest: 60,
    },
    models=tuple(model for kind in KINDS for model in kind.MODELS),
    submit=images.submit,
    read_error=read_error,
    catalogue=catalogue,
    samples=tuple(sample for kind in KINDS for sample in kind.SAMPLES),
)
