"""`models/M:generateContent`, here and on Vertex AI: checks a conversation and answers with one picture.

Shapes: types of the google-genai package 3.4.0, checked 2026-11-22. Both spellings of a field are taken, as protocol
buffers in JSON allow.
"""

import base64
import re

from anymedia.testing.emulator.dialects.google.errors import Refused, error_reply, invalid, unknown_field
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "1:4", "4:1", "1:8", "8:1")
EDGES = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}
TOKENS = {"512": 747, "1K": 1120, "2K": 1680, "4K": 2520}
BODY = ("contents", "generation_config", "safety_settings", "system_instruction", "tools")
CONFIG = ("response_modalities", "image_config", "candidate_count", "seed", "temperature", "max_output_tokens")
IMAGE_CONFIG = ("aspect_ratio", "image_size")
VERTEX_IMAGE_CONFIG = (*IMAGE_CONFIG, "person_generation", "prominent_people", "image_output_options")
OUTPUT_OPTIONS = ("mime_type", "compression_quality")
PERSONS = ("ALLOW_ALL", "ALLOW_ADULT", "ALLOW_NONE")
PART = ("text", "inline_data", "thought", "thought_signature")
INLINE = ("data", "mime_type")
STANDARD = str.maketrans("-_", "+/")
SIGNATURE = base64.b64encode(b"the emulator's thought").decode()


def generate(
    request: ReceivedRequest, model: str, media: Media, *, image_config: tuple[str, ...] = IMAGE_CONFIG
) -> Reply:
    """The answer to a whole request; `image_config` are the fields that this door knows. Raises Refused."""
    body = fields(request.json, BODY, "request")
    prompt = _prompt_in(body.get("contents"))
    config = fields(body.get("generation_config", {}), CONFIG, "generation_config")
    asked = fields(config.get("image_config", {}), image_config, "image_config")
    ratio, size = _shape(asked)
    media_type = _media_type(asked)
    width, height = pixels(ratio, size)
    output_format = media_type.removeprefix("image/")
    picture = make(media, MediaAsked(prompt=prompt, output_format=output_format, width=width, height=height))
    part = {"inlineData": {"mimeType": media_type, "data": base64.b64encode(picture).decode()}}
    content = {"role": "model", "parts": [{**part, "thoughtSignature": SIGNATURE}]}
    reply = json_reply(
        {
            "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
            "usageMetadata": _usage(prompt, TOKENS[size]),
            "modelVersion": model,
            "responseId": "emulated",
        },
        accepted=True,
    )
    return Reply(
        headers=reply.headers,
        pieces=reply.pieces,
        accepted=True,
        media_fields=("data",),
        output_lists=("candidates",),
    )


def fields(document: Json, known: tuple[str, ...], where: str) -> Json:
    """The fields of an object by their names with underscores. Raises Refused for one that is not known."""
    if not isinstance(document, dict):
        raise invalid(f"Invalid value at '{where}'")
    given = {snake(name): value for name, value in document.items()}
    for name in given:
        if name not in known:
            raise unknown_field(name)
    return given


def snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _prompt_in(contents: Json) -> str:
    if not isinstance(contents, list) or not contents:
        raise invalid("GenerateContentRequest.contents: contents is not specified")
    for content in contents:
        if content.get("role") not in ("user", "model"):
            raise invalid("Please use a valid role: user, model.")
        for part in content.get("parts", ()):
            _check_part(fields(part, PART, "part"))
    return " ".join(part["text"] for part in contents[-1]["parts"] if part.get("text"))


def _check_part(part: Json) -> None:
    if "inline_data" in part:
        inline = fields(part["inline_data"], INLINE, "inline_data")
        check_media(inline.get("data"), inline.get("mime_type"))


def check_media(data: Json, mime_type: Json) -> None:
    """Raises Refused unless `data` is base64, of either alphabet: protocol buffers in JSON allow both."""
    if not isinstance(data, str) or not is_base64(data):
        raise Refused(error_reply(400, f"Unable to process input {mime_type or 'file'}"))


def is_base64(text: str) -> bool:
    try:
        base64.b64decode(text.translate(STANDARD), validate=True)
    except ValueError:
        return False
    return True


def _shape(asked: Json) -> tuple[str, str]:
    ratio, size = asked.get("aspect_ratio", "1:1"), asked.get("image_size", "1K")
    if ratio not in RATIOS or size not in EDGES:
        raise invalid(f"Unsupported aspect ratio or image size: {ratio}, {size}.")
    if asked.get("person_generation", PERSONS[0]) not in PERSONS:
        raise invalid(f"Invalid value at 'person_generation': {asked['person_generation']}")
    return ratio, size


def _media_type(asked: Json) -> str:
    options = fields(asked.get("image_output_options", {}), OUTPUT_OPTIONS, "image_output_options")
    media_type: str = options.get("mime_type", "image/png")
    if media_type not in ("image/png", "image/jpeg"):
        raise invalid(f"Unsupported output mime type: {media_type}")
    quality = options.get("compression_quality", 75)
    if type(quality) is not int or not 0 <= quality <= 100:
        raise invalid(f"Unsupported compression quality: {quality}")
    return media_type


def pixels(ratio: str, size: str) -> tuple[int, int]:
    """Width and height of about the area of a square of that size."""
    across, down = map(int, ratio.split(":"))
    shape = (across / down) ** 0.5
    return round(EDGES[size] * shape), round(EDGES[size] / shape)


def _usage(prompt: str, tokens: int) -> Json:
    asked = len(prompt) // 4 + 1
    return {
        "promptTokenCount": asked,
        "candidatesTokenCount": tokens,
        "totalTokenCount": asked + tokens,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": tokens}],
    }
