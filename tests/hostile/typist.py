"""A process that types command lines: one JSON list of arguments a line in, one JSON answer a line out.

Starting Python for every entry would cost more than the entries. What a command line needs from outside (variables,
working folder) is that of this process. The answer says how it ended and where it connected to.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from types import TracebackType
from typing import Any, Self

from watching import DEADLINE, Hung, spying


@dataclass(frozen=True, kw_only=True)
class Typed:
    """How one command line ended."""

    code: int
    out: str
    err: str
    connects: list[tuple[str, int]]

    @property
    def said(self) -> str:
        return self.out + self.err


class Typist:
    """Types in a process of its own, in a `with` block. A command line that hangs is killed with it."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        command = [sys.executable, str(Path(__file__))]
        self._process = subprocess.Popen(
            command, cwd=folder, env=dict(environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def type(self, *arguments: str) -> Typed:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments).encode() + b"\n")
        self._process.stdin.flush()
        with DefaultSelector() as selector:
            selector.register(self._process.stdout, EVENT_READ)
            if not selector.select(DEADLINE + 20 * (arguments == ())):
                raise Hung(f"{arguments!r:.200} hangs for more than {DEADLINE} s")
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return Typed(**{**answer, "connects": [(host, port) for host, port in answer["connects"]]})


def answer(arguments: list[str]) -> dict[str, Any]:
    """Run one command line in this process. What gets past the outermost handler is told as the code -1."""
    from anymedia.cli.main import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict") for _ in range(2))
    sys.stdin = io.TextIOWrapper(io.BytesIO(b""))
    with spying() as spy, redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(arguments)
        except BaseException as error:  # noqa: BLE001 - that is what is looked for
            code = -1
            print(repr(error), file=sys.stderr)
    said = []
    for stream in (out, err):
        stream.flush()
        said.append(stream.buffer.getvalue().decode(errors="replace"))  # type: ignore[attr-defined]
    return {"code": code, "out": said[0], "err": said[1], "connects": spy.connects}


def main() -> None:
    channel = sys.stdout
    for line in sys.stdin.buffer:
        began = time.monotonic()
        found = answer(json.loads(line))
        found["err"] += f"\n[{time.monotonic() - began:.2f} s]"
        channel.write(json.dumps(found) + "\n")
        channel.flush()


if __name__ == "__main__":
    main()
