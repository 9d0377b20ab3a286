"""Sees every connection this process begins, by the interpreter's own audit events, and lets none leave the machine."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

Address = tuple[str, int]
_spies: list[list[Address]] = []
_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not _spies or not isinstance(arguments[1], tuple):
        return
    host, port = arguments[1][:2]
    for seen in _spies:
        seen.append((host, port))
    if not ip_address(host).is_loopback:
        raise OSError(errno.ENETUNREACH, "the spy lets nobody out")


@contextmanager
def watched() -> Iterator[list[Address]]:
    """What was connected to while this lasts. Hooks cannot be taken away again, so there is one for all."""
    global _hooked
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True
    seen: list[Address] = []
    _spies.append(seen)
    try:
        yield seen
    finally:
        _spies.remove(seen)
