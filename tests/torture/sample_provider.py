"""A loopback provider made of a backend's own samples: it answers by route, bills what it accepts, and fails on demand.

Which of its routes sells, which is polled and which delivers is learned by playing the sample once; nothing here
knows a provider.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from anymedia.media import MediaFile
from anymedia.operations import Request
from anymedia.spec import Backend, Compute, Free, HttpRequest, Sample
from anymedia.spec.backend import ApiKey, Reply
from anymedia.testing.conformance.reply_server import as_http, with_message
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.conformance.workbench import Workbench, moved_reply
from anymedia.testing.emulator import Fault, MediaAsked, Meter, ReceivedRequest
from anymedia.testing.emulator.messages import Reply as WireReply
from anymedia.testing.emulator.messages import conversing, json_reply
from anymedia.testing.emulator.pictures import draw
from anymedia.testing.emulator.rewrites import Situation
from anymedia.testing.emulator.server import Listening, LoopbackServer
from canary import canary_of
from toys import PICTURE

RECORDING = draw(MediaAsked(prompt="", output_format="wav", duration=0.5))

Role = Literal["upload", "submit", "poll", "download"]


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request of a sample and what it is for. `media_at` says where in the reply media stands."""

    role: Role
    method: str
    path: str
    reply: Reply
    media_at: tuple[str, ...] = ()
    is_call: bool = False
    """Whether a library sends it."""


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """One way to buy something of a backend: a sample, and the requests that making it takes."""

    backend: Backend
    sample: Sample
    number: int
    exchanges: tuple[Exchange, ...]

    @property
    def id(self) -> str:
        return f"{self.backend.name}-{self.sample.request.operation}-sample{self.number}-{self.sample.expects}"

    def has(self, role: Role) -> bool:
        return any(exchange.role == role for exchange in self.exchanges)

    @property
    def sale(self) -> Exchange:
        return next(exchange for exchange in self.exchanges if exchange.role == "submit")

    @property
    def is_inline(self) -> bool:
        """Whether the reply to the purchase holds the media."""
        return bool(self.sale.media_at) and not self.has("poll")

    @property
    def is_answered_by_a_file(self) -> bool:
        """Whether the reply to the purchase is the media itself."""
        return bool(self.sale.reply.content) and not self.sale.reply.media_type.startswith("text/")

    @property
    def is_charged_though_refused(self) -> bool:
        """Whether the backend reads in the refusal of the purchase that it may be charged all the same."""
        reply = self.sale.reply
        problem = self.backend.read_error(reply.status, reply.json) if reply.status >= 400 else None
        return problem is not None and problem.charged != "no"

    @property
    def is_conversation(self) -> bool:
        """Whether it is bought over a WebSocket."""
        return bool(self.sale.reply.events)

    @property
    def is_call(self) -> bool:
        """Whether a library buys it."""
        return self.sale.is_call

    @property
    def waits(self) -> bool:
        """Whether the first answer to a poll says that the work goes on."""
        return sum(exchange.role == "poll" for exchange in self.exchanges) > 1

    @property
    def request(self) -> Request:
        """What the sample asks for, with whole pictures in the place of files that only look like some."""
        changed: dict[str, Any] = {}
        for name, value in self.sample.request.asked_for().items():
            if isinstance(value, MediaFile):
                changed[name] = _whole(value)
            elif isinstance(value, tuple) and value and isinstance(value[0], MediaFile):
                changed[name] = tuple(map(_whole, value))
        return replace(self.sample.request, **changed)

    @property
    def environ(self) -> dict[str, str]:
        """The canary key of this backend, where it looks for a key."""
        auth = self.backend.auth
        return {auth.env[0]: canary_of(self.backend)} if isinstance(auth, ApiKey) else {}

    def leading_to(self, url: str) -> dict[str, str]:
        """The variable that says where the provider is, with the path that its own address has."""
        name = (*self.backend.base_url_env, f"{self.backend.name.upper()}_BASE_URL")[0]
        return {name: url + urlsplit(self.backend.base_url).path}

    @property
    def hurried(self) -> Backend:
        """The backend with its pauses between polls cut short."""
        return Watch().backend(self.backend)


