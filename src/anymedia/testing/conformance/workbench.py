"""One backend on the real engine: a ledger in a folder of its own, loopback servers for a provider, no keys.

`make` takes a request the way the client does (choose, reserve, run) and says what came of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
import time
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

from ...engine import continuations
from ...engine.blobs import Blobs
from ...engine.budget import Caps, reserve
from ...engine.fence import Fence
from ...engine.file_names import new_job_id
from ...engine.ledger import Ledger
from ...engine.placing import Placement, place
from ...engine.request_json import from_json, request_hash, to_json
from ...engine.run import Engine, Progress, Surroundings
from ...engine.secret import Secret
from ...engine.settings import Access, Timeouts
from ...engine.workers import Workers
from ...errors import PartialResult
from ...media import Json, MediaFile
from ...operations import Request
from ...results import Result
from ...selection import Preferences, choose
from ...spec.backend import ApiKey, Backend, Call, Model, Reply, Sample
from ...spec.wire import Effect, Exchange, HttpRequest
from ..emulator.faults import Fault
from ..emulator.messages import ReceivedRequest
from .audit import staying_here
from .reply_server import ReplyServer
from .watch import Watch, WatchedFlow

T = TypeVar("T")
PATIENT = Timeouts(connect=5, read=10, write=10, total=20)
IMPATIENT = Timeouts(connect=5, read=0.2, write=5, total=5)
WAIT = 20.0
"""Seconds a job may take here: samples are answered at once, but a voice has to be synthesized."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of one request: a result or an error, every request that arrived, every flow that ran."""

    job_id: str | None
    result: Result | None
    error: Exception | None
    arrived: tuple[ReceivedRequest, ...]
    arrived_elsewhere: tuple[ReceivedRequest, ...]
    flows: tuple[WatchedFlow, ...]

    @property
    def brought(self) -> Result | None:
        """What it brought, be it only a part."""
        return self.error.result if isinstance(self.error, PartialResult) else self.result

    @property
    def files(self) -> tuple[MediaFile, ...]:
        """The whole files it brought, those of a partial result included."""
        return () if self.brought is None else self.brought.files

    @property
    def outcome(self) -> str:
        """The end in one word: `done`, or the code of the error, or the class of one that is not ours."""
        if self.error is None:
            return "done"
        return str(getattr(self.error, "code", type(self.error).__name__))

    @property
    def submit(self) -> WatchedFlow | None:
        return next((flow for flow in self.flows if flow.kind == "submit"), None)


@dataclass
class LogBook(logging.Handler):
    """Keeps every line the package logs."""

    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    __hash__ = logging.Handler.__hash__


