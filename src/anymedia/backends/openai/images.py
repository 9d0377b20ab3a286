"""Images: GPT Image. The images API by default, the Responses tool for results that can be continued."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import ImageRequest, Request
from ...spec import (
    Between,
    Call,
    Continuation,
    Failed,
    Files,
    Flow,
    HttpRequest,
    Inline,
    Model,
    OneFile,
    Param,
    Pixels,
    Reply,
    Rule,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    TokenPrice,
    TokenRate,
    UnknownPrice,
    form,
    one_of,
    post,
)
from .common import CHECKED, DEPRECATIONS, MODELS_PAGE, PRICING, SEEN, as_parts

CHAT_MODEL = "gpt-6-luna"
"""The chat model that drives the image tool in Responses; the one the official client's documentation names."""

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

TEXT = TokenRate(kind="text in", dollars=Decimal(5), reported_at="input_tokens_details.text_tokens")
IMAGES = TokenRate(kind="images in", dollars=Decimal(8), reported_at="input_tokens_details.image_tokens")
OUTPUT = TokenRate(kind="image out", dollars=Decimal(30), reported_at="output_tokens")


def price(per_image: Mapping[str, Decimal]) -> TokenPrice:
    def at_most(request: Request) -> Decimal | None:
        assert isinstance(request, ImageRequest)
        if request.continuable or request.continue_from is not None:
            return None  # the chat model's own tokens come on top, and nothing bounds them
        if request.complexity is not None or request.output_format in ("gif", "svg"):
            return None  # planning, frames and the author of an SVG take tokens that nobody publishes
        dearest = max(per_image.values())
        count = 1 if request.n is None else request.n
        text = len(request.prompt.encode("utf-8", "replace")) * TEXT.dollars / 1_000_000  # a token is a byte or more
        inputs = len(request.input_images or ()) + (request.mask is not None)
        return per_image.get(request.quality or "", dearest) * count + text + inputs * DOLLARS_PER_INPUT_IMAGE

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


# --- Flows ------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    if call.continuation is not None or call.request.asked_for().get("continuable"):
        return (yield from submit_response(call))
    body = {"model": call.model.id, **call.body}
    request = request_of(body)
    response = yield request
    return pictures(call, response.json)


def request_of(body: Mapping[str, Json]) -> HttpRequest:
    """The images API: a form with what to edit, else JSON."""
    if "image" in body:
        return form("/images/edits", parts=as_parts(body), media_at=("data[*].b64_json",))
    return post("/images/generations", json=body, media_at=("data[*].b64_json",))


def pictures(call: Call, reply: Json) -> Step:
    files = tuple(item["b64_json"] for item in reply["data"])
    wanted = call.body.get("n", 1)
    if not files:
        return Failed(reason="the reply holds no picture", kind="empty_output")
    return Succeeded(
        files=files,
        missing=tuple("OpenAI delivered fewer pictures than asked for." for _ in range(wanted - len(files))),
        usage=usage_in(reply),
        metadata={name: reply[name] for name in ("size", "quality", "background") if reply.get(name)},
    )


def usage_in(reply: Json) -> Mapping[str, Json]:
    """What the reply says was used. The author of an SVG is billed at a rate nobody publishes: then all is open."""
    usage, author = reply.get("usage") or {}, reply.get("svg_usage")
    return {"image": usage, "svg_author": author} if author else usage


def submit_response(call: Call) -> Flow:
    """The image tool of the Responses API: the answer's id is the continuation."""
    tool = {name: value for name, value in call.body.items() if name not in ("prompt", "image", "n", "mask")}
    if "mask" in call.body:
        tool["input_image_mask"] = {"image_url": Inline(file=call.body["mask"], form="data_uri")}
    body = {
        "model": CHAT_MODEL,
        "input": conversation(call),
        "tools": [{"type": "image_generation", "model": call.model.id, **tool}],
        "tool_choice": {"type": "image_generation"},
    }
    if call.continuation is not None:
        body["previous_response_id"] = call.continuation["response_id"]
    response = yield post("/responses", json=body, media_at=("output[*].result",))
    return picture_of_response(response.json)


def conversation(call: Call) -> Json:
    prompt, images = call.body["prompt"], call.body.get("image", ())
    if not images:
        return prompt
    urls = [Inline(file=file, form="data_uri") for file in images]
    pieces = [{"type": "input_image", "detail": "auto", "image_url": url} for url in urls]
    return [{"role": "user", "content": [{"type": "input_text", "text": prompt}, *pieces]}]


def picture_of_response(reply: Json) -> Step:
    drawn = [item for item in reply["output"] if item["type"] == "image_generation_call"]
    finished = [item for item in drawn if item.get("result") is not None]
    if not finished:
        problem: Mapping[str, Json] = next((item["error"] for item in drawn if item.get("error")), {})
        refused = problem.get("code") == "moderation_blocked"
        reason = problem.get("message") or "the reply holds no picture"
        return Failed(reason=reason, kind="refused" if refused else "empty_output")
    first = finished[0]
    return Succeeded(
        files=(first["result"],),
        continuation={"response_id": reply["id"]},
        usage=reply.get("usage") or {},
        metadata={name: first[name] for name in ("revised_prompt", "size", "quality") if first.get(name)},
    )


# --- Samples ----------------------------------------------------------------------------------------------------

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
USAGE = {
    "input_tokens": 10,
    "output_tokens": 272,
    "total_tokens": 282,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 10},
    "output_tokens_details": {"image_tokens": 272, "text_tokens": 0},
}


def drawn(count: int) -> Reply:
    return Reply(json={"created": 1, "data": [{"b64_json": PIXEL}] * count, "usage": USAGE, "size": "1024x1024"})


def responded(number: int) -> Reply:
    call = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": PIXEL}
    return Reply(json={"id": f"resp_{number}", "object": "response", "status": "completed", "output": [call]})


FILE = MediaFile(media_type="image/png", data=b64decode(PIXEL))
SAMPLES = (
    Sample(request=ImageRequest(prompt="a fox"), replies=(drawn(1),), source=SEEN),
    Sample(request=ImageRequest(prompt="a fox", n=2, quality="low"), replies=(drawn(2),), source=SEEN),
    Sample(request=ImageRequest(prompt="a fox", n=3), replies=(drawn(2),), expects="partial", source=SEEN),
    Sample(request=ImageRequest(prompt="a fox"), replies=(drawn(0),), expects="failed", source=SEEN),
    Sample(request=ImageRequest(prompt="in the rain", input_images=(FILE, FILE)), replies=(drawn(1),), source=SEEN),
    Sample(request=ImageRequest(prompt="a fox", continuable=True), replies=(responded(1),), source=SEEN),
    Sample(
        request=ImageRequest(prompt="bluer", continue_from="earlier"),
        continues={"response_id": "resp_1"},
        replies=(responded(2),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="something vile"),
        replies=(Reply(status=400, json={"error": {"message": "blocked", "code": "moderation_blocked"}}),),
        expects="refused",
        source=DEPRECATIONS,
    ),
)
