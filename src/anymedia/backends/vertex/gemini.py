"""Images: Gemini's picture models by generateContent. One picture a call, in a conversation that is kept here.

Facts: the official client 3.4.0 (`_ImageConfig_to_vertex`), the reference of `ImageConfig` of aiplatform v1, and the
pages that `source` names, all checked 2026-11-22.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from ...media import Json
from ...operations import ImageRequest
from ...spec import (
    Between,
    Call,
    Constraint,
    Files,
    Flow,
    Model,
    Param,
    Reply,
    Rule,
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
    PRO,
    RATIOS,
    Rates,
    answered,
)
from .common import CHECKED, DOCS, LIFECYCLE, MIGRATION, SEEN, model_path

# --- Models -----------------------------------------------------------------------------------------------------

PRICES = "https://cloud.google.com/gemini-enterprise-agent-platform/generative-ai/pricing"
PRICES_READ_AT = f"LiteLLM's price table 1.109.1, which names {PRICES}"
"""At the location `global`. The same table has 10% more for gemini-3.1-flash-image elsewhere."""
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")
LARGEST_INLINE = 7 * 10**6
"""Bytes. DOCS/models/gemini/3-1-flash-image, which has 14 pictures of them. It takes image/heic and image/heif as well;
the engine does not know them."""
PERSONS = {"dont_allow": "ALLOW_NONE", "allow_adult": "ALLOW_ADULT", "allow_all": "ALLOW_ALL"}
"""Our words, which are Imagen's, and those of `ImageConfig`."""
CONFIG = "generationConfig.imageConfig"


def encode_format(output_format: Json) -> str:
    return f"image/{output_format}"


def encode_persons(person_generation: Json) -> str:
    return PERSONS[person_generation]


PROMPT = Param(wire_name="text", allows=TextUpTo(65_536))
"""No limit in characters is published; a token is a character or more, and no model reads more tokens than 131,072."""
OUTPUT = {
    "output_format": Param(
        wire_name=f"{CONFIG}.imageOutputOptions.mimeType", allows=one_of("png", "jpeg"), encode=encode_format
    ),
    "output_compression": Param(wire_name=f"{CONFIG}.imageOutputOptions.compressionQuality", allows=Between(0, 100)),
    "person_generation": Param(wire_name=f"{CONFIG}.personGeneration", allows=one_of(*PERSONS), encode=encode_persons),
}


def params_of(*, ratios: Constraint, sizes: Constraint | None, inputs: int = 14) -> Mapping[str, Param]:
    pictures = Files(media_types=IMAGE_TYPES, at_most=inputs, bytes_each=LARGEST_INLINE)
    size = {} if sizes is None else {"resolution": Param(wire_name=f"{CONFIG}.imageSize", allows=sizes)}
    return {
        "prompt": PROMPT,
        "aspect_ratio": Param(wire_name=f"{CONFIG}.aspectRatio", allows=ratios),
        **size,
        **OUTPUT,
        "input_images": Param(wire_name="images", allows=pictures, encode=tuple),
    }


def gemini(
    model_id: str,
    *,
    price: Rates,
    params: Mapping[str, Param],
    page: str,
    released: date = date.min,
    retires: date | None = None,
    successor: str | None = None,
) -> Model:
    return Model(
        id=model_id,
        accepts=ImageRequest,
        params=params,
        rules=(Rule(when={"output_compression": Rule.ASKED}, needs={"output_format": "jpeg"}, why="png is lossless"),),
        price=price.price(PRICES_READ_AT, CHECKED),
        typical_bytes=2_000_000,
        continuation=contents.HISTORY,
        released=released,
        retires=retires,
        successor=successor,
        submit=submit,
        source=page,
    )


def submit(call: Call) -> Flow:
    return (yield from contents.generate(call, model_path(call, "generateContent")))


CARDS = f"{DOCS}/models/gemini"
SIZES = one_of("1K", "2K", "4K")
ALL_SIZES = one_of("512", "1K", "2K", "4K")
NEWEST, PRO_MODEL = "gemini-nano-banana-2.1", "gemini-3-pro-image"

MODELS = (
    # The default: it is the newest, and none costs less for a picture of its size.
    gemini(
        NEWEST,
        price=NANO_BANANA_2_1,
        params=params_of(ratios=one_of(*ALL_RATIOS), sizes=SIZES),
        page=f"{MIGRATION}; https://github.com/TanStack/ai/releases",
    ),
    gemini(
        PRO_MODEL,
        price=PRO,
        params=params_of(ratios=one_of(*RATIOS), sizes=SIZES),
        page=f"{CARDS}/3-pro-image; {LIFECYCLE}",
        released=date(2026, 5, 28),
    ),
    gemini(
        "gemini-3.1-flash-image",
        price=FLASH_3_1,
        params=params_of(ratios=one_of(*ALL_RATIOS), sizes=ALL_SIZES),
        page=f"{CARDS}/3-1-flash-image; {LIFECYCLE}",
        released=date(2026, 5, 28),
    ),
    gemini(
        "gemini-3.1-flash-lite-image",
        price=FLASH_LITE_3_1,
        params=params_of(ratios=one_of(*RATIOS), sizes=one_of("1K")),
        page=f"{PRICES}, by LiteLLM's price table 1.109.1",
    ),
    gemini(
        "gemini-2.5-flash-image",
        price=FLASH_2_5,
        params=params_of(ratios=one_of(*RATIOS), sizes=None, inputs=3),
        page=LIFECYCLE,
        released=date(2025, 10, 2),
        retires=date(2026, 10, 2),
        successor=NEWEST,
    ),
)
"""The newest has no stored card: MIGRATION names it for both of Google's doors, the release notes of TanStack AI 0.36.0
its ratios and sizes. LIFECYCLE, stored copies: two stay until "May 28, 2027 or later", which is no day, so none is
declared; LiteLLM has 2027-03-15 for gemini-2.5-flash-image, and the earlier is taken. Google's cards list the location
`global` alone."""

# --- Samples ----------------------------------------------------------------------------------------------------


def sample(reply: Reply, **asked: Json) -> Sample:
    return Sample(request=ImageRequest(**{"prompt": "a fox", **asked}), replies=(reply,), source=SEEN)


DRAWN = answered(PICTURE)
SAMPLES = (
    sample(DRAWN),
    sample(DRAWN, aspect_ratio="16:9", resolution="2K", output_format="jpeg", output_compression=0),
    sample(DRAWN, person_generation="dont_allow", input_images=(FILE, FILE)),
    sample(answered({"text": "Here it is."}, PICTURE), continuable=True, input_images=(FILE,)),
    Sample(
        request=ImageRequest(prompt="bluer", continue_from="earlier"),
        continues={"contents": EARLIER},
        replies=(DRAWN,),
        source=SEEN,
    ),
    replace(sample(answered({"text": "Which fox?"})), expects="failed"),
    replace(sample(BLOCKED), expects="refused"),
    replace(sample(answered(reason="IMAGE_SAFETY")), expects="refused"),
)
