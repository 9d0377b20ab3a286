"""The commands whose arguments are files and names, such as `dub film.mp4 de`: what their operation always needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from ..errors import UsageError
from ..media import Json, MediaFile
from ..operations import OPERATIONS, Request, field_types, needed_fields, recorded_fields, request_fields
from .call_options import call_options
from .commands import shows
from .making import MediaCommand, dry_run_option, make
from .options import INPUT_FILES, noun, parameter_options, parameters_from
from .prompts import read_prompts
from .showing import Screen

EXAMPLES: Mapping[str, str] = {
    "voice_conversion": "convert-voice talk.mp3 --output another-voice.mp3",
    "audio_isolation": "isolate street.mp3 --output voice.mp3",
    "stem_separation": "separate-stems song.mp3 --output-dir stems",
    "voice_clone": 'clone-voice Ada ada.wav --consent "Ada Lovelace agreed by letter, 2026-11-22"',
    "dubbing": "dub film.mp4 de --output film-de.mp4",
    "alignment": 'align talk.mp3 "Hello there." --output words.txt',
}


def working_command(name: str) -> click.Command:
    """The command of one operation: its needed parameters in their order, one of them perhaps several files."""
    kind = next(each for each in OPERATIONS.values() if each.verb == name.replace("-", "_"))
    arguments = arguments_of(kind)

    @shows
    def work(screen: Screen, given: tuple[str, ...], **options: Json) -> int:
        return _make(screen, kind, {**options, **matched(kind, given)})

    command = click.command(
        name, cls=MediaCommand, help=_help(kind, name), epilog=f"Example: anymedia {_example(kind)}"
    )(work)
    options = [*parameter_options([kind]), *call_options()]
    without = {*arguments, INPUT_FILES} | ({"output_dir"} if kind.makes == "text" else set())
    command.params = [
        click.Argument(["given"], nargs=-1, type=click.Path(allow_dash=True), metavar=_metavar(kind)),
        *(each for each in options if each.name not in without),
        dry_run_option(),
        *command.params,
    ]
    return command


def arguments_of(kind: type[Request]) -> tuple[str, ...]:
    """The parameters that are arguments. What is only recorded stays an option, so that nobody gives it by accident."""
    return tuple(name for name in needed_fields(kind) if name not in recorded_fields(kind))


def matched(kind: type[Request], given: Sequence[str]) -> dict[str, Json]:
    """The arguments by parameter name; several files, where the operation takes them, are the rest of them.

    Raise `UsageError` for too few or too many.
    """
    names = arguments_of(kind)
    *single, last = names
    many = _is_many(kind, last)
    if len(given) < len(names) or (len(given) > len(names) and not many):
        raise UsageError(
            f"{noun(kind)} takes {_metavar(kind)}, got {len(given)}.", next=f"Such as: anymedia {_example(kind)}"
        )
    values: dict[str, Json] = dict(zip(single, given, strict=False))
    return {**values, last: tuple(given[len(single) :]) if many else given[-1]}


def _is_many(kind: type[Request], name: str) -> bool:
    return bool(field_types(kind)[name] == tuple[MediaFile, ...])


def _make(screen: Screen, kind: type[Request], options: dict[str, Json]) -> int:
    dry_run = options.pop("dry_run")
    words = () if kind.main_input is None else (str(options.pop(kind.main_input)),)
    prompts = read_prompts(kind, words)
    return make(screen, kind, prompts, parameters_from(kind, options), max_concurrent=1, dry_run=dry_run)


# --- Words of the help ------------------------------------------------------------------------------------------


def _example(kind: type[Request]) -> str:
    return EXAMPLES[kind.operation]


def _help(kind: type[Request], name: str) -> str:
    from .main import COMMANDS  # which finds this module, and is there before it

    fields = request_fields(kind)
    arguments = "; ".join(f"{_shown(kind, name)} is {fields[name].metadata['help']}" for name in arguments_of(kind))
    dash = " `-` reads it from standard input." if kind.main_input in arguments_of(kind) else ""
    return f"{COMMANDS[name][1]} {arguments}.{dash}"


def _metavar(kind: type[Request]) -> str:
    return " ".join(_shown(kind, name) for name in arguments_of(kind))


def _shown(kind: type[Request], name: str) -> str:
    hint: Any = field_types(kind)[name]
    if hint is MediaFile:
        return "FILE"
    return "FILE..." if _is_many(kind, name) else name.upper()
