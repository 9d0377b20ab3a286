"""`:predictLongRunning` and `:fetchPredictOperation` of Veo: films that are there when they are first asked for."""

import base64
from dataclasses import dataclass, replace
from itertools import count

from anymedia.testing.emulator.dialects.google.errors import Refused
from anymedia.testing.emulator.dialects.vertex.errors import error_reply, refused
from anymedia.testing.emulator.dialects.vertex.parameters import FILM, check
from anymedia.testing.emulator.messages import Json, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make


@dataclass(frozen=True, kw_only=True)
class Film:
    """What an operation makes."""

    prompt: str
    films: int


class Operations:
    """Takes films and remembers them."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._numbers = count(1)
        self._films: dict[str, Film] = {}

    def submit(self, document: Json, resource: str) -> Reply:
        """A new operation below `resource`, the model's own name. Raises Refused."""
        check(document, FILM)
        instances, parameters = document.get("instances") or [], document.get("parameters") or {}
        if len(instances) != 1:
            raise refused("Exactly one instance is expected.")
        _check_together(instances[0], parameters)
        below = resource if resource.startswith("projects/") else f"projects/emulated/locations/us-central1/{resource}"
        name = f"{below}/operations/{next(self._numbers):08x}"
        self._films[name] = Film(prompt=instances[0].get("prompt", ""), films=parameters.get("sampleCount", 1))
        return json_reply({"name": name}, accepted=True)

    def fetch(self, document: Json, resource: str) -> Reply:
        """The operation that the body names, if it belongs to the model that is asked. Raises Refused."""
        name = document.get("operationName") if isinstance(document, dict) else None
        if not isinstance(name, str) or name not in self._films or name.partition("/operations/")[0] != resource:
            raise Refused(error_reply(404, f"Operation not found: {name!r:.200}"))
        film = self._films[name]
        response = {
            "@type": "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse",
            "raiMediaFilteredCount": 0,
            "videos": [self._film(film.prompt, index) for index in range(film.films)],
        }
        reply = json_reply({"name": name, "done": True, "response": response})
        return replace(reply, media_fields=("bytesBase64Encoded",), output_lists=("videos",))

    def _film(self, prompt: str, index: int) -> Json:
        made = make(self._media, MediaAsked(prompt=prompt, output_format="mp4", index=index))
        return {"mimeType": "video/mp4", "bytesBase64Encoded": base64.b64encode(made).decode()}


def _check_together(instance: Json, parameters: Json) -> None:
    references = instance.get("referenceImages") or ()
    if not instance.get("prompt") and not {"image", "video"} & instance.keys():
        raise refused("A prompt, an image or a video is expected.")
    if "lastFrame" in instance and "image" not in instance:
        raise refused("lastFrame is only supported with an image.")
    if references and {"image", "lastFrame", "video"} & instance.keys():
        raise refused("Reference images are not supported with an image, a last frame or a video.")
    if len(references) > 3:
        raise refused("At most three reference images are supported.")
    if references and parameters.get("durationSeconds", 8) != 8:
        raise refused("Reference images only support a duration of 8 seconds.")
    if "video" in instance and parameters.get("resolution", "720p") != "720p":
        raise refused("Video extension only supports 720p.")
