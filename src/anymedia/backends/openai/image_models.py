"""The image models: what each takes, what it costs, how long it lives."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ...operations import ImageRequest, Request
from ...spec import (
    Between,
    Continuation,
    Files,
    Model,
    OneFile,
    Param,
    Pixels,
    Rule,
    TextUpTo,
    TokenPrice,
    TokenRate,
    UnknownPrice,
    one_of,
)
from .common import CHECKED, MODELS_PAGE, PRICING

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")

# --- Prices -----------------------------------------------------------------------------------------------------

DOLLARS_AT_MOST: Mapping[str, Decimal] = {
    "low": Decimal("0.01113"),
    "medium": Decimal("0.02595"),
    "high": Decimal("0.10008"),
    "xhigh": Decimal("0.1779"),
    "max": Decimal("0.40026"),
}
"""Output of one image of the 2.5 models at the dearest published size (3840x2160), at $30 per million tokens.

Source: fal's per-image price list for openai/gpt-image-2.5, as mirrored in LiteLLM's price table 1.109.1, checked
2026-11-22. OpenAI publishes no such table for 2.6; the same token counts are assumed and settled by what it reports.
"""
DOLLARS_AT_MOST_2: Mapping[str, Decimal] = {
    "low": Decimal("0.012"),
    "medium": Decimal("0.101"),
    "high": Decimal("0.401"),
}
"""The same for gpt-image-2, from the same list."""

DOLLARS_PER_INPUT_IMAGE = Decimal("0.018")
"""The dearest difference between an edit and a generation in the same list, per input image."""

DOLLARS_PER_PREVIEW = Decimal("0.003")
"""100 tokens of output for each unfinished picture. Source: apifox.com, checked 2026-11-22."""

TEXT = TokenRate(kind="text in", dollars=Decimal(5), reported_at="input_tokens_details.text_tokens")
IMAGES = TokenRate(kind="images in", dollars=Decimal(8), reported_at="input_tokens_details.image_tokens")
OUTPUT = TokenRate(kind="image out", dollars=Decimal(30), reported_at="output_tokens")


def price(per_image: Mapping[str, Decimal]) -> TokenPrice:
    def at_most(request: Request) -> Decimal | None:
        assert isinstance(request, ImageRequest)
        if request.continuable or request.continue_from is not None:
            return None  # the chat model's own tokens come on top, and nothing bounds them
        previews = (request.partial_images or 0) * DOLLARS_PER_PREVIEW
        if request.complexity is not None or request.output_format in ("gif", "svg"):
            return None  # planning, frames and the author of an SVG take tokens that nobody publishes
        dearest = max(per_image.values())
        count = 1 if request.n is None else request.n
        text = len(request.prompt.encode("utf-8", "replace")) * TEXT.dollars / 1_000_000  # a token is a byte or more
        inputs = len(request.input_images or ()) + (request.mask is not None)
        return (
            per_image.get(request.quality or "", dearest) * count + text + inputs * DOLLARS_PER_INPUT_IMAGE + previews
        )

    return TokenPrice(rates=(TEXT, IMAGES, OUTPUT), at_most=at_most, source=PRICING, checked=CHECKED)


# --- Models -----------------------------------------------------------------------------------------------------


def encode_milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def encode_size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


SIZES = Pixels(least=16 * 16, most=3840 * 2160, multiple_of=16, longest=3840, shape=3.0)
"""Multiples of 16, 1:3 to 3:1, at most 3840x2160: the official client's documentation of `size`. No lower bound is
published, so the provider alone judges small sizes."""
OLD_SIZES = one_of((1024, 1024), (1536, 1024), (1024, 1536))

PARAMS = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(32_000)),
    "n": Param(wire_name="n", allows=Between(1, 10)),
    "size": Param(wire_name="size", allows=SIZES, encode=encode_size),
    "quality": Param(wire_name="quality", allows=one_of("low", "medium", "high", "xhigh", "max", "auto")),
    "background": Param(wire_name="background", allows=one_of("transparent", "opaque", "auto")),
    "output_format": Param(wire_name="output_format", allows=one_of("png", "jpeg", "webp", "gif", "svg")),
    "output_compression": Param(wire_name="output_compression", allows=Between(0, 100)),
    "moderation": Param(wire_name="moderation", allows=one_of("low", "auto")),
    "complexity": Param(wire_name="complexity", allows=one_of("low", "medium", "high")),
    "frame_count": Param(wire_name="frame_count", allows=Between(2, 16)),
    "frame_duration": Param(
        wire_name="frame_duration_ms", allows=Between(0.01, 655.35, step=0.01), encode=encode_milliseconds
    ),
    "partial_images": Param(wire_name="partial_images", allows=Between(0, 3)),
    "input_images": Param(
        wire_name="image", allows=Files(media_types=IMAGE_TYPES, at_most=16, bytes_each=50 * 10**6), encode=tuple
    ),
    "mask": Param(wire_name="mask", allows=OneFile(media_types=("image/png",), bytes_each=4 * 10**6)),
    "markup": Param(wire_name="markup", allows=OneFile(media_types=("image/png",), bytes_each=4 * 10**6)),
}
"""Names, values and limits: the official client's types. It says of gif and svg that access to a preview is needed."""
PARAMS_2 = {name: param for name, param in PARAMS.items() if name != "markup"} | {
    "quality": Param(wire_name="quality", allows=one_of("low", "medium", "high", "auto"))
}
SINCE_2 = ("complexity", "frame_count", "frame_duration")
PARAMS_1 = {name: param for name, param in PARAMS_2.items() if name not in SINCE_2} | {
    "size": Param(wire_name="size", allows=OLD_SIZES, encode=encode_size),
    "output_format": Param(wire_name="output_format", allows=one_of("png", "jpeg", "webp")),
}
PARAMS_1_5 = PARAMS_1 | {"input_fidelity": Param(wire_name="input_fidelity", allows=one_of("low", "high"))}
PARAMS_1_MINI = PARAMS_1 | {"input_fidelity": Param(wire_name="input_fidelity", allows=one_of("low"))}

