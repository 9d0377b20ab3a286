"""What is known of an API before its backend is written, and what each fact looks like in the source."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ...errors import InvalidParameter, UnknownName, did_you_mean
from ...media import Json, MediaFile
from ...operations import OPERATIONS, Request, field_types, needed_fields, request_fields

Shape = Literal["bytes", "base64", "url", "text", "queue", "polling-url", "library", "program"]
SHAPES: Mapping[Shape, str] = {
    "bytes": "the reply is the file itself",
    "base64": "the reply is JSON with the file in base64",
    "url": "the reply is JSON with the address of the file",
    "text": "the reply is JSON with words",
    "queue": "the reply names a job, which is asked after by its id",
    "polling-url": "the reply has the address where the job is asked after",
    "library": "a Python library makes the call",
    "program": "a program on this machine makes the file",
}
WRITTEN = ("image", "video", "speech", "music", "sound_effect", "transcription", "describe")
"""The operations that a draft is written for; the others have files to send in ways that no two providers share."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter: our name, the name on the wire, and its constraint as it is written in the source."""

    ours: str
    wire_name: str
    allows: str
    is_guess: bool = False


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a draft is written from. Paths such as `data[*].url` say where something stands in a reply."""

    name: str
    operation: str
    shape: Shape
    base_url: str
    path: str = "/generate"
    key: str | None = None
    header: str = "Authorization"
    prefix: str = "Bearer "
    model: str = "default"
    model_at: str | None = "model"
    parameters: tuple[Parameter, ...] = ()
    unmapped: tuple[str, ...] = ()
    docs: str = ""
    found_at: str = "url"
    id_at: str = "id"
    status_at: str = "status"
    done: tuple[str, ...] = ("succeeded",)
    failed: tuple[str, ...] = ("failed",)
    poll_path: str = "/jobs/{id}"
    polling_url_at: str = "polling_url"
    package: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name) or keyword.iskeyword(self.name):
            raise InvalidParameter(f"A backend's name is a lower-case Python name, got {self.name!r}.")
        if self.operation not in WRITTEN:
            then = did_you_mean(self.operation, WRITTEN)
            raise UnknownName(f"No draft is written for {self.operation!r}.", next=then)
        if self.shape not in get_args(Shape):
            raise UnknownName(f"There is no shape {self.shape!r}.", next=did_you_mean(self.shape, list(SHAPES)))
        if (self.shape == "text") != (self.kind.makes == "text"):
            raise InvalidParameter(f"What makes {self.kind.makes} cannot have the shape {self.shape!r}.")

    @property
    def kind(self) -> type[Request]:
        return OPERATIONS[self.operation]

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").title()


# --- Parameters ---------------------------------------------------------------------------------------------------

OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt_text", "promptText", "text_prompt", "input", "text", "description", "caption", "question"),
    "text": ("input", "transcript", "script", "content"),
    "audio": ("file", "audio_file", "recording"),
    "n": ("num_images", "num_outputs", "number_of_images", "numberOfImages", "count", "samples", "sampleCount"),
    "negative_prompt": ("negativePrompt", "negative_text"),
    "aspect_ratio": ("aspectRatio", "ratio"),
    "guidance_scale": ("guidance", "cfg_scale", "cfgScale"),
    "output_format": ("outputFormat", "format"),
    "duration": ("seconds", "duration_seconds", "durationSeconds", "length_seconds"),
    "voice": ("voice_id", "voiceId", "speaker"),
    "language": ("language_code", "languageCode", "lang"),
    "speed": ("speaking_rate", "rate"),
    "generate_audio": ("with_audio", "sound"),
    "instructions": ("system", "style_instructions"),
}
"""Names that providers give to what has one name here."""


def ours_of(kind: type[Request], wire_name: str) -> str | None:
    """Our name of a provider's parameter, if it looks like one of an operation's."""
    fields = request_fields(kind)
    if wire_name in fields:
        return wire_name
    return next((ours for ours, others in OTHER_NAMES.items() if ours in fields and wire_name in others), None)


def parameter_from(kind: type[Request], said: str) -> Parameter:
    """`seed=noise_seed:0..100` as a parameter. Raise `InvalidParameter` or `UnknownName`."""
    names, _, limits = said.partition(":")
    ours, _, wire_name = names.partition("=")
    return parameter(kind, ours.strip(), wire_name.strip() or ours.strip(), limits.strip())


def parameter(kind: type[Request], ours: str, wire_name: str, limits: str = "") -> Parameter:
    if ours not in request_fields(kind):
        raise UnknownName(
            f"{kind.operation} has no parameter {ours!r}.", next=did_you_mean(ours, list(request_fields(kind)))
        )
    allows = constraint(ours, field_types(kind)[ours], limits)
    return Parameter(ours=ours, wire_name=wire_name, allows=allows, is_guess=not limits and allows.startswith(GUESSES))


def constraint(ours: str, meant: type, limits: str) -> str:
    """The source of a constraint: `0..10`, `a|b|c`, `<=1000` characters, or nothing for any value of the type."""
    try:
        match limits.split(".."):
            case [low, high]:
                return f"Between({_number(low, meant)}, {_number(high, meant)})"
        if "|" in limits:
            return f"one_of({', '.join(json.dumps(_value(each, meant)) for each in limits.split('|'))})"
        if limits.startswith("<="):
            return f"TextUpTo({int(limits[2:])})"
    except ValueError:
        raise InvalidParameter(f"The limits {limits!r} are no numbers of the type {meant.__name__}.") from None
    if limits:
        raise InvalidParameter(f"Limits are like 0..10, a|b|c or <=1000, got {limits!r}.")
    if ours == "n":
        return "Between(1, 4)"
    if meant not in (str, int, float, bool, MediaFile):
        raise InvalidParameter(f"`{ours}` is written in a way that no two providers share; declare it in the file.")
    if meant is MediaFile:
        return 'OneFile(media_types=("audio/mpeg", "audio/wav"), bytes_each=25_000_000)'
    return {int: "Between(0, 2**31 - 1)", float: "Between(0.0, 10.0)"}.get(meant, f"AnyValue({meant.__name__})")


def _number(text: str, meant: type) -> int | float:
    value = float(text)
    return int(value) if meant is int or value.is_integer() else value


def _value(text: str, meant: type) -> Json:
    return meant(text) if meant in (int, float) else text


def with_needed(kind: type[Request], parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """The parameters, with those that every request of an operation has."""
    known = {each.ours for each in parameters}
    needed = [name for name in needed_fields(kind) if name not in known]
    return (*(parameter(kind, name, name) for name in needed), *parameters)


GUESSES = ("Between(", "OneFile(")
"""Constraints that need limits, which nobody told."""

# --- Replies ------------------------------------------------------------------------------------------------------

STEP = re.compile(r"([^.\[\]]+)|\[(\*|\d+)\]")


def all_at(path: str, root: str) -> str:
    """The source of what stands at a path, as something to iterate over: `data[*].url` below `reply`."""
    before, star, after = path.partition("[*]")
    if not star:
        return f"[{_one_at(path, root)}]"
    if not after:
        return _one_at(before, root)
    return f"[{_one_at(after.lstrip('.'), 'each')} for each in {_one_at(before, root)}]"


def one_at(path: str, root: str) -> str:
    """The source of the one thing at a path."""
    return _one_at(path.replace("[*]", "[0]"), root)


def _one_at(path: str, root: str) -> str:
    steps = [f'["{name}"]' if name else f"[{index}]" for name, index in STEP.findall(path)]
    return root + "".join(steps)


def document_with(path: str, value: str) -> str:
    """The source of the smallest document that has a value at a path."""
    source = value
    for name, index in reversed(STEP.findall(path)):
        source = f'{{"{name}": {source}}}' if name else f"[{source}]"
        del index
    return source
