"""Who bears witness of the backends of one short file: each foreign client, what its word is worth, and what need not
be equal, with the reason. Everything else of `wire_difference` holds."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import client_one_file
import official_one_file
from evidence import CLIENT, SDK
from official_huggingface import huggingface_call
from official_one_file import Call
from openai_cases import Case

from ai_sdk import AiSdk
from anymedia.spec import Reply
from anymedia.testing.emulator import ReceivedRequest

KEY = "hf_oracle0123456789abcdef"
"""Hugging Face's client sends keys that begin so through the router, and others to its partners."""
OF_NODE = {
    "header accept-language": 'Node\'s fetch adds it: https://fetch.spec.whatwg.org, 4.6 "HTTP-network-or-cache fetch"',
    "header sec-fetch-mode": "Node's fetch adds it: https://www.w3.org/TR/fetch-metadata",
}


@dataclass(frozen=True, kw_only=True)
class Witness:
    """A foreign client.

    `accepted` are the beginnings of differences that need not be equal, with the reason. What is in `hands_on` is
    compared, but its name on the wire is typed by us and proves nothing; what is in `lacks` is not compared. `answered`
    turns our sample into the form that the client asks for, `compared` drops what nobody asked for.
    """

    client: str
    backend: str
    grade: str
    call: Call
    accepted: Mapping[str, str] = field(default_factory=dict)
    hands_on: frozenset[str] = frozenset()
    lacks: Mapping[str, str] = field(default_factory=dict)
    answered: Callable[[Reply], Reply] = lambda reply: reply
    compared: Callable[[ReceivedRequest, Case], ReceivedRequest] = lambda request, _: request

    def __str__(self) -> str:
        return self.client


def in_json(reply: Reply) -> Reply:
    """A picture in the form in which stability-ai asks for it."""
    if not reply.content:
        return reply
    return Reply(json={"image": b64encode(reply.content).decode(), "finish_reason": "SUCCESS", "seed": 343940597})


def as_asked(request: ReceivedRequest, case: Case) -> ReceivedRequest:
    """A workflow without what each client chooses for itself: the file's name, who listens, a seed, what to avoid."""
    if not request.body:
        return request
    graph = request.json["prompt"]
    del graph["9"]["inputs"]["filename_prefix"]
    for name, node, place in (("seed", "3", "seed"), ("negative_prompt", "7", "text")):
        if name not in case.request.asked_for():
            del graph[node]["inputs"][place]
    return replace(request, body=json.dumps({"prompt": graph}).encode())


PASSED_ON = frozenset({"prompt", "aspect_ratio", "resolution", "seed", "output_format", "input_images"})
"""Replicate's official client takes any input."""
NOBODY_SENDS = {("stability", "style"): "stability-ai 0.7.0 has no styles"}
"""What no client here can send."""
OF_LABS = {
    **OF_NODE,
    "json aspect_ratio": "derived from the size for other models: the client says so in a warning",
}
OF_REPLICATE = {
    **OF_NODE,
    "header prefer": "asks to be kept waiting; polls follow either way: https://replicate.com/docs/reference/http",
}
NAMED_OTHERWISE = {
    "input_images": "the client has `input_image`, `input_image_2` ...; the model's own page has `input_images`: "
    "https://replicate.com/black-forest-labs/flux-2-pro/versions/"
    "00b07c32e314ceb5152c1d08e73400e6a61d7d22ba60a405fc76314fc807910c/api, read 2026-11-23",
    "resolution": "the client has no name for it",
}
OF_FAL = {"query: the official client sent 'logs=false', ours ''": "it wants no logs; nothing said means the same"}
OF_CARTESIA = {"header x-cartesia-client": "the client names itself"}
OF_HUGGINGFACE = {
    "header content-type: the official client sent 'audio/": "what the machine calls files with this ending",
    "media_type: the official client sent 'audio/": "the same",
}
OF_DEEPGRAM = {
    "header x-deepgram-session-id": "made up for every client",
    "header x-fern-": "telemetry of deepgram-sdk 7.17.0: `core.client_wrapper`",
    "header content-type: the official client sent 'application/octet-stream'": "the client says so of all recordings; "
    "the provider's page says what it is: https://developers.deepgram.com/docs/pre-recorded-audio, read 2026-11-23",
    "media_type: the official client sent 'application/octet-stream'": "the same",
}


def witnesses_at(stack: ExitStack, url: str) -> list[Witness]:
    def official(backend: str, begin: Callable[[ExitStack, str, str], Call], **more: Any) -> Witness:
        return Witness(
            client=f"the official client of {backend}", backend=backend, grade=SDK, call=begin(stack, url, KEY), **more
        )

    def independent(backend: str, call: Call, **more: Any) -> Witness:
        return Witness(client=f"a client of {backend}", backend=backend, grade=CLIENT, call=call, **more)

    node = stack.enter_context(AiSdk(url, KEY, "pictures.mjs"))
    return [
        official("runway", official_one_file.runway_call),
        official("luma", official_one_file.luma_call),
        official("fal", official_one_file.fal_call, accepted=OF_FAL),
        official("replicate", official_one_file.replicate_call, hands_on=PASSED_ON),
        official("cartesia", official_one_file.cartesia_call, accepted=OF_CARTESIA),
        official("deepgram", official_one_file.deepgram_call, accepted=OF_DEEPGRAM),
        official("huggingface", huggingface_call, accepted=OF_HUGGINGFACE),
        independent("black_forest_labs", client_one_file.black_forest_labs_call(node), accepted=OF_LABS),
        independent("replicate", client_one_file.replicate_call(node), accepted=OF_REPLICATE, lacks=NAMED_OTHERWISE),
        independent("stability", client_one_file.stability_call(node), accepted=OF_NODE, answered=in_json),
        independent("comfyui", client_one_file.comfyui_call(stack, url), compared=as_asked),
    ]