RULES = (
    Rule(
        when={"background": "transparent"},
        needs={"output_format": ("png", "webp", Rule.ABSENT)},
        why="jpeg has no alpha",
    ),
    Rule(when={"output_compression": Rule.ASKED}, needs={"output_format": ("jpeg", "webp")}, why="png is lossless"),
    Rule(when={"frame_count": Rule.ASKED}, needs={"output_format": "gif"}, why="only a gif has frames"),
    Rule(when={"frame_duration": Rule.ASKED}, needs={"output_format": "gif"}, why="only a gif has frames"),
    Rule(when={"output_format": "gif"}, needs={"mask": Rule.ABSENT}, why="no mask applies to frames"),
    *(
        Rule(when={"output_format": kind}, needs={"partial_images": Rule.ABSENT}, why="it comes in one piece")
        for kind in ("gif", "svg")
    ),
    Rule(when={"partial_images": Rule.ASKED}, needs={"n": (1, Rule.ABSENT)}, why="the stream ends with one picture"),
    Rule(when={"output_format": "svg"}, needs={"n": (1, Rule.ABSENT)}, why="one drawing at a time"),
    Rule(when={"markup": Rule.ASKED}, needs={"input_images": Rule.ASKED}, why="it lies over the first image"),
    Rule(when={"markup": Rule.ASKED}, needs={"mask": Rule.ABSENT}, why="one of them guides the edit"),
    Rule(when={"input_fidelity": Rule.ASKED}, needs={"input_images": Rule.ASKED}, why="it is about the input images"),
    Rule(
        when={"mask": Rule.ASKED, "continue_from": Rule.ABSENT},
        needs={"input_images": Rule.ASKED},
        why="the mask applies to the first image",
    ),
    Rule(
        when={
            "input_images": Rule.ASKED,
            "continuable": (Rule.ABSENT, False),
            "continue_from": Rule.ABSENT,
        },
        needs={"moderation": Rule.ABSENT},
        why="the edits route has none",
    ),
    Rule(when={"continuable": True}, needs={"n": (1, Rule.ABSENT)}, why="Responses makes one image a turn"),
    Rule(when={"continuable": True}, needs={"markup": Rule.ABSENT}, why="only the edits route has it"),
    Rule(when={"continue_from": Rule.ASKED}, needs={"n": (1, Rule.ABSENT)}, why="Responses makes one image a turn"),
    Rule(when={"continue_from": Rule.ASKED}, needs={"markup": Rule.ABSENT}, why="only the edits route has it"),
)

