"""Writes `docs/reference/backends.md`: every shipped backend, its models and what each parameter may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from ..media import readable_size
from ..operations import Request, request_fields
from ..registry import shipped_backends
from ..spec.backend import Backend, Model
from .tables import bullets, code, codes, link, noun, page, table

INTRODUCTION = """\
What every shipped backend can do, from the same declarations that check requests, write what is sent and give the
command line its options. A parameter that is not listed for a model is refused before anything is sent; so is a value
outside what is allowed, unless `adapt` asks for the nearest one. `anymedia models` shows the same for the backends
that are installed, and whether each can be used now."""


def render() -> str:
    """The whole page."""
    backends = list(shipped_backends().values())
    return page("Backends", INTRODUCTION, _overview(backends), *(_section(backend) for backend in backends))


def _overview(backends: Sequence[Backend]) -> str:
    rows = [
        (
            link(backend.name, f"#{backend.name}"),
            backend.title,
            ", ".join(noun(kind.operation) for kind in _kinds(backend)),
            codes(backend.auth.env) or "none",
        )
        for backend in backends
    ]
    return table(("backend", "who", "makes", "key"), rows)


def _kinds(backend: Backend) -> list[type[Request]]:
    return list(dict.fromkeys(model.accepts for model in backend.models))


def _section(backend: Backend) -> str:
    parts = [f"## {backend.name}", bullets(_facts(backend)), _models(backend)]
    for kind in _kinds(backend):
        models = backend.models_for(kind)
        parts += [f"### {backend.name}: {noun(kind.operation)}", _parameters(kind, models), _rules(models)]
    return "\n\n".join(part for part in parts if part)


def _facts(backend: Backend) -> Iterator[str]:
    yield f"{backend.title}; {link('documentation', backend.docs)}."
    if backend.role == "rehearsal":
        yield "A rehearsal: chosen by itself only when no provider has a key, or when `offline` is set."
    if backend.aliases:
        yield f"Also called {codes(backend.aliases)}."
    yield f"Key: {codes(backend.auth.env) or 'none needed'}."
    if backend.base_url:
        variables = f", changed by {codes(backend.base_url_env)}" if backend.base_url_env else ""
        yield f"Base URL: {code(backend.base_url)}{variables}."
    if backend.extra:
        yield f"Needs the extra: {code(f'anymedia[{backend.extra}]')}."
    ranks = ", ".join(f"{noun(kind.operation)} {rank}" for kind, rank in backend.priority.items())
    yield f"Priority (lower is preferred): {ranks}."


def _models(backend: Backend) -> str:
    heads = ("model", "makes", "price", "source of the price", "released", "retires", "one file", "continued by")
    return table(heads, (_model_row(model) for model in backend.models))


def _model_row(model: Model) -> tuple[str, ...]:
    price, continuation = model.price, model.continuation
    aliases = f" ({codes(model.aliases)})" if model.aliases else ""
    source = link("source", price.source) if price.source.startswith("https://") else price.source
    successor = f", then {code(model.successor)}" if model.successor else ""
    return (
        f"{code(model.id)}{aliases}",
        noun(model.accepts.operation),
        price.describe(),
        f"{source}, checked {price.checked}",
        "" if model.released == date.min else str(model.released),
        f"{model.retires}{successor}" if model.retires else "",
        f"about {readable_size(model.typical_bytes)}",
        f"{continuation.how}; {continuation.lives}" if continuation else "",
    )


def _parameters(kind: type[Request], models: Sequence[Model]) -> str:
    fields = request_fields(kind)
    served = [name for name in fields if any(name in model.serves for model in models)]
    rows = [(code(name), str(fields[name].metadata["help"]), _allowed(name, models)) for name in served]
    return table(("parameter", "what it is", "what it may be"), rows)


def _allowed(name: str, models: Sequence[Model]) -> str:
    """The words of the first model, then those of the models that differ from it."""
    groups: dict[str, list[str]] = {}
    for model in models:
        groups.setdefault(_words(name, model), []).append(model.id)
    usual, *others = groups
    return "; ".join([usual, *(f"{codes(groups[other])}: {other}" for other in others)])


def _words(name: str, model: Model) -> str:
    if name not in model.serves:
        return "not served"
    param = model.params.get(name)
    return "any continuation of this model" if param is None else param.allows.describe()


def _rules(models: Sequence[Model]) -> str:
    groups: dict[str, list[str]] = {}
    for model in models:
        for rule in model.rules:
            groups.setdefault(rule.describe(), []).append(model.id)
    if not groups:
        return ""
    lines = (f"{rule}{'' if len(ids) == len(models) else f': {codes(ids)}'}" for rule, ids in groups.items())
    return f"Rules across parameters:\n\n{bullets(lines)}"
