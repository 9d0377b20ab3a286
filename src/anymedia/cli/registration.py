"""The three tables that other tools keep by hand (keys, default models, priorities), as views of the declarations."""

from __future__ import annotations

from collections.abc import Mapping

from ..media import Json
from ..operations import OPERATIONS
from ..results import SCHEMA
from ..spec.backend import ApiKey, Backend
from .showing import Screen

Table = dict[str, list[str]] | dict[str, dict[str, str]]


def registration(backends: Mapping[str, Backend]) -> dict[str, Table]:
    """Key variables by backend, default models by backend and operation, backends by operation in their order."""
    return {
        "api_keys": {name: list(each.auth.env) for name, each in backends.items() if isinstance(each.auth, ApiKey)},
        "default_models": {name: _defaults(each) for name, each in backends.items()},
        "priorities": {operation: order for operation in OPERATIONS if (order := _order(operation, backends))},
    }


def _defaults(backend: Backend) -> dict[str, str]:
    kinds = dict.fromkeys(model.accepts for model in backend.models)
    return {kind.operation: backend.models_for(kind)[0].id for kind in kinds}


def _order(operation: str, backends: Mapping[str, Backend]) -> list[str]:
    kind = OPERATIONS[operation]
    having = [backend for backend in backends.values() if kind in backend.priority]
    return [backend.name for backend in sorted(having, key=lambda each: each.priority[kind])]


def show_registration(screen: Screen, tables: Mapping[str, Table]) -> int:
    if screen.json:
        document: dict[str, Json] = {"schema": SCHEMA, **tables}
        screen.document(document)
        return 0
    for title, table in tables.items():
        screen.result(title.replace("_", " "))
        for name, value in table.items():
            screen.result(f"  {name}: {_words(value)}")
        screen.result("")
    return 0


def _words(value: list[str] | dict[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return ", ".join(f"{operation} {model}" for operation, model in value.items())
