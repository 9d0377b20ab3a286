"""Questions through the official clients of chat models. Knows their keywords and nothing of our translation.

DeepSeek has no client of its own: its pages show OpenAI's.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import anthropic
import openai
from mistralai.client import Mistral

from anymedia.media import MediaFile
from anymedia.operations import DescribeRequest

FIRST_PROMPT = "an earlier fox"
USUAL_OUT = 16_000
"""`max_tokens` has to be chosen by whoever asks Anthropic; this is our choice and no translation."""
Call = Callable[[str, DescribeRequest], str]


def encoded(file: MediaFile) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def as_url(file: MediaFile) -> str:
    return f"data:{file.media_type};base64,{encoded(file)}"


# --- Anthropic ------------------------------------------------------------------------------------------------------


def anthropic_call(url: str, key: str) -> Call:
    client = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)

    def call(model: str, request: DescribeRequest) -> str:
        messages: list[Any] = [{"role": "user", "content": _blocks(request)}]
        if request.continue_from is not None:
            begun: Any = {"role": "user", "content": [{"type": "text", "text": FIRST_PROMPT}]}
            first = client.messages.create(model=model, max_tokens=USUAL_OUT, messages=[begun])
            messages = [begun, first.to_param(), *messages]
        more: Any = {} if request.instructions is None else {"system": request.instructions}
        answer = client.messages.create(model=model, max_tokens=USUAL_OUT, messages=messages, **more)
        return "".join(block.text for block in answer.content if block.type == "text")

    return call


def _blocks(request: DescribeRequest) -> list[Any]:
    kinds = {"application/pdf": "document"}
    files = [
        {
            "type": kinds.get(file.media_type, "image"),
            "source": {"type": "base64", "media_type": file.media_type, "data": encoded(file)},
        }
        for file in request.media or ()
    ]
    return [*files, {"type": "text", "text": request.prompt}]


# --- Mistral --------------------------------------------------------------------------------------------------------


def mistral_call(url: str, key: str) -> Call:
    client = Mistral(api_key=key, server_url=url)

    def call(model: str, request: DescribeRequest) -> str:
        parts = [{"type": "image_url", "image_url": as_url(file)} for file in request.media or ()]
        messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": request.prompt}, *parts]}]
        if request.continue_from is not None:
            begun: Any = {"role": "user", "content": [{"type": "text", "text": FIRST_PROMPT}]}
            said = client.chat.complete(model=model, messages=[begun]).choices[0].message
            assert said is not None
            messages = [begun, {"role": "assistant", "content": said.content}, *messages]
        if request.instructions is not None:
            messages.insert(0, {"role": "system", "content": request.instructions})
        message = client.chat.complete(model=model, messages=messages).choices[0].message
        assert message is not None
        return str(message.content)

    return call


# --- DeepSeek -------------------------------------------------------------------------------------------------------


def deepseek_call(url: str, key: str) -> Call:
    client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)

    def call(model: str, request: DescribeRequest) -> str:
        parts = [{"type": "image_url", "image_url": {"url": as_url(file)}} for file in request.media or ()]
        messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": request.prompt}, *parts]}]
        if request.continue_from is not None:
            begun: Any = {"role": "user", "content": [{"type": "text", "text": FIRST_PROMPT}]}
            said = client.chat.completions.create(model=model, messages=[begun]).choices[0].message.content
            messages = [begun, {"role": "assistant", "content": said}, *messages]
        if request.instructions is not None:
            messages.insert(0, {"role": "system", "content": request.instructions})
        return str(client.chat.completions.create(model=model, messages=messages).choices[0].message.content)

    return call


CALLS: Mapping[str, Callable[[str, str], Call]] = {
    "anthropic": anthropic_call,
    "mistral": mistral_call,
    "deepseek": deepseek_call,
}
