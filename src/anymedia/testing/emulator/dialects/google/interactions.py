"""`interactions`: pictures, sounds and words at once, films in the background after a few polls; get, cancel, delete.

Shapes: types of the google-genai package 3.4.0, checked 2026-11-22. Films are delivered as files of Google's own
address, because its client reads no other and asks its own base URL for them.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

from anymedia.testing.emulator.dialects.google.contents import EDGES, RATIOS, TOKENS, is_base64, pixels
from anymedia.testing.emulator.dialects.google.errors import Refused, invalid_request, word_reply
from anymedia.testing.emulator.dialects.google.files import Files
from anymedia.testing.emulator.dialects.google.models import MEDIA
from anymedia.testing.emulator.dialects.google.talk import SPEECH_TYPES, check_talk, recording, words
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

BODY = (
    "model",
    "input",
    "background",
    "store",
    "previous_interaction_id",
    "response_format",
    "generation_config",
    "system_instruction",
    "safety_settings",
    "service_tier",
    "stream",
)
FORMATS: Mapping[str, tuple[str, ...]] = {
    "image": ("type", "aspect_ratio", "image_size", "mime_type", "delivery"),
    "video": ("type", "aspect_ratio", "resolution", "duration", "delivery"),
    "audio": ("type", "mime_type", "sample_rate", "bit_rate", "delivery"),
    "text": ("type", "mime_type", "schema"),
}
VALUES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "image": {"aspect_ratio": RATIOS, "image_size": tuple(EDGES), "mime_type": ("image/jpeg",)},
    "video": {"aspect_ratio": ("16:9", "9:16"), "resolution": ("360p", "720p", "1080p", "4k")},
    "audio": {"mime_type": tuple(SPEECH_TYPES)},
    "text": {"mime_type": ("text/plain", "application/json")},
}
TASKS = ("text_to_video", "image_to_video", "reference_to_video", "edit", "extend", "upscale")
VIDEO_TOKENS_PER_SECOND = 5792
DEFAULT_SECONDS = 8


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One interaction. In the background each poll brings it one status further."""

    id: str
    model: str
    prompt: str
    format: Json
    config: Json
    background: bool
    previous: str | None
    polls: int = 0
    cancelled: bool = False

    @property
    def status(self) -> str:
        if self.cancelled:
            return "cancelled"
        return ("queued", "in_progress")[self.polls] if self.background and self.polls < 2 else "completed"


