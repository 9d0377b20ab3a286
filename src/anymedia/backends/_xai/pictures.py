"""The picture models: what each takes, what it costs, how long it lives, and what a reply with pictures means.

Facts: `ImageClient.sample` of the official client xai-sdk 1.21.0, the pages below DOCS and LiteLLM's price table
1.109.1, checked 2026-11-22.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ...errors import InvalidParameter
from ...media import Json, MediaFile
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
    Rule,
    Step,
    Succeeded,
    TextUpTo,
    one_of,
)
from ...spec.tiny import PNG, in_base64
from .common import CHECKED, DOCS, HELD_BACK, PRICES_READ_AT, Output

# --- Prices -----------------------------------------------------------------------------------------------------

DEFAULT_RESOLUTION, DEFAULT_QUALITY = "1k", "medium"
"""Of the quality the official client's documentation; where a reply says what it cost, that is what counts."""


@dataclass(frozen=True, kw_only=True)
class PicturePrice:
    """Dollars for each picture by resolution and quality, and for each picture that goes in."""

    dollars: Mapping[tuple[str, str], Decimal]
    going_in: Decimal
    source: str = f"{PRICES_READ_AT}; 2k and pictures that go in: resellers at xAI's prices (docs.apiyi.com, muapi.ai)"
    checked: date = CHECKED

    def worst_case(self, request: Request) -> Decimal | None:
        assert isinstance(request, ImageRequest)
        each = self.dollars[request.resolution or DEFAULT_RESOLUTION, request.quality or DEFAULT_QUALITY]
        inputs = len(request.input_images or ()) + (request.continue_from is not None)
        return each * (1 if request.n is None else request.n) + self.going_in * inputs

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        """The list price, for a reply that does not say what it cost."""
        return self.worst_case(request)

    def describe(self) -> str:
        least, most = min(self.dollars.values()), max(self.dollars.values())
        range_of = f"${least:f}" if least == most else f"${least:f} to ${most:f}"
        return f"{range_of} per image, ${self.going_in:f} per image that goes in"


def price(dollars: Mapping[tuple[str, str], str], going_in: str) -> PicturePrice:
    return PicturePrice(dollars={key: Decimal(each) for key, each in dollars.items()}, going_in=Decimal(going_in))


PRICE_2 = price(
    {("1k", "low"): "0.04", ("1k", "medium"): "0.06", ("2k", "low"): "0.06", ("2k", "medium"): "0.08"}, "0.01"
)
PRICE_1 = price({("1k", "medium"): "0.02", ("2k", "medium"): "0.02"}, "0.002")
PRICE_QUALITY = price({("1k", "medium"): "0.05", ("2k", "medium"): "0.07"}, "0.01")

# --- Models -----------------------------------------------------------------------------------------------------

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")
LARGEST_INPUT = 20 * 10**6
"""Bytes. xAI publishes no limit of pictures; its gRPC messages end at 20 MiB."""
LONGEST_PROMPT = 8000
"""Characters, by a reseller's schema of the model (https://docs.argil.ai/v2/models/grok-imagine-image-2-0.md)."""
RATIOS = (
    *("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "2:1", "1:2"),
    *("20:9", "9:20", "19.5:9", "9:19.5"),
)
INPUTS = "images"
"""Where in the body the flow finds the pictures that go in; it is no field of the provider's."""

PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="prompt", allows=TextUpTo(LONGEST_PROMPT)),
    "n": Param(wire_name="n", allows=Between(1, 10)),
    "aspect_ratio": Param(wire_name="aspect_ratio", allows=one_of(*RATIOS)),
    "resolution": Param(wire_name="resolution", allows=one_of("1k", "2k")),
}
QUALITY = Param(wire_name="quality", allows=one_of("low", "medium"))


def pictures_in(at_most: int) -> Param:
    allows = Files(media_types=IMAGE_TYPES, at_most=at_most, bytes_each=LARGEST_INPUT)
    return Param(wire_name=INPUTS, allows=allows, encode=tuple)


