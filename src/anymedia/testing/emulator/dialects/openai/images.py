"""`/v1/images/generations` and `/v1/images/edits`: from a checked request to a reply with pictures and usage."""

import base64
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from anymedia.testing.emulator.dialects.openai.errors import Refused, error_reply, refused
from anymedia.testing.emulator.dialects.openai.event_stream import event as as_event
from anymedia.testing.emulator.dialects.openai.event_stream import streamed
from anymedia.testing.emulator.dialects.openai.parameters import (
    EDIT,
    GENERATION,
    check,
    check_together,
    from_form,
)
from anymedia.testing.emulator.messages import Json, Part, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

MOST_IMAGES = 16
LARGEST_IMAGE = 50 * 1024 * 1024
LARGEST_MASK = 4 * 1024 * 1024
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
MEDIA_FIELDS = ("b64_json", "result")
OUTPUT_LISTS = ("data", "output")

# Output tokens of one 1024x1024 picture; OpenAI publishes low to high, the two above follow the trend.
TOKENS = {"low": 272, "medium": 1056, "high": 4160, "xhigh": 8320, "max": 16640}
TOKENS_PER_PARTIAL = 100
TOKENS_PER_INPUT_IMAGE = 323


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What is drawn once every "auto" is decided: by OpenAI's model there, by a constant here."""

    prompt: str
    width: int
    height: int
    quality: str
    background: str
    output_format: str
    count: int
    frames: int
    frame_duration_ms: int

    @property
    def size(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def tokens(self) -> int:
        return round(TOKENS[self.quality] * self.width * self.height / 1024**2) * self.count

    @property
    def settings(self) -> Json:
        """The decided values, as every answer repeats them."""
        names = ("size", "quality", "background", "output_format")
        return {name: getattr(self, name) for name in names}

    def base64(self, media: Media, *, index: int = 0, stage: int | None = None) -> str:
        """One output; `stage` counts partial images."""
        asked = MediaAsked(
            prompt=self.prompt,
            output_format=self.output_format,
            width=self.width,
            height=self.height,
            index=index,
            stage=stage,
            transparent=self.background == "transparent",
            frames=self.frames,
            frame_duration_ms=self.frame_duration_ms,
        )
        return base64.b64encode(make(media, asked)).decode()


def drawing_of(given: Json, prompt: str) -> Drawing:
    """Decides what the caller left open."""
    size = given.get("size", "auto")
    width, height = (1024, 1024) if size == "auto" else map(int, size.split("x"))
    quality, background = given.get("quality", "auto"), given.get("background", "auto")
    return Drawing(
        prompt=prompt,
        width=width,
        height=height,
        quality="medium" if quality == "auto" else quality,
        background="opaque" if background == "auto" else background,
        output_format=given.get("output_format", "png"),
        count=given.get("n", 1),
        frames=given.get("frame_count", 9),
        frame_duration_ms=given.get("frame_duration_ms", 200),
    )


def generate(request: ReceivedRequest, media: Media) -> Reply:
    """`POST /v1/images/generations`. Raises Refused."""
    given = check(json_object(request), GENERATION, required=("prompt", "model"))
    check_together(given)
    return _pictures(given, media, input_images=0, event="image_generation")


def edit(request: ReceivedRequest, media: Media) -> Reply:
    """`POST /v1/images/edits`. Raises Refused."""
    if request.media_type != "multipart/form-data":
        raise refused("The emulator reads edits as multipart/form-data only.", "invalid_content_type", "image")
    files = [part for part in request.parts if part.filename is not None]
    images = [part for part in files if part.name in ("image", "image[]")]
    overlays = {part.name: part for part in files if part.name in ("mask", "markup")}
    for part in files:
        if part not in images and part.name not in overlays:
            raise refused(f"Unknown parameter: '{part.name}'.", "unknown_parameter", part.name)
    fields = {part.name: part.text for part in request.parts if part.filename is None}
    given = check(from_form(fields, EDIT), EDIT, required=("prompt", "model"))
    check_together(given)
    _check_images(images)
    _check_overlays(overlays, images[0])
    return _pictures(given, media, input_images=len(images), event="image_edit")


def json_object(request: ReceivedRequest) -> Json:
    """The body as a JSON object. Raises Refused."""
    if not isinstance(request.json, dict):
        message = "We could not parse the JSON body of your request. The API expects a JSON payload."
        raise Refused(error_reply(400, message))
    return request.json


def _check_images(images: Sequence[Part]) -> None:
    if not images:
        raise refused("Missing required parameter: 'image'.", "missing_required_parameter", "image")
    if len(images) > MOST_IMAGES:
        message = (
            f"Invalid 'image': array too long. Expected an array with maximum length {MOST_IMAGES}, but got an "
            f"array with length {len(images)} instead."
        )
        raise refused(message, "array_above_max_length", "image")
    for part in images:
        _check_image(part, LARGEST_IMAGE)


def _check_image(part: Part, largest: int) -> None:
    name = part.name.removesuffix("[]")
    if part.media_type not in IMAGE_TYPES:
        supported = "'image/jpeg', 'image/png', and 'image/webp'"
        message = (
            f"Invalid file '{name}': unsupported mimetype ('{part.media_type}'). "
            f"Supported file formats are {supported}."
        )
        raise refused(message, "unsupported_file_mimetype", name)
    if len(part.data) > largest:
        raise refused(f"Invalid file '{name}': larger than {largest} bytes.", "file_too_large", name)
    if media_type_of(part.data) is None:
        raise refused("Invalid image file or mode, please check your image file.", "invalid_image_file", name)


def _check_overlays(overlays: dict[str, Part], first: Part) -> None:
    if len(overlays) == 2:
        raise refused("'markup' cannot be combined with 'mask'.", "invalid_value", "markup")
    for name, part in overlays.items():
        _check_image(part, LARGEST_MASK)
        size = png_size(part.data)
        if size is None or size != (png_size(first.data) or size):
            message = f"Invalid {name} image format - {name} must be a PNG of the same size as the first image."
            raise refused(message, "invalid_image_file", name)


def media_type_of(data: bytes) -> str | None:
    """What the bytes are by their first few; None when they are no picture OpenAI takes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None when the bytes are no PNG."""
    if media_type_of(data) != "image/png" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def usage_of(drawing: Drawing, *, input_images: int, partial_images: int = 0) -> Json:
    """Token counts in the order of magnitude OpenAI reports."""
    text, image = len(drawing.prompt) // 4 + 1, input_images * TOKENS_PER_INPUT_IMAGE
    output = drawing.tokens + partial_images * TOKENS_PER_PARTIAL
    return {
        "input_tokens": text + image,
        "output_tokens": output,
        "total_tokens": text + image + output,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image},
        "output_tokens_details": {"image_tokens": output, "text_tokens": 0},
    }