class Interactions:
    """Takes interactions and remembers those that are stored."""

    def __init__(self, media: Media, files: Files) -> None:
        self._media = media
        self._files = files
        self._numbers = count(1)
        self._stored: dict[str, Interaction] = {}

    def create(self, request: ReceivedRequest) -> Reply:
        """The answer to `POST interactions`. Raises Refused."""
        body = _checked(request.json)
        previous = body.get("previous_interaction_id")
        if previous is not None and previous not in self._stored:
            raise invalid_request(f"The previous interaction '{previous}' was not found.", code="not_found")
        kind = MEDIA[body["model"]]
        interaction = Interaction(
            id=f"v1_{next(self._numbers):08d}",
            model=body["model"],
            prompt=_prompt_in(body["input"], self._files),
            format=_checked_format(body.get("response_format"), kind),
            config=body.get("generation_config", {}),
            background=body.get("background", False),
            previous=previous,
        )
        if body.get("store", True):
            self._stored[interaction.id] = interaction
        return self._answer(interaction, accepted=True)

    def get(self, identifier: str) -> Reply:
        interaction = self._find(identifier)
        self._stored[identifier] = replace(interaction, polls=interaction.polls + 1)
        return self._answer(self._stored[identifier])

    def cancel(self, identifier: str) -> Reply:
        interaction = self._find(identifier)
        if interaction.status != "completed":
            self._stored[identifier] = replace(interaction, cancelled=True)
        return self._answer(self._stored[identifier])

    def delete(self, identifier: str) -> Reply:
        self._find(identifier)
        del self._stored[identifier]
        return json_reply({})

    def _find(self, identifier: str) -> Interaction:
        if identifier not in self._stored:
            raise Refused(word_reply(404, f"Interaction '{identifier}' was not found."))
        return self._stored[identifier]

    def _answer(self, interaction: Interaction, *, accepted: bool = False) -> Reply:
        document = {
            "id": interaction.id,
            "object": "interaction",
            "model": interaction.model,
            "status": interaction.status,
            "created": "2026-11-22T00:00:00Z",
            "updated": "2026-11-22T00:00:00Z",
        }
        if interaction.previous is not None:
            document["previous_interaction_id"] = interaction.previous
        if interaction.status == "completed":
            document |= self._outcome(interaction)
        reply = json_reply(document, accepted=accepted)
        return replace(reply, media_fields=("data",), output_lists=("steps",))

    def _outcome(self, interaction: Interaction) -> Json:
        kind = MEDIA[interaction.model]
        made = {"image": self._picture, "video": self._film, "audio": self._sound, "text": self._words}[kind]
        piece, tokens = made(interaction)
        asked = len(interaction.prompt) // 4 + 1
        thought = {"type": "thought", "signature": base64.b64encode(b"the emulator's thought").decode()}
        return {
            "steps": [thought, {"type": "model_output", "content": [{"type": kind, **piece}]}],
            "usage": {
                "total_input_tokens": asked,
                "total_output_tokens": tokens,
                "total_thought_tokens": 0,
                "total_tokens": asked + tokens,
                "output_tokens_by_modality": [{"modality": kind, "tokens": tokens}],
            },
        }

    def _picture(self, interaction: Interaction) -> tuple[Json, int]:
        asked, size = interaction.format, interaction.format.get("image_size", "1K")
        width, height = pixels(asked.get("aspect_ratio", "1:1"), size)
        output_format = asked.get("mime_type", "image/png").partition("/")[2]
        wanted = MediaAsked(prompt=interaction.prompt, output_format=output_format, width=width, height=height)
        return _inline(make(self._media, wanted), f"image/{output_format}"), TOKENS[size]

    def _sound(self, interaction: Interaction) -> tuple[Json, int]:
        return recording(self._media, interaction.model, interaction.prompt, interaction.format)

    def _words(self, interaction: Interaction) -> tuple[Json, int]:
        return words(interaction.model, interaction.prompt, interaction.config)

    def _film(self, interaction: Interaction) -> tuple[Json, int]:
        film = make(self._media, MediaAsked(prompt=interaction.prompt, output_format="mp4"))
        seconds = float(interaction.format.get("duration", f"{DEFAULT_SECONDS}s").removesuffix("s"))
        tokens = round(seconds * VIDEO_TOKENS_PER_SECOND)
        if interaction.format.get("delivery") != "uri":
            return _inline(film, "video/mp4"), tokens
        name = interaction.id.replace("_", "")
        return {"mime_type": "video/mp4", "uri": self._files.keep_film(name, film)}, tokens


def _inline(data: bytes, mime_type: str) -> Json:
    return {"mime_type": mime_type, "data": base64.b64encode(data).decode()}


def _checked(body: Json) -> Json:
    if not isinstance(body, dict) or not body.get("input"):
        raise invalid_request("`input` is required.")
    for name in body:
        if name not in BODY:
            raise invalid_request(f"Unknown parameter '{name}'.", code="parameter_unknown")
    if body.get("model") not in MEDIA:
        said = f"The model '{body.get('model')}' was not found."
        raise Refused(word_reply(404, said, code="model_not_found"))
    if body.get("background") and not body.get("store", True):
        raise invalid_request("background=true needs store=true.")
    task = body.get("generation_config", {}).get("video_config", {}).get("task", TASKS[0])
    if task not in TASKS:
        raise invalid_request(f"The value '{task}' is not supported for 'task'.")
    check_talk(body["model"], body.get("generation_config", {}))
    return body


def _checked_format(given: Json, kind: str) -> Json:
    given = given or {"type": kind}
    if given.get("type") != kind:
        raise invalid_request(f"The value '{given.get('type')}' is not supported for 'type' at 'response_format'.")
    for name, value in given.items():
        if name not in FORMATS[kind]:
            raise invalid_request(f"Unknown parameter 'response_format.{name}'.", code="parameter_unknown")
        if value not in VALUES[kind].get(name, (value,)):
            raise invalid_request(f"The value '{value}' is not supported for '{name}' at 'response_format'.")
    return given


def _prompt_in(given: Json, files: Files) -> str:
    """The words of an input: a text, pieces of content, or steps of them. Raises Refused."""
    if isinstance(given, str):
        return given
    pieces = [piece for each in given for piece in (each.get("content") or () if "content" in each else [each])]
    for piece in pieces:
        if piece.get("type") not in ("text", "image", "video", "audio", "document"):
            raise invalid_request(f"The value '{piece.get('type')}' is not supported for 'type' at 'input'.")
        if "data" in piece and not is_base64(piece["data"]):
            raise invalid_request(f"The data of the {piece['type']} is not base64.")
        if "uri" in piece:
            files.check_usable(piece["uri"])
    return " ".join(piece["text"] for piece in pieces if piece["type"] == "text")
