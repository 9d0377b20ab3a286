"""The command `models`: what every model can do, what it costs, how long it lives, whether it can be used now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import click

from ..client import AsyncClient
from ..desk import Desk
from ..errors import UnknownName, did_you_mean
from ..media import Json
from ..operations import OPERATIONS, Request
from ..registry import find_backend
from ..results import SCHEMA
from ..selection import retirement
from ..spec.backend import ApiKey, Backend, Model
from .commands import shows
from .live import show_live
from .options import today
from .registration import registration, show_registration
from .showing import Screen


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One model and every reason why it cannot be used now (none: it can)."""

    backend: Backend
    model: Model
    is_default: bool
    why_not: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.backend.name}:{self.model.id}"


def command(name: str) -> click.Command:
    @click.command(name, help="List every model: what it serves, its price, its retirement, whether you can use it.")
    @click.option("--operation", metavar="OPERATION", help="Only those of one operation, such as image.")
    @click.option("--backend", metavar="NAME", help="Only those of one backend.")
    @click.option(
        "--live", is_flag=True, help="Ask the providers for their lists now; show what is new, gone or changed."
    )
    @click.option(
        "--registration", "as_registration", is_flag=True, help="Print keys, default models and priorities as tables."
    )
    @shows
    def models(screen: Screen, operation: str | None, backend: str | None, live: bool, as_registration: bool) -> int:
        if live:
            return show_live(screen, backend, None if operation is None else _operation(operation).operation)
        desk = AsyncClient().desk
        if as_registration:
            return show_registration(screen, registration(desk.backends))
        kind = None if operation is None else _operation(operation)
        wanted = None if backend is None else find_backend(backend, desk.backends)
        found = [each for each in entries(desk) if _is_asked(each, kind, wanted)]
        if screen.json:
            screen.document({"schema": SCHEMA, "models": [document(entry) for entry in found]})
            return 0
        for entry in found:
            _show(screen, entry)
        return 0

    return models


def _is_asked(entry: Entry, kind: type[Request] | None, backend: Backend | None) -> bool:
    return kind in (None, entry.model.accepts) and backend in (None, entry.backend)


def _operation(name: str) -> type[Request]:
    kind = OPERATIONS.get(name.replace("-", "_").lower())
    if kind is None:
        raise UnknownName(f"There is no operation {name!r}.", next=did_you_mean(name, list(OPERATIONS)))
    return kind


# --- Facts ------------------------------------------------------------------------------------------------------


def entries(desk: Desk) -> list[Entry]:
    """Every model of every backend, by operation and then by priority."""
    keyed = desk.keyed()
    found = [
        Entry(
            backend=backend,
            model=model,
            is_default=model is backend.models_for(model.accepts)[0],
            why_not=tuple(_reasons(desk, backend, model, keyed)),
        )
        for backend in desk.backends.values()
        for model in backend.models
    ]
    return sorted(found, key=lambda each: (each.model.accepts.operation, each.backend.rank(each.model.accepts)))


def _reasons(desk: Desk, backend: Backend, model: Model, keyed: frozenset[str]) -> list[str]:
    reasons = []
    if model.retires is not None and model.retires <= today() and not desk.configuration.settings.allow_retired:
        reasons.append(retirement(model))
    if backend.name not in keyed and isinstance(backend.auth, ApiKey):
        reasons.append(f"set {desk.to_set(backend)}")
    if install := desk.install_line(backend.name):
        reasons.append(f"not installed: {install}")
    return reasons if backend.unusable is None else [*reasons, backend.unusable]


def document(entry: Entry) -> dict[str, Json]:
    model, price = entry.model, entry.model.price
    return {
        "backend": entry.backend.name,
        "model": model.id,
        "aliases": list(model.aliases),
        "operation": model.accepts.operation,
        "default": entry.is_default,
        "usable": not entry.why_not,
        "why_not": list(entry.why_not),
        "price": {"description": price.describe(), "source": price.source, "checked": price.checked.isoformat()},
        "released": None if model.released == date.min else model.released.isoformat(),
        "retires": None if model.retires is None else model.retires.isoformat(),
        "successor": model.successor,
        "max_outputs": model.max_outputs,
        "continuation": None if model.continuation is None else model.continuation.state,
        "parameters": {
            name: {"allows": param.allows.describe(), "schema": param.allows.schema()}
            for name, param in model.params.items()
        },
        "rules": [rule.describe() for rule in model.rules],
        "source": model.source,
    }


# --- For people -------------------------------------------------------------------------------------------------


def _show(screen: Screen, entry: Entry) -> None:
    model = entry.model
    usable = "not usable: " + "; ".join(entry.why_not) if entry.why_not else "usable now"
    default = ", default" if entry.is_default else ""
    screen.result(f"{entry.name}  ({model.accepts.operation.replace('_', ' ')}{default})  {usable}")
    screen.result(f"  price    {model.price.describe()} ({model.price.source}, checked {model.price.checked})")
    if model.retires is not None:
        successor = f", then {model.successor}" if model.successor else ""
        screen.result(f"  retires  {model.retires}{successor}")
    if not screen.verbose:
        screen.result(f"  serves   {', '.join(model.serves)}\n")
        return
    for name, param in model.params.items():
        screen.result(f"  {name}: {param.allows.describe()}")
    for rule in model.rules:
        screen.result(f"  rule: {rule.describe()}")
    if model.continuation is not None:
        screen.result(f"  continuation: {model.continuation.how}; lives {model.continuation.lives}")
    screen.result("")
