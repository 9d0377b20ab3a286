"""Writes `docs/reference/selection.md`: who makes a plain request, for every set of keys and every operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations

from ..errors import AnymediaError
from ..operations import OPERATIONS, Request
from ..registry import shipped_backends
from ..selection import Preferences, choose
from ..spec.backend import ApiKey, Backend
from .plain_requests import plain_request
from .tables import bullets, code, codes, noun, page, table

INTRODUCTION = """\
The winner for a plain request: the prompt and nothing else, no configuration, the extras installed, on the day the
facts were last checked: what was retired by then is not chosen. A request that asks for more goes to the first in the
same order whose model serves all of it; `anymedia why` and `result.why` explain one request. A backend or model that is
named is taken or refused, never replaced. A plugin, and a server of your own, ranks after everything here unless the
configuration raises it. Every set of keys was tried; those that make no difference share a row."""


def render() -> str:
    """The whole page, computed by the selection itself."""
    backends = shipped_backends()
    unserved = [noun(kind.operation) for kind in OPERATIONS.values() if not _serving(kind, backends)]
    nobody = f"No shipped backend makes: {', '.join(unserved)}." if unserved else ""
    by_name = [backend.name for backend in backends.values() if not backend.priority]
    named = f"Used only where it is named, whatever keys are set: {codes(by_name)}." if by_name else ""
    sections = (_section(kind, backends) for kind in OPERATIONS.values() if _serving(kind, backends))
    return page("Who makes it", INTRODUCTION, _keys(backends), named, *sections, nobody)


def _serving(kind: type[Request], backends: Mapping[str, Backend]) -> list[Backend]:
    """The backends of an operation in the order of their priority."""
    having = (backend for backend in backends.values() if backend.models_for(kind) and backend.priority)
    return sorted(having, key=lambda backend: backend.rank(kind))


def _has_key(backend: Backend) -> bool:
    return isinstance(backend.auth, ApiKey)


def _keys(backends: Mapping[str, Backend]) -> str:
    variables = (
        f"{name}: {' or '.join(code(each) for each in b.auth.env)}" for name, b in backends.items() if b.auth.env
    )
    return f"Keys:\n\n{bullets(variables)}"


def _section(kind: type[Request], backends: Mapping[str, Backend]) -> str:
    order = " > ".join(backend.name for backend in _serving(kind, backends))
    rows = table(("keys that are set", "winner"), _rows(kind, backends))
    return f"## {noun(kind.operation)}\n\nOrder: {order}.\n\n{rows}"


def _rows(kind: type[Request], backends: Mapping[str, Backend]) -> Iterator[tuple[str, str]]:
    """The winner for every set of keys that can make a difference: those of the backends that serve the operation.

    The keys of the others matter only when they are the only ones: then no rehearsal stands in.
    """
    serving = [backend.name for backend in _serving(kind, backends) if _has_key(backend)]
    others = [name for name, each in backends.items() if _has_key(each) and each.priority and name not in serving]
    request = plain_request(kind, _serving(kind, backends))
    yield "none", _winner(request, backends, ())
    if others:
        yield f"only of others ({', '.join(others)})", _winner(request, backends, others)
    for place, name in enumerate(serving):
        sets = [(name, *behind) for behind in _sets_of(serving[place + 1 :])]
        yield from _together(sets, [_winner(request, backends, names) for names in sets])


def _sets_of(names: Sequence[str]) -> list[tuple[str, ...]]:
    return [chosen for size in range(len(names) + 1) for chosen in combinations(names, size)]


def _together(sets: Sequence[tuple[str, ...]], winners: Sequence[str]) -> Iterator[tuple[str, str]]:
    """One row for all sets with the same first backend, where all of them have one winner; else a row for each."""
    if len(set(winners)) > 1:
        yield from ((", ".join(names), winner) for names, winner in zip(sets, winners, strict=True))
        return
    name, last = sets[0][0], sets[-1]
    behind = f", with or without {', '.join(last[1:])}" if last[1:] else ""
    yield f"{name}{behind}", winners[0]


def _day_of_the_facts(backends: Mapping[str, Backend]) -> date:
    """The page changes with the facts and not with the calendar."""
    return max(model.price.checked for backend in backends.values() for model in backend.models)


def _winner(request: Request, backends: Mapping[str, Backend], names: Sequence[str]) -> str:
    """Who makes it with the keys of these backends, or the error that is raised."""
    keyed = frozenset({*names, *(name for name, backend in backends.items() if not _has_key(backend))})
    preferences = Preferences(shipped=frozenset(backends))
    try:
        chosen = choose(request, backends, keyed, preferences, today=_day_of_the_facts(backends))
    except AnymediaError as error:
        return f"nobody: {code(type(error).__name__)}"
    return codes([chosen.candidate.name])
