"""What parameters may be, as tables, and the checks that answer like OpenAI when they are not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from anymedia.testing.emulator.dialects.openai.errors import Refused, error_reply, refused, unknown_model
from anymedia.testing.emulator.dialects.openai.models import IMAGE_MODELS, OLD_SIZES
from anymedia.testing.emulator.messages import Json

LONGEST_PROMPT = 32_000
LARGEST_EDGE = 3840
MOST_PIXELS = 3840 * 2160


@dataclass(frozen=True, kw_only=True)
class Text:
    """A string of at most `longest` characters."""

    longest: int = 512


@dataclass(frozen=True, kw_only=True)
class Integer:
    low: int
    high: int


@dataclass(frozen=True, kw_only=True)
class Number:
    low: float
    high: float


@dataclass(frozen=True)
class ListOf:
    """A list of strings, of these values if there are any."""

    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class OneOf:
    values: tuple[str, ...]


@dataclass(frozen=True)
class Flag:
    pass


@dataclass(frozen=True)
class Structure:
    """An object or list that is looked at elsewhere."""


@dataclass(frozen=True)
class Anything:
    """A known parameter whose value is nobody's concern here."""


Kind = Text | Integer | Number | ListOf | OneOf | Flag | Structure | Anything
Table = dict[str, Kind]

_COMMON: Table = {
    "background": OneOf(("transparent", "opaque", "auto")),
    "complexity": OneOf(("low", "medium", "high")),
    "frame_count": Integer(low=2, high=16),
    "frame_duration_ms": Integer(low=1, high=655_350),
    "model": Text(),
    "moderation": OneOf(("low", "auto")),
    "output_compression": Integer(low=0, high=100),
    "output_format": OneOf(("png", "webp", "jpeg", "gif", "svg")),
    "partial_images": Integer(low=0, high=3),
    "quality": OneOf(("low", "medium", "high", "xhigh", "max", "auto")),
    "size": Text(),
    "svg": Structure(),
}
_REQUEST: Table = {
    "n": Integer(low=1, high=10),
    "prompt": Text(longest=LONGEST_PROMPT),
    "safety_identifier": Text(),
    "stream": Flag(),
    "user": Text(),
}
GENERATION: Table = _COMMON | _REQUEST
EDIT: Table = {name: kind for name, kind in GENERATION.items() if name != "moderation"} | {
    "input_fidelity": OneOf(("high", "low"))
}
TOOL: Table = _COMMON | {
    "type": OneOf(("image_generation",)),
    "action": OneOf(("generate", "edit", "auto")),
    "input_fidelity": OneOf(("high", "low")),
    "input_image_mask": Structure(),
}


def check(document: Json, table: Table, *, required: tuple[str, ...] = (), where: str = "") -> Json:
    """The given parameters without nulls. `where` goes before each name, as in `tools[0].size`. Raises Refused."""
    for name in required:
        if document.get(name) in (None, ""):
            raise refused(f"Missing required parameter: '{where}{name}'.", "missing_required_parameter", where + name)
    for name in document:
        if name not in table:
            raise refused(f"Unknown parameter: '{where}{name}'.", "unknown_parameter", where + name)
    given = {name: value for name, value in document.items() if value is not None}
    for name, value in given.items():
        _check_value(where + name, value, table[name])
    return given


def from_form(fields: Mapping[str, Json], table: Table) -> Json:
    """Form fields, which are all text, as the values their table means; what does not convert stays text."""
    return {name: _from_text(text, table.get(name)) for name, text in fields.items()}


def _from_text(text: Json, kind: Kind | None) -> Json:
    match kind:
        case Integer() if re.fullmatch(r"-?\d+", text):
            return int(text)
        case Number() if re.fullmatch(r"-?\d+(\.\d+)?", text):
            return float(text)
        case Flag() if text in ("true", "false"):
            return text == "true"
        case _:
            return text


