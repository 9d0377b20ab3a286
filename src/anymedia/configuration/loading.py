"""Puts the sources together into one frozen `Configuration`. The only module here that decides what wins."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..engine.secret import Discreet
from ..engine.settings import Timeouts
from ..errors import InvalidConfiguration, did_you_mean
from ..media import Json
from .kinds import MapOf, age_of, table_at
from .names import BackendNames
from .place import Key, Place, Source, dotted
from .settings import PREFIX, Agent, Declared, Pipeline, Server, Settings, declared
from .sources import files, home_folder, read_file, state_folder
from .urls import is_loopback

if TYPE_CHECKING:
    from ..engine.budget import Caps

OTHER_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "ANYMEDIA_CONFIG": "one more configuration file, read after all others",
        "ANYMEDIA_HOME": "the folder of the ledger and the blob store, instead of the platform's state folder",
    }
)
"""Variables that are no settings."""
FOREIGN_PREFIXES: Mapping[str, str] = MappingProxyType(
    {"ANYMEDIA_PLUGIN_": "for plugins", "ANYMEDIA_TEST_": "for test suites"}
)
"""Variables that belong to others and are never read here. So does every `key_env` of a server."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What the user set up. `origins` says for every dotted key where its value comes from; `files` were read."""

    settings: Settings
    origins: Mapping[str, str]
    files: tuple[Path, ...]
    state_folder: Path

    def with_roots(self, roots: Sequence[str | os.PathLike[str]]) -> Configuration:
        """The same, but files may be in these folders only; with none, nowhere."""
        folders = tuple(Path(root).expanduser().absolute() for root in roots)
        origins = MappingProxyType({**self.origins, "roots": "argument"})
        return replace(self, settings=replace(self.settings, roots=folders), origins=origins)

    def for_agents(self) -> Configuration:
        """The same for somebody who may not choose the places of files: without `roots`, there are none."""
        return self if self.settings.roots is not None else self.with_roots(())

    @property
    def wait(self) -> float:
        """Seconds to wait for a job."""
        return self.settings.timeouts.wait

    @property
    def keep_prompts(self) -> timedelta | None:
        """How long the ledger keeps what was asked for; `None` is until it is told to forget."""
        written = self.settings.privacy.keep_prompts
        return None if written is None else age_of(written)

    def caps(self) -> Caps:
        from ..engine.budget import Caps

        budgets = self.settings.budgets
        return Caps(**{each.name: getattr(budgets, each.name) for each in fields(budgets)})

    def timeouts(self) -> Timeouts:
        timeouts = self.settings.timeouts
        return Timeouts(**{each.name: getattr(timeouts, each.name) for each in fields(Timeouts)})

    def document(self) -> dict[str, Json]:
        """Everything as JSON, for `config show`. Keys of providers are never part of it."""
        return {
            "settings": as_json(self.settings),
            "origins": dict(self.origins),
            "files": [str(path) for path in self.files],
            "state_folder": str(self.state_folder),
        }


def load(
    *,
    environ: Mapping[str, str],
    folder: Path,
    explicit: Path | None = None,
    arguments: Mapping[str, Json] | None = None,
) -> Configuration:
    """Read every source; the later wins: defaults, the user's file, the project's, the one that `explicit` or else
    ANYMEDIA_CONFIG names, environment variables, `arguments`.

    `arguments` has the shape of a file; `None` in it means "not asked for". `folder` is where the project is looked
    for and where relative folders in variables and arguments start. Raise `InvalidConfiguration` for whatever is
    wrong in any of them.
    """
    folder, environ = folder.absolute(), Discreet(environ)
    read = [(source, read_file(Path(source.origin))) for source in files(environ, folder, explicit)]
    given = _without_none(arguments or {})
    names = BackendNames(frozenset(_server_names([*(table for _, table in read), given])))
    found: dict[Key, tuple[Json, str]] = {}
    for source, table in read:
        found |= _entries(table, Place(key=(), source=source, names=names))
    found |= _from_environment(environ, folder, names)
    argument = Source(origin="argument", layer="argument", folder=folder, home=home_folder(environ))
    found |= _entries(given, Place(key=(), source=argument, names=names))
    settings = _build(Settings, {key: value for key, (value, _) in found.items()})
    _refuse_unknown_variables(environ, settings)
    return Configuration(
        settings=settings,
        origins=MappingProxyType(_origins(found)),
        files=tuple(Path(source.origin) for source, _ in read),
        state_folder=state_folder(environ, folder),
    )


def _without_none(table: Mapping[str, Json]) -> dict[str, Json]:
    return {
        name: _without_none(value) if isinstance(value, Mapping) else value
        for name, value in table.items()
        if value is not None
    }


def _server_names(tables: list[dict[str, Json]]) -> Iterator[str]:
    """The names of all servers, agents and pipelines, before anything else is read: other settings may name them."""
    for named in (table.get(kind) for table in tables for kind in ("servers", "agents", "pipelines")):
        if isinstance(named, Mapping):
            yield from (str(name).lower() for name in named)


