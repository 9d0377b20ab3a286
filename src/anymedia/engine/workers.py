"""Runs library calls outside the event loop: in a thread, or in a worker process where the interpreter lock is held.

Worker processes are started as a fresh interpreter (never forked, never importing the user's own script) and are
kept for the next call. Cancelling a call in a process kills that process.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import pickle
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..spec.wire import Compute, Outcome, Provider
from .files import private_folder
from .worker_main import LENGTH

Progress = Callable[[float], None]

THREADS = 64
"""Calls of libraries in threads at once. They have threads of their own: a call may wait for minutes, and what is paid
for must be written to the disk meanwhile."""


NOWHERE = Provider()
"""For a function that talks to no provider."""


class Stopped(Exception):
    """Raised inside a computed function whose job was cancelled."""


@dataclass(frozen=True, kw_only=True)
class ThreadControl:
    """The `control` of a function that runs in a thread."""

    scratch: Path
    provider: Provider
    report: Progress
    stopped: threading.Event

    def progress(self, fraction: float | None = None) -> None:
        if self.stopped.is_set():
            raise Stopped
        if fraction is not None:
            self.report(fraction)


class Workers:
    """Threads and processes for `compute` effects. At most `processes` run at once; the rest wait in line."""

    def __init__(self, processes: int | None = None) -> None:
        self._most = processes or max(1, (os.cpu_count() or 2) - 1)
        self._slots: asyncio.Semaphore | None = None
        self._idle: dict[str | None, list[_Process]] = defaultdict(list)
        """By the word in which their calls take turns."""
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._threads: ThreadPoolExecutor | None = None

    async def run(self, effect: Compute, scratch: Path, progress: Progress, provider: Provider = NOWHERE) -> Outcome:
        """The return value of the function. Its exceptions come through as they are."""
        await asyncio.to_thread(private_folder, scratch)
        if effect.where == "thread":
            return await self._in_thread(effect, scratch, progress, provider)
        if self._slots is None:
            self._slots = asyncio.Semaphore(self._most)
        async with contextlib.nullcontext() if effect.in_turn is None else self._turns[effect.in_turn], self._slots:
            return await self._in_process(effect, scratch, progress, provider)

    async def _in_thread(self, effect: Compute, scratch: Path, progress: Progress, provider: Provider) -> Outcome:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="anymedia-compute")
        loop = asyncio.get_running_loop()
        stopped = threading.Event()

        def report(fraction: float) -> None:
            loop.call_soon_threadsafe(progress, fraction)

        control = ThreadControl(scratch=scratch, provider=provider, report=report, stopped=stopped)
        called = partial(contextvars.copy_context().run, _called, effect, control)
        try:
            return await loop.run_in_executor(self._threads, called)
        except asyncio.CancelledError:
            stopped.set()
            raise

    async def _in_process(self, effect: Compute, scratch: Path, progress: Progress, provider: Provider) -> Outcome:
        idle = self._idle[effect.in_turn]
        process = idle.pop() if idle else await _Process.start()
        try:
            outcome = await process.run(effect, scratch, progress, provider)
        except BaseException:
            await process.kill()
            raise
        idle.append(process)
        kind, value = outcome
        if kind == "failed":
            raise value
        return value

    async def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                await idle.pop().kill()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None


def _called(effect: Compute, control: ThreadControl) -> Outcome:
    try:
        return effect.function(control, **effect.arguments)
    except SystemExit as error:
        # A library that calls sys.exit must not end the program that asked for a picture.
        raise RuntimeError(f"the library asked to exit with {error.code!r}") from error


class _Process:
    """One worker process and its two pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> _Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "anymedia.engine.worker_main",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        worker = cls(process)
        await worker._send(list(sys.path))
        return worker

    async def run(self, effect: Compute, scratch: Path, progress: Progress, provider: Provider) -> tuple[str, Any]:
        task = {
            "module": effect.function.__module__,
            "qualname": effect.function.__qualname__,
            "scratch": scratch,
            "provider": provider,
            "arguments": dict(effect.arguments),
        }
        await self._send(task)
        while True:
            kind, value = await self._receive()
            if kind != "progress":
                return kind, value
            progress(value)

    async def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        content = pickle.dumps(message)
        self._process.stdin.write(LENGTH.pack(len(content)) + content)
        await self._process.stdin.drain()

    async def _receive(self) -> tuple[str, Any]:
        assert self._process.stdout is not None
        try:
            head = await self._process.stdout.readexactly(LENGTH.size)
            content = await self._process.stdout.readexactly(LENGTH.unpack(head)[0])
        except asyncio.IncompleteReadError as error:
            code = await self._process.wait()
            raise RuntimeError(f"The worker process ended with status {code}.") from error
        kind, value = pickle.loads(content)
        return kind, value

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        # Closes the pipe transports now; left to the garbage collector they warn after the loop is gone.
        self._process._transport.close()  # type: ignore[attr-defined]
