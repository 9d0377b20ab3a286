"""From a request to a job that may be run: everything that can be wrong is found here, before anything is spent."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ..errors import IdempotencyConflict, InvalidParameter
from ..media import Json
from ..operations import Request
from ..registry import find_backend
from ..results import Adjustment
from ..spec.backend import Backend, Model
from .ledger import Row
from .request_json import differences, request_hash


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A request that can be made: by whom, with what body, for how much at most.

    `asked` is what the caller asked for, measured; `request` is what will be made, after permitted adjustments.
    `worst_case` is that of all `parts`, each of which is a purchase of its own.
    """

    asked: Request
    request: Request
    backend: Backend
    model: Model
    body: Mapping[str, Json]
    worst_case: Decimal | None
    why: tuple[str, ...]
    parts: int = 1
    warnings: tuple[str, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    continues: str | None = None
    continuation: Json = field(default=None, repr=False)

    @property
    def reserved(self) -> Decimal | None:
        """What its own job holds: the jobs of several parts hold theirs."""
        return self.worst_case if self.parts == 1 else Decimal(0)

    @property
    def selection(self) -> Json:
        """What the result will say about the choice."""
        return {
            "why": list(self.why),
            "warnings": list(self.warnings),
            "adjustments": [adjustment.document() for adjustment in self.adjustments],
        }


def worst_case_of(parts: Sequence[Request], model: Model) -> Decimal | None:
    """What all parts of a request cost at most together."""
    known = [cost for part in parts if (cost := model.price.worst_case(part)) is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def said_of_parts(parts: Sequence[Request]) -> tuple[str, ...]:
    """What the user should know of a text that is too long for one purchase."""
    if len(parts) == 1:
        return ()
    return (f"The text is over the model's limit: it is spoken in {len(parts)} parts, bought one by one and joined.",)


def missing_packages(needs: Sequence[str], extra: str | None) -> str | None:
    """The command that installs what a backend computes with, or `None` if all of it is there."""
    missing = [name for name in needs if not _is_installed(name)]
    if not missing:
        return None
    return f'pip install "anymedia[{extra}]"' if extra else f"pip install {' '.join(missing)}"


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the package that it is part of
        return False


def with_canonical_options(request: Request, backends: Mapping[str, Backend]) -> Request:
    """The request with its provider options under the backends' own names. Raise `UnknownName`."""
    if not request.provider_options:
        return request
    options = {find_backend(name, backends).name: fields for name, fields in request.provider_options.items()}
    return replace(request, provider_options=options)


def check_provider_options(request: Request, chosen: Model, name: str) -> list[str]:
    """Raise if an option writes what a parameter writes. Return what will not be used."""
    others = [other for other in request.provider_options if other != name]
    unused = [f"provider_options for {other!r} are not used: {name} was chosen." for other in others]
    written = {
        wire_name.partition(".")[0]: field_name
        for field_name, param in chosen.params.items()
        for wire_name in param.wire_names
    }
    for option in request.provider_options.get(name, {}):
        if option in written or option == "model":
            parameter = written.get(option, "model")
            raise InvalidParameter(
                f"provider_options may not set {option!r}.", next=f"Use the parameter `{parameter}` instead."
            )
    return unused


def check_same_job(row: Row, document: Json, *, backend: str | None, model: str | None) -> None:
    """Raise `IdempotencyConflict` if a key that is used again comes with another request, backend or model."""
    other = [name for name, asked in (("backend", backend), ("model", model)) if asked not in (None, row[name])]
    if request_hash(document) != row["request_hash"]:
        other += differences(json.loads(row["request"]), document)
    if other or request_hash(document) != row["request_hash"]:
        raise IdempotencyConflict(
            f"The idempotency key {row['idempotency_key']!r} belongs to {row['id']}, which asked for something else"
            f"{': other ' if other else ''}{', '.join(f'`{name}`' for name in other)}.",
            job_id=row["id"],
            next="Use a new key for a new request.",
        )