def _entries(table: Mapping[str, Json], place: Place) -> dict[Key, tuple[Json, str]]:
    """The checked values of one source by key. A table of settings gives one entry for each of its keys."""
    known = {each.key: each for each in declared()}
    origin = place.source.origin
    return {key: (value, origin) for key, value in _walk(table, place, known)}


def _walk(table: Mapping[str, Json], place: Place, known: Mapping[Key, Declared]) -> Iterator[tuple[Key, Json]]:
    depth = len(place.key)
    here = {key[depth]: key for key in known if key[:depth] == place.key}
    for name, value in table.items():
        if name not in here:
            raise place.unknown(str(name), here, [dotted(key) for key in known])
        inner = place.inside(name)
        if inner.key in known:
            yield from _read(known[inner.key], value, inner)
        else:
            yield from _walk(table_at(value, inner), inner, known)


def _read(setting: Declared, value: Json, place: Place) -> Iterator[tuple[Key, Json]]:
    if isinstance(setting.kind, MapOf):
        for _, each, inner in setting.kind.entries(value, place):
            yield inner.key, _trusted(setting.kind.each.read(each, inner), inner)
    else:
        yield place.key, _trusted(setting.kind.read(value, place), place)


def _trusted(value: Json, place: Place) -> Json:
    """Refuse what a project's file may not decide: where a key goes, which programs are started, which weights are
    loaded, and what agents may read outside the project.

    Such a file comes with a checkout, and running anymedia inside a stranger's checkout must not give away a key.
    """
    if place.source.layer != "project file":
        return value
    advice = f"Put it into your own file, or name this one: ANYMEDIA_CONFIG={place.source.origin}."
    address = _address_for_key(value, place.key)
    if address is not None and not is_loopback(address):
        must = "would send your key to another machine; a project's file may not do that"
        raise place.refusal(must, next=advice)
    if isinstance(value, Agent):
        raise place.refusal("would start a program; a project's file may not do that", next=advice)
    if isinstance(value, Pipeline):
        raise place.refusal("would load weights; a project's file may not do that", next=advice)
    if place.key[0] == "roots" and not all(_is_within(path, place.source.folder) for path in value):
        raise place.refusal("must lie inside the project, in a project's file", next=advice)
    if place.key == ("env_file",) and not _is_within(value, place.source.folder):
        raise place.refusal("must lie inside the project, in a project's file", next=advice)
    return value


def _address_for_key(value: Json, key: Key) -> str | None:
    """The URL to which this setting would have a key sent, if it does that."""
    if isinstance(value, Server):
        return value.base_url if value.key_env else None
    return str(value) if key[0] == "base_urls" else None


def _is_within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _from_environment(environ: Mapping[str, str], folder: Path, names: BackendNames) -> dict[Key, tuple[Json, str]]:
    """The settings that variables give. A variable that is empty or only white space is not set."""
    found = {}
    for setting in declared():
        kind = setting.kind.each if isinstance(setting.kind, MapOf) else setting.kind
        for variable, key in setting.variables.items():
            text = environ.get(variable, "")
            if text.strip():
                origin = f"environment variable {variable}"
                source = Source(origin=origin, layer="environment", folder=folder, home=home_folder(environ))
                place = Place(key=key, source=source, names=names)
                found[key] = (kind.read(kind.parse(text), place), origin)
    return found


def _refuse_unknown_variables(environ: Mapping[str, str], settings: Settings) -> None:
    """A misspelt variable would silently do nothing, so it is an error."""
    known = {variable for setting in declared() for variable in setting.variables} | OTHER_VARIABLES.keys()
    keys = {server.key_env for server in settings.servers.values()}
    for name in environ:
        if name.startswith(PREFIX) and name not in known | keys and not name.startswith(tuple(FOREIGN_PREFIXES)):
            raise InvalidConfiguration(
                f"There is no environment variable `{name}`.", next=did_you_mean(name, sorted(known))
            )


def _build(settings: type[Any], found: Mapping[Key, Json], at: Key = ()) -> Any:
    given: dict[str, Json] = {}
    for each in fields(settings):
        key = (*at, each.name)
        if "group" in each.metadata:
            given[each.name] = _build(each.metadata["group"], found, key)
        elif isinstance(each.metadata["kind"], MapOf):
            entries = {name: value for (*table, name), value in found.items() if tuple(table) == key}
            given[each.name] = MappingProxyType(entries)
        elif key in found:
            given[each.name] = found[key]
    return settings(**given)


def _origins(found: Mapping[Key, tuple[Json, str]]) -> dict[str, str]:
    """By dotted key. A table nobody filled has one line, a table with entries one for each."""
    result: dict[str, str] = {}
    for setting in declared():
        depth = len(setting.key)
        inside = {dotted(key): origin for key, (_, origin) in found.items() if key[:depth] == setting.key}
        result |= inside or {dotted(setting.key): "default"}
    return result


def as_json(value: Json) -> Json:
    """A setting as JSON has it: amounts and folders as text."""
    if is_dataclass(value):
        return {each.name: as_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [as_json(each) for each in value]
    return str(value) if isinstance(value, Path | Decimal) else value
