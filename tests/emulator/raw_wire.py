"""A client that shows the wire as it is: one socket, the bytes that came, and how the connection ended."""

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from anymedia.testing.emulator import Emulator

GENERATIONS = "/v1/images/generations"
BODY = json.dumps({"model": "gpt-image-2.6-flare", "prompt": "a fox", "n": 3, "size": "64x64"}).encode()


@dataclass(frozen=True, kw_only=True)
class Wire:
    """What came back. `end`: "closed" (FIN), "reset" (RST), or "open" (nothing more within the time-out)."""

    data: bytes
    end: str

    @property
    def head(self) -> str:
        return self.data.partition(b"\r\n\r\n")[0].decode()

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def status(self) -> int:
        return int(self.head.split(" ")[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = (line.partition(": ") for line in self.head.split("\r\n")[1:])
        return {name.lower(): value for name, _, value in lines}


def connect(emulator: Emulator) -> socket.socket:
    address = urlsplit(emulator.url)
    return socket.create_connection((address.hostname, address.port), timeout=5)


def request_bytes(path: str = GENERATIONS, body: bytes = BODY, *, close: bool = True) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: emulator",
        "Authorization: Bearer sk-secret-key",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(["Connection: close"] if close else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def never(data: bytearray) -> bool:
    return False


def read_all(connection: socket.socket, *, timeout: float = 5.0, enough: Callable[[bytearray], bool] = never) -> Wire:
    """Read to the end of the connection, until `enough`, or until nothing comes for `timeout` seconds."""
    connection.settimeout(timeout)
    data = bytearray()
    try:
        while not enough(data):
            piece = connection.recv(1 << 16)
            if not piece:
                return Wire(data=bytes(data), end="closed")
            data += piece
    except ConnectionResetError:
        return Wire(data=bytes(data), end="reset")
    except TimeoutError:
        pass
    return Wire(data=bytes(data), end="open")


def ask(emulator: Emulator, sent: bytes | None = None, *, timeout: float = 5.0) -> Wire:
    """Send one request on a connection of its own and read to the end."""
    with connect(emulator) as connection:
        connection.sendall(request_bytes() if sent is None else sent)
        return read_all(connection, timeout=timeout)


def eventually(condition: Callable[[], bool], *, within: float = 5.0) -> bool:
    """Whether `condition` comes true within that many seconds."""
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()
