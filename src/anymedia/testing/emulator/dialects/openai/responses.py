"""`/v1/responses` with the image_generation tool, and the memory that `previous_response_id` reaches into."""

import base64
import binascii
import re
import time
from itertools import count

from anymedia.testing.emulator.dialects.openai.errors import (
    Refused,
    error_reply,
    previous_response_not_found,
    refused,
    unknown_model,
)
from anymedia.testing.emulator.dialects.openai.event_stream import response_events, streamed
from anymedia.testing.emulator.dialects.openai.images import (
    Drawing,
    drawing_of,
    json_object,
    media_type_of,
    usage_of,
    with_media,
)
from anymedia.testing.emulator.dialects.openai.models import CHAT_MODELS, DEFAULT_TOOL_MODEL
from anymedia.testing.emulator.dialects.openai.parameters import (
    TOOL,
    Anything,
    Flag,
    Table,
    Text,
    check,
    check_together,
    invalid_value,
    objects,
)
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media

# Names of the body's parameters: types of the openai package 3.54.0, checked 2026-11-22.
# fmt: off
_NAMES = (
    "access_programs", "background", "background_options", "context_management", "conversation",
    "image", "include", "input", "instructions", "max_output_tokens", "max_tool_calls", "metadata",
    "model", "moderation", "parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key",
    "prompt_cache_options", "reasoning", "safety_identifier", "service_tier", "store", "stream",
    "stream_options", "temperature", "text", "tool_choice", "tools", "top_logprobs", "top_p",
    "truncation", "user",
)
# fmt: on
_UNCHECKED: Table = {name: Anything() for name in _NAMES}
PARAMETERS: Table = _UNCHECKED | {
    "background": Flag(),
    "model": Text(),
    "previous_response_id": Text(),
    "store": Flag(),
    "stream": Flag(),
}


