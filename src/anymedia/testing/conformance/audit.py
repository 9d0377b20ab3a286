"""Sees what code does to the outside, through the interpreter's audit events: own I/O in a flow, and connections that
would leave this machine, which are stopped."""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

OWN_IO = frozenset(
    {
        "open",
        "os.listdir",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.scandir",
        "os.system",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "sqlite3.connect",
        "subprocess.Popen",
        "time.sleep",
    }
)
SOURCE_ENDINGS = (".py", ".pyc", ".so")
"""What the import system opens; an import inside a flow is bad taste and no I/O of its own."""


class LeftTheMachine(ConnectionRefusedError):
    """A connection that would have gone to a foreign host, refused here."""


class _Thread(threading.local):
    seen: list[str] | None = None


_thread = _Thread()
_guards = 0


@contextmanager
def spying(seen: list[str]) -> Iterator[None]:
    """Note in `seen` every piece of I/O that this thread does meanwhile."""
    _install()
    _thread.seen = seen
    try:
        yield
    finally:
        _thread.seen = None


@contextmanager
def staying_here() -> Iterator[None]:
    """Refuse connections to hosts other than this machine meanwhile, in every thread."""
    global _guards
    _install()
    _guards += 1
    try:
        yield
    finally:
        _guards -= 1


_installed = threading.Event()


def _install() -> None:
    """Audit hooks stay for the life of the process; ours does nothing while nobody spies or guards."""
    if not _installed.is_set():
        _installed.set()
        sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _thread.seen is not None and event in OWN_IO and not _is_import(event, arguments):
        _thread.seen.append(f"{event} {' '.join(map(repr, arguments[:1]))}")
    if not _guards:
        return
    if event == "socket.getaddrinfo" and not _is_here(arguments[0]):
        raise LeftTheMachine(f"{arguments[0]} is not looked up during the conformance tests")
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not _is_here(arguments[1][0]):
        raise LeftTheMachine(f"{arguments[1][0]} is not connected to during the conformance tests")


def _is_import(event: str, arguments: tuple[Any, ...]) -> bool:
    return event == "open" and str(arguments[0]).endswith(SOURCE_ENDINGS)


def _is_here(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return text in ("localhost", "None", "")