def _whole(file: MediaFile) -> MediaFile:
    match file.media_type.partition("/")[0]:
        case "image":
            return MediaFile(media_type="image/png", data=PICTURE)
        case "audio":
            return MediaFile(media_type="audio/wav", data=RECORDING)
    return file


# --- Learning -------------------------------------------------------------------------------------------------------


def purchases_of(backend: Backend, folder: Path) -> list[Purchase]:
    """Every way of buying that the samples show, each once. What needs an earlier job to go on from is left out, and so
    is a backend whose models are free: nothing is bought of it, so there is no money to follow."""
    if all(isinstance(model.price, Free) for model in backend.models):
        return []
    with Workbench(backend, folder) as bench:
        found = [
            Purchase(backend=backend, sample=sample, number=number, exchanges=tuple(_exchanges(bench, sample)))
            for number, sample in enumerate(backend.samples, 1)
            if sample.replies and sample.continues is None
        ]
    return list(_each_way_once(purchase for purchase in found if purchase.has("submit")))


def _exchanges(bench: Workbench, sample: Sample) -> Iterator[Exchange]:
    made = bench.played(sample)
    sent = [request for flow in made.flows for request in flow.requests]
    is_sold = False
    for number, (arrived, reply) in enumerate(zip(made.arrived, sample.replies, strict=False)):
        if number >= len(sent):
            yield Exchange(role="download", method=arrived.method, path=arrived.path, reply=reply)
            continue
        request = sent[number]
        # What is created or bought after a purchase is a step of the work; it is no question that could be asked again.
        before_or_after: Role = "poll" if is_sold and request.effect == "safe" else "upload"
        role: Role = "submit" if request.effect == "pays" and not is_sold else before_or_after
        is_sold = is_sold or role == "submit"
        media_at = request.media_at if isinstance(request, HttpRequest) else ()
        yield Exchange(
            role=role,
            method=arrived.method,
            path=arrived.path,
            reply=reply,
            media_at=media_at,
            is_call=isinstance(request, Compute),
        )


def _each_way_once(purchases: Iterator[Purchase]) -> Iterator[Purchase]:
    seen = set()
    for purchase in purchases:
        ways = frozenset((exchange.role, exchange.method, exchange.path) for exchange in purchase.exchanges)
        if (purchase.sample.expects, ways) not in seen:
            seen.add((purchase.sample.expects, ways))
            yield purchase


# --- Serving --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class UsualWords:
    """Says no as most providers do. It takes the place of a dialect for faults that need one."""

    key: str
    prefix: str = ""

    def serves(self, path: str) -> bool:
        return True

    def pays(self, method: str, path: str) -> bool:
        return False

    def answer(self, request: ReceivedRequest) -> WireReply:
        return WireReply()

    def error(self, status: int, *, code: str | None = None, message: str | None = None) -> WireReply:
        said = {"message": message or f"this is the usual {status}", "type": "error", "code": code}
        return json_reply({"error": said}, status=status)

    def refusal(self, reason: str, request: ReceivedRequest) -> WireReply:
        return self.error({"bad_key": 401, "unknown_model": 404, "rate_limit": 429}.get(reason, 400))

    def key_of(self, request: ReceivedRequest) -> str | None:
        return self.key


