"""The emulator: a provider on a loopback port, with a billing meter, scripted faults and a recorder."""

import dataclasses
import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from pathlib import Path

from anymedia.testing.emulator.dialects import dialect_named
from anymedia.testing.emulator.faults import Fault, script_from
from anymedia.testing.emulator.messages import ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.meter import Meter
from anymedia.testing.emulator.pictures import Media, draw
from anymedia.testing.emulator.recorder import Recorder
from anymedia.testing.emulator.rewrites import Situation
from anymedia.testing.emulator.server import Listening, LoopbackServer

METER_PATH = "/_meter"
SCRIPT_PATH = "/_script"


class Emulator(Listening):
    """One provider, for as long as the `with` block lasts.

    `latency`: seconds before each answer, after the bill is written. `media`: the bytes of every output, or a
    function that makes them; it runs on the emulator's own loop, so one that takes seconds delays every connection.
    `api_key`: the only key that is accepted; None accepts any. `history`: how many requests are remembered. Leaving
    the block raises what went wrong inside the emulator itself, a `media` function that failed for example.
    """

    def __init__(
        self,
        dialect: str = "openai",
        *,
        port: int = 0,
        latency: float = 0.0,
        media: Media = draw,
        api_key: str | None = None,
        history: int = 1000,
    ) -> None:
        self.latency = latency
        self.meter = Meter()
        self._dialect = dialect_named(dialect, media=media, api_key=api_key)
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._requests: deque[ReceivedRequest] = deque(maxlen=history)
        self._recorder: Recorder | None = None
        self._lock = threading.Lock()
        self._server = LoopbackServer(self, port=port)

    @property
    def base_url(self) -> str:
        """What a client of this provider takes as its base URL, for example `http://127.0.0.1:PORT/v1`."""
        return self.url + self._dialect.prefix

    @property
    def variables(self) -> dict[str, str]:
        """What leads a client here when it is in its environment; any key does."""
        base_url, key = self._dialect.variables
        return {base_url: self.base_url, key: "anything"}

    @property
    def example_script(self) -> str:
        """A script for `/_script`, as JSON."""
        return json.dumps({self._dialect.example: [{"fault": "status", "status": 500, "billed": True}]})

    @property
    def submits(self) -> int:
        """How many paid requests arrived whole."""
        return self.meter.submits

    @property
    def billed(self) -> int:
        """How many of them were accepted, answered or not."""
        return self.meter.billed

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """The requests so far, oldest first; those that a fault cut short included, `/_meter` and `/_script` not."""
        with self._lock:
            return tuple(self._requests)

    @property
    def waiting_faults(self) -> dict[str, tuple[str, ...]]:
        """The names of the faults that nothing has met yet, by path."""
        with self._lock:
            return {path: tuple(fault.name for fault in faults) for path, faults in self._faults.items() if faults}

    def script(self, path: str, faults: Iterable[Fault]) -> None:
        """Let each next request to `path` meet one of `faults`, in order; after them service is normal.

        Faults scripted earlier for the path come first. Raises ValueError for a path the provider does not have,
        because nothing would ever meet the fault.
        """
        if not self._dialect.serves(path):
            raise ValueError(f"nothing is served at {path!r}; paths start with {self._dialect.prefix!r}.")
        with self._lock:
            self._faults[path].extend(faults)

    def record_to(self, path: Path | str) -> None:
        """From now on append both sides of every exchange to `path`, as JSON lines without keys and media."""
        self._recorder = Recorder(Path(path))

    def refuses_connection(self) -> bool:
        with self._lock:
            for faults in self._faults.values():
                if faults and faults[0].cut is not None and faults[0].cut.at == "connection":
                    faults.popleft()
                    return True
        return False

    def fault_for(self, request: ReceivedRequest) -> Fault | None:
        with self._lock:
            faults = self._faults.get(request.path)
            return faults.popleft() if faults else None

    def cut_short(self, request: ReceivedRequest, fault: Fault) -> None:
        pays = self._dialect.pays(request.method, request.path)
        self._remember(dataclasses.replace(request, pays=pays, fault=fault.name), None)

    def delay(self, request: ReceivedRequest, fault: Fault | None) -> float:
        if request.path in (METER_PATH, SCRIPT_PATH):
            return 0.0
        return self.latency + (0.0 if fault is None else fault.delay)

    def answer(self, request: ReceivedRequest, fault: Fault | None) -> Reply:
        match request.method, request.path:
            case "GET", path if path == METER_PATH:
                return json_reply(self.meter.document())
            case "POST", path if path == SCRIPT_PATH:
                return self._scripted(request)
            case _:
                return self._served(request, fault)

    def _scripted(self, request: ReceivedRequest) -> Reply:
        try:
            for path, faults in script_from(json.loads(request.body)).items():
                self.script(path, faults)
        except ValueError as error:
            return json_reply({"error": str(error)}, status=400)
        return json_reply({"waiting": self.waiting_faults})

    def _served(self, request: ReceivedRequest, fault: Fault | None) -> Reply:
        reply = self._dialect.answer(request)
        pays = self._dialect.pays(request.method, request.path)
        billed = pays and reply.accepted and (fault is None or fault.billed)
        self.meter.count(request.path, pays=pays, billed=billed)
        if fault is not None and fault.rewrite is not None:
            reply = fault.rewrite(Situation(request=request, reply=reply, dialect=self._dialect))
        name = None if fault is None else fault.name
        self._remember(dataclasses.replace(request, pays=pays, billed=billed, fault=name), reply)
        return reply

    def _remember(self, request: ReceivedRequest, reply: Reply | None) -> None:
        with self._lock:
            self._requests.append(request)
        if self._recorder is not None:
            self._recorder.write(request, reply, key=self._dialect.key_of(request))
