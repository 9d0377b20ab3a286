"""Counts the calls through which a program touches the disk, the ledger and the network, and lets the n-th one fail.

Works in the process of `victim.py` only: it takes the place of functions of the standard library there, never in ours.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FAILURES: dict[str, Callable[[], Exception]] = {
    "full": lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "broken": lambda: OSError(errno.EIO, os.strerror(errno.EIO)),
    "read-only": lambda: OSError(errno.EROFS, os.strerror(errno.EROFS)),
}
"""What a call that fails says, by the name of the trouble."""


def _whole(path: Any, named: dict[str, Any]) -> str:
    """The whole path of a name that may begin at the handle of a folder, or of a file that is a handle itself."""
    handle = named.get("dir_fd", named.get("src_dir_fd"))
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")  # noqa: PTH115 - one of many calls a run
    return str(path) if handle is None else f"{os.readlink(f'/proc/self/fd/{handle}')}/{path}"  # noqa: PTH115


@dataclass
class Seams:
    """Every seam so far. At number `at` the process dies (`trouble="killed"`), or the call fails."""

    at: int
    trouble: str
    only: Path
    """Files outside this folder are none of ours: Python's own imports and caches."""
    passed: list[str] = field(default_factory=list)
    struck: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, name: str, error: Callable[[], Exception] | None = None) -> None:
        """One seam. Where a call has just succeeded there is nothing to fail, only to die."""
        with self.lock:
            if error is None and self.trouble != "killed":
                return
            self.passed.append(name)
            strikes = len(self.passed) == self.at
        if not strikes:
            return
        if self.trouble == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        self.struck = name
        assert error is not None
        raise error()

    def install(self) -> None:
        """From now on every such call of this process is counted."""
        disk = FAILURES.get(self.trouble, FAILURES["broken"])
        for name in ("open", "mkdir", "link", "rename", "replace", "unlink", "chmod"):
            setattr(os, name, self._around_path(name, getattr(os, name), disk))
        for name in ("write", "fsync"):
            setattr(os, name, self._around_descriptor(name, getattr(os, name), disk))
        for name in ("connect", "send", "sendmsg", "recv", "recv_into"):
            setattr(socket.socket, name, self._around_socket(name, getattr(socket.socket, name)))
        connect = sqlite3.connect
        connection = self._connection()
        sqlite3.connect = lambda *arguments, **named: connect(*arguments, factory=connection, **named)

    def _around_path(self, name: str, real: Any, error: Callable[[], Exception]) -> Any:
        def call(path: Any, *arguments: Any, **named: Any) -> Any:
            is_way = name == "open" and arguments[0] & os.O_PATH  # only the way to a file, nothing is read or written
            if is_way or not _whole(path, named).startswith(str(self.only)):
                return real(path, *arguments, **named)
            self.reach(name, error)
            found = real(path, *arguments, **named)
            self.reach(f"after {name}")
            return found

        return call

    def _around_descriptor(self, name: str, real: Any, error: Callable[[], Exception]) -> Any:
        def call(descriptor: int, *arguments: Any) -> Any:
            if not str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith(str(self.only)):
                return real(descriptor, *arguments)
            try:
                self.reach(name, error)
            except OSError:
                if name == "write":
                    real(descriptor, arguments[0][: len(arguments[0]) // 2])  # a full disk takes what still fits
                raise
            found = real(descriptor, *arguments)
            self.reach(f"after {name}")
            return found

        return call

    def _around_socket(self, name: str, real: Any) -> Any:
        reset = ConnectionResetError if name != "connect" else ConnectionRefusedError

        def call(sock: socket.socket, *arguments: Any) -> Any:
            if sock.family != socket.AF_INET:
                return real(sock, *arguments)
            self.reach(name, lambda: reset(errno.ECONNRESET, "injected"))
            found = real(sock, *arguments)
            self.reach(f"after {name}")
            return found

        return call

    def _connection(self) -> type[sqlite3.Connection]:
        seams = self

        class Counted(sqlite3.Connection):
            """Ends and beginnings of transactions are seams, and so is every statement that writes."""

            def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
                verb = sql.split(None, 1)[0].upper()
                if verb not in ("BEGIN", "COMMIT", "INSERT", "UPDATE"):
                    return super().execute(sql, *arguments)
                seams.reach(f"sql {verb}", lambda: sqlite3.OperationalError("disk I/O error"))
                found = super().execute(sql, *arguments)
                seams.reach(f"after sql {verb}")
                return found

        return Counted
