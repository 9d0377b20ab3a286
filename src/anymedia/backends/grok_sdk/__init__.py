"""xAI over gRPC: images and videos, with the messages of its official client. It has no speech.

Facts: the types and options of xai-sdk 1.21.0, checked 2026-11-22. Used only where it is named: the same models need
no library over REST.
"""

from ...spec import ApiKey, Backend
from .._xai.common import DOCS
from . import images, videos
from .library import read_error

__all__ = ["BACKEND"]

KINDS = (images, videos)

BACKEND = Backend(
    name="grok_sdk",
    title="xAI over gRPC",
    docs=DOCS,
    base_url="https://api.x.ai",
    base_url_env=("GROK_SDK_BASE_URL",),
    auth=ApiKey(env=("XAI_API_KEY",)),
    priority={},
    models=tuple(model for kind in KINDS for model in kind.MODELS),
    submit=images.submit,
    read_error=read_error,
    needs=("xai_sdk",),
    extra="grok-sdk",
    samples=tuple(sample for kind in KINDS for sample in kind.SAMPLES),
)
