"""Chooses a backend and a model for a request, and can say why each other was refused. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher

from .errors import (
    AnymediaError,
    InvalidConfiguration,
    InvalidParameter,
    MissingCredentials,
    MissingDependency,
    NoBackendAvailable,
    RetiredModel,
    UnknownName,
    did_you_mean,
    shown,
)
from .media import Json
from .operations import Request
from .registry import find_backend
from .results import Adjustment
from .spec.backend import Backend, Model, NoKey
from .spec.shaped_text import ShapedText


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What the user set up: who may be used, in which order, and what was asked for explicitly.

    `order` maps an operation to backend names, `models` an operation to a model id. `own_servers` are backends whose
    base URL the user changed: a model retired at the provider may live on there. `not_installed` maps a backend whose
    packages are missing to the command that installs them. `to_set` says of a backend what is left to set for its key.
    `failed` are backends that were tried for this very request, and why they could not make it.
    """

    backend: str | None = None
    model: str | None = None
    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    shipped: frozenset[str] = frozenset()
    own_servers: frozenset[str] = frozenset()
    not_installed: Mapping[str, str] = field(default_factory=dict)
    to_set: Mapping[str, str] = field(default_factory=dict)
    offline: bool = False
    allow_retired: bool = False
    allow_rehearsal: bool = True
    adapt: bool = False
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One backend and model, and every reason why it cannot serve the request (none: it can)."""

    backend: Backend
    model: Model
    request: Request
    adjustments: tuple[Adjustment, ...] = ()
    missing_key: bool = False
    to_set: str = ""
    retired: bool = False
    left_out: str | None = None
    not_installed: str | None = None
    problems: tuple[str, ...] = ()

    @property
    def why_not(self) -> tuple[str, ...]:
        reasons = list(self.problems)
        if self.backend.unusable is not None:
            reasons.append(self.backend.unusable)
        if self.retired:
            reasons.append(retirement(self.model))
        if self.missing_key:
            reasons.append(f"set {self.to_set}")
        if self.not_installed:
            reasons.append(f"not installed: {self.not_installed}")
        if self.left_out:
            reasons.append(self.left_out)
        return tuple(reasons)

    @property
    def name(self) -> str:
        return f"{self.backend.name}:{self.model.id}"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The winner, and the account of the selection in sentences."""

    candidate: Candidate
    why: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def choose(
    request: Request,
    backends: Mapping[str, Backend],
    keyed: frozenset[str],
    preferences: Preferences,
    *,
    today: date,
) -> Choice:
    """The backend and model for `request`.

    An explicit backend or model is honoured or refused. Else the user's order, else the declared priority, among
    those that have a key and serve the whole request. `keyed` names the backends whose key is set. Raise
    `UnknownName`, `RetiredModel`, `MissingCredentials`, `NoBackendAvailable`, or the model's own parameter error.
    """
    in_order = candidates(request, backends, keyed, preferences, today=today)
    if preferences.backend is not None or preferences.model is not None:
        return _explicit(request, list(in_order), preferences, backends)
    passed: list[Candidate] = []
    for candidate in in_order:
        if not candidate.why_not:
            if error := _taken_for_a_name(candidate, passed):
                raise error
            return Choice(candidate=candidate, why=_account(candidate, passed), warnings=_warnings(candidate))
        passed.append(candidate)
    raise _nothing(request, passed)


def _taken_for_a_name(winner: Candidate, passed: list[Candidate]) -> AnymediaError | None:
    """The refusal of the one who knows the most similar value, where the winner takes it by its shape alone.

    Else a slip in the name of one provider's voice would be a purchase from another.
    """
    similar: list[tuple[float, Candidate]] = []
    for name, value in winner.request.asked_for().items():
        if not _takes_by_shape(winner.model, name, value):
            continue
        for earlier in passed:
            known = earlier.model.params.get(name)
            if known is not None and len(earlier.why_not) == len(earlier.problems) == 1:
                near = known.allows.nearest(value) if known.allows.problem_with(value) else None
                similar += [] if near is None else [(_similarity(value, near), earlier)]
    return refusal_of(max(similar, key=lambda each: each[0])[1]) if similar else None


def _takes_by_shape(model: Model, name: str, value: Json) -> bool:
    param = model.params.get(name)
    return param is not None and isinstance(param.allows, ShapedText) and not param.allows.is_option(value)


def _similarity(one: Json, other: Json) -> float:
    return SequenceMatcher(None, str(one).lower(), str(other).lower()).ratio()


def cheaper(found: Iterable[Candidate], than: Decimal | None) -> list[str]:
    """The models that would serve and are known to cost less at most, the cheapest first."""
    known = ((each.model.price.worst_case(each.request), each.name) for each in found if not each.why_not)
    less = sorted((cost, name) for cost, name in known if cost is not None and (than is None or cost < than))
    return [f"{name} (at most ${cost.normalize():f})" for cost, name in less]


