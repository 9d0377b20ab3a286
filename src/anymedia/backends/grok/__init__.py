"""xAI over REST: images, videos, speech and transcriptions.

Facts: https://docs.x.ai/developers, stored copies of its pages, the official client xai-sdk 1.21.0, which speaks gRPC,
and Vercel's client @ai-sdk/xai 5.0.12, which speaks REST; all checked 2026-11-22.
"""

from ...operations import ImageRequest, SpeechRequest, TranscriptionRequest, VideoRequest
from ...spec import ApiKey, Backend
from .._xai.common import DOCS
from . import images, speech, transcription, videos
from .catalogue import catalogue
from .errors import read_error

__all__ = ["BACKEND"]

KINDS = (images, videos, speech, transcription)

BACKEND = Backend(
    name="grok",
    aliases=("xai",),
    title="xAI",
    docs=DOCS,
    base_url="https://api.x.ai/v1",
    base_url_env=("XAI_BASE_URL",),
    auth=ApiKey(env=("XAI_API_KEY",)),
    priority={
        ImageRequest: 30,
        VideoRequest: 10,
        SpeechRequest: 40,
        TranscriptionRequest: 40,
    },
    models=tuple(model for kind in KINDS for model in kind.MODELS),
    submit=images.submit,
    read_error=read_error,
    catalogue=catalogue,
    samples=tuple(sample for kind in KINDS for sample in kind.SAMPLES),
)
