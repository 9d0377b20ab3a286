"""The same requests through Hugging Face's official client, which knows its addresses; its own door for the HTTP client
that it uses leads them here. What it asks the Hub about a model is answered as for one that is served."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import httpx2
import huggingface_hub
from official_one_file import Brought, Call, given

from anymedia.operations import ImageRequest, Request, TranscriptionRequest

PARTNERS = {"black-forest-labs/FLUX.1-schnell": "nscale"}
"""Who runs a model; the others are run by Hugging Face itself."""
NAMES = {"audio/flac": "flac", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav"}


class Led(httpx2.BaseTransport):
    """Sends everything to one address, and answers for the Hub."""

    def __init__(self, url: str) -> None:
        self._url = httpx2.URL(url)
        self._below = httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        _, is_hub, model = request.url.path.partition("/api/models/")
        if is_hub:
            return httpx2.Response(200, json=about(model))
        request.url = request.url.copy_with(scheme=self._url.scheme, host=self._url.host, port=self._url.port)
        request.headers["host"] = f"{self._url.host}:{self._url.port}"
        return self._below.handle_request(request)

    def close(self) -> None:
        self._below.close()


def about(model: str) -> Any:
    task = "automatic-speech-recognition" if "whisper" in model else "text-to-image"
    served = {"status": "live", "providerId": model, "task": task}
    return {
        "id": model,
        "pipeline_tag": task,
        "inferenceProviderMapping": {PARTNERS.get(model, "hf-inference"): served},
    }


def huggingface_call(stack: ExitStack, url: str, key: str) -> Call:
    huggingface_hub.set_client_factory(lambda: httpx2.Client(transport=Led(url)))
    stack.callback(huggingface_hub.close_session)

    def call(model: str, request: Request) -> Brought:
        provider: Any = PARTNERS.get(model, "hf-inference")
        client = huggingface_hub.InferenceClient(provider=provider, api_key=key)
        if isinstance(request, TranscriptionRequest):
            with NamedTemporaryFile(suffix=f".{NAMES[request.audio.media_type]}") as file:
                Path(file.name).write_bytes(request.audio.read_bytes())
                return client.automatic_speech_recognition(Path(file.name), model=model).text
        assert isinstance(request, ImageRequest)
        width, height = request.size or (None, None)
        options = given(
            negative_prompt=request.negative_prompt,
            width=width,
            height=height,
            guidance_scale=request.guidance_scale,
            seed=request.seed,
        )
        picture = client.text_to_image(request.prompt, model=model, **options)
        return [picture.fp.getvalue()]  # type: ignore[attr-defined]  # the bytes that it was opened from

    return call
