"""What a hostile entry may do: connect to the servers of the test and write below the root, within ten seconds."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from anymedia.testing.emulator.server import Listening

DEADLINE = 10
"""Seconds that one entry may take on one surface."""


class Hung(Exception):
    """An entry took longer than its deadline."""


@contextmanager
def deadline(what: str) -> Iterator[None]:
    """Raise `Hung` in the main thread once the time is up, whatever it is doing."""

    def ring(number: int, frame: object) -> None:
        raise Hung(f"{what} hangs for more than {DEADLINE} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(DEADLINE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# --- Connections ------------------------------------------------------------------------------------------------------


@dataclass
class Spy:
    """Every address connected to and every name looked up through Python. What a library of C does shows nowhere."""

    connects: list[tuple[str, int]] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)

    def strangers(self, *ports: int) -> list[tuple[str, int]]:
        """Connections that did not go to these ports of this machine."""
        return [(host, port) for host, port in self.connects if not (_is_here(host) and port in ports)]


def port_of(server: Listening) -> int:
    """Where a server of the test listens."""
    return urlsplit(server.url).port or 0


EMULATOR = "anymedia-emulator"
"""The thread of a server of the test; it leads gRPC on to the library that speaks it."""
_watching: list[Spy] = []
_installed: list[bool] = []


@contextmanager
def spying() -> Iterator[Spy]:
    """List what leaves this process by sockets, in every thread; what would leave this machine is refused."""
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_hook)  # it stays for the life of the process, and does nothing while nobody watches
    spy = Spy()
    _watching.append(spy)
    try:
        yield spy
    finally:
        _watching.remove(spy)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or threading.current_thread().name == EMULATOR:
        return
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host, port = arguments[1][:2]
        for spy in _watching:
            spy.connects.append((host, port))
        if not _is_here(host):
            raise ConnectionRefusedError(f"{host} is not connected to in these tests")
    if event == "socket.getaddrinfo" and not _is_number(arguments[0]):
        for spy in _watching:
            spy.lookups.append(str(arguments[0]))
        raise socket.gaierror(socket.EAI_NONAME, f"{arguments[0]} is not looked up in these tests")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_number(host: str | bytes | None) -> bool:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    return text in ("None", "", "localhost") or any(
        _packs(family, text) for family in (socket.AF_INET, socket.AF_INET6)
    )


def _packs(family: socket.AddressFamily, text: str) -> bool:
    try:
        socket.inet_pton(family, text)
    except OSError:
        return False
    return True


# --- Files ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Canary:
    """A folder around the root, with files that a path may lead to and nothing may touch."""

    folder: Path
    root: Path

    @classmethod
    def build(cls, folder: Path) -> Canary:
        """The usual things that lie around: notes, a key, a folder that was prepared for a name."""
        for name, content in {"notes.txt": "mine", "id_rsa": "-----BEGIN KEY-----", "etc/passwd": "root:x:0:0"}.items():
            (folder / "outside" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "outside" / name).write_text(content)
        (folder / "root").mkdir()
        return cls(folder=folder, root=folder / "root")

    @property
    def outside(self) -> Path:
        return self.folder / "outside"

    def state(self) -> dict[str, str]:
        """Every file and folder around the root and what is in it."""
        found = {}
        for place, folders, files in os.walk(self.folder):
            here = Path(place)
            if here == self.folder:
                folders.remove(self.root.name)
            for name in (*folders, *files):
                path = here / name
                content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
                found[str(path.relative_to(self.folder))] = f"{path.lstat().st_mode:o} {content}"
        return found