def candidates(
    request: Request,
    backends: Mapping[str, Backend],
    keyed: frozenset[str],
    preferences: Preferences,
    *,
    today: date,
) -> Iterator[Candidate]:
    """Every backend and model that takes this kind of request, best first, each with the reasons against it."""
    kind = type(request)
    wanted = _named(preferences, backends)
    chosen = wanted or [each for each in backends.values() if each.models_for(kind)]
    ranked = sorted(chosen, key=lambda each: _rank(each, kind, preferences))
    no_provider = not any(_is_set_up(backends[name]) for name in keyed & backends.keys())
    for backend in ranked:
        for model in _models(backend, kind, preferences):
            yield _candidate(request, backend, model, keyed, preferences, no_provider, today)


def _is_set_up(backend: Backend) -> bool:
    """Whether a backend that has all it needs tells that the user has a provider. What needs no key and is used only
    where it is named is there for everybody."""
    return backend.role == "provider" and (bool(backend.priority) or not isinstance(backend.auth, NoKey))


def _named(preferences: Preferences, backends: Mapping[str, Backend]) -> list[Backend]:
    """The backends an explicit choice leaves: the one named, or those that have the model named."""
    if preferences.backend is not None:
        return [find_backend(preferences.backend, backends)]
    if preferences.model is None:
        return []
    having = [backend for backend in backends.values() if backend.model(preferences.model)]
    if not having:
        known = sorted({model.id for backend in backends.values() for model in backend.models})
        raise UnknownName(
            f"No backend has a model {shown(preferences.model)}.", next=did_you_mean(preferences.model, known)
        )
    return having


def _models(backend: Backend, kind: type[Request], preferences: Preferences) -> list[Model]:
    declared = list(backend.models_for(kind))
    if preferences.model is not None:
        return [_known_model(backend, kind, preferences.model)]
    favourite = preferences.models.get(kind.operation, "").removeprefix(f"{backend.name}:")
    first = [model for model in declared if favourite and model is backend.model(favourite)]
    return first + [model for model in declared if model not in first]


def _known_model(backend: Backend, kind: type[Request], name: str) -> Model:
    model = backend.model(name)
    serving = [each.id for each in backend.models_for(kind)]
    if model is None:
        raise UnknownName(f"{backend.title} has no model {shown(name)}.", next=did_you_mean(name, serving))
    if model.accepts is not kind:
        makes = model.accepts.operation
        raise UnknownName(f"{backend.name}:{model.id} makes {makes}, not {kind.operation}.", next=_offers(serving))
    return model


def _offers(names: list[str]) -> str:
    return f"For this there are: {', '.join(names)}." if names else "This backend has no model for it."


def _rank(backend: Backend, kind: type[Request], preferences: Preferences) -> tuple[int, bool, int, str]:
    """The user's order, then what this package ships: installing a plugin never re-routes money by its priority."""
    order = preferences.order.get(kind.operation, ())
    position = order.index(backend.name) if backend.name in order else len(order)
    return (position, backend.name not in preferences.shipped, backend.rank(kind), backend.name)


def _candidate(
    request: Request,
    backend: Backend,
    model: Model,
    keyed: frozenset[str],
    preferences: Preferences,
    no_provider: bool,
    today: date,
) -> Candidate:
    fitted, adjustments = model.adapt(request) if preferences.adapt else (request, ())
    gone = model.retires is not None and model.retires <= today
    kept = preferences.allow_retired or backend.name in preferences.own_servers
    return Candidate(
        backend=backend,
        model=model,
        request=fitted,
        adjustments=adjustments,
        missing_key=backend.name not in keyed,
        to_set=preferences.to_set.get(backend.name, backend.auth.to_set),
        retired=gone and not kept,
        left_out=_left_out(backend, type(request), preferences, no_provider),
        not_installed=preferences.not_installed.get(backend.name),
        problems=tuple(model.problems_with(fitted)),
    )


def _left_out(backend: Backend, kind: type[Request], preferences: Preferences, no_provider: bool) -> str | None:
    """Why a backend is not chosen by itself, though it could serve the request."""
    if backend.name in preferences.failed:
        return f"tried before: {preferences.failed[backend.name]}"
    if preferences.backend is not None or preferences.model is not None:
        return None
    if backend.name in preferences.order.get(kind.operation, ()) and not preferences.offline:
        return None  # the user's own order is a way to ask
    if not backend.priority:
        return f'used only where it is named: ask for it with backend="{backend.name}"'
    if backend.role == "provider":
        return "ANYMEDIA_OFFLINE is set" if preferences.offline else None
    if preferences.offline or (no_provider and preferences.allow_rehearsal):
        return None
    return f'a rehearsal, not a provider: ask for it with backend="{backend.name}"'


