"""What a request would send and cost, found out without a key, a network or a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from .desk import Desk, Options
from .engine.budget import Caps
from .engine.plan import Plan
from .engine.request_body import shown_json
from .errors import BackendDefect
from .media import Json
from .operations import Request
from .results import SCHEMA
from .spec.backend import ApiKey, Call
from .spec.wire import Compute, Exchange, HttpRequest


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """The first thing the chosen backend would do, and the most it may cost (`None`: nobody can tell)."""

    backend: str
    model: str
    operation: str
    wire: Mapping[str, Json]
    worst_case: Decimal | None
    price: str
    price_source: str
    why: tuple[str, ...]
    warnings: tuple[str, ...]
    adjustments: tuple[Json, ...]

    def document(self) -> dict[str, Json]:
        amount = None if self.worst_case is None else f"{self.worst_case:f}"
        return {
            "schema": SCHEMA,
            "dry_run": True,
            "operation": self.operation,
            "backend": self.backend,
            "model": self.model,
            "wire": dict(self.wire),
            "cost": {"at_most": amount, "currency": "USD", "price": self.price, "source": self.price_source},
            "why": list(self.why),
            "warnings": list(self.warnings),
            "adjustments": list(self.adjustments),
        }


async def dry_run(desk: Desk, request: Request, options: Options) -> DryRun:
    """Plan a request and run its flow up to its first effect."""
    plan = await desk.plan(request, options, without_key=True)
    if desk.caps(options) != Caps():
        await desk.check_budget(plan, options)
    price = plan.model.price
    return DryRun(
        backend=plan.backend.name,
        model=plan.model.id,
        operation=plan.request.operation,
        wire=_first_effect(desk, plan),
        worst_case=plan.worst_case,
        price=price.describe(),
        price_source=f"{price.source}, checked {price.checked}",
        why=plan.why,
        warnings=plan.warnings,
        adjustments=tuple(adjustment.document() for adjustment in plan.adjustments),
    )


def _first_effect(desk: Desk, plan: Plan) -> dict[str, Json]:
    request = plan.model.parts_of(plan.request)[0]
    call = Call(
        request=request,
        model=plan.model,
        body=plan.body if plan.parts == 1 else plan.model.encode(request),
        idempotency_key="key of the job",
        continuation=plan.continuation,
        settings=desk.settings_of(plan.backend),
    )
    effect = next(plan.backend.submit_of(plan.model)(call), None)
    match effect:
        case HttpRequest():
            return _shown_request(desk, plan, effect)
        case Exchange():
            return _shown_exchange(desk, plan, effect)
        case Compute():
            name = f"{effect.function.__module__}.{effect.function.__qualname__}"
            return {"compute": name, "where": effect.where, "arguments": _shown_arguments(effect)}
    raise BackendDefect(f"{plan.backend.name}: submit must begin with a request or a computation.")


def _shown_request(desk: Desk, plan: Plan, request: HttpRequest) -> dict[str, Json]:
    """The request as it goes out, files as summaries, the key as a word."""
    shown: dict[str, Json] = {"method": request.method, **_shown_address(desk, plan, request.path)}
    if request.parts is not None:
        shown["form"] = [[name, shown_json(value)] for name, value in request.parts]
    elif request.content is not None:
        shown["content"] = request.content.summary
    elif request.json is not None:
        shown["json"] = shown_json(request.json)
    return shown


def _shown_exchange(desk: Desk, plan: Plan, exchange: Exchange) -> dict[str, Json]:
    """The conversation: where it is held, and what is said in it."""
    address = _shown_address(desk, plan, exchange.path)
    url = address["url"].replace("http", "ws", 1) + (f"?{urlencode(exchange.query)}" if exchange.query else "")
    return {**address, "url": url, "send": [shown_json(message) for message in exchange.send]}


def _shown_address(desk: Desk, plan: Plan, path: str) -> dict[str, Json]:
    """Where something goes, the key as a word."""
    base = desk.base_url_of(plan.backend)
    return {
        "url": base.rstrip("/") + path if path.startswith("/") else path,
        "headers": _shown_headers(desk, plan),
    }


def _shown_headers(desk: Desk, plan: Plan) -> dict[str, str]:
    """The header that the key, or the token, would go into."""
    auth, token = plan.backend.auth, desk.token_of(plan.backend)
    if token is not None:
        return {token.declared.header: f"{token.declared.prefix}[token]"}
    return {auth.header: f"{auth.prefix}[key]"} if isinstance(auth, ApiKey) else {}


def _shown_arguments(effect: Compute) -> dict[str, Json]:
    return {name: _shown_argument(value) for name, value in effect.arguments.items()}


def _shown_argument(value: Json) -> Json:
    shown = shown_json(value)
    return shown if shown is None or isinstance(shown, bool | int | float | str | list | dict) else str(shown)
