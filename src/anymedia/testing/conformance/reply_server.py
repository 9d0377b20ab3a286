"""A loopback server that answers with given replies, in order, and keeps every request that arrived."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...spec.backend import Reply
from ..emulator.faults import Cut, Fault
from ..emulator.messages import ReceivedRequest, conversing
from ..emulator.messages import Reply as WireReply
from ..emulator.meter import Meter
from ..emulator.server import Listening, LoopbackServer

RUNAWAY = 60
"""Requests of one job after which a flow is taken to ask without end; every further one is answered 410."""

SILENCE = Fault(name="silence", cut=Cut(at="answer", how="silence"))
RESET = Fault(name="reset", cut=Cut(at="answer", how="reset"))
CLOSE = Fault(name="close", cut=Cut(at="answer", how="close"))


@dataclass(kw_only=True)
class ReplyServer(Listening):
    """Serves between `start` and `stop`, or in a `with` block. The last reply is repeated, as a provider would."""

    meter: Meter = field(default_factory=Meter)
    _replies: tuple[Reply, ...] = ()
    _faults: Mapping[int, Fault] = field(default_factory=dict)
    _arrived: list[ReceivedRequest] = field(default_factory=list)
    _refused: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._server = LoopbackServer(self)

    def expect(self, replies: Sequence[Reply], faults: Mapping[int, Fault]) -> None:
        """Forget what arrived and answer with `replies` from now on; `faults` by the number of the request."""
        with self._lock:
            self._replies, self._faults, self._arrived, self._refused = tuple(replies), faults, [], set()

    @property
    def arrived(self) -> tuple[ReceivedRequest, ...]:
        """The requests since the last `expect`, those included whose answer a fault swallowed."""
        with self._lock:
            return tuple(self._arrived)

    @property
    def taken(self) -> tuple[ReceivedRequest, ...]:
        """Those of them that a provider may charge for: it did not answer that it refuses them."""
        with self._lock:
            return tuple(request for number, request in enumerate(self._arrived) if number not in self._refused)

    # --- What the loopback server asks --------------------------------------------------------------------------

    def refuses_connection(self) -> bool:
        return False

    def fault_for(self, request: ReceivedRequest) -> Fault | None:
        with self._lock:
            return self._faults.get(len(self._arrived))

    def cut_short(self, request: ReceivedRequest, fault: Fault) -> None:
        with self._lock:
            self._arrived.append(replace(request, fault=fault.name))

    def answer(self, request: ReceivedRequest, fault: Fault | None) -> WireReply:
        if request.is_message:
            return self._answer_message(request)
        with self._lock:
            number = len(self._arrived)
            self._arrived.append(request)
            if number >= RUNAWAY or not self._replies:
                return as_http(Reply(status=410, json={"error": {"message": "the conformance tests end here"}}))
            reply = self._reply(number)
            if 400 <= reply.status < 500:
                self._refused.add(number)
            return as_http(reply)

    def _reply(self, number: int) -> Reply:
        return self._replies[min(number, len(self._replies) - 1)]

    def _answer_message(self, message: ReceivedRequest) -> WireReply:
        """All events follow the first message. The request that opened the conversation keeps every message."""
        with self._lock:
            number = max(n for n, each in enumerate(self._arrived) if each.target == message.target)
            opening = self._arrived[number]
            self._arrived[number] = with_message(opening, message)
            return conversing() if opening.body else conversing(*self._reply(number).events, accepted=True)

    def delay(self, request: ReceivedRequest, fault: Fault | None) -> float:
        return 0.0


def with_message(opening: ReceivedRequest, message: ReceivedRequest) -> ReceivedRequest:
    """The request that opened a conversation, with one more message as its body."""
    said = [*(opening.json or ()), message.json]
    headers = {**opening.headers, "content-type": "application/json"}
    return replace(opening, headers=headers, body=json.dumps(said).encode())


def as_http(reply: Reply) -> WireReply:
    """A sample's reply as it goes over the wire; a conversation is opened first."""
    if reply.events:
        return conversing()
    body = reply.content if reply.json is None and reply.content else json.dumps(reply.json).encode()
    if reply.json is None and not reply.content and reply.media_type != "application/json":
        body = b""
    headers = (("content-type", reply.media_type), *reply.headers.items())
    return WireReply(status=reply.status, headers=headers, pieces=(body,))
