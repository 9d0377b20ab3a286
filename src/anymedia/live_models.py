"""What a provider lists now, compared with what its backend declares: new, gone and changed models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

from .errors import UsageError
from .registry import find_backend
from .spec.backend import Backend, Model
from .spec.catalogue import PRICE, RETIRES, ListedModel

if TYPE_CHECKING:
    from .desk import Desk
    from .engine.run import Engine


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One model that is not as it is declared here.

    `new`: the provider lists it and the backend does not declare it. `gone`: the other way round. `changed`: both have
    it, and the list says something else of `what`: `retires`, `price` or a parameter. `None` is "there is none".
    """

    model: str
    kind: Literal["new", "gone", "changed"]
    operations: tuple[str, ...] = ()
    what: str | None = None
    declared: str | None = None
    listed: str | None = None


@dataclass(frozen=True, kw_only=True)
class LiveModels:
    """What one backend's provider lists, and how that differs from what is declared."""

    backend: str
    listed: tuple[ListedModel, ...]
    differences: tuple[Difference, ...]


async def live_models(desk: Desk, engine: Engine, name: str) -> LiveModels:
    """Read the lists of one provider. Raise `UsageError` if it has none, `MissingCredentials` without a key."""
    backend = find_backend(name, desk.backends)
    if backend.catalogue is None:
        raise UsageError(f"{backend.title} offers no list of its models that could be read.")
    listed = tuple(await engine.catalogue(backend))
    found = tuple(differences(backend, listed, today=datetime.now(UTC).date()))
    return LiveModels(backend=backend.name, listed=listed, differences=found)


def differences(backend: Backend, listed: Sequence[ListedModel], *, today: date) -> Iterator[Difference]:
    """Gone models first, then what changed, then what is new, each in the order of its side."""
    by_id = {each.id.lower(): each for each in listed}
    pairs = [(model, _listing_of(model, by_id)) for model in backend.models]
    for model, found in pairs:
        is_over = model.retires is not None and model.retires <= today
        if found is None and not is_over:
            yield Difference(model=model.id, kind="gone", operations=(model.accepts.operation,))
    for model, found in pairs:
        if found is not None:
            yield from _changes(model, found)
    for each in listed:
        if backend.model(each.id) is None:
            yield Difference(model=each.id, kind="new", operations=each.operations)


def _listing_of(model: Model, by_id: Mapping[str, ListedModel]) -> ListedModel | None:
    """A provider may list a model by any of its names."""
    names = (name.lower() for name in (model.id, *model.aliases))
    return next((by_id[name] for name in names if name in by_id), None)


def _changes(model: Model, found: ListedModel) -> Iterator[Difference]:
    declared = _declared(model)
    for what, says in found.says.items():
        if says != declared.get(what):
            yield Difference(
                model=model.id,
                kind="changed",
                operations=(model.accepts.operation,),
                what=what,
                declared=declared.get(what),
                listed=says,
            )


def _declared(model: Model) -> Mapping[str, str]:
    """The declaration in the words of `ListedModel.says`."""
    retires = {} if model.retires is None else {RETIRES: model.retires.isoformat()}
    return {PRICE: model.price.describe(), **retires, **{n: each.allows.describe() for n, each in model.params.items()}}
