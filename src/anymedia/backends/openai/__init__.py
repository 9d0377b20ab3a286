"""OpenAI, and servers of your own that speak its dialect.

Facts: https://developers.openai.com/api/docs/api-reference and /docs/deprecations, read through the official client
3.54.0 and stored copies of the pages, checked 2026-11-22.
"""

from ...operations import DescribeRequest, ImageRequest, SpeechRequest, TranscriptionRequest, VideoRequest
from ...spec import ApiKey, Backend
from . import describe, image_models, images, realtime, speech, transcription, videos
from .catalogue import catalogue
from .common import REFERENCE, read_error
from .compatible import backends

__all__ = ["BACKEND", "backends"]

BACKEND = Backend(
    name="openai",
    title="OpenAI",
    docs=REFERENCE,
    base_url="https://api.openai.com/v1",
    base_url_env=("OPENAI_BASE_URL",),
    auth=ApiKey(env=("OPENAI_API_KEY",)),
    priority={
        ImageRequest: 20,
        VideoRequest: 60,
        SpeechRequest: 20,
        TranscriptionRequest: 20,
        DescribeRequest: 20,
    },
    models=(
        *image_models.MODELS,
        *videos.MODELS,
        *realtime.MODELS,
        *speech.MODELS,
        *transcription.MODELS,
        *describe.MODELS,
    ),
    submit=images.submit,
    read_error=read_error,
    catalogue=catalogue,
    samples=(
        *images.SAMPLES,
        *videos.SAMPLES,
        *realtime.SAMPLES,
        *speech.SAMPLES,
        *transcription.SAMPLES,
        *describe.SAMPLES,
    ),
)
