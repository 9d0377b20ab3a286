"""Which backends and models a configuration may name. The registry is asked only when a value needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..errors import UnknownName, did_you_mean

if TYPE_CHECKING:
    from ..spec.backend import Backend


@dataclass(frozen=True)
class BackendNames:
    """The installed backends, and the servers that the configuration itself names (in lower case)."""

    servers: frozenset[str] = frozenset()

    @cached_property
    def installed(self) -> Mapping[str, Backend]:
        from ..registry import all_backends

        return all_backends()

    @cached_property
    def taken(self) -> frozenset[str]:
        """Names and aliases that this package ships, in lower case: no server may have them."""
        from ..registry import shipped_backends

        shipped = shipped_backends().values()
        return frozenset(name.lower() for each in shipped for name in (each.name, *each.aliases))

    def canonical(self, name: str) -> str:
        """The declared name of a backend, given its name or an alias in any case. Raise `UnknownName`."""
        from ..registry import find_backend

        if name.lower() in self.servers:
            return name.lower()
        try:
            return find_backend(name, self.installed).name
        except UnknownName as error:
            raise UnknownName(error.message, next=self._advice(name)) from None

    def _advice(self, name: str) -> str:
        return did_you_mean(name, sorted({*self.installed, *self.servers}))

    def check_model(self, text: str, operation: str) -> None:
        """Raise `UnknownName` unless `text` is a model, or `backend:model`, that makes `operation`.

        What a named server has is not known here: any model after `server:` is taken.
        """

        backend, separator, model = text.partition(":")
        if separator and backend.lower() in self.servers and model:
            return
        known = [
            (each.name, model)
            for each in self.installed.values()
            for model in each.models
            if model.accepts.operation == operation
        ]
        ids = {spelling for name, model in known for spelling in (model.id, *model.aliases)}
        pairs = {f"{name}:{spelling}" for name, model in known for spelling in (model.id, *model.aliases)}
        if text.lower() in {spelling.lower() for spelling in ids | pairs}:
            return
        noun = operation.replace("_", " ")
        advice = did_you_mean(text, sorted(pairs if separator else ids)) if known else None
        raise UnknownName(f"No installed backend has a model {text!r} for {noun}.", next=advice)


def shipped_example() -> tuple[str, str]:
    """A backend and a model of it for examples: the one this package prefers for its first operation."""
    from ..operations import OPERATIONS
    from ..registry import shipped_backends

    kind = next(iter(OPERATIONS.values()))
    able = [backend for backend in shipped_backends().values() if backend.models_for(kind)]
    best = min(able, key=lambda backend: backend.rank(kind))
    return best.name, best.models_for(kind)[0].id
