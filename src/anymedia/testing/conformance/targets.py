"""Finds the backends to test: by a name of the registry, a .py file outside any package, or `module:attribute`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from ... import backends as backends_folder
from ...errors import UsageError
from ...registry import all_backends, find_backend, shipped_backends
from ...spec.backend import Backend


def backends_named(targets: Sequence[str]) -> list[Backend]:
    """The backends that these targets mean; every shipped one when there are none. Raise `UsageError`."""
    if not targets:
        return list(shipped_backends().values())
    return [backend for target in targets for backend in _meant_by(target)]


def _meant_by(target: str) -> list[Backend]:
    if target.endswith(".py"):
        return backends_of(module_of_file(Path(target)))
    if ":" in target:
        module, _, attribute = target.partition(":")
        found = getattr(importlib.import_module(module), attribute)
        return [found] if isinstance(found, Backend) else list(found({}))
    return [find_backend(target, all_backends())]


def module_of_file(path: Path) -> ModuleType:
    """Import a loose file under its own name, so that worker processes find the same functions again."""
    path = path.resolve()
    if not path.is_file():
        raise UsageError(f"There is no backend file {path}.", next="Give the path of a .py file.")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    found = importlib.util.find_spec(path.stem)
    if found is None or found.origin is None or Path(found.origin).resolve() != path:
        raise UsageError(f"Another module is named {path.stem!r}.", next="Rename the backend file.")
    return importlib.import_module(path.stem)


def backends_of(module: ModuleType) -> list[Backend]:
    """What a backend module offers: `BACKEND`, `backends(configuration)`, or both."""
    found = [module.BACKEND] if hasattr(module, "BACKEND") else []
    found += list(module.backends({})) if hasattr(module, "backends") else []
    if not found:
        raise UsageError(
            f"{module.__name__} offers no backend.", next="Name the value BACKEND, or define backends(configuration)."
        )
    return found


def files_of(backend: Backend) -> tuple[Path, ...]:
    """The source files of a backend: those of its functions; of a folder in `backends/`, every one, and what is shared
    there."""
    models = [function for model in backend.models for function in (model.submit, model.poll)]
    functions = (backend.submit, backend.poll, backend.cancel, backend.reconcile, backend.read_error, *models)
    names = {function.__module__ for function in functions if function is not None}
    written = {Path(str(sys.modules[name].__file__)) for name in names} - {VOCABULARY}
    folders = {_folder_in(HOUSE, path) for path in written} - {None}
    folders |= set(HOUSE.glob("_[!_]*")) if folders else set()
    return tuple(sorted(written.union(*(folder.rglob("*.py") for folder in folders if folder is not None))))


HOUSE = Path(str(backends_folder.__file__)).parent
VOCABULARY = Path(str(sys.modules[Backend.__module__].__file__))
"""Where the default of `read_error` is; no backend wrote it."""


def _folder_in(house: Path, path: Path) -> Path | None:
    """The backend's own folder, if it outgrew one file: `backends/elevenlabs/speech.py` is in `backends/elevenlabs`."""
    if not path.is_relative_to(house):
        return None
    first = house / path.relative_to(house).parts[0]
    return first if first.is_dir() else None
