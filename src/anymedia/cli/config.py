"""The command `config`: show what counts and why, begin a file, check one, describe them to an editor."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from .. import configuration
from ..configuration import documents
from ..media import Json
from ..results import SCHEMA
from .commands import shows
from .lazy import LazyGroup
from .showing import Screen

PLACES = {
    "show": ("config:show_command", "Show every setting; --origin says where it comes from."),
    "init": ("config:init_command", "Write a file with every setting, commented out."),
    "validate": ("config:validate_command", "Check a file, or everything that counts here."),
    "schema": ("config:schema_command", "Print the JSON Schema of the file, for editors."),
}


def command(name: str) -> click.Command:
    return LazyGroup(name=name, places=PLACES, help="Show, begin or check the configuration.")


def show_command(name: str) -> click.Command:
    @click.command(name, help=PLACES[name][1])
    @click.option("--origin", is_flag=True, help="Say where each value comes from.")
    @shows
    def show(screen: Screen, origin: bool) -> int:
        loaded = _load()
        if screen.json:
            screen.document({"schema": SCHEMA, **loaded.document()})
            return 0
        for key, value in _flat(loaded.document()["settings"]):
            screen.result(f"{_line(key, value)}{_from(loaded.origins, key) if origin else ''}")
        for path in loaded.files:
            screen.note(f"read {path}")
        screen.note(f"state folder {loaded.state_folder}")
        return 0

    return show


def _load(explicit: Path | None = None) -> configuration.Configuration:
    return configuration.load(environ=os.environ, folder=Path.cwd(), explicit=explicit)


def _flat(settings: Mapping[str, Json], above: str = "") -> Iterator[tuple[str, Json]]:
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _line(key: str, value: Json) -> str:
    """A line of TOML; what is not set is a comment, since TOML has no word for it."""
    import json

    return f"# {key} is not set" if value is None else f"{key} = {json.dumps(value, ensure_ascii=False)}"


def _from(origins: Mapping[str, str], key: str) -> str:
    """The origin of the key itself, or of the table it stands in."""
    parents = [key, *(key.rsplit(".", count)[0] for count in range(1, key.count(".") + 1))]
    return f"   # {next((origins[each] for each in parents if each in origins), 'default')}"


def init_command(name: str) -> click.Command:
    @click.command(name, help=PLACES[name][1])
    @click.argument("file", required=False, type=click.Path(path_type=Path))
    @click.option("--user", is_flag=True, help="For all your projects, instead of the current folder.")
    @shows
    def init(screen: Screen, file: Path | None, user: bool) -> int:
        if file is not None and user:
            raise click.UsageError("Give either a file or `--user`.")
        usual = configuration.user_folder(os.environ) if user else Path.cwd()
        path = usual / configuration.FILE_NAME if file is None else file.absolute()
        documents.write_example(path)
        if screen.json:
            screen.document({"schema": SCHEMA, "path": str(path)})
        else:
            screen.path(path)
        return 0

    return init


def validate_command(name: str) -> click.Command:
    @click.command(name, help=PLACES[name][1])
    @click.argument("file", required=False, type=click.Path(path_type=Path))
    @shows
    def validate(screen: Screen, file: Path | None) -> int:
        loaded = _load(file)
        if screen.json:
            screen.document({"schema": SCHEMA, "success": True, "files": [str(path) for path in loaded.files]})
        else:
            files = ", ".join(str(path) for path in loaded.files) or "no file, only defaults and variables"
            screen.note(f"valid: {files}")
        return 0

    return validate


def schema_command(name: str) -> click.Command:
    @click.command(name, help=PLACES[name][1])
    def schema() -> int:
        Screen().document(documents.json_schema())
        return 0

    return schema
