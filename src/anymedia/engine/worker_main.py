"""The worker process: runs one function at a time for its parent, and dies with it. `python -m` runs this file.

The parent and this process exchange pickled messages over stdin and stdout. Nothing but the parent can write there,
and the parent only reads what its own child wrote.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import struct
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from ..spec.wire import Provider

LENGTH = struct.Struct("<I")


def send(stream: BinaryIO, message: object) -> None:
    content = pickle.dumps(message)
    stream.write(LENGTH.pack(len(content)) + content)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """The next message, or `None` when the other side is gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return pickle.loads(stream.read(LENGTH.unpack(head)[0]))


@dataclass(frozen=True, kw_only=True)
class PipeControl:
    """The `control` of a function that runs in a worker process. Cancelling kills the process."""

    scratch: Path
    provider: Provider
    stream: BinaryIO

    def progress(self, fraction: float | None = None) -> None:
        if fraction is not None:
            send(self.stream, ("progress", fraction))


def run(task: dict[str, Any], stream: BinaryIO) -> tuple[str, Any]:
    """Run one task; give back `("done", value)` or `("failed", error)`."""
    try:
        function = importlib.import_module(task["module"])
        for name in task["qualname"].split("."):
            function = getattr(function, name)
        control = PipeControl(scratch=task["scratch"], provider=task["provider"], stream=stream)
        return "done", function(control, **task["arguments"])  # type: ignore[operator]
    except Exception as error:  # noqa: BLE001 - whatever a library raises is reported to the parent
        return "failed", _picklable(error)


def _picklable(error: Exception) -> Exception:
    error.add_note(traceback.format_exc(limit=-5))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - an exception class may refuse to pickle in any way it likes
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def main() -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)  # the program that asked stays responsive
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the messages
    sys.path[:] = receive(requests)
    while (task := receive(requests)) is not None:
        send(replies, run(task, replies))


if __name__ == "__main__":
    main()
