"""Images: Gemini's picture models, some by interactions, some by generateContent. One picture a call."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import ImageRequest, Request
from ...spec import (
    Call,
    Constraint,
    Continuation,
    Files,
    Flow,
    Model,
    Param,
    Reply,
    Sample,
    TextUpTo,
    TokenPrice,
    TokenRate,
    one_of,
)
from .._google import contents
from . import interactions
from .common import CHECKED, DEPRECATIONS, DOCS, ERRORS, IMAGE_TYPES, LARGEST_INLINE, PRICES_READ_AT, SEEN, versioned

# --- Prices -----------------------------------------------------------------------------------------------------

MILLION = Decimal(1_000_000)
TOKENS_AT_SIZE: Mapping[str, int] = {"512": 747, "1K": 1120, "2K": 1680, "4K": 2520}
"""Output tokens of one picture: Google's model card of Gemini 3.1 Flash Image, stored copy, checked 2026-11-22. It is
taken for every model: those that publish less for a size then reserve too much, and settle by what is reported."""
TOKENS_PER_INPUT_IMAGE = 1120
"""The same card; LiteLLM's price per input image of the other models comes to no more."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Dollars per million tokens, and the token limits that bound one call."""

    text_in: Decimal
    words_out: Decimal
    image_out: Decimal
    most_in: int
    most_out: int

    def at_most(self, request: Request) -> Decimal | None:
        """One picture of its size, and beside it all the thoughts that the model's output limit leaves room for."""
        assert isinstance(request, ImageRequest)
        picture = TOKENS_AT_SIZE[request.resolution or "1K"] * self.image_out
        asked = len(request.prompt.encode("utf-8", "replace"))  # a token is a byte or more
        asked += len(request.input_images or ()) * TOKENS_PER_INPUT_IMAGE
        read = self.most_in if request.continue_from is not None else asked
        return (picture + self.most_out * self.words_out + read * self.text_in) / MILLION

    @property
    def price(self) -> TokenPrice:
        rates = (
            TokenRate(kind="in", dollars=self.text_in, reported_at="billed.input"),
            TokenRate(kind="words out", dollars=self.words_out, reported_at="billed.text"),
            TokenRate(kind="image out", dollars=self.image_out, reported_at="billed.image"),
        )
        return TokenPrice(rates=rates, at_most=self.at_most, source=PRICES_READ_AT, checked=CHECKED)


def rates(text_in: str, words_out: str, image_out: str, *, most_in: int, most_out: int = 32_768) -> Rates:
    return Rates(
        text_in=Decimal(text_in),
        words_out=Decimal(words_out),
        image_out=Decimal(image_out),
        most_in=most_in,
        most_out=most_out,
    )


NANO_BANANA_2_1 = rates("1.5", "7.5", "30", most_in=131_072)
PRO = rates("2", "12", "120", most_in=65_536)
FLASH_3_1 = rates("0.5", "3", "60", most_in=131_072)
FLASH_LITE_3_1 = rates("0.25", "1.5", "30", most_in=65_536, most_out=4096)
FLASH_2_5 = rates("0.3", "2.5", "30", most_in=65_536)

# --- Models -----------------------------------------------------------------------------------------------------

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
ALL_RATIOS = (*RATIOS, "1:4", "4:1", "1:8", "8:1")
"""The official client's ImageResponseFormat. Its documentation of `ImageConfig` names eight; the pages name these."""
PROMPT = Param(wire_name="text", allows=TextUpTo(65_536))
"""No limit in characters is published; a token is a character or more, and no model reads more tokens than 131,072."""


def encode_media_type(output_format: Json) -> str:
    return f"image/{output_format}"


def pictures_in(at_most: int) -> Param:
    allows = Files(media_types=IMAGE_TYPES, at_most=at_most, bytes_each=LARGEST_INLINE)
    return Param(wire_name="images", allows=allows, encode=tuple)


def by_interactions(*, ratios: Constraint, sizes: Constraint) -> Mapping[str, Param]:
    return {
        "prompt": PROMPT,
        "aspect_ratio": Param(wire_name="response_format.aspect_ratio", allows=ratios),
        "resolution": Param(wire_name="response_format.image_size", allows=sizes),
        "output_format": Param(wire_name="response_format.mime_type", allows=one_of("jpeg"), encode=encode_media_type),
        "input_images": pictures_in(14),
    }