@dataclass(kw_only=True)
class SampleProvider(Listening):
    """Answers every route of a purchase with its replies in order, the last one again and again.

    `fail` lets the next requests of a role meet faults. Roles that are `held` repeat their first
    answer. `before_selling` is called when a purchase has arrived and is not answered yet.
    """

    purchase: Purchase
    meter: Meter = field(default_factory=Meter)
    requests: list[ReceivedRequest] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    before_selling: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._server = LoopbackServer(self)

    def __enter__(self) -> SampleProvider:
        super().__enter__()
        self._routes: dict[tuple[str, str], tuple[Exchange, deque[Exchange]]] = {}
        for exchange in self.purchase.exchanges:
            moved = replace(exchange, reply=moved_reply(exchange.reply, self.url))
            self._routes.setdefault((exchange.method, exchange.path), (moved, deque()))[1].append(moved)
        return self

    @property
    def environ(self) -> dict[str, str]:
        """The variables that make this the provider."""
        return {**self.purchase.environ, **self.purchase.leading_to(self.url)}

    def fail(self, role: Role, faults: Sequence[Fault]) -> None:
        with self._lock:
            self._faults[role].extend(faults)

    def forgive(self) -> None:
        """From now on everything goes well."""
        with self._lock:
            self._faults.clear()
            self.held.clear()

    def count(self, role: Role) -> int:
        """How many requests of a role arrived, those included that a fault cut short."""
        return sum(self._role(request) == role for request in tuple(self.requests))

    @property
    def submits(self) -> int:
        return self.meter.submits

    @property
    def billed(self) -> int:
        return self.meter.billed

    def _role(self, request: ReceivedRequest) -> str:
        route = self._routes.get((request.method, request.path))
        return "" if route is None else route[0].role

    # What a connection of the emulator asks of the service behind it.

    def refuses_connection(self) -> bool:
        return False

    def fault_for(self, request: ReceivedRequest) -> Fault | None:
        with self._lock:
            waiting = self._faults[self._role(request)]
            return waiting.popleft() if waiting else None

    def cut_short(self, request: ReceivedRequest, fault: Fault) -> None:
        self.requests.append(request)

    def answer(self, request: ReceivedRequest, fault: Fault | None) -> WireReply:
        if request.is_message:
            return self._answer_message(request, fault)
        with self._lock:
            self.requests.append(request)
            exchange = self._next(request, fault)
        if exchange is None:
            return json_reply({"error": {"message": "nothing is here"}}, status=404)
        pays = exchange.role == "submit"
        if exchange.reply.events and (fault is None or fault.rewrite is None):
            return as_http(exchange.reply)  # it opens a conversation: bought is what is said there
        accepted = exchange.reply.status < 400 and (fault is None or fault.billed)
        if pays and self.before_selling is not None:
            self.before_selling()
        self.meter.count(request.path, pays=pays, billed=pays and accepted)
        reply = _on_the_wire(exchange)
        if fault is not None and fault.rewrite is not None:
            words = cast(Any, UsualWords(key=canary_of(self.purchase.backend)))
            return fault.rewrite(Situation(request=request, reply=reply, dialect=words))
        return reply

    def _answer_message(self, message: ReceivedRequest, fault: Fault | None) -> WireReply:
        """The first message is the purchase, and everything follows it."""
        with self._lock:
            number = next(n for n, each in enumerate(self.requests) if _key_of(each) == _key_of(message))
            opening = self.requests[number]
            self.requests[number] = with_message(opening, message)
        if opening.body:
            return conversing()
        if self.before_selling is not None:
            self.before_selling()
        self.meter.count(message.path, pays=True, billed=fault is None or fault.billed)
        return conversing(*self.purchase.sale.reply.events, accepted=True)

    def _next(self, request: ReceivedRequest, fault: Fault | None) -> Exchange | None:
        """The next answer of a route. A fault does not use one up: the same is told again."""
        if (request.method, request.path) not in self._routes:
            return None
        waiting = self._routes[request.method, request.path][1]
        stays = len(waiting) == 1 or waiting[0].role in self.held or (fault is not None and fault.delay == 0)
        return waiting[0] if stays else waiting.popleft()

    def delay(self, request: ReceivedRequest, fault: Fault | None) -> float:
        return 0.0 if fault is None else fault.delay


def _key_of(request: ReceivedRequest) -> str | None:
    """What tells one conversation from another."""
    return request.headers.get("sec-websocket-key")


def _on_the_wire(exchange: Exchange) -> WireReply:
    """A reply that faults can spoil: it says under which names media and the list of outputs stand."""
    steps = [step for path in exchange.media_at for step in path.split(".")]
    lists = tuple(step.removesuffix("[*]") for step in steps if step.endswith("[*]"))
    media = tuple(path.rpartition(".")[2].removesuffix("[*]") for path in exchange.media_at)
    return replace(as_http(exchange.reply), media_fields=media, output_lists=lists)
