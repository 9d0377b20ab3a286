"""`:predict` of Imagen: pictures from words, and from up to five kinds of reference images."""

import base64
from collections.abc import Sequence
from dataclasses import replace

from anymedia.testing.emulator.dialects.vertex.errors import refused
from anymedia.testing.emulator.dialects.vertex.parameters import EDIT, GENERATION, check
from anymedia.testing.emulator.messages import Json, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

SHAPES = {"1:1": (1024, 1024), "3:4": (896, 1280), "4:3": (1280, 896), "9:16": (768, 1408), "16:9": (1408, 768)}
"""Width and height of each aspect ratio. Source: the pages of Imagen 4 on Vertex, read 2026-11-22."""
NEEDS_CONFIG = {"MASK": "maskImageConfig", "CONTROL": "controlImageConfig"}


def draw_pictures(document: Json, media: Media, *, edits: bool) -> Reply:
    """The answer to one prediction. Raises Refused."""
    check(document, EDIT if edits else GENERATION)
    instances, parameters = document.get("instances") or [], document.get("parameters") or {}
    if len(instances) != 1 or not instances[0].get("prompt"):
        raise refused("Exactly one instance with a prompt is expected.")
    if "seed" in parameters and parameters.get("addWatermark", True):
        raise refused("Seed is not supported when watermark is enabled.")
    if edits:
        _check_references(instances[0].get("referenceImages") or ())
    predictions = [_picture(instances[0]["prompt"], parameters, media, index) for index in range(_count(parameters))]
    reply = json_reply({"predictions": predictions}, accepted=True)
    return replace(reply, media_fields=("bytesBase64Encoded",), output_lists=("predictions",))


def _count(parameters: Json) -> int:
    count: int = parameters.get("sampleCount", 1)
    return count


def _check_references(references: Sequence[Json]) -> None:
    kinds = [each.get("referenceType", "").removeprefix("REFERENCE_TYPE_") for each in references]
    numbers = [each.get("referenceId") for each in references]
    if not references:
        raise refused("At least one reference image is expected.")
    if kinds.count("RAW") > 1 or ("MASK" in kinds and "RAW" not in kinds):
        raise refused("A mask needs exactly one raw reference image.")
    if len({*numbers}) < len(numbers):
        raise refused("Reference ids must differ.")
    for kind, each in zip(kinds, references, strict=True):
        is_computed = kind == "MASK" and each.get("maskImageConfig", {}).get("maskMode") != "MASK_MODE_USER_PROVIDED"
        if "referenceImage" not in each and not is_computed:
            raise refused(f"Reference image {each.get('referenceId')} has no image.")
        if kind in NEEDS_CONFIG and NEEDS_CONFIG[kind] not in each:
            raise refused(f"Reference image {each.get('referenceId')} needs a {NEEDS_CONFIG[kind]}.")


def _picture(prompt: str, parameters: Json, media: Media, index: int) -> Json:
    media_type = parameters.get("outputOptions", {}).get("mimeType", "image/png")
    width, height = SHAPES[parameters.get("aspectRatio", "1:1")]
    scale = 2 if parameters.get("sampleImageSize") == "2K" else 1
    asked = MediaAsked(
        prompt=prompt,
        output_format=media_type.removeprefix("image/"),
        width=width * scale,
        height=height * scale,
        index=index,
    )
    return {"mimeType": media_type, "bytesBase64Encoded": base64.b64encode(make(media, asked)).decode()}