def by_contents(*, ratios: Constraint, sizes: Constraint | None, inputs: int = 14) -> Mapping[str, Param]:
    config = "generationConfig.imageConfig"
    size = {} if sizes is None else {"resolution": Param(wire_name=f"{config}.imageSize", allows=sizes)}
    ratio = Param(wire_name=f"{config}.aspectRatio", allows=ratios)
    return {"prompt": PROMPT, "aspect_ratio": ratio, **size, "input_images": pictures_in(inputs)}


def submit(call: Call) -> Flow:
    """A picture by an interaction, which Google stores only when it is to be continued."""
    fields = {name: value for name, value in call.body.items() if name not in ("text", "images")}
    fields["response_format"] = {"type": "image", **fields.get("response_format", {})}
    is_kept = call.continuation is not None or bool(call.request.continuable)
    pictures = [interactions.inlined(file) for file in call.body.get("images", ())]
    content = [interactions.text(call.body["text"]), *pictures]
    response = yield interactions.creation(call, content, {"store": is_kept, **fields})
    return (yield from interactions.at_once(call, response))


def submit_contents(call: Call) -> Flow:
    """A picture by generateContent, whose conversation is kept here."""
    return (yield from contents.generate(call, versioned(call.model, f"models/{call.model.id}:generateContent")))


def image_model(
    model_id: str,
    *,
    price: Rates,
    params: Mapping[str, Param],
    continuation: Continuation = contents.HISTORY,
    submit: Callable[[Call], Flow] = submit_contents,
    released: date = date.min,
    retires: date | None = None,
    successor: str | None = None,
) -> Model:
    return Model(
        id=model_id,
        accepts=ImageRequest,
        params=params,
        price=price.price,
        typical_bytes=2_000_000,
        continuation=continuation,
        released=released,
        retires=retires,
        successor=successor,
        submit=submit,
        source=f"{DOCS}/models/{model_id}",
    )


SIZES = one_of("1K", "2K", "4K")
NEWEST = "gemini-nano-banana-2.1"

MODELS = (
    # The default: it is the newest, and none costs less for a picture of its size.
    image_model(
        NEWEST,
        price=NANO_BANANA_2_1,
        params=by_interactions(ratios=one_of(*ALL_RATIOS), sizes=SIZES),
        continuation=interactions.STORED,
        submit=submit,
    ),
    image_model(
        "gemini-3-pro-image",
        price=PRO,
        params=by_contents(ratios=one_of(*RATIOS), sizes=SIZES),
        released=date(2026, 5, 28),
    ),
    image_model(
        "gemini-3.1-flash-image",
        price=FLASH_3_1,
        params=by_contents(ratios=one_of(*ALL_RATIOS), sizes=one_of("512", "1K", "2K", "4K")),
        released=date(2026, 5, 28),
        successor=NEWEST,
    ),
    image_model(
        "gemini-3.1-flash-lite-image",
        price=FLASH_LITE_3_1,
        params=by_contents(ratios=one_of(*RATIOS), sizes=one_of("1K")),
        released=date(2026, 6, 30),
    ),
    image_model(
        "gemini-2.5-flash-image",
        price=FLASH_2_5,
        params=by_contents(ratios=one_of(*RATIOS), sizes=None, inputs=3),
        released=date(2025, 10, 2),
        retires=date(2026, 10, 2),
        successor=NEWEST,
    ),
    image_model(
        "gemini-3-pro-image-preview",
        price=PRO,
        params=by_contents(ratios=one_of(*RATIOS), sizes=SIZES),
        released=date(2025, 11, 20),
        retires=date(2026, 6, 25),
        successor="gemini-3-pro-image",
    ),
    image_model(
        "gemini-3.1-flash-image-preview",
        price=FLASH_3_1,
        params=by_contents(ratios=one_of(*ALL_RATIOS), sizes=one_of("512", "1K", "2K", "4K")),
        released=date(2026, 2, 26),
        retires=date(2026, 6, 25),
        successor=NEWEST,
    ),
)
"""Dates: DEPRECATIONS and the release notes, stored copies, checked 2026-11-22. The page calls that of
gemini-2.5-flash-image the earliest, and LiteLLM says 2027-03-15; the earlier is taken. One page on the web has
gemini-3.1-flash-image shut down on 2026-10-29; the official client still lists it, so it has no date here."""

