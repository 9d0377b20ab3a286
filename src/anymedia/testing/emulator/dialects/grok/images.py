"""`/images/generations` and `/images/edits`: from a checked request to a reply with pictures and what they cost.

Fields: the REST reference as withone.ai repeats it, and what @ai-sdk/xai 5.0.12 sends and reads, checked 2026-11-22.
"""

import base64
from dataclasses import replace

from anymedia.testing.emulator.dialects.grok.errors import Refused, refused, unknown_model
from anymedia.testing.emulator.dialects.grok.parameters import (
    STORAGE,
    Table,
    checked,
    media,
    one_of,
    several,
    text,
    whole,
)
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

TICKS_PER_CENT = 100_000_000
MODELS = {
    "grok-imagine-image-2.0": {("1k", "low"): 4, ("1k", "medium"): 6, ("2k", "low"): 6, ("2k", "medium"): 8},
    "grok-imagine-image": {("1k", "medium"): 2, ("2k", "medium"): 2},
}
"""Cents for each picture, by resolution and quality."""
MOST_INPUTS = {"grok-imagine-image-2.0": 5, "grok-imagine-image": 3}
INPUT_TICKS = {"grok-imagine-image-2.0": 100_000_000, "grok-imagine-image": 20_000_000}
RATIOS = (
    *("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "2:1", "1:2"),
    *("20:9", "9:20", "19.5:9", "9:19.5"),
)
EDGES = {"1k": 1024, "2k": 2048}

GENERATION: Table = {
    "model": text(100),
    "prompt": text(8000),
    "n": whole(1, 10),
    "aspect_ratio": one_of(*RATIOS, "auto"),
    "resolution": one_of("1k", "2k"),
    "quality": one_of("low", "medium", "high"),
    "response_format": one_of("b64_json", "url"),
    "user": text(500),
    "storage_options": STORAGE,
}
EDIT: Table = {**GENERATION, "image": media("image"), "images": several(media("image"), 5)}


def generate(request: ReceivedRequest, media: Media) -> Reply:
    """`POST /images/generations`. Raises Refused."""
    return _drawn(checked(request, GENERATION, required=("prompt", "model")), media, inputs=0)


def edit(request: ReceivedRequest, media: Media) -> Reply:
    """`POST /images/edits`. Raises Refused."""
    given = checked(request, EDIT, required=("prompt", "model"))
    inputs = [*([given["image"]] if "image" in given else []), *given.get("images", ())]
    if ("image" in given) == ("images" in given):
        raise refused("Exactly one of `image` and `images` is expected.")
    if len(inputs) > MOST_INPUTS.get(given["model"], 0) > 0:
        raise refused(f"Too many input images: {len(inputs)}.")
    if len(inputs) == 1 and given.get("aspect_ratio", "auto") != "auto":
        raise refused("`aspect_ratio` is not supported for an edit of a single image.")
    return _drawn(given, media, inputs=len(inputs))


def _drawn(given: Json, media: Media, *, inputs: int) -> Reply:
    if given["model"] not in MODELS:
        raise Refused(unknown_model(given["model"]))
    if given.get("response_format", "url") != "b64_json":
        raise refused("The emulator offers `b64_json` only.")
    count = given.get("n", 1)
    pictures = [{"b64_json": _picture(given, media, index), "mime_type": "image/jpeg"} for index in range(count)]
    document = {"data": pictures, "usage": {"cost_in_usd_ticks": ticks(given, inputs)}}
    reply = json_reply(document, accepted=True)
    return replace(reply, media_fields=("b64_json",), output_lists=("data",))


def ticks(given: Json, inputs: int) -> int:
    """What the request costs. Raises Refused for a quality that the model has not."""
    cents = MODELS[given["model"]]
    kind = (given.get("resolution", "1k"), given.get("quality", "medium"))
    if kind not in cents:
        raise refused(f"`quality` is not supported by {given['model']}, or not with this value.")
    count: int = given.get("n", 1)
    return cents[kind] * TICKS_PER_CENT * count + INPUT_TICKS[given["model"]] * inputs


def _picture(given: Json, media: Media, index: int) -> str:
    ratio = given.get("aspect_ratio", "1:1")
    across, down = (1.0, 1.0) if ratio == "auto" else map(float, ratio.split(":"))
    shape, edge = (across / down) ** 0.5, EDGES[given.get("resolution", "1k")]
    asked = MediaAsked(
        prompt=given["prompt"],
        output_format="jpeg",
        width=round(edge * shape),
        height=round(edge / shape),
        index=index,
    )
    return base64.b64encode(make(media, asked)).decode()
