"""Images: the route for pictures by default, chat completions for results that can be continued.

Facts: the official client 1.3.84 (`ImageGenerationRequest`, `ChatRequest`), stored copies of
https://openrouter.ai/docs/guides/overview/multimodal/image-generation, and what public repositories copied from
`/images/models` and its endpoints between August and October 2026. All checked 2026-11-22.
"""

from collections.abc import Mapping
from decimal import Decimal

from ...media import Json, MediaFile, Spilled
from ...operations import ImageRequest, Request
from ...spec import (
    Between,
    Call,
    Continuation,
    Failed,
    Files,
    Flow,
    Model,
    Param,
    PerUnit,
    Price,
    Reply,
    Rule,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    one_of,
    post,
)
from ...spec.tiny import PNG, in_base64
from .chat import chatted, failure_in, message_of
from .common import CHECKED, ERRORS, IMAGE_TYPES, LARGEST_FILE, SEEN, as_kept, cost_in, image_parts, page, with_bytes
from .pricing import Rate, RatesListed

# --- Prices -----------------------------------------------------------------------------------------------------

COPIED = "copies of /images/models/{author}/{slug}/endpoints in public repositories, August to October 2026"


def by_token(*rates: tuple[str, str]) -> tuple[Rate, ...]:
    """What is billed, and dollars for a million tokens of it."""
    return tuple(Rate(billable=what, unit="token", dollars=Decimal(dollars) / 1_000_000) for what, dollars in rates)


FLASH_PICTURES: Mapping[str, Decimal] = {
    "512": Decimal("0.045"),
    "1K": Decimal("0.067"),
    "2K": Decimal("0.101"),
    "4K": Decimal("0.151"),
}
"""Dollars for the picture alone: 747, 1,120, 1,680 and 2,520 tokens at $60 per million."""
FLASH_WORDS = (131_072 * Decimal("0.50") + 32_768 * Decimal(3)) / 1_000_000
"""A full context read, and all the words and thoughts that may come out beside the picture."""


def flash_at_most(request: Request) -> Decimal | None:
    assert isinstance(request, ImageRequest)
    return FLASH_WORDS + FLASH_PICTURES.get(request.resolution or "", max(FLASH_PICTURES.values()))


FLASH_PRICE = RatesListed(
    rates=by_token(("input_text", "0.50"), ("input_image", "0.50"), ("output_text", "3"), ("output_image", "60")),
    at_most=flash_at_most,
    source="Google's rates, which OpenRouter passes on: https://ai.google.dev/gemini-api/docs/pricing",
)
GPT_PRICE = RatesListed(
    rates=by_token(("input_text", "5"), ("input_image", "8"), ("output_image", "30")),
    at_most=lambda request: None,
    source=COPIED,
)
"""Nobody publishes how many tokens a picture takes at each quality here, so nothing bounds it."""
SEEDREAM_PRICE = PerUnit(amount=Decimal("0.04"), unit="image", source=COPIED, checked=CHECKED)

# --- Models -----------------------------------------------------------------------------------------------------

PROMPT = Param(wire_name="prompt", allows=TextUpTo(32_000))
"""No limit is published; 32,000 characters are what OpenAI's own route takes."""
SEED = Param(wire_name="seed", allows=Between(0, 2**31 - 1))
"""An integer; no range is published."""


def ratios(*options: str) -> Param:
    return Param(wire_name="aspect_ratio", allows=one_of(*options))


def references(at_most: int) -> Param:
    allows = Files(media_types=IMAGE_TYPES, at_most=at_most, bytes_each=LARGEST_FILE)
    return Param(wire_name="input_references", allows=allows, encode=image_parts)


