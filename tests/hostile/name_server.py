"""A name server on loopback that answers what a test says, and the way there: names are asked of it over real UDP."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest

A, AAAA = 1, 28
HEADER = struct.Struct("!6H")
_of_the_system = socket.getaddrinfo


class NameServer:
    """Answers `names`. A name may have several answers, one for each time it is looked up; the last stays."""

    def __init__(self, names: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.asked: Counter[str] = Counter()
        self._names = names
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> NameServer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.sendto(b"", self.address)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while (asked := self._socket.recvfrom(512))[0]:
            self._socket.sendto(self._answer(asked[0]), asked[1])

    def _answer(self, query: bytes) -> bytes:
        name, end = _read_name(query)
        (kind,) = struct.unpack_from("!H", query, end)
        self.asked[name] += kind == A
        rounds = self._names.get(name, [[]])
        now = rounds[min(max(self.asked[name], 1), len(rounds)) - 1]
        found = [address for each in now if (address := ip_address(each)).version == (4 if kind == A else 6)]
        number = HEADER.unpack_from(query)[0]
        head = HEADER.pack(number, 0x8180, 1, len(found), 0, 0)
        records = (b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(a.packed)) + a.packed for a in found)
        return head + query[HEADER.size : end + 4] + b"".join(records)

    def look_up(self, host: str) -> list[str]:
        """Ask over the wire, as a resolver does: first for IPv4, then for IPv6."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.settimeout(5)
            return [address for kind in (A, AAAA) for address in self._ask(way, host, kind)]

    def _ask(self, way: socket.socket, host: str, kind: int) -> Iterator[str]:
        labels = b"".join(bytes([len(label)]) + label for label in host.lower().encode("ascii").split(b"."))
        query = HEADER.pack(7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)
        way.sendto(query, self.address)
        reply = way.recv(512)
        place, size = len(query), 4 if kind == A else 16
        for _ in range(HEADER.unpack_from(reply)[3]):
            yield str(ip_address(reply[place + 12 : place + 12 + size]))
            place += 12 + size


def _read_name(query: bytes) -> tuple[str, int]:
    labels, place = [], HEADER.size
    while size := query[place]:
        labels.append(query[place + 1 : place + 1 + size].decode("ascii"))
        place += 1 + size
    return ".".join(labels), place + 1


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch, names: Mapping[str, Sequence[Sequence[str]]]) -> Iterator[NameServer]:
    """While this lasts, names are looked up at a server of our own. Numbers are not asked for."""

    def getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        try:
            ip_address(text)
        except ValueError:
            found = server.look_up(text)
            if not found:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
            return [entry for each in found for entry in _of_the_system(each, port, *rest, **named)]
        return _of_the_system(host, port, *rest, **named)

    with NameServer(names) as server:
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield server
