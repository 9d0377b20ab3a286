"""The server's side of one WebSocket: bytes and messages go in and come out. It does no I/O."""

import logging
from collections.abc import Iterator

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from anymedia.testing.emulator.messages import ReceivedRequest

LARGEST_MESSAGE = 64 * 2**20

_silent = logging.getLogger(__name__)
_silent.disabled = True  # the library logs whole headers, and the client's key stands in one of them


class WebSocket:
    """Answers the request that opens it; `unread` is what came behind that request already."""

    def __init__(self, opening: ReceivedRequest, *, unread: bytes) -> None:
        self._protocol = ServerProtocol(max_size=LARGEST_MESSAGE, logger=_silent)
        lines = [f"GET {opening.target} HTTP/1.1", *(f"{name}: {value}" for name, value in opening.headers.items())]
        self._protocol.receive_data("\r\n".join([*lines, "", ""]).encode("latin-1"))
        (request,) = self._protocol.events_received()
        assert isinstance(request, Request)
        self._protocol.send_response(self._protocol.accept(request))
        self._message = b""
        if unread:
            self._protocol.receive_data(unread)

    @property
    def is_over(self) -> bool:
        """Whether one of the sides has closed it."""
        return self._protocol.state is not State.OPEN

    def receive(self, data: bytes) -> None:
        """Take what came from the socket; nothing means that the client is gone."""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()

    def heard(self) -> Iterator[str]:
        """The messages that arrived whole since the last time."""
        for frame in self._protocol.events_received():
            if isinstance(frame, Frame) and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._message += frame.data
                if frame.fin:
                    text, self._message = self._message, b""
                    yield text.decode("utf-8", "replace")

    def say(self, text: str) -> None:
        """Send one message."""
        if not self.is_over:
            self._protocol.send_text(text.encode())

    def to_send(self) -> bytes:
        """Bytes for the socket."""
        return b"".join(self._protocol.data_to_send())