# --- Samples ----------------------------------------------------------------------------------------------------

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
FILE = MediaFile(media_type="image/png", data=b64decode(PIXEL), size=len(b64decode(PIXEL)))
CONTENTS_MODEL = "gemini-3-pro-image"


def drawn(number: int) -> Reply:
    """An interaction with one picture."""
    piece = {"type": "image", "mime_type": "image/png", "data": PIXEL}
    steps = [{"type": "thought", "signature": "eA=="}, {"type": "model_output", "content": [piece]}]
    usage = {
        "total_input_tokens": 4,
        "total_output_tokens": 1120,
        "total_thought_tokens": 100,
        "total_tokens": 1224,
        "output_tokens_by_modality": [{"modality": "image", "tokens": 1120}],
    }
    return Reply(
        json={"id": f"int_{number}", "object": "interaction", "status": "completed", "steps": steps, "usage": usage}
    )


def answered(*parts: Json, reason: str = "STOP") -> Reply:
    """A reply to generateContent."""
    usage = {
        "promptTokenCount": 4,
        "candidatesTokenCount": 1120,
        "thoughtsTokenCount": 100,
        "totalTokenCount": 1224,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
    }
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}
    return Reply(json={"candidates": [candidate], "usageMetadata": usage, "modelVersion": CONTENTS_MODEL})


PICTURE = {"inlineData": {"mimeType": "image/png", "data": PIXEL}, "thoughtSignature": "c2ln"}
EARLIER = [
    {"role": "user", "parts": [{"text": "a fox"}]},
    {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": FILE}, "thoughtSignature": "c2ln"}]},
]
BLOCKED = Reply(
    json={"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 4}}
)
UNSAFE = [{"code": "SAFETY", "message": "The response was blocked."}]
SAMPLES = (
    Sample(request=ImageRequest(prompt="a fox"), replies=(drawn(1),), source=SEEN),
    Sample(
        request=ImageRequest(prompt="a fox", aspect_ratio="16:9", resolution="2K", output_format="jpeg"),
        replies=(drawn(1),),
        source=SEEN,
    ),
    Sample(request=ImageRequest(prompt="in the rain", input_images=(FILE, FILE)), replies=(drawn(1),), source=SEEN),
    Sample(request=ImageRequest(prompt="a fox", continuable=True), replies=(drawn(1),), source=SEEN),
    Sample(
        request=ImageRequest(prompt="bluer", continue_from="earlier"),
        continues={"interaction_id": "int_1"},
        replies=(drawn(2),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="a fox"),
        replies=(Reply(json={"id": "int_1", "status": "completed", "steps": []}),),
        expects="failed",
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="something vile"),
        replies=(Reply(json={"id": "int_1", "status": "failed", "errors": UNSAFE}),),
        expects="refused",
        source=ERRORS,
    ),
    Sample(request=ImageRequest(prompt="a fox"), model=CONTENTS_MODEL, replies=(answered(PICTURE),), source=SEEN),
    Sample(
        request=ImageRequest(prompt="a fox", continuable=True, input_images=(FILE,)),
        model=CONTENTS_MODEL,
        replies=(answered({"text": "Here it is."}, PICTURE),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="bluer", continue_from="earlier"),
        model=CONTENTS_MODEL,
        continues={"contents": EARLIER},
        replies=(answered(PICTURE),),
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="a fox"),
        model=CONTENTS_MODEL,
        replies=(answered({"text": "Which fox?"}),),
        expects="failed",
        source=SEEN,
    ),
    Sample(
        request=ImageRequest(prompt="something vile"),
        model=CONTENTS_MODEL,
        replies=(BLOCKED,),
        expects="refused",
        source=DEPRECATIONS,
    ),
    Sample(
        request=ImageRequest(prompt="something vile"),
        model=CONTENTS_MODEL,
        replies=(answered(reason="IMAGE_SAFETY"),),
        expects="refused",
        source=SEEN,
    ),
)
