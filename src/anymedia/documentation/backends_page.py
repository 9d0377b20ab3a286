"""Writes `docs/reference/backends.md`: every shipped backend, its models and what each parameter may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_UP, Decimal

from ..media import readable_size
from ..operations import Request, field_types, request_fields
from ..registry import shipped_backends
from ..spec.backend import ApiKey, Backend, Continuation, Model
from .plain_requests import plain_request
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
    parts = [
        f"## {backend.name}",
        bullets(_facts(backend)),
        models_table(backend, backend.models),
        continuations(backend.models),
    ]
    for kind in _kinds(backend):
        models = backend.models_for(kind)
        parts += [f"### {backend.name}: {noun(kind.operation)}", parameters_of(kind, models), rules_of(models)]
    return "\n\n".join(part for part in parts if part)


def _facts(backend: Backend) -> Iterator[str]:
    page = backend.docs.replace("docs/", "../", 1) if backend.docs.startswith("docs/") else backend.docs
    yield f"{backend.title}; {link('documentation', page)}."
    if backend.role == "rehearsal":
        yield "A rehearsal: chosen by itself only when no provider has a key, or when `offline` is set."
    if backend.aliases:
        yield f"Also called {codes(backend.aliases)}."
    yield f"Key: {codes(backend.auth.env) or 'none needed'}."
    if isinstance(backend.auth, ApiKey) and backend.auth.otherwise is not None:
        token = backend.auth.otherwise
        yield (
            f"Without a key, a token by {codes(token.env)} or the file {code(token.files[-1])}; it needs the extra "
            f"{code(f'anymedia[{token.extra}]')}."
        )
    if backend.base_url:
        variables = f", changed by {codes(backend.base_url_env)}" if backend.base_url_env else ""
        yield f"Base URL: {code(backend.base_url)}{variables}."
    if backend.extra:
        yield f"Needs the extra: {code(f'anymedia[{backend.extra}]')}."
    if not backend.priority:
        yield "Used only where it is named: it is never chosen by itself."
        return
    ranks = ", ".join(f"{noun(kind.operation)} {rank}" for kind, rank in backend.priority.items())
    yield f"Priority (lower is preferred): {ranks}."


def models_table(backend: Backend, models: Sequence[Model]) -> str:
    heads = ("model", "makes", "price", "a plain one at most", "source of the price", "released", "retires", "one file")
    return table(heads, (_model_row(backend, model) for model in models))


def _model_row(backend: Backend, model: Model) -> tuple[str, ...]:
    price = model.price
    aliases = f" ({codes(model.aliases)})" if model.aliases else ""
    source = link("source", price.source) if price.source.startswith("https://") else price.source
    successor = f", then {code(model.successor)}" if model.successor else ""
    return (
        f"{code(model.id)}{aliases}",
        noun(model.accepts.operation),
        price.describe(),
        _dollars(price.worst_case(plain_request(model.accepts, [backend]))),
        f"{source}, checked {price.checked}",
        "" if model.released == date.min else str(model.released),
        f"{model.retires}{successor}" if model.retires else "",
        f"about {readable_size(model.typical_bytes)}",
    )


def _dollars(amount: Decimal | None) -> str:
    """Rounded up to a cent: it is the most, not the usual."""
    if amount is None:
        return "unknown"
    return "free" if amount == 0 else f"${amount.quantize(Decimal('0.01'), ROUND_UP)}"


def continuations(models: Sequence[Model]) -> str:
    groups: dict[Continuation, list[str]] = {}
    for model in models:
        if model.continuation is not None:
            groups.setdefault(model.continuation, []).append(model.id)
    lines = (f"{codes(ids)}: {each.how} ({each.lives})" for each, ids in groups.items())
    return f"Continued by `continue_from`:\n\n{bullets(lines)}" if groups else ""


def parameters_of(kind: type[Request], models: Sequence[Model]) -> str:
    fields = request_fields(kind)
    served = [name for name in fields if any(name in model.serves for model in models)]
    rows = [(code(name), str(fields[name].metadata["help"]), _allowed(kind, name, models)) for name in served]
    return table(("parameter", "what it is", "what it may be"), rows)


def _allowed(kind: type[Request], name: str, models: Sequence[Model]) -> str:
    """The words of the first model, then those of the models that differ from it."""
    groups: dict[str, list[str]] = {}
    for model in models:
        groups.setdefault(_words(kind, name, model), []).append(model.id)
    usual, *others = groups
    return "; ".join([usual, *(f"{codes(groups[other])}: {other}" for other in others)])


def _words(kind: type[Request], name: str, model: Model) -> str:
    if name not in model.serves:
        return "not served"
    if name in model.params:
        return model.params[name].allows.describe()
    return "true or false" if field_types(kind)[name] is bool else "the `continuation_id` of an earlier result"


def rules_of(models: Sequence[Model]) -> str:
    groups: dict[str, list[str]] = {}
    for model in models:
        for rule in model.rules:
            groups.setdefault(rule.describe(), []).append(model.id)
    if not groups:
        return ""
    lines = (f"{rule}{'' if len(ids) == len(models) else f': {codes(ids)}'}" for rule, ids in groups.items())
    return f"Rules across parameters:\n\n{bullets(lines)}"
