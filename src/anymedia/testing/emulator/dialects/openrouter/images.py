"""`/api/v1/images` and chat completions: pictures by a route of their own, or words and pictures in a conversation."""

import base64
import binascii
import time

from anymedia.testing.emulator.dialects.openrouter.checks import (
    FLAG,
    LIST,
    OBJECT,
    TEXT,
    Is,
    Table,
    check,
    checked,
    objects,
)
from anymedia.testing.emulator.dialects.openrouter.errors import Refused, refused, unknown_model
from anymedia.testing.emulator.dialects.openrouter.models import CHAT_MODELS, PICTURE_MODELS
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

# Names and values: `ImageGenerationRequest` and `ChatRequest` of the openrouter package 1.3.84, read 2026-11-22.
IMAGES: Table = {
    "model": TEXT,
    "prompt": TEXT,
    "aspect_ratio": TEXT,
    "background": TEXT,
    "input_references": LIST,
    "n": Is(type=int, low=1, high=10),
    "output_compression": Is(type=int, low=0, high=100),
    "output_format": TEXT,
    "provider": OBJECT,
    "quality": TEXT,
    "resolution": TEXT,
    "seed": Is(type=int),
    "size": TEXT,
    "stream": FLAG,
    "user": TEXT,
}
CHAT: Table = {
    "model": TEXT,
    "messages": LIST,
    "modalities": LIST,
    "image_config": OBJECT,
    "max_completion_tokens": Is(type=int, low=1),
    "max_tokens": Is(type=int, low=1),
    "seed": Is(type=int),
    "stream": FLAG,
    "temperature": Is(type=(int, float), low=0, high=2),
    "user": TEXT,
}
ROLES = ("system", "developer", "user", "assistant", "tool")
SIDES = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}
DOLLARS = 0.04
"""Of one picture, whatever it is."""
MEDIA_FIELDS = ("b64_json", "url")
OUTPUT_LISTS = ("data", "images")


def generate(request: ReceivedRequest, media: Media) -> Reply:
    """`POST /api/v1/images`. Raises Refused."""
    given = checked(request, IMAGES, required=("model", "prompt"))
    model = PICTURE_MODELS.get(given["model"])
    if model is None:
        raise Refused(unknown_model(given["model"]))
    for name, descriptor in model.supports.items():
        if name in given and descriptor["type"] == "enum":
            check(name, given[name], Is(type=str, values=tuple(descriptor["values"])))
        elif name in given and descriptor["type"] == "range":
            size = len(given[name]) if isinstance(given[name], list) else given[name]
            check(name, size, Is(type=int, low=descriptor["min"], high=descriptor["max"]))
    if given.get("stream"):
        raise refused("The emulator offers no `stream` here.")
    for part in objects(given.get("input_references", []), "input_references"):
        check_image(part)
    count = given.get("n", 1)
    data = [
        {"b64_json": drawn(given["prompt"], given, media, index), "media_type": media_type(given)}
        for index in range(count)
    ]
    return with_media(json_reply({"created": int(time.time()), "data": data, "usage": usage(count)}, accepted=True))


def drawn(prompt: str, given: Json, media: Media, index: int = 0) -> str:
    """One picture in base64, of the resolution and the shape that are asked for."""
    side = SIDES.get(given.get("resolution", "1K"), 1024)
    across, _, down = given.get("aspect_ratio", "1:1").partition(":")
    wide, high = (float(across), float(down)) if down else (1.0, 1.0)
    scale = side / max(wide, high)
    asked = MediaAsked(
        prompt=prompt,
        output_format=given.get("output_format", "png"),
        width=max(1, round(wide * scale)),
        height=max(1, round(high * scale)),
        index=index,
        transparent=given.get("background") == "transparent",
    )
    return base64.b64encode(make(media, asked)).decode()


def media_type(given: Json) -> str:
    return f"image/{given.get('output_format', 'png')}"


def usage(count: int) -> Json:
    tokens = {"prompt_tokens": 10, "completion_tokens": 1120 * count, "total_tokens": 10 + 1120 * count}
    return {**tokens, "cost": round(DOLLARS * count, 6), "is_byok": False}


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


# --- Chat completions -----------------------------------------------------------------------------------------------


def complete(request: ReceivedRequest, media: Media) -> Reply:
    """`POST /api/v1/chat/completions`. Raises Refused."""
    given = checked(request, CHAT, required=("model", "messages"))
    name = given["model"]
    draws = "image" in given.get("modalities", ())
    if draws and not (name in PICTURE_MODELS and PICTURE_MODELS[name].chats):
        raise Refused(unknown_model(name))
    if not draws and name not in CHAT_MODELS:
        raise Refused(unknown_model(name))
    if given.get("stream"):
        raise refused("The emulator offers no `stream` here.")
    text, files = read(objects(given["messages"], "messages"))
    if not draws:
        said = {"role": "assistant", "content": f"{files} files were looked at.", "refusal": None}
        return json_reply(completion(name, said, cost=0.001), accepted=True)
    config = given.get("image_config", {})
    picture = drawn(
        text, {"aspect_ratio": config.get("aspect_ratio", "1:1"), "resolution": config.get("image_size")}, media
    )
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}, "index": 0}
    message = {"role": "assistant", "content": "Here it is.", "refusal": None, "images": [image]}
    return with_media(json_reply(completion(name, message, cost=DOLLARS), accepted=True))


def completion(model: str, message: Json, *, cost: float) -> Json:
    return {
        "id": "gen-emulated",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": None,
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": None, "message": message}],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "cost": cost,
            "is_byok": False,
        },
    }


def read(messages: list[Json]) -> tuple[str, int]:
    """All words of a conversation, and how many files of the user's are in it. Raises Refused."""
    texts, files = [], 0
    for message in messages:
        if message.get("role") not in ROLES:
            raise refused(f"messages: Invalid option: expected one of {', '.join(ROLES)}")
        content = message.get("content") or ""
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else objects(content, "content")
        for image in message.get("images", ()):
            check_image({"type": "image_url", **image})
        for part in parts:
            if part.get("type") == "text":
                texts.append(part["text"])
            else:
                check_part(part)
                files += message["role"] == "user"
    return "\n".join(texts), files


def check_part(part: Json) -> None:
    """Raises Refused for what is no file in one of the ways the client's types know."""
    match part:
        case {"type": "image_url"}:
            check_image(part)
        case {"type": "input_audio", "input_audio": {"data": str(data), "format": str()}}:
            decoded(data)
        case {"type": "video_url", "video_url": {"url": str(url)}} | {"type": "file", "file": {"file_data": str(url)}}:
            decoded(data_in(url))
        case _:
            raise refused("messages: Invalid input")


def check_image(part: Json) -> None:
    match part:
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            if not url.startswith("https://"):
                decoded(data_in(url))
        case _:
            raise refused("input_references: Invalid input")


def data_in(url: str) -> str:
    head, _, data = url.partition(",")
    if not (head.startswith("data:") and head.endswith(";base64")):
        raise refused("Invalid URL: expected a data URL in base64")
    return data


def decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise refused("Invalid base64") from None
