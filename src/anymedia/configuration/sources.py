"""Finds and reads what a configuration is made of: files and environment variables. Understands no setting."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from os.path import lexists
from pathlib import Path

from ..errors import InvalidConfiguration
from ..media import Json
from .place import Layer, Source, expanded

FILE_NAME = "anymedia.toml"
LARGEST_FILE = 2**20
"""Bytes. A configuration is written by hand; more than this is some other file."""
ANYONE_MAY_WRITE = stat.S_IWOTH


def home_folder(environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME", "").strip()
    return Path(home) if home else Path.home()


def user_folder(environ: Mapping[str, str]) -> Path:
    """Where the user's configuration is: XDG_CONFIG_HOME if set, else what is usual on the platform."""
    if chosen := _absolute(environ.get("XDG_CONFIG_HOME")):
        return chosen / "anymedia"
    import platformdirs

    return platformdirs.user_config_path("anymedia", appauthor=False)


def state_folder(environ: Mapping[str, str], folder: Path) -> Path:
    """Where the ledger is: ANYMEDIA_HOME, else XDG_STATE_HOME, else what is usual on the platform."""
    if named := environ.get("ANYMEDIA_HOME", "").strip():
        return folder / expanded(named, home_folder(environ))
    if chosen := _absolute(environ.get("XDG_STATE_HOME")):
        return chosen / "anymedia"
    import platformdirs

    return platformdirs.user_state_path("anymedia", appauthor=False)


def _absolute(text: str | None) -> Path | None:
    return Path(text) if text and Path(text).is_absolute() else None


def files(environ: Mapping[str, str], folder: Path, explicit: Path | None) -> Iterator[Source]:
    """The files that count, the weakest first. A file that was named must exist; the others may."""
    layers: dict[Path, Layer] = {}
    for path, layer in _candidates(environ, folder, explicit):
        layers.pop(path, None)
        layers[path] = layer
    for path, layer in layers.items():
        yield Source(origin=str(path), layer=layer, folder=path.parent, home=home_folder(environ))


def _candidates(environ: Mapping[str, str], folder: Path, explicit: Path | None) -> Iterator[tuple[Path, Layer]]:
    user = user_folder(environ) / FILE_NAME
    if lexists(user):
        yield user, "user file"
    if project := project_file(folder, home_folder(environ)):
        yield project, "project file"
    named = environ.get("ANYMEDIA_CONFIG", "").strip()
    if explicit is not None:
        yield folder / explicit, "named file"
    elif named:
        yield folder / expanded(named, home_folder(environ)), "named file"


def project_file(folder: Path, home: Path) -> Path | None:
    """The `anymedia.toml` of this folder or its nearest parent, up to a `.git` or the home folder.

    Parents that anybody may write to, such as /tmp, end the search: a stranger's file is no project of yours.
    """
    for place in (folder, *folder.parents):
        if place != folder and _anyone_may_write(place):
            return None
        if lexists(place / FILE_NAME):
            return place / FILE_NAME
        if place.resolve() == home.resolve() or lexists(place / ".git"):
            return None
    return None


def _anyone_may_write(folder: Path) -> bool:
    try:
        return bool(folder.stat().st_mode & ANYONE_MAY_WRITE)
    except OSError:
        return True


def read_file(path: Path) -> dict[str, Json]:
    """The tables of one TOML file. Raise `InvalidConfiguration`, with line and column where TOML is broken."""
    import tomllib

    text = _text_of(path)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _unusable(path, "is nested too deep", "Correct the file.") from None
    except ValueError as error:
        raise _unusable(path, f"is not TOML: {_problem(str(error), text)}", "Correct that line.") from None


def _text_of(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unusable(path, "is not a file", "Name a TOML file.")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise _unusable(path, reason, "Name another file, or mend this one.") from None
    if len(content) > LARGEST_FILE:
        raise _unusable(path, "is larger than 1 MiB", "Name the file you mean.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unusable(path, f"is not UTF-8 text (byte {error.start})", "Save it as UTF-8.") from None


def _problem(message: str, text: str) -> str:
    """The parser's sentence, with a position where it has none, and plainer where a key stands twice."""
    lines = text.split("\n")
    message = message.replace("at end of document", f"at line {len(lines)}, column {len(lines[-1]) + 1}")
    for technical in ("Cannot overwrite a value", "Cannot declare"):
        if message.startswith(technical):
            return f"a key or a table is given twice. {message}"
    return message


def _unusable(path: Path, problem: str, next: str) -> InvalidConfiguration:
    return InvalidConfiguration(f"The configuration file {path} {problem}.", next=next)