PARAMS_1 = {**PARAMS, "input_images": pictures_in(3)}
PARAMS_2 = {**PARAMS, "quality": QUALITY, "input_images": pictures_in(5)}
"""n: the REST reference. Five pictures: the page on editing several since 2026-08-28, before that three."""

RULES = (
    Rule(
        when={"continue_from": Rule.ASKED, "input_images": Rule.ABSENT},
        needs={"aspect_ratio": Rule.ABSENT},
        why="a single picture that goes in keeps its shape",
    ),
)
LAST_PICTURE = Continuation(
    state="last_output",
    how="the last picture goes in again, before the others, as the one to edit",
    lives="kept on disk; xAI keeps nothing",
)
NEWEST = "grok-imagine-image-2.0"


def picture_models(submit: Callable[[Call], Flow]) -> tuple[Model, ...]:
    """The models of a door that orders pictures by `submit`. The default is the newest that xAI goes on with.

    Released: the dated names that LiteLLM lists, for 2.0 the table of a public program, read 2026-11-22.
    """

    def picture_model(model_id: str, *, params: Mapping[str, Param], price: PicturePrice, **life: Json) -> Model:
        return Model(
            id=model_id,
            accepts=ImageRequest,
            params=params,
            rules=RULES,
            price=price,
            max_outputs=10,
            typical_bytes=1_000_000,
            continuation=LAST_PICTURE,
            submit=submit,
            source=f"{DOCS}/models/{model_id}",
            **life,
        )

    return (
        picture_model(NEWEST, params=PARAMS_2, price=PRICE_2, released=date(2026, 8, 7)),
        picture_model(
            "grok-imagine-image",
            params=PARAMS_1,
            price=PRICE_1,
            aliases=("grok-imagine-image-2026-03-02",),
            released=date(2026, 3, 2),
        ),
        picture_model(
            "grok-imagine-image-quality",
            params=PARAMS_1,
            price=PRICE_QUALITY,
            aliases=(
                "grok-imagine-image-quality-20260403",
                "grok-imagine-image-quality-latest",
                "grok-imagine-image-pro",
            ),
            released=date(2026, 4, 3),
            retires=date(2026, 11, 2),
            successor=NEWEST,
        ),
    )


# --- Meaning ----------------------------------------------------------------------------------------------------


def inputs_of(call: Call) -> tuple[MediaFile, ...]:
    """What goes in: the last picture of what is continued, then what was asked for. Raise `InvalidParameter`."""
    last = () if call.continuation is None else (call.continuation["last_output"],)
    inputs = (*last, *call.body.get(INPUTS, ()))
    allows = call.model.params["input_images"].allows
    if isinstance(allows, Files) and len(inputs) > allows.at_most:
        raise InvalidParameter(f"{call.model.id}: with the picture that is continued, `input_images` has one too many.")
    if len(inputs) == 1 and "aspect_ratio" in call.body:
        raise InvalidParameter(
            f"{call.model.id} has no `aspect_ratio` for a single input image: the picture keeps its shape.",
            next="Leave it out, or give several input images.",
        )
    return inputs


def delivered(call: Call, pictures: Sequence[Output], cost: Decimal | None, metadata: Mapping[str, Json]) -> Step:
    """What came of an order; `None` among the pictures was held back, and is charged all the same."""
    wanted = call.body.get("n", 1)
    files = tuple(picture for picture in pictures if picture is not None)
    held_back = len(pictures) - len(files)
    if held_back and not files:
        return Failed(reason=HELD_BACK, kind="refused", cost=cost)
    if not files:
        return Failed(reason="the reply holds no picture", kind="empty_output", cost=cost)
    missing = (
        *(f"{HELD_BACK}; it is charged all the same." for _ in range(held_back)),
        *("xAI delivered fewer pictures than asked for." for _ in range(wanted - len(pictures))),
    )
    return Succeeded(files=files, missing=missing, cost=cost, metadata=metadata)


# --- Samples ----------------------------------------------------------------------------------------------------

PIXEL = in_base64(PNG)
FILE = MediaFile(media_type="image/png", data=PNG, size=len(PNG))
