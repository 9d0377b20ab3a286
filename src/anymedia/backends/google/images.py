"""Images: Gemini's picture models, some by interactions, some by generateContent. One picture a call."""

from collections.abc import Callable, Mapping
from datetime import date

from ...media import Json
from ...operations import ImageRequest
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
    one_of,
)
from .._google import contents
from .._google.pictures import (
    ALL_RATIOS,
    BLOCKED,
    EARLIER,
    FILE,
    FLASH_2_5,
    FLASH_3_1,
    FLASH_LITE_3_1,
    NANO_BANANA_2_1,
    PICTURE,
    PIXEL,
    PRO,
    RATIOS,
    Rates,
    answered,
)
from . import interactions
from .common import CHECKED, DEPRECATIONS, DOCS, ERRORS, IMAGE_TYPES, LARGEST_INLINE, PRICES_READ_AT, SEEN, versioned

# --- Models -----------------------------------------------------------------------------------------------------

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
    pictures = [interactions.inlined(file) for file in call.body.get("images", ())]
    content = [interactions.text(call.body["text"]), *pictures]
    response = yield interactions.creation(call, content, {"store": interactions.is_kept(call), **fields})
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
        price=price.price(PRICES_READ_AT, CHECKED),
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
