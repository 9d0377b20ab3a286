"""Options of an operation, from the declarations: one for each parameter that any installed backend serves.

Nothing here names a parameter or a backend: a new backend file adds options by being there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..errors import UsageError
from ..media import Json, MediaFile
from ..operations import Request, field_types, input_field, request_fields
from ..registry import all_backends
from ..spec import OneOf, ShapedText
from ..spec.backend import Backend, Model

INPUT_FILES = "input_files"
"""Where `--input` is kept until the operation says which of its parameters takes it."""


def parameter_options(kinds: Sequence[type[Request]]) -> list[click.Option]:
    """The options of these operations, each once. With several operations, the help tells which ones have it."""
    backends = all_backends()
    having: dict[str, list[type[Request]]] = {}
    for kind in kinds:
        for name in served(kind, backends):
            if name not in (kind.main_input, input_field(kind)):
                having.setdefault(name, []).append(kind)
    inputs = [kind for kind in kinds if input_field(kind) in served(kind, backends)]
    first = [_input_option(inputs, backends, alone=len(kinds) == 1)] if inputs else []
    return [*first, *(_option(those, name, backends, alone=len(kinds) == 1) for name, those in having.items())]


def served(kind: type[Request], backends: Mapping[str, Backend]) -> list[str]:
    """The parameters of an operation that a model serves, in the order of the operation."""
    names = {name for _, model in _models(kind, backends) for name in model.serves}
    return [name for name in request_fields(kind) if name in names]


def _models(kind: type[Request], backends: Mapping[str, Backend]) -> list[tuple[Backend, Model]]:
    return [(backend, model) for backend in backends.values() for model in backend.models_for(kind)]


# --- One option -------------------------------------------------------------------------------------------------


def _option(kinds: Sequence[type[Request]], name: str, backends: Mapping[str, Backend], *, alone: bool) -> click.Option:
    hint = field_types(kinds[0])[name]
    spelled = f"--{name.replace('_', '-')}"
    return click.Option(
        [f"{spelled}/--no-{spelled[2:]}" if hint is bool else spelled, name],
        default=None,
        multiple=hint == tuple[MediaFile, ...],
        type=_click_type(hint),
        metavar=_metavar(hint),
        help=_help(kinds[0], name, backends) if alone else _help_for_many(kinds, name),
        shell_complete=_completer(kinds[0], name, backends) if hint is str else None,
    )


def _click_type(hint: Any) -> click.ParamType[Any] | None:
    """How the text is read; what it may be is for the models to say."""
    types: dict[Any, click.ParamType[Any] | None] = {int: click.INT, float: click.FLOAT, bool: None}
    return click.Path() if hint in (MediaFile, tuple[MediaFile, ...]) else types.get(hint, click.STRING)


def _metavar(hint: Any) -> str | None:
    names = {int: "NUMBER", float: "NUMBER", tuple[int, int]: "WIDTHxHEIGHT", bool: None}
    return "FILE" if hint in (MediaFile, tuple[MediaFile, ...]) else names.get(hint, "TEXT")


def _help(kind: type[Request], name: str, backends: Mapping[str, Backend]) -> str:
    words = _allowed(kind, name, backends).items()
    allowed = "; ".join(f"{backend}: {description}" if description else backend for backend, description in words)
    return f"{_sentence(kind, name)} [{allowed}]"


def _help_for_many(kinds: Sequence[type[Request]], name: str) -> str:
    return f"{_sentence(kinds[0], name)} [{', '.join(noun(kind) for kind in kinds)}]"


def _sentence(kind: type[Request], name: str) -> str:
    text = str(request_fields(kind)[name].metadata["help"])
    return f"{text[0].upper()}{text[1:]}."


def _allowed(kind: type[Request], name: str, backends: Mapping[str, Backend]) -> dict[str, str]:
    """What every backend allows, in the words of its default model, then of those that differ from it."""
    words: dict[str, dict[str, list[str]]] = {}
    for backend, model in _models(kind, backends):
        if name in model.serves and not _is_retired(model):
            param = model.params.get(name)
            description = "" if param is None else param.allows.describe()
            words.setdefault(backend.name, {}).setdefault(description, []).append(model.id)
    return {backend: _with_exceptions(by_words) for backend, by_words in words.items()}


def _with_exceptions(by_words: Mapping[str, list[str]]) -> str:
    usual, *others = by_words
    return "; ".join([usual, *(f"{', '.join(by_words[other])}: {other}" for other in others)])


def _is_retired(model: Model) -> bool:
    return model.retires is not None and model.retires <= today()


def today() -> date:
    return datetime.now(UTC).date()


def _completer(kind: type[Request], name: str, backends: Mapping[str, Backend]) -> Any:
    """Suggests the values where a model lists them."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        params = [model.params[name] for _, model in _models(kind, backends) if name in model.params]
        listed = [each.allows.options for each in params if isinstance(each.allows, OneOf | ShapedText)]
        values = dict.fromkeys(str(value) for options in listed for value in options if isinstance(value, str))
        return [CompletionItem(value) for value in values if value.startswith(incomplete)]

    return complete


# --- Input files ------------------------------------------------------------------------------------------------


def _input_option(kinds: Sequence[type[Request]], backends: Mapping[str, Backend], *, alone: bool) -> click.Option:
    fields = [str(input_field(kind)) for kind in kinds]
    names = ["-i", "--input", *([f"--{fields[0].replace('_', '-')}"] if alone else [])]
    pairs = zip(kinds, fields, strict=True)
    many = " ".join(f"{noun(kind).capitalize()}: {_sentence(kind, field).lower()}" for kind, field in pairs)
    help_text = _help(kinds[0], fields[0], backends) if alone else many
    return click.Option(
        [*names, INPUT_FILES], multiple=True, type=click.Path(), metavar="FILE", help=f"{help_text} Repeatable."
    )


def noun(kind: type[Request]) -> str:
    """The operation in words: `sound effect`."""
    return kind.operation.replace("_", " ")


def parameters_from(kind: type[Request], options: Mapping[str, Json]) -> dict[str, Json]:
    """The options that were given, by parameter name. Raise `UsageError` for input files the operation cannot take."""
    given = {name: value for name, value in options.items() if value not in (None, ()) and name != INPUT_FILES}
    files = options.get(INPUT_FILES) or ()
    if not files:
        return given
    name = input_field(kind)
    if name is None:
        raise UsageError(f"{noun(kind)} takes no input file.", next="Leave `--input` out.")
    many = field_types(kind)[name] == tuple[MediaFile, ...]
    if not many and len(files) > 1:
        raise UsageError(f"{noun(kind)} takes one input file, got {len(files)}.", next="Give `--input` once.")
    return {**given, name: files if many else files[0]}
