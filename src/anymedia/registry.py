"""Finds every backend: the files in `backends/`, then installed plugins. There is no list to maintain."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType

from . import backends
from .errors import InvalidConfiguration, UnknownName, did_you_mean, shown
from .media import Json
from .operations import OPERATIONS
from .spec.backend import SPEC_VERSION, Backend

GROUP = "anymedia.backends"
"""The entry-point group of plugins. Each entry names a module with `BACKEND` or `backends(configuration)`."""


@cache
def shipped_backends() -> Mapping[str, Backend]:
    """The backends of this package that need no configuration, by name."""
    return MappingProxyType(_by_name(_declared_in(_shipped_modules(), {})))


def all_backends(configuration: Mapping[str, Json] | None = None) -> Mapping[str, Backend]:
    """Every backend by name: shipped ones, then plugins, then servers named in `configuration`.

    Raise `InvalidConfiguration` if two have the same name or a plugin cannot be loaded.
    """
    modules = (*_shipped_modules(), *_plugin_modules())
    return MappingProxyType(_by_name(_declared_in(modules, configuration or {})))


@cache
def _shipped_modules() -> tuple[ModuleType, ...]:
    found = (module.name for module in pkgutil.iter_modules(backends.__path__))
    names = sorted(name for name in found if not name.startswith("_"))  # what two of them share
    return tuple(importlib.import_module(f"{backends.__name__}.{name}") for name in names)


@cache
def _plugin_modules() -> tuple[ModuleType, ...]:
    return tuple(_load(point.name, point.value) for point in sorted(entry_points(group=GROUP)))


def _load(name: str, value: str) -> ModuleType:
    try:
        return importlib.import_module(value.partition(":")[0])
    except (Exception, SystemExit) as error:
        raise InvalidConfiguration(
            f"The plugin {name!r} ({value}) cannot be imported: {error!r}.", next="Uninstall or mend it."
        ) from error


def _declared_in(modules: tuple[ModuleType, ...], configuration: Mapping[str, Json]) -> Iterator[Backend]:
    for module in modules:
        if not hasattr(module, "BACKEND") and not hasattr(module, "backends"):
            raise InvalidConfiguration(f"The module {module.__name__} declares no BACKEND and no backends().")
        if hasattr(module, "BACKEND"):
            yield module.BACKEND
        if hasattr(module, "backends"):
            yield from module.backends(configuration)


def _by_name(found: Iterator[Backend]) -> dict[str, Backend]:
    names: dict[str, Backend] = {}
    result: dict[str, Backend] = {}
    for backend in found:
        if backend.spec_version != SPEC_VERSION:
            raise InvalidConfiguration(
                f"The backend {backend.name!r} is written for version {backend.spec_version} of the vocabulary, "
                f"this is version {SPEC_VERSION}."
            )
        for name in (backend.name, *backend.aliases):
            if names.setdefault(name.lower(), backend) is not backend:
                raise InvalidConfiguration(f"Two backends are named {name!r}.")
        result[backend.name] = backend
    return result


def operations_made(among: Mapping[str, Backend]) -> list[str]:
    """The operations that at least one backend has a model for."""
    return [name for name, kind in OPERATIONS.items() if any(each.models_for(kind) for each in among.values())]


def find_backend(name: str, among: Mapping[str, Backend]) -> Backend:
    """The backend of this name or alias, whatever its case. Raise `UnknownName` with the nearest name."""
    wanted = name.lower()
    by_name = {known.lower(): each for each in among.values() for known in (each.name, *each.aliases)}
    if wanted in by_name:
        return by_name[wanted]
    raise UnknownName(f"There is no backend named {shown(name)}.", next=did_you_mean(name, sorted(among)))
