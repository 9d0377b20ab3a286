"""Google Cloud's Vertex AI, since 2026 also called Gemini Enterprise Agent Platform: Gemini's pictures, Imagen and Veo.

Facts: the official client google-genai 3.4.0 in its mode `enterprise`, and Google's pages, checked 2026-11-22.
"""

from ...operations import ImageRequest, VideoRequest
from ...spec import ApiKey, Backend
from . import gemini, imagen, veo
from .catalogue import catalogue
from .common import DOCS, read_error
from .credentials import TOKEN

BACKEND = Backend(
    name="vertex",
    aliases=("vertex_ai", "google_cloud"),
    title="Google Vertex AI",
    docs=DOCS,
    base_url="https://aiplatform.googleapis.com",
    base_url_env=("GOOGLE_VERTEX_BASE_URL",),
    auth=ApiKey(env=("GOOGLE_VERTEX_API_KEY",), header="x-goog-api-key", prefix="", otherwise=TOKEN),
    priority={ImageRequest: 50, VideoRequest: 30},
    models=(*gemini.MODELS, *imagen.MODELS, *veo.MODELS),
    submit=gemini.submit,
    read_error=read_error,
    catalogue=catalogue,
    samples=(*gemini.SAMPLES, *imagen.SAMPLES, *veo.SAMPLES),
)
