"""Takes requests: finds out who serves them, for how much at most, and opens their jobs in the ledger.

Everything up to `open` is free of side effects on money: what is wrong with a request is found here.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from . import selection
from .credentials import Credentials
from .engine import continuations
from .engine.attempts import Attempt, last_attempt, told
from .engine.blobs import Blobs
from .engine.budget import Caps, check, reserve, reserve_again
from .engine.continuations import Kept
from .engine.fence import Fence
from .engine.file_names import new_job_id
from .engine.forgetting import refuse_forgotten
from .engine.inputs import ready_request
from .engine.ledger import Ledger, Row, job_with_key
from .engine.placing import Placement, ends_unlike, formats_like, place, with_format_of, with_text_format_of
from .engine.plan import (
    Plan,
    check_provider_options,
    check_same_job,
    missing_packages,
    said_of_parts,
    with_canonical_options,
    worst_case_of,
)
from .engine.request_json import request_hash, to_json
from .engine.settings import FETCHED_INPUTS
from .errors import (
    AnymediaError,
    BudgetExceeded,
    InvalidParameter,
    OutputRefused,
)
from .media import Json
from .operations import Request, media_in
from .registry import find_backend, shipped_backends
from .results import Adjustment
from .selection import Candidate, Choice, Preferences

if TYPE_CHECKING:
    from .engine.run import Hear, Report


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a request is to be made, besides what is asked for. `None` leaves it to the configuration.

    `output` is one file, `output_dir` a folder; with `marks` a file beside each output says who made it. `wait` is in
    seconds and ends the waiting, not the job. `max_cost` is in US dollars. `run` groups jobs for `budgets.per_run`;
    `agent` names who asks. `on_progress` is told how far it is, and `on_chunk` is given the bytes of an output as they
    come in the provider's reply: to play speech while it is spoken. Both are called on the event loop and must return
    at once. With `fallback` the next backend is tried after a failure that cost nothing, unless one was named; `wait`
    counts for each. `attempts` are those that failed, `adjustments` what was changed of the request before.
    """

    backend: str | None = None
    model: str | None = None
    output: Path | None = None
    output_dir: Path | None = None
    overwrite: bool = False
    marks: bool | None = None
    adapt: bool | None = None
    max_cost: Decimal | None = None
    allow_unknown_cost: bool | None = None
    allow_retired: bool | None = None
    fallback: bool | None = None
    idempotency_key: str | None = None
    wait: float | None = None
    on_progress: Report | None = None
    on_chunk: Hear | None = None
    agent: str | None = None
    run: str | None = None
    batch: str | None = None
    batch_cap: Decimal | None = None
    parent: str | None = None
    attempts: tuple[Attempt, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A job in the ledger, and whether it was there before."""

    job_id: str
    attached: bool = False


@dataclass(kw_only=True)
class Desk(Credentials):
    """Plans requests and opens jobs for one client."""

    ledger: Ledger
    allow_rehearsal: bool = True
    run: str = field(default_factory=lambda: f"run_{secrets.token_hex(8)}")
    blobs: Blobs = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.blobs = Blobs(self.ledger.home)
        settings, home = self.configuration.settings, self.ledger.home
        own = (home / "blobs", home / "scratch" / FETCHED_INPUTS)
        self._fence = Fence(roots=settings.roots, own=own, largest_input=settings.largest_input)
        self._installs: dict[str, str | None] = {}

    # --- Planning -----------------------------------------------------------------------------------------------

    def preferences(self, options: Options) -> Preferences:
        settings = self.configuration.settings
        reached = {b.name: (self.base_url_of(b).rstrip("/"), self.declared_url_of(b)) for b in self.backends.values()}
        own = frozenset(name for name, (url, declared) in reached.items() if url != declared)
        backend, model = self._named(options)
        return Preferences(
            backend=backend,
            model=model,
            order={name: tuple(backends) for name, backends in settings.prefer.items()},
            models=settings.models,
            shipped=frozenset(shipped_backends()),
            own_servers=own,
            to_set={name: self.to_set(each) for name, each in self.backends.items()},
            not_installed={name: install for name in self.backends if (install := self.install_line(name))},
            offline=settings.offline,
            allow_retired=_either(options.allow_retired, settings.allow_retired),
            allow_rehearsal=self.allow_rehearsal,
            adapt=_either(options.adapt, settings.adapt or False),
            failed={each.backend: each.reason for each in options.attempts},
        )

    def install_line(self, name: str) -> str | None:
        """The command that installs what a backend computes with, or `None` if all of it is there."""
        if name not in self._installs:
            backend, token = self.backends[name], self.token_of(self.backends[name])
            if token is None:
                self._installs[name] = missing_packages(backend.needs, backend.extra)
            else:
                self._installs[name] = missing_packages(token.declared.needs, token.declared.extra)
        return self._installs[name]

    def _named(self, options: Options) -> tuple[str | None, str | None]:
        """The backend and model asked for; `backend:model` may be given as the model."""
        before, colon, after = (options.model or "").partition(":")
        names = {name.lower(): each for each in self.backends.values() for name in (each.name, *each.aliases)}
        named = names.get(before.lower()) if colon else None
        if named is not None and options.backend is None:
            return named.name, after
        if named is not None and options.backend is not None and names.get(options.backend.lower()) is named:
            return options.backend, after
        return options.backend, options.model

    def candidates(self, request: Request, options: Options) -> list[Candidate]:
        """Every backend and model for a request, best first, with the reasons against each. Spends nothing."""
        preferences = self.preferences(options)
        return list(selection.candidates(request, self.backends, self.keyed(), preferences, today=_today()))

    def choose(self, request: Request, options: Options, *, without_key: bool = False) -> Choice:
        keyed = self.keyed()
        if without_key and (options.backend or options.model):
            keyed = frozenset(self.backends)
        return selection.choose(request, self.backends, keyed, self.preferences(options), today=_today())

    def _choose_for(self, output: Path | None, request: Request, options: Options, *, without_key: bool) -> Choice:
        """Who is known not to make what the file ends like makes way for who does. Raise `OutputRefused`."""
        choice = self.choose(request, options, without_key=without_key)
        problem = None if output is None else ends_unlike(output, request, choice.candidate.model)
        if output is None or problem is None:
            return choice
        for name in formats_like(output):
            asked: dict[str, Json] = {"output_format": name}
            with suppress(AnymediaError):
                exactly = replace(options, adapt=False)
                return self.choose(replace(request, **asked), exactly, without_key=without_key)
        raise OutputRefused(f"The output {output.name} does not end like what is made: {problem}.", next="Rename it.")

    async def plan(self, request: Request, options: Options, *, without_key: bool = False) -> Plan:
        """Who makes it, with what body, for how much at most. Raise what is wrong with the request."""
        asked = await self._measured(request, options)
        request, options, kept, adjustments = await self._continued(asked, options)
        output = None if options.output is None else Path(options.output)
        choice = self._choose_for(output, with_text_format_of(output, request), options, without_key=without_key)
        backend, model = choice.candidate.backend, choice.candidate.model
        request = with_canonical_options(choice.candidate.request, self.backends)
        unused = check_provider_options(request, model, backend.name)
        request = with_format_of(output, request, model)
        parts = model.parts_of(request)
        return Plan(
            asked=asked,
            request=request,
            backend=backend,
            model=model,
            body={**model.encode(request), **request.provider_options.get(backend.name, {})},
            worst_case=worst_case_of(parts, model),
            parts=len(parts),
            why=choice.why,
            warnings=(*choice.warnings, *unused, *said_of_parts(parts)),
            adjustments=(*options.adjustments, *adjustments, *choice.candidate.adjustments),
            continues=None if kept is None else kept.id,
            continuation=None if kept is None else kept.state,
        )

    async def _continued(
        self, request: Request, options: Options
    ) -> tuple[Request, Options, Kept | None, tuple[Adjustment, ...]]:
        """Pin backend and model of a continuation; for another backend, go on from the last output instead."""
        if request.continue_from is None:
            return request, options, None, ()
        kept = await self.continuation(request.continue_from)
        if kept.operation != request.operation:
            raise InvalidParameter(f"{kept.id} continues {kept.operation}, not {request.operation}.")
        backend, model = self._named(options)
        elsewhere = backend is not None and find_backend(backend, self.backends).name != kept.backend
        if elsewhere or (model is not None and not self._is_model(kept, model)):
            changed, adjustment = from_last_output(request, kept, f"{options.backend or options.model} was asked for")
            return await self._measured(changed, options), options, None, (adjustment,)
        return request, replace(options, backend=kept.backend, model=kept.model), kept, ()

    def _is_model(self, kept: Kept, name: str) -> bool:
        """Whether the model asked for is the one that made the continued result, by whichever of its names."""
        backend = self.backends.get(kept.backend)
        model = None if backend is None else backend.model(name)
        return model is not None and model.id == kept.model

    async def continuation(self, continuation_id: str) -> Kept:
        """The continuation of this id. Raise `UnknownName`."""
        load = partial(continuations.load, continuation_id=continuation_id, blobs=self.blobs)
        return await self.ledger.call(load)

    def fence(self, options: Options) -> Fence:
        """Where files may be. A part of a larger job has those of its parent, and what it makes is kept by us."""
        return self._fence if options.parent is None else replace(self._fence, roots=None)

    def measured(self, request: Request, options: Options) -> Request:
        """The request with its files read whole, checked and hashed. Raise `InvalidInput`."""
        return ready_request(request, self.fence(options))

    async def _measured(self, request: Request, options: Options) -> Request:
        """The same off the event loop; most requests have no files."""
        return await asyncio.to_thread(self.measured, request, options) if media_in(request) else request

    # --- Opening jobs -------------------------------------------------------------------------------------------

    async def open(self, request: Request, options: Options, *, adjustments: tuple[Adjustment, ...] = ()) -> Opened:
        """Put the job of a request into the ledger with its worst case reserved. `adjustments` were made before.

        A key that is known attaches to its job. Raise `IdempotencyConflict`, `OutputRefused` or `BudgetExceeded`.
        """
        if options.idempotency_key is not None:
            ready = await self._measured(request, options)
            row = await self._known(options.idempotency_key)
            if row is not None:
                return await self._attached(row, await self._document(ready), options)
        plan = await self.plan(request, options)
        plan = told(replace(plan, adjustments=(*adjustments, *plan.adjustments)), options.attempts)
        job_id = new_job_id()
        columns = await self._columns(plan, options, job_id)
        caps, placement = self.caps(options), self._placement(options)

        def place_and_reserve(connection: sqlite3.Connection) -> Row | None:
            check(connection, columns, caps, plan.worst_case)  # before a folder is made for nothing
            target = place(placement, plan.request, plan.model, job_id, self.fence(options))
            after = options.attempts[-1].job_id if options.attempts else None
            return reserve(connection, {**columns, "output": target.document()}, caps, plan.reserved, after=after)

        with self._advising(plan, options):
            known = await self.ledger.call(place_and_reserve)
        if known is not None:
            return await self._attached(known, await self._document(plan.asked), options)
        return Opened(job_id=job_id)

    async def _attached(self, row: Row, document: Json, options: Options) -> Opened:
        """The job that has the key already. One for which nothing was sent or charged is opened again."""
        row = await self.ledger.call(partial(last_attempt, row=row))
        refuse_forgotten(row)
        backend, model = self._named(options)
        named = None if backend is None else find_backend(backend, self.backends).name
        declared = None if model is None else self.backends[row["backend"]].model(model)
        check_same_job(row, document, backend=named, model=model if declared is None else declared.id)
        if row["status"] in ("not_sent", "rate_limited"):
            run = options.run or self.run
            await self.ledger.call(lambda connection: reserve_again(connection, row, self.caps(options), run=run))
        return Opened(job_id=row["id"], attached=True)

    async def check_budget(self, plan: Plan, options: Options) -> None:
        """Raise `BudgetExceeded` if the plan does not fit, without reserving anything."""
        columns = {"backend": plan.backend.name, "agent": options.agent, "run": options.run or self.run}
        with self._advising(plan, options):
            await self.ledger.call(lambda connection: check(connection, columns, self.caps(options), plan.worst_case))

    @contextmanager
    def _advising(self, plan: Plan, options: Options) -> Iterator[None]:
        """Let a refusal name models that are known to cost less."""
        try:
            yield
        except BudgetExceeded as error:
            found = self.candidates(plan.asked, replace(options, model=None))
            if less := " or ".join(selection.cheaper(found, plan.worst_case)[:2]):
                unknown = plan.worst_case is None
                other = "allow unknown costs (`allow_unknown_cost`)" if unknown else "raise the cap"
                error.next = f"Ask for {less}, or {other}."
            raise

    async def _known(self, idempotency_key: str) -> Row | None:
        return await self.ledger.call(lambda connection: job_with_key(connection, idempotency_key))

    async def _document(self, request: Request) -> Json:
        if any(file.data is not None for files in media_in(request).values() for file in files):
            return await asyncio.to_thread(to_json, request, self.blobs.keep)
        return to_json(request, self.blobs.keep)

    async def _columns(self, plan: Plan, options: Options, job_id: str) -> dict[str, Json]:
        document = await self._document(plan.request)
        as_asked = document if plan.asked is plan.request else await self._document(plan.asked)
        return {
            "id": job_id,
            "parent": options.parent,
            "operation": plan.request.operation,
            "backend": plan.backend.name,
            "model": plan.model.id,
            "status": "reserved",
            "idempotency_key": options.idempotency_key or f"key_{secrets.token_hex(16)}",
            "request": document,
            "request_hash": request_hash(as_asked),
            "account": self.account(plan.backend),
            "selection": plan.selection,
            "continues": plan.continues,
            "run": options.run or self.run,
            "batch": options.batch,
            "agent": options.agent,
            "created_at": time.time(),
            "cost_source": f"{plan.model.price.source}, checked {plan.model.price.checked}",
        }

    def _placement(self, options: Options) -> Placement:
        folder = Path(options.output_dir or self.configuration.settings.output_dir)
        file = None if options.output is None else Path(options.output).expanduser().absolute()
        # A part of a larger job has the folder of its parent; nobody named it for the part.
        asked = options.output_dir is not None and options.parent is None
        return Placement(
            folder=folder.expanduser().absolute(),
            folder_asked=asked,
            file=file,
            overwrite=options.overwrite,
            marks=_either(options.marks, self.configuration.settings.marks),
        )

    def caps(self, options: Options) -> Caps:
        caps = self.configuration.caps()
        per_call = min((cap for cap in (caps.per_call, options.max_cost) if cap is not None), default=None)
        allow = _either(options.allow_unknown_cost, caps.allow_unknown_cost)
        return replace(caps, per_call=per_call, per_batch=options.batch_cap, allow_unknown_cost=allow)

    async def open_child(self, parent: Row, index: int, request: Request) -> str:
        """The job of one part of a larger one; the same part finds the same job again.

        Its files are kept with the ledger: nobody asked for them.
        """
        is_same_work = request.operation == parent["operation"]  # and then all of it was planned, and allowed, as one
        options = Options(
            backend=parent["backend"],
            model=parent["model"] if is_same_work else None,
            allow_retired=is_same_work or None,
            allow_unknown_cost=is_same_work or None,
            output_dir=self.ledger.home / "parts" / parent["id"],
            idempotency_key=f"{parent['idempotency_key']}/{index}",
            parent=parent["id"],
            run=parent["run"],
            agent=parent["agent"],
        )
        return (await self.open(request, options)).job_id


def from_last_output(request: Request, kept: Kept, why: str) -> tuple[Request, Adjustment]:
    """The same request starting from the last output as an input image, and the note that says so."""
    if kept.last_output is None or "input_images" not in request.__dataclass_fields__:
        raise InvalidParameter(f"{kept.id} can only be continued by {kept.backend}:{kept.model}; {why}.")
    inputs = (kept.last_output, *(request.asked_for().get("input_images") or ()))
    changed: dict[str, Json] = {"continue_from": None, "input_images": inputs}
    adjustment = Adjustment(
        field="continue_from",
        asked=kept.id,
        got="the last picture as an input image",
        why=f"{why}; the state of the conversation is with {kept.backend}:{kept.model}",
    )
    return replace(request, **changed), adjustment


def _either(asked: bool | None, configured: bool) -> bool:
    return configured if asked is None else asked


def _today() -> date:
    return datetime.now(UTC).date()