class Responses:
    """Answers, and remembers what it answered unless the caller said `store: false`."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._numbers = count(1)
        self._stored: dict[str, Json] = {}
        self._calls: set[str] = set()

    def retrieve(self, identifier: str) -> Reply:
        """`GET /v1/responses/{id}`."""
        if identifier not in self._stored:
            message = f"Response with id '{identifier}' not found."
            return error_reply(404, message, param="response_id")
        return with_media(json_reply(self._stored[identifier]))

    def create(self, request: ReceivedRequest) -> Reply:
        """`POST /v1/responses`. Raises Refused."""
        asked = check(json_object(request), PARAMETERS, required=("model", "input"))
        self._check(asked)
        prompt, pictures = self._read_input(asked["input"])
        tool = _image_tool(asked.get("tools", []))
        previous = asked.get("previous_response_id")
        if tool is not None and tool.get("action") == "edit" and not pictures and previous is None:
            raise refused("No image to edit was given.", "invalid_value", "tools[0].action")
        document = self._answer(asked, prompt, pictures, tool)
        if asked.get("store") is not False:
            self._stored[document["id"]] = document
        if asked.get("stream"):
            return streamed(response_events(document, self._previews(tool, prompt)))
        return with_media(json_reply(document, accepted=True))

    def _previews(self, tool: Json | None, prompt: str) -> list[Json]:
        """The unfinished pictures that were asked for."""
        if tool is None:
            return []
        drawing, count = drawing_of(tool, prompt), tool.get("partial_images", 0)
        pictures = (drawing.base64(self._media, stage=stage) for stage in range(count))
        return [{"partial_image_b64": picture} | drawing.settings for picture in pictures]

    def _check(self, asked: Json) -> None:
        if asked["model"] not in CHAT_MODELS:
            raise Refused(unknown_model(asked["model"]))
        if asked.get("background"):
            raise refused("The emulator does not offer 'background' here.", "unsupported_parameter", "background")
        previous = asked.get("previous_response_id")
        if previous is not None and previous not in self._stored:
            raise previous_response_not_found(previous)

    def _read_input(self, given: Json) -> tuple[str, int]:
        """The text, and how many pictures came with it."""
        if isinstance(given, str):
            return given, 0
        texts, pictures = [], 0
        for index, item in enumerate(objects(given, "input")):
            if item.get("type") == "image_generation_call":
                self._check_call(item, f"input[{index}]")
                pictures += 1
            else:
                more, found = _read_content(item.get("content"), f"input[{index}].content")
                texts.append(more)
                pictures += found
        return "\n".join(texts), pictures

    def _check_call(self, item: Json, where: str) -> None:
        if str(item.get("id")) not in self._calls:
            raise Refused(error_reply(404, f"Item with id '{item.get('id')}' not found.", param=where))

    def _answer(self, asked: Json, prompt: str, pictures: int, tool: Json | None) -> Json:
        number = next(self._numbers)
        if tool is None:
            usage, output = _usage(len(prompt) // 4 + 1, 12), [_message(number, pictures)]
        else:
            drawing = drawing_of(tool, prompt)
            edits = pictures > 0 or asked.get("previous_response_id") is not None
            output = [self._call(number, drawing, "edit" if edits else "generate")]
            counted = usage_of(drawing, input_images=pictures, partial_images=tool.get("partial_images", 0))
            usage = _usage(counted["input_tokens"], counted["output_tokens"])
        return {
            "id": f"resp_{number:048x}",
            "object": "response",
            "created_at": int(time.time()),
            "status": "completed",
            "error": None,
            "incomplete_details": None,
            "instructions": asked.get("instructions"),
            "metadata": asked.get("metadata", {}),
            "model": asked["model"],
            "output": output,
            "parallel_tool_calls": True,
            "previous_response_id": asked.get("previous_response_id"),
            "store": asked.get("store") is not False,
            "temperature": 1.0,
            "tool_choice": asked.get("tool_choice", "auto"),
            "tools": asked.get("tools", []),
            "top_p": 1.0,
            "usage": usage,
        }

    def _call(self, number: int, drawing: Drawing, action: str) -> Json:
        identifier = f"ig_{number:048x}"
        self._calls.add(identifier)
        return {
            "id": identifier,
            "type": "image_generation_call",
            "status": "completed",
            "action": action,
            "revised_prompt": drawing.prompt,
            **drawing.settings,
            "result": drawing.base64(self._media),
        }


def _image_tool(tools: Json) -> Json | None:
    """The checked image tool, or None when the caller offered none. Raises Refused."""
    for index, tool in enumerate(objects(tools, "tools")):
        if tool.get("type") == "image_generation":
            where = f"tools[{index}]."
            given = {"model": DEFAULT_TOOL_MODEL} | check(tool, TOOL, where=where)
            check_together(given, where=where)
            mask = given.get("input_image_mask")
            if mask is not None:
                _check_picture(
                    mask.get("image_url") if isinstance(mask, dict) else None, f"{where}input_image_mask.image_url"
                )
            return given
    return None


def _read_content(content: Json, where: str) -> tuple[str, int]:
    if isinstance(content, str):
        return content, 0
    texts, pictures = [], 0
    for index, item in enumerate(objects(content, where)):
        match item.get("type"):
            case "input_text" | "output_text":
                texts.append(str(item.get("text", "")))
            case "input_image":
                _check_picture(item.get("image_url"), f"{where}[{index}].image_url")
                pictures += 1
            case "input_file":
                _check_document(item, f"{where}[{index}]")
                pictures += 1
            case other:
                allowed = ("input_text", "input_image", "input_file", "output_text")
                raise invalid_value(f"{where}[{index}].type", str(other), allowed)
    return " ".join(texts), pictures


def _check_picture(url: Json, where: str) -> None:
    """An https URL is believed; a data URI must hold what OpenAI takes. Raises Refused."""
    if isinstance(url, str) and url.startswith(("https://", "http://")):
        return
    match = re.fullmatch(r"data:image/[a-z+]+;base64,(.*)", url, re.DOTALL) if isinstance(url, str) else None
    if match is None:
        raise refused(f"Invalid '{where}': expected a URL or a base64 data URI.", "invalid_image_url", where)
    try:
        data = base64.b64decode(match[1], validate=True)
    except binascii.Error:
        raise refused(f"Invalid '{where}': not base64.", "invalid_base64", where) from None
    if media_type_of(data) is None and not data.startswith(b"GIF8"):
        message = "The image data you provided does not represent a valid image."
        raise refused(message, "invalid_image_format", where)


def _check_document(item: Json, where: str) -> None:
    """A file by its id or address is believed; its own bytes must be a PDF in a data URI, under a name."""
    if item.get("file_id") or item.get("file_url"):
        return
    if not item.get("filename"):
        raise refused(f"Missing required parameter: '{where}.filename'.", "missing_required_parameter", where)
    start, _, text = str(item.get("file_data")).partition(",")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        data = b""
    if start != "data:application/pdf;base64" or not data.startswith(b"%PDF-"):
        raise refused(f"Invalid '{where}.file_data': expected a PDF in a data URI.", "invalid_value", where)


def _message(number: int, files: int) -> Json:
    text = "No image_generation tool was offered, so there is only this text."
    if files:
        text = f"{files} of the inputs were looked at. {text}"
    return {
        "id": f"msg_{number:048x}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }


def _usage(input_tokens: int, output_tokens: int) -> Json:
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input_tokens + output_tokens,
    }