class Workbench:
    """One backend on the real engine, in a `with` block. `key` is a secret made up for it."""

    def __init__(self, backend: Backend, folder: Path) -> None:
        self.declared = backend
        self.watch = Watch()
        self.backend = self.watch.backend(backend)
        self.key = f"conformance{secrets.token_hex(16)}"
        self.home = folder / "state"
        self.output = folder / "output"
        self.logs = LogBook()
        self._remembered: dict[Json, Made] = {}
        self._played: dict[int, Made] = {}
        self.purchases: Counter[int] = Counter()
        """How many of its jobs sent how many paid requests."""
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._runner = self._stack.enter_context(asyncio.Runner())
        self.server = self._stack.enter_context(ReplyServer())
        self.watch.arrived = lambda: len(self.server.arrived)
        self.elsewhere = self._stack.enter_context(ReplyServer())
        self.ledger, self.blobs = Ledger(self.home), Blobs(self.home)
        self._stack.callback(self.ledger.close)
        self._workers = Workers()
        self._stack.callback(lambda: self._run(self._workers.close()))
        self.engine = self.new_engine()
        package = logging.getLogger("anymedia")
        package.addHandler(self.logs)
        self._stack.callback(package.removeHandler, self.logs)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _run(self, work: Coroutine[object, object, T]) -> T:
        with staying_here():
            return self._runner.run(work)

    def new_engine(self, timeouts: Timeouts = PATIENT) -> Engine:
        """Another engine on the same ledger, as another process would have it."""
        engine = Engine(
            Surroundings(
                backends={self.backend.name: self.backend},
                access=self._access,
                settings=lambda backend: backend.settings,
                ledger=self.ledger,
                workers=self._workers,
                timeouts=timeouts,
            )
        )
        self._stack.callback(lambda: self._run(engine.close()))
        return engine

    @cached_property
    def impatient_engine(self) -> Engine:
        """An engine that takes a silence of a fifth of a second for the end."""
        return self.new_engine(IMPATIENT)

    @property
    def base_url(self) -> str:
        return self.server.url + urlsplit(self.backend.base_url).path

    def _access(self, backend: Backend) -> Access:
        key = Secret(self.key) if isinstance(backend.auth, ApiKey) else None
        return Access(backend=backend, base_url=self.base_url, key=key)

    # --- Making -------------------------------------------------------------------------------------------------

    def play(self, sample: Sample, **changes: Json) -> Made:
        """Make what a sample asks for, answered with its replies."""
        given: dict[str, Json] = {"model": sample.model, "replies": sample.replies, "continues": sample.continues}
        return self.make(sample.request, **{**given, **changes})

    def played(self, sample: Sample) -> Made:
        """The same without changes, remembered: many tests look at one run of a sample."""
        if id(sample) not in self._played:
            self._played[id(sample)] = self.play(sample)
        return self._played[id(sample)]

    def make(
        self,
        request: Request,
        *,
        model: str | None = None,
        replies: Sequence[Reply] = (),
        faults: Mapping[int, Fault] | None = None,
        continues: Json = None,
        wait: float = WAIT,
        engine: Engine | None = None,
        links_lead_elsewhere: bool = False,
    ) -> Made:
        """Choose, reserve and run one request. Addresses in replies lead to the provider's server, or elsewhere."""
        self._listen(self.elsewhere.url if links_lead_elsewhere else self.server.url, replies, faults or {})
        job_id, result, error = None, None, None
        try:
            job_id = self._run(self._open(request, model, continues))
            result = self._run((engine or self.engine).run_job(job_id, wait=wait, report=_ignore))
        except Exception as failure:  # noqa: BLE001 - a test says what it thinks of it
            error = failure
        return self._made(job_id, result, error)

    def make_once(self, request: Request, *, model: str, replies: Sequence[Reply]) -> Made:
        """The same as `make`, remembered: several tests look at the requests of one job."""
        key = (model, tuple(request.asked_for().items()))
        if key not in self._remembered:
            self._remembered[key] = self.make(request, model=model, replies=replies)
        return self._remembered[key]

    def resume(self, job_id: str, *, replies: Sequence[Reply] = (), wait: float = WAIT) -> Made:
        """Go on with a job on another engine, as after a crash of the process."""
        self._listen(self.server.url, replies, {})
        result, error = None, None
        try:
            result = self._run(self.new_engine().run_job(job_id, wait=wait, report=_ignore))
        except Exception as failure:  # noqa: BLE001 - a test says what it thinks of it
            error = failure
        return self._made(job_id, result, error)

    def _listen(self, links_to: str, replies: Sequence[Reply], faults: Mapping[int, Fault]) -> None:
        moved = [moved_reply(reply, links_to) for reply in replies]
        self.server.expect(moved, faults)
        self.elsewhere.expect(moved[-1:], {})
        self.watch.clear()

    def _made(self, job_id: str | None, result: Result | None, error: Exception | None) -> Made:
        self.purchases[self._paid_submits()] += 1
        return Made(
            job_id=job_id,
            result=result,
            error=error,
            arrived=self.server.arrived,
            arrived_elsewhere=self.elsewhere.arrived,
            flows=tuple(self.watch.flows),
        )

    def _paid_submits(self) -> int:
        """Paid requests of the last job that the provider may charge for, whatever it answered."""
        paths = {
            request.path if request.path.startswith("/") else urlsplit(request.path).path
            for flow in self.watch.flows
            for request in flow.purchases
            if isinstance(request, HttpRequest | Exchange)
        }
        taken = [request for request in self.server.taken if request.method != "GET" or request.opens_conversation]
        return sum(any(request.path.endswith(path) for path in paths) for request in taken)

    async def _open(self, request: Request, model: str | None, continues: Json) -> str:
        """Put the job into the ledger, as the client's desk does. Raise what is wrong with the request."""
        request = measured(request)
        name = self.backend.name
        wanted = Preferences(backend=name, model=model, allow_retired=True, shipped=frozenset({name}))
        backends = {name: self.backend}
        choice = choose(request, backends, frozenset(backends), wanted, today=datetime.now(UTC).date())
        chosen, job_id = choice.candidate.model, new_job_id()
        target = place(Placement(folder=self.output), request, chosen, job_id, Fence())
        document = to_json(request, self.blobs.keep)
        columns = {
            "id": job_id,
            "operation": request.operation,
            "backend": name,
            "model": chosen.id,
            "status": "reserved",
            "idempotency_key": f"key_{secrets.token_hex(16)}",
            "request": document,
            "request_hash": request_hash(document),
            "account": "conformance",
            "output": target.document(),
            "selection": {"why": list(choice.why), "warnings": [], "adjustments": []},
            "continues": await self._continuation(request, chosen, continues),
            "run": "conformance",
            "created_at": time.time(),
            "cost_source": chosen.price.source,
        }
        worst = chosen.price.worst_case(request)
        await self.ledger.call(lambda connection: reserve(connection, columns, Caps(), worst))
        return job_id

    async def _continuation(self, request: Request, model: Model, state: Json) -> str | None:
        """Store the state that a sample continues, as the job before it would have."""
        if state is None:
            return None
        earlier = {"id": "earlier", "account": "conformance", "backend": self.backend.name, "model": model.id}
        row = {**earlier, "operation": request.operation}
        encoded = continuations.encode(state, self.blobs)
        store = partial(continuations.store, row=row, state=encoded, last_output=None, blobs=self.blobs)
        return await self.ledger.call(store)

    def wish_cancelled(self, job_id: str) -> None:
        """Write down that somebody wants the job cancelled, as another process would."""
        self._run(self.ledger.update(job_id, cancel_requested_at=time.time()))

    def status(self, job_id: str) -> str:
        """The status of a job in the ledger."""
        return str(self._run(self.ledger.row(job_id))["status"])

    # --- Without making -----------------------------------------------------------------------------------------

    def effects(self, request: Request, model: Model) -> list[Effect]:
        """What the submit flow of a request yields when it is told nothing: enough to compare computations."""
        stored = from_json(json.loads(json.dumps(to_json(measured(request), self.blobs.keep))), self.blobs.path)
        call = Call(request=stored, model=model, body=model.encode(stored), idempotency_key="key of the job")
        flow = self.declared.submit_of(model)(call)
        found: list[Effect] = []
        try:
            while True:
                found.append(flow.send(None))
        except (StopIteration, LookupError, TypeError, ValueError, AttributeError):
            return found


def moved_reply(reply: Reply, url: str) -> Reply:
    """The reply with every web address in it led to `url`: the path and the query stay."""
    return replace(reply, json=_moved(reply.json, url), headers=_moved(dict(reply.headers), url))


def _moved(value: Json, url: str) -> Json:
    match value:
        case str() if value.startswith(("https://", "http://")):
            parts = urlsplit(value)
            return f"{url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        case dict():
            return {name: _moved(item, url) for name, item in value.items()}
        case list() | tuple():
            return [_moved(item, url) for item in value]
    return value


def measured(request: Request) -> Request:
    """The request with the size and hash of files that are in memory. Examples need not be whole pictures."""
    changed: dict[str, Json] = {}
    for name, value in request.asked_for().items():
        if isinstance(value, MediaFile):
            changed[name] = _measured(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], MediaFile):
            changed[name] = tuple(_measured(file) for file in value)
    return replace(request, **changed)


def _measured(file: MediaFile) -> MediaFile:
    content = file.read_bytes()
    return replace(file, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def _ignore(progress: Progress) -> None:
    """Nobody looks at the progress of a test."""
