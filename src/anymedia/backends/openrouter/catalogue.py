"""The three lists of models: of pictures, of films, and of everything. Prices of pictures stand with each model.

Of the list of everything only what makes or hears media is told on: it has hundreds of models that write text.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from ...media import Json
from ...operations import ImageRequest, Request, SpeechRequest, TranscriptionRequest, VideoRequest
from ...spec import (
    AnyValue,
    Between,
    Catalogue,
    Constraint,
    Files,
    HttpRequest,
    ListedModel,
    Model,
    OneOf,
    Response,
    get,
)
from . import describe, images, speech, transcription, videos
from .pricing import Rate, SecondsListed, words_of

DECLARED: Final[Mapping[str, Model]] = {
    model.id: model for kind in (images, videos, speech, transcription, describe) for model in kind.MODELS
}
OPERATIONS: Final[Mapping[str, type[Request]]] = {
    "image": ImageRequest,
    "video": VideoRequest,
    "speech": SpeechRequest,
    "transcription": TranscriptionRequest,
}
"""What a model with this output is for."""

Reading = Generator[HttpRequest, Response, Sequence[ListedModel]]


def catalogue() -> Catalogue:
    everything = yield from all_models()
    pictures = yield from picture_models()
    films = yield from film_models()
    found: dict[str, ListedModel] = {}
    for each in (*everything, *pictures, *films):
        before = found.get(each.id, each)
        operations = tuple(dict.fromkeys((*before.operations, *each.operations)))
        found[each.id] = replace(each, operations=operations, says={**before.says, **each.says})
    return list(found.values())


# --- Everything -------------------------------------------------------------------------------------------------


def all_models() -> Reading:
    reply = (yield get("/models", query={"output_modalities": "all"})).json
    listed = [
        ListedModel(id=model["id"], operations=made_by(model), says=dict(said_by(model))) for model in reply["data"]
    ]
    return [each for each in listed if each.operations or each.id in DECLARED]


def made_by(model: Json) -> tuple[str, ...]:
    made = (model.get("architecture") or {}).get("output_modalities") or ()
    return tuple(OPERATIONS[name].operation for name in made if name in OPERATIONS)


def said_by(model: Json) -> Iterator[tuple[str, str | None]]:
    if "expiration_date" in model:
        yield "retires", model["expiration_date"]
    dollars = (model.get("pricing") or {}).get("prompt")
    if SpeechRequest.operation in made_by(model) and dollars is not None:
        # What speaks is billed by the character, and its price stands where others have that of a token.
        yield "price", speech.by_characters(Decimal(dollars) * 1000, model["id"]).describe()


# --- Pictures ---------------------------------------------------------------------------------------------------


def picture_models() -> Reading:
    reply = (yield get("/images/models")).json
    found = []
    for model in reply["data"]:
        declared = DECLARED.get(model["id"])
        says = {} if declared is None else capabilities(declared, model["supported_parameters"])
        if declared is not None:
            priced = (yield get(f"/images/models/{model['id']}/endpoints")).json
            says["price"] = price_of(priced["endpoints"])
        found.append(ListedModel(id=model["id"], operations=(ImageRequest.operation,), says=says))
    return found


def capabilities(declared: Model, supported: Mapping[str, Json]) -> dict[str, str | None]:
    """A parameter that the list does not have is one that the model does not take."""
    ours = {param.wire_name: name for name, param in declared.params.items() if name != "prompt"}
    names = {theirs: ours.get(theirs, theirs) for theirs in (*ours, *supported)}
    return {name: words_for(supported.get(theirs), declared, name) for theirs, name in names.items()}


def words_for(descriptor: Json, declared: Model, name: str) -> str | None:
    param = declared.params.get(name)
    allows = None if param is None else param.allows
    match descriptor:
        case {"type": "enum", "values": list(values)}:
            return in_order(values, allows)
        case {"type": "range", "min": least, "max": most} if isinstance(allows, Files):
            return replace(allows, at_most=int(most)).describe() if least <= 1 else f"from {least} to {most} files"
        case {"type": "range", "min": least, "max": most}:
            # A single one is what is made where nobody asks: there is nothing to choose.
            return None if name == "n" and most == 1 else Between(int(least), int(most)).describe()
        case {"type": "boolean"}:
            return "any" if allows is None else allows.describe()
    return None


def in_order(values: Sequence[Json], allows: Constraint | None) -> str:
    """The values in the order of the declaration, if they are the same."""
    same = isinstance(allows, OneOf) and set(allows.options) == set(values)
    return allows.describe() if same and allows is not None else OneOf(tuple(values)).describe()


def price_of(endpoints: Sequence[Json]) -> str:
    """The rates of all providers behind it. A single rate for a picture is said as a declaration says it."""
    rates = tuple(dict.fromkeys(as_rate(each) for endpoint in endpoints for each in endpoint["pricing"]))
    match rates:
        case [Rate(billable="output_image", unit="image", variant=None, dollars=dollars)]:
            return f"${dollars.normalize():f} per image"
    return words_of(rates)


def as_rate(listed: Json) -> Rate:
    return Rate(
        billable=listed["billable"],
        unit=listed["unit"],
        dollars=Decimal(str(listed["cost_usd"])),
        variant=listed.get("variant"),
    )


# --- Films ------------------------------------------------------------------------------------------------------


def film_models() -> Reading:
    reply = (yield get("/videos/models")).json
    return [
        ListedModel(
            id=model["id"],
            operations=(VideoRequest.operation,),
            says=film_says(DECLARED[model["id"]], model) if model["id"] in DECLARED else {},
        )
        for model in reply["data"]
    ]


def film_says(declared: Model, model: Json) -> dict[str, str | None]:
    prices = SecondsListed(prices=model.get("pricing_skus") or {}, longest=1, source="the list")
    return {
        "price": prices.describe(),
        "duration": choices(model["supported_durations"], declared, "duration"),
        "resolution": choices(model["supported_resolutions"], declared, "resolution"),
        "aspect_ratio": choices(model["supported_aspect_ratios"], declared, "aspect_ratio"),
        "size": choices(sizes_in(model["supported_sizes"]), declared, "size"),
        **{name: frame(name, model) for name in videos.FRAMES},
        # Whether sound may be asked for: null is "not told", and `false` has none.
        **({} if model["generate_audio"] is None else {"generate_audio": flag(model["generate_audio"])}),
        **({} if model["seed"] is None else {"seed": images.SEED.allows.describe() if model["seed"] else None}),
    }


def choices(values: Sequence[Json] | None, declared: Model, name: str) -> str | None:
    param = declared.params.get(name)
    return in_order(values, None if param is None else param.allows) if values else None


def sizes_in(listed: Sequence[str] | None) -> list[tuple[int, ...]]:
    return [tuple(int(side) for side in size.split("x")) for size in listed or ()]


def frame(name: str, model: Json) -> str | None:
    return videos.FRAME.describe() if name in (model["supported_frame_images"] or ()) else None


def flag(is_offered: Json) -> str | None:
    return AnyValue(bool).describe() if is_offered else None