RESPONSES = Continuation(
    state="server",
    how="previous_response_id of the Responses API; OpenAI keeps the pictures and the words",
    lives="as long as OpenAI stores the response; the official client's types name no limit",
)


RETIRING = {
    "gpt-image-1.5": date(2026, 12, 1),
    "gpt-image-1-mini": date(2026, 12, 1),
    "chatgpt-image-latest": date(2026, 12, 1),
    "gpt-image-1": date(2026, 10, 23),
    "dall-e-3": date(2026, 5, 12),
    "dall-e-2": date(2026, 5, 12),
}
"""Shut-down dates from DEPRECATIONS and the official client 3.54.0, checked 2026-11-22."""
SUCCESSOR = "gpt-image-2.6-sunburst"
OLD_PARAMS = {"gpt-image-1.5": PARAMS_1_5, "gpt-image-1-mini": PARAMS_1_MINI}


def concerns(rule: Rule, params: Mapping[str, Param]) -> bool:
    """Whether a rule is about parameters, and formats, that a model has."""
    names = (rule.when.keys() | rule.needs.keys()) - {"continuable", "continue_from"}
    output_format = rule.when.get("output_format")
    return names <= params.keys() and (
        output_format is None or params["output_format"].allows.problem_with(output_format) is None
    )


def image_model(
    model_id: str,
    *,
    released: date = date.min,
    params: Mapping[str, Param] = PARAMS,
    per_image: Mapping[str, Decimal] = DOLLARS_AT_MOST,
    aliases: tuple[str, ...] = (),
    retires: date | None = None,
    successor: str | None = None,
) -> Model:
    return Model(
        id=model_id,
        aliases=aliases,
        accepts=ImageRequest,
        params=params,
        rules=tuple(rule for rule in RULES if concerns(rule, params)),
        price=price(per_image) if per_image else UnknownPrice(source=PRICING, checked=CHECKED),
        max_outputs=10,
        typical_bytes=2_000_000,
        continuation=RESPONSES,
        released=released,
        retires=retires,
        successor=successor,
        source=f"{MODELS_PAGE}/{model_id}",
    )


MODELS = (
    image_model("gpt-image-2.6-sunburst", released=date(2026, 11, 4)),
    image_model("gpt-image-2.6-flare", released=date(2026, 11, 4)),
    image_model("gpt-image-2.5-sunburst", released=date(2026, 9, 8), aliases=("gpt-image-2.5-sunburst-2026-09-08",)),
    image_model("gpt-image-2.5-flare", released=date(2026, 9, 8), aliases=("gpt-image-2.5-flare-2026-09-08",)),
    image_model(
        "gpt-image-2",
        released=date(2026, 4, 21),
        params=PARAMS_2,
        per_image=DOLLARS_AT_MOST_2,
        aliases=("gpt-image-2-2026-04-21",),
    ),
    *(
        image_model(old, params=OLD_PARAMS.get(old, PARAMS_1), per_image={}, retires=retires, successor=SUCCESSOR)
        for old, retires in RETIRING.items()
    ),
)