def _explicit(
    request: Request, found: list[Candidate], preferences: Preferences, backends: Mapping[str, Backend]
) -> Choice:
    """What was named is taken or refused, never replaced."""
    if not found:
        noun = request.operation.replace("_", " ")
        able = [name for name, backend in backends.items() if backend.models_for(type(request))]
        raise NoBackendAvailable(
            f"{preferences.backend} makes no {noun}.", next=f"These do: {', '.join(able)}." if able else None
        )
    best = min(found, key=lambda candidate: (candidate.missing_key, len(candidate.problems), candidate.retired))
    if error := refusal_of(best):
        raise error
    asked = preferences.backend or preferences.model
    return Choice(candidate=best, why=(f"{best.name}: asked for ({asked})",), warnings=_warnings(best))


def refusal_of(candidate: Candidate) -> AnymediaError | None:
    """The error that says why an explicitly named candidate cannot be used, or `None`."""
    if candidate.backend.unusable is not None:
        return _named_in(InvalidConfiguration(candidate.backend.unusable), candidate)
    if candidate.retired:
        return _named_in(
            RetiredModel(f"{candidate.name} {retirement(candidate.model)}.", next=_successor(candidate)), candidate
        )
    try:
        candidate.model.check(candidate.request)
    except AnymediaError as error:
        return _named_in(error, candidate)
    if candidate.missing_key:
        return _named_in(
            MissingCredentials(f"{candidate.backend.title} needs a key.", next=f"Set {candidate.to_set}."),
            candidate,
        )
    if candidate.not_installed:
        missing = f"{candidate.backend.title} needs packages that are not installed."
        return _named_in(MissingDependency(missing, next=f"Run: {candidate.not_installed}"), candidate)
    return None


def _named_in(error: AnymediaError, candidate: Candidate) -> AnymediaError:
    error.backend, error.model = candidate.backend.name, candidate.model.id
    return error


def retirement(model: Model) -> str:
    return f"was retired on {model.retires}"


def _successor(candidate: Candidate) -> str:
    model = candidate.model
    instead = f"Its successor is {model.successor}. " if model.successor else ""
    return f"{instead}If your own server still has it, set its base URL, or `allow_retired`."


def _nothing(request: Request, found: list[Candidate]) -> AnymediaError:
    """The error that names, for every candidate, what is missing; a value that nobody takes is the caller's mistake."""
    noun = request.operation.replace("_", " ")
    if not found:
        return NoBackendAvailable(f"No installed backend makes {noun}.")
    living = [candidate for candidate in found if not candidate.retired]
    if not living and (error := refusal_of(found[0])):
        return error
    wrong_everywhere = set.intersection(*({*candidate.problems} for candidate in living))
    if wrong_everywhere:
        return InvalidParameter(f"{noun}: {'; '.join(sorted(wrong_everywhere))}.")
    usable = [candidate for candidate in living if not candidate.missing_key and not candidate.left_out]
    with_a_key = any(candidate.missing_key and len(candidate.why_not) == 1 for candidate in found)
    one = len({candidate.backend.name for candidate in usable}) == 1
    if one and not with_a_key and (error := refusal_of(usable[0])):
        return error
    return NoBackendAvailable(
        f"No backend can make this {noun}:\n" + "\n".join(_reasons(found)), next=_what_to_set(found)
    )


def _reasons(found: list[Candidate]) -> list[str]:
    """One line for all models of a backend that have the same reasons against them."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for candidate in found:
        if not candidate.retired:
            grouped.setdefault((candidate.backend.name, "; ".join(candidate.why_not)), []).append(candidate.model.id)
    return [f"  {backend} ({', '.join(models)}): {reasons}" for (backend, reasons), models in grouped.items()]


def _what_to_set(found: Iterable[Candidate]) -> str | None:
    """The variables, and the rehearsal, that would make one candidate able."""
    variables: list[str] = []
    rehearsal = None
    for candidate in found:
        if candidate.missing_key and len(candidate.why_not) == 1:
            variables += [name for name in candidate.backend.auth.env if name not in variables]
        if candidate.left_out and candidate.backend.role == "rehearsal" and len(candidate.why_not) == 1:
            rehearsal = candidate.backend.name
    choice = "one of: " if len(variables) > 1 else ""
    sentences = [f"\nSet {choice}{', '.join(variables)}."] if variables else []
    if rehearsal:
        rehearse = "Or rehearse" if sentences else "Rehearse"
        sentences.append(f'{rehearse} without a key: backend="{rehearsal}", or ANYMEDIA_OFFLINE=1.')
    return " ".join(sentences) or None


def _account(best: Candidate, passed: list[Candidate]) -> tuple[str, ...]:
    """Why it is this one: everything that ranks before it cannot serve the request."""
    refused = (line.strip() for line in _reasons(passed))
    return (f"{best.name}: the first that can serve the whole request", *refused)


def _warnings(best: Candidate) -> tuple[str, ...]:
    if best.backend.role != "rehearsal":
        return ()
    return (f"Made by {best.backend.name}: a rehearsal on your own machine, not a provider.",)