def _pictures(given: Json, media: Media, *, input_images: int, event: str) -> Reply:
    drawing = drawing_of(given, given["prompt"])
    if given.get("stream"):
        return streamed(_events(drawing, media, given.get("partial_images", 0), input_images, event))
    document = {
        "created": int(time.time()),
        **drawing.settings,
        "data": [{"b64_json": drawing.base64(media, index=index)} for index in range(drawing.count)],
        "usage": usage_of(drawing, input_images=input_images),
    }
    return with_media(json_reply(document, accepted=True))


def with_media(reply: Reply) -> Reply:
    """The reply, saying where its media and outputs stand."""
    return Reply(
        status=reply.status,
        headers=reply.headers,
        pieces=reply.pieces,
        accepted=reply.accepted,
        media_fields=MEDIA_FIELDS,
        output_lists=OUTPUT_LISTS,
    )


def _events(drawing: Drawing, media: Media, partials: int, input_images: int, event: str) -> Iterator[bytes]:
    common = {"created_at": int(time.time()), **drawing.settings}
    for stage in range(partials):
        picture = {"b64_json": drawing.base64(media, stage=stage), "partial_image_index": stage}
        yield as_event({"type": f"{event}.partial_image"} | common | picture)
    for index in range(drawing.count):
        usage = usage_of(drawing, input_images=input_images, partial_images=partials)
        picture = {"b64_json": drawing.base64(media, index=index), "usage": usage}
        yield as_event({"type": f"{event}.completed"} | common | picture)
