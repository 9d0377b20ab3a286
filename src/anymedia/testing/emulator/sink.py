"""A foreign host on loopback: it answers everything, and remembers who came and what they brought."""

from types import TracebackType
from typing import Self

from anymedia.testing.emulator.faults import Fault
from anymedia.testing.emulator.messages import ReceivedRequest, Reply
from anymedia.testing.emulator.meter import Meter
from anymedia.testing.emulator.server import LoopbackServer


class Sink:
    """Another origin than the provider's: a redirect, an asset host, whatever must (or must not) be reached.

    Answers 200 with `body` to every request. `requests` is what arrived, headers included, so that a test can show
    that nobody came, or that whoever came brought no key.
    """

    def __init__(self, *, body: bytes = b"{}", media_type: str = "application/json", port: int = 0) -> None:
        self.meter = Meter()
        self.requests: list[ReceivedRequest] = []
        self._reply = Reply(headers=(("content-type", media_type),), pieces=(body,))
        self._server = LoopbackServer(self, port=port)

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return self._server.url

    @property
    def reached(self) -> bool:
        """Whether anybody connected, with or without a request."""
        return self.meter.connections > 0

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.stop()

    def refuses_connection(self) -> bool:
        return False

    def fault_for(self, request: ReceivedRequest) -> Fault | None:
        return None

    def cut_short(self, request: ReceivedRequest, fault: Fault) -> None:
        raise AssertionError("a sink has no faults")

    def answer(self, request: ReceivedRequest, fault: Fault | None) -> Reply:
        self.requests.append(request)
        self.meter.count(request.path, pays=False, billed=False)
        return self._reply

    def delay(self, request: ReceivedRequest, fault: Fault | None) -> float:
        return 0.0