def _check_value(name: str, value: Json, kind: Kind) -> None:
    match kind:
        case Text(longest=longest):
            _expect(name, value, str, "a string")
            if len(value) > longest:
                raise refused(
                    f"Invalid '{name}': string too long. Expected a string with maximum length {longest}, but got a "
                    f"string with length {len(value)} instead.",
                    "string_above_max_length",
                    name,
                )
        case Integer(low=low, high=high):
            _expect(name, value, int, "an integer")
            _check_range(name, value, low, high)
        case Number(low=low, high=high):
            _expect(name, value, (int, float), "a decimal")
            _check_range(name, value, low, high)
        case ListOf(values):
            _expect(name, value, list, "an array of strings")
            for item in value:
                _check_value(f"{name}[]", item, OneOf(values) if values else Text())
        case OneOf(values):
            _expect(name, value, str, f"one of {_quoted(values)}")
            if value not in values:
                raise invalid_value(name, value, values)
        case Flag():
            _expect(name, value, bool, "a boolean")
        case Structure():
            _expect(name, value, (dict, list), "an object")
        case Anything():
            pass


def _expect(name: str, value: Json, kind: type | tuple[type, ...], wanted: str) -> None:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        got = {str: "a string", bool: "a boolean", int: "an integer", float: "a decimal"}.get(type(value), "an object")
        message = f"Invalid type for '{name}': expected {wanted}, but got {got} instead."
        raise refused(message, "invalid_type", name)


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if low <= value <= high:
        return
    side, sign, limit = ("above maximum", "<=", high) if value > high else ("below minimum", ">=", low)
    kind = "integer" if isinstance(low, int) else "decimal"
    code = f"{kind}_above_max_value" if value > high else f"{kind}_below_min_value"
    message = f"Invalid '{name}': {kind} {side} value. Expected a value {sign} {limit}, but got {value} instead."
    raise refused(message, code, name)


def invalid_value(name: str, value: str, values: tuple[str, ...]) -> Refused:
    message = f"Invalid value: '{value}'. Supported values are: {_quoted(values)}."
    return refused(message, "invalid_value", name)


def objects(value: Json, name: str) -> list[Json]:
    """`value` as a list of objects. Raises Refused when it is anything else."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise refused(f"Invalid type for '{name}': expected an array of objects.", "invalid_type", name)
    return value


def _quoted(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def check_together(given: Json, *, where: str = "") -> None:
    """The facts across parameters, and what the named model accepts. Raises Refused."""
    if given["model"] not in IMAGE_MODELS:
        raise Refused(unknown_model(given["model"]))
    model = IMAGE_MODELS[given["model"]]
    output_format = given.get("output_format", "png")
    for name, allowed in (("quality", model.qualities), ("output_format", model.formats)):
        if name in given and given[name] not in allowed:
            raise invalid_value(where + name, given[name], allowed)
    if "input_fidelity" in given and given["input_fidelity"] not in model.input_fidelity:
        raise _conflict(where + "input_fidelity", "is not supported by this model")
    check_size(given.get("size", "auto"), any_size=model.any_size, name=where + "size")
    if given.get("background") == "transparent" and output_format not in ("png", "webp", "svg"):
        raise _conflict(where + "background", "'transparent' needs output_format png or webp")
    if given.get("output_compression", 100) != 100 and output_format not in ("jpeg", "webp"):
        raise _conflict(where + "output_compression", "needs output_format jpeg or webp")
    if output_format != "gif" and ("frame_count" in given or "frame_duration_ms" in given):
        raise _conflict(where + "frame_count", "needs output_format gif")
    if output_format in ("gif", "svg") and (given.get("stream") or given.get("partial_images")):
        raise _conflict(where + "partial_images", f"is not supported with output_format {output_format}")
    if output_format == "svg" and given.get("n", 1) != 1:
        raise _conflict(where + "n", "must be 1 with output_format svg")


def check_size(size: str, *, any_size: bool, name: str) -> None:
    """Raises Refused unless `size` is auto or one the model draws."""
    if size == "auto" or size in OLD_SIZES:
        return
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)
    if not any_size or match is None:
        raise invalid_value(name, size, (*OLD_SIZES, "auto"))
    width, height = int(match[1]), int(match[2])
    fits = max(width, height) <= LARGEST_EDGE and 0 < width * height <= MOST_PIXELS
    if width % 16 or height % 16 or not fits or max(width, height) > 3 * min(width, height):
        message = (
            f"Invalid size '{size}'. Width and height must both be divisible by 16, the aspect ratio between 1:3 "
            f"and 3:1, and the size at most 3840x2160."
        )
        raise refused(message, "invalid_value", name)


def _conflict(name: str, why: str) -> Refused:
    return Refused(
        error_reply(
            400,
            f"Invalid '{name}': {name} {why}.",
            kind="image_generation_user_error",
            code="invalid_value",
            param=name,
        )
    )