FLASH_PARAMS: Mapping[str, Param] = {
    "prompt": PROMPT,
    "aspect_ratio": ratios(
        *("1:1", "1:4", "1:8", "2:3", "3:2", "3:4", "4:1", "4:3", "4:5", "5:4", "8:1", "9:16", "16:9", "21:9")
    ),
    "resolution": Param(wire_name="resolution", allows=one_of("512", "1K", "2K", "4K")),
    "input_images": references(14),
}
SEEDREAM_PARAMS: Mapping[str, Param] = {
    "prompt": PROMPT,
    "n": Param(wire_name="n", allows=Between(1, 10)),
    "aspect_ratio": ratios(
        *("1:1", "1:2", "2:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "9:19.5", "19.5:9"),
        *("9:20", "20:9", "9:21", "21:9", "auto"),
    ),
    "resolution": Param(wire_name="resolution", allows=one_of("1K", "2K", "4K")),
    "seed": SEED,
    "input_images": references(14),
}
GPT_PARAMS: Mapping[str, Param] = {
    "prompt": PROMPT,
    "n": Param(wire_name="n", allows=Between(1, 10)),
    "aspect_ratio": ratios("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9", "auto"),
    "quality": Param(wire_name="quality", allows=one_of("auto", "low", "medium", "high", "xhigh", "max")),
    "background": Param(wire_name="background", allows=one_of("auto", "transparent", "opaque")),
    "output_format": Param(wire_name="output_format", allows=one_of("png", "jpeg", "webp")),
    "output_compression": Param(wire_name="output_compression", allows=Between(0, 100)),
    "input_images": references(16),
}
GPT_RULES = (
    Rule(
        when={"output_compression": Rule.ASKED},
        needs={"output_format": ("jpeg", "webp")},
        why="a PNG is never compressed further",
    ),
    Rule(
        when={"background": "transparent"},
        needs={"output_format": ("png", "webp", Rule.ABSENT)},
        why="a JPEG has no transparency",
    ),
)
"""What OpenRouter would ignore: the official client's documentation of `output_compression` and `background`."""

HISTORY = Continuation(
    state="history",
    how="chat completions with the whole conversation, pictures as they came",
    lives="as long as this machine keeps it; OpenRouter keeps nothing",
)


def submit(call: Call) -> Flow:
    if call.continuation is not None or call.request.continuable:
        return (yield from submit_chat(call))
    response = yield post("/images", json={"model": call.model.id, **call.body}, media_at=("data[*].b64_json",))
    return pictures(call, response.json)


def pictures(call: Call, reply: Json) -> Step:
    files = tuple(item["b64_json"] for item in reply["data"])
    if not files:
        return Failed(reason="the reply holds no picture", kind="empty_output")
    wanted = call.body.get("n", 1)
    usage = reply.get("usage") or {}
    return Succeeded(
        files=files,
        missing=tuple("OpenRouter delivered fewer pictures than asked for." for _ in range(wanted - len(files))),
        usage=usage,
        cost=cost_in(usage),
    )


# --- Conversations ----------------------------------------------------------------------------------------------

IMAGE_CONFIG = {"aspect_ratio": "aspect_ratio", "resolution": "image_size"}
"""What the route for pictures calls so, and `image_config` of a chat."""
IN_MESSAGE = "choices[*].message.images[*].image_url.url"


def submit_chat(call: Call) -> Flow:
    """One picture of a conversation, or the next one. All of the conversation is sent again."""
    turns = [*(call.continuation or {}).get("messages", ()), asked_of(call)]
    config = {there: call.body[here] for here, there in IMAGE_CONFIG.items() if here in call.body}
    body = {
        "model": call.model.id,
        "messages": with_bytes(turns),
        "modalities": ["image", "text"],
        **({"image_config": config} if config else {}),
        **{name: value for name, value in call.body.items() if name not in (*IMAGE_CONFIG, *IN_TURN)},
    }
    response = yield post("/chat/completions", json=body, media_at=(IN_MESSAGE,))
    return drawn(response.json, turns)


IN_TURN = ("prompt", "input_references")


def asked_of(call: Call) -> Json:
    """The user's turn. Its pictures are files, so that it can be kept."""
    files = call.request.asked_for().get("input_images") or ()
    if not files:
        return {"role": "user", "content": call.body["prompt"]}
    images = [{"type": "image_url", "image_url": {"url": file}} for file in files]
    return {"role": "user", "content": [{"type": "text", "text": call.body["prompt"]}, *images]}


def drawn(reply: Json, turns: list[Json]) -> Step:
    failure = failure_in(reply)
    if failure is not None:
        return failure
    message = message_of(reply)
    urls = [url for image in message.get("images") or () if (url := (image.get("image_url") or {}).get("url"))]
    files = tuple(output for url in urls if (output := as_output(url)) is not None)
    if not files:
        return Failed(reason=message.get("content") or "the reply holds no picture", kind="empty_output")
    usage = reply.get("usage") or {}
    return Succeeded(
        files=files,
        continuation={"messages": [*turns, as_kept(turn_of(message, urls))]},
        usage=usage,
        cost=cost_in(usage),
        metadata={"text": message["content"]} if message.get("content") else {},
    )


def turn_of(message: Mapping[str, Json], urls: list[Json]) -> Json:
    """The model's turn as a request may repeat it: of a picture, its address alone (`ChatAssistantImages`)."""
    return {**message, "images": [{"image_url": {"url": url}} for url in urls]}


def as_output(url: Json) -> MediaFile | Spilled | None:
    """A picture that came as a data URL is here already; another address is fetched."""
    if isinstance(url, str):
        return MediaFile(media_type="image/png", url=url)
    return url if isinstance(url, Spilled) else None


def image_model(
    model_id: str,
    *,
    params: Mapping[str, Param],
    price: Price,
    rules: tuple[Rule, ...] = (),
    max_outputs: int = 10,
    continuation: Continuation | None = None,
) -> Model:
    return Model(
        id=model_id,
        accepts=ImageRequest,
        params=params,
        rules=rules,
        price=price,
        max_outputs=max_outputs,
        typical_bytes=2_000_000,
        continuation=continuation,
        submit=submit,
        source=page(model_id),
    )


MODELS = (
    image_model(
        "google/gemini-3.1-flash-image",
        params=FLASH_PARAMS,
        price=FLASH_PRICE,
        max_outputs=1,
        continuation=HISTORY,
    ),
    image_model("bytedance-seed/seedream-4.5", params=SEEDREAM_PARAMS, price=SEEDREAM_PRICE),
    image_model("openai/gpt-image-2.5-flare", params=GPT_PARAMS, rules=GPT_RULES, price=GPT_PRICE),
    image_model("openai/gpt-image-2.5-sunburst", params=GPT_PARAMS, rules=GPT_RULES, price=GPT_PRICE),
)
"""A few of many: those whose parameters and prices were copied where they can be read."""

# --- Samples ----------------------------------------------------------------------------------------------------

PIXEL = in_base64(PNG)
FILE = MediaFile(media_type="image/png", data=PNG, size=len(PNG))
USAGE = {"prompt_tokens": 4, "completion_tokens": 1120, "total_tokens": 1124, "cost": 0.0672, "is_byok": False}
SEVERAL = "bytedance-seed/seedream-4.5"


def answered(count: int) -> Reply:
    return Reply(json={"created": 1, "data": [{"b64_json": PIXEL, "media_type": "image/png"}] * count, "usage": USAGE})


DRAWN = {"images": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}], "content": "Here."}
EARLIER = [
    {"role": "user", "content": "a fox"},
    {"role": "assistant", "content": "Here.", "images": [{"image_url": {"url": FILE}}]},
]
FLAGGED = {
    "code": 403,
    "message": "Your input was flagged",
    "metadata": {"reasons": ["violence"], "flagged_input": "something vile", "provider_name": "Black Forest Labs"},
}
SAMPLES = (
    Sample(request=ImageRequest(prompt="a fox"), replies=(answered(1),), source=SEEN),
    Sample(
        request=ImageRequest(prompt="in the rain", aspect_ratio="16:9", resolution="2K", input_images=(FILE, FILE)),
        replies=(answered(1),),
        source=SEEN,
    ),
    Sample(request=ImageRequest(prompt="a fox", n=3), model=SEVERAL, replies=(answered(3),), source=SEEN),
    Sample(
        request=ImageRequest(prompt="a fox", n=3),
        model=SEVERAL,
        replies=(answered(2),),
        expects="partial",
        source="the official client's documentation of `n`: an upper bound, fewer may come",
    ),
    Sample(request=ImageRequest(prompt="a fox"), replies=(answered(0),), expects="failed", source=SEEN),
    Sample(
        request=ImageRequest(prompt="something vile"),
        replies=(Reply(status=403, json={"error": FLAGGED}),),
        expects="refused",
        source=ERRORS,
    ),
    Sample(
        request=ImageRequest(prompt="a fox", continuable=True, input_images=(FILE,)),
        replies=(chatted(DRAWN, USAGE),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="bluer", continue_from="earlier"),
        continues={"messages": EARLIER},
        replies=(chatted(DRAWN, USAGE),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="a fox", continuable=True),
        replies=(chatted({"content": "Which fox?"}, USAGE),),
        expects="failed",
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="a fox", continuable=True),
        replies=(Reply(json={"error": {"code": 502, "message": "Provider returned error"}}),),
        expects="failed",
        source=ERRORS,
    ),
)
