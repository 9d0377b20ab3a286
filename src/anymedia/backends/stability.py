"""Stability AI: pictures by Stable Image and Stable Diffusion, each the whole reply to a form."""

import json
from datetime import date
from decimal import Decimal

from ..media import Json
from ..operations import ImageRequest
from ..spec import (
    ApiKey,
    Backend,
    Between,
    Call,
    Failed,
    Flow,
    HttpRequest,
    Model,
    Param,
    PerUnit,
    Problem,
    Reply,
    Sample,
    Succeeded,
    TextUpTo,
    one_of,
)
from ..spec.tiny import PNG

DOCS = "https://platform.stability.ai/docs/api-reference"
PRICES = "https://developer.puter.com/tutorials/stability-ai-api-pricing/, a copy of platform.stability.ai/pricing"
SEEN = f"{DOCS}, by a copy of its table of replies, read 2026-11-23"
STYLES = one_of(
    *("3d-model", "analog-film", "anime", "cinematic", "comic-book", "digital-art", "enhance", "fantasy-art"),
    *("isometric", "line-art", "low-poly", "modeling-compound", "neon-punk", "origami", "photographic", "pixel-art"),
    "tile-texture",
)
ASPECT_RATIOS = one_of("1:1", "16:9", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21")
PARAMS = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(10_000)),
    "negative_prompt": Param(wire_name="negative_prompt", allows=TextUpTo(10_000)),
    "aspect_ratio": Param(wire_name="aspect_ratio", allows=ASPECT_RATIOS),
    "seed": Param(wire_name="seed", allows=Between(1, 2**32 - 2)),  # 0 asks for any seed
    "style": Param(wire_name="style_preset", allows=STYLES),
}
ROUTES = {"stable-image-ultra": "ultra", "stable-image-core": "core"}
"""Stable Diffusion has one route for all, and takes the model's name; these two have a route each."""


def submit(call: Call) -> Flow:
    named = {} if call.model.id in ROUTES else {"model": call.model.id}
    fields = {**named, **call.body}
    response = yield HttpRequest(
        method="POST",
        path=f"/v2beta/stable-image/generate/{ROUTES.get(call.model.id, 'sd3')}",
        effect="pays",
        parts=tuple((name, value if isinstance(value, str) else json.dumps(value)) for name, value in fields.items()),
        headers={"accept": "image/*"},
    )
    if response.spilled is None:
        return Failed(reason="the reply is no picture", kind="empty_output")
    blurred = response.headers.get("finish-reason") == "CONTENT_FILTERED"
    return Succeeded(
        files=(response.spilled,),
        warnings=("Stability's content filter blurred this picture.",) if blurred else (),
        metadata={"seed": response.headers["seed"]} if "seed" in response.headers else {},
    )


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"name": "content_moderation", "errors": [str(message), *_]}:
            return Problem(kind="refused", message=message, code="content_moderation")
        case {"name": str(code), "errors": [str(message), *_]} if status in (400, 402, 413, 422):
            return Problem(kind="rejected", message=message, code=code)
    return None


def image_model(model_id: str, dollars: str, *formats: str) -> Model:
    return Model(
        id=model_id,
        accepts=ImageRequest,
        params={**PARAMS, "output_format": Param(wire_name="output_format", allows=one_of(*formats))},
        price=PerUnit(amount=Decimal(dollars), unit="image", source=PRICES, checked=date(2026, 11, 23)),
        typical_bytes=2_000_000,
        source=DOCS,
    )


FOX = ImageRequest(prompt="a fox")
PICTURE = Reply(content=PNG, media_type="image/png", headers={"finish-reason": "SUCCESS", "seed": "343940597"})
BLURRED = Reply(content=PNG, media_type="image/png", headers={"finish-reason": "CONTENT_FILTERED"})
FLAGGED = (
    "Your request was flagged by our content moderation system, as a result your request was denied and you were not "
    "charged."
)
MODERATED = {"name": "content_moderation", "errors": [FLAGGED]}
REPORTED = "https://github.com/ZHO-ZHO-ZHO/ComfyUI-StableDiffusion3-API/issues/2, read 2026-11-23"

BACKEND = Backend(
    name="stability",
    title="Stability AI",
    docs=DOCS,
    base_url="https://api.stability.ai",
    auth=ApiKey(env=("STABILITY_API_KEY",)),
    priority={},
    models=(
        image_model("stable-image-core", "0.03", "png", "jpeg", "webp"),
        image_model("stable-image-ultra", "0.08", "png", "jpeg", "webp"),
        image_model("sd3.5-large", "0.065", "png", "jpeg"),
    ),
    submit=submit,
    read_error=read_error,
    samples=(
        Sample(request=FOX, replies=(PICTURE,), source=SEEN),
        Sample(request=FOX, model="sd3.5-large", replies=(BLURRED,), source=SEEN),
        Sample(request=FOX, replies=(Reply(status=403, json=MODERATED),), expects="refused", source=REPORTED),
    ),
)
