"""Progress on standard error: one line that updates itself on a terminal, else a plain line for each stage."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from .showing import Screen, one_line, tell

if TYPE_CHECKING:
    from ..engine.run import Progress

REDRAWS_EVERY = 0.25
"""Seconds between two states of the updating line."""
CLEAR = "\r\x1b[K"
NEWS_EVERY = 5.0
"""Seconds between two plain lines about one job that differ only in how far it is."""


class ProgressView:
    """What is known of the jobs of one command. `report` may be called from any thread."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._live = sys.stderr.isatty() and not screen.quiet
        self._latest: dict[str, Progress] = {}
        self._began = time.monotonic()
        self._shown: dict[str, tuple[str, str]] = {}
        self._shown_at: dict[str, float] = {}

    def report(self, progress: Progress) -> None:
        """Take note of a step; without a terminal, print it if it is news."""
        self._latest[progress.job_id] = progress
        if not self._live and self._is_news(progress):
            self._screen.note(f"{progress.job_id}: {_words(progress)}")

    def _is_news(self, progress: Progress) -> bool:
        """Whether a log wants this line: another stage or message, or the same after a while."""
        words, now = (progress.stage, progress.message), time.monotonic()
        same = self._shown.get(progress.job_id) == words
        if same and now - self._shown_at[progress.job_id] < NEWS_EVERY:
            return False
        self._shown[progress.job_id], self._shown_at[progress.job_id] = words, now
        return True

    @contextlib.asynccontextmanager
    async def showing(self) -> AsyncIterator[None]:
        """Keep the updating line alive, and take it away at the end."""
        drawing = asyncio.ensure_future(self._draw_on()) if self._live else None
        try:
            yield
        finally:
            if drawing is not None:
                drawing.cancel()
                tell(CLEAR if self._latest else "", new_line=False)

    async def _draw_on(self) -> None:
        while True:
            if self._latest:
                tell(CLEAR + self._line(), new_line=False)
            await asyncio.sleep(REDRAWS_EVERY)

    def _line(self) -> str:
        seconds = f"{time.monotonic() - self._began:.0f} s"
        if len(self._latest) == 1:
            (only,) = self._latest.values()
            return one_line(f"{_words(only)}  {seconds}", _width())
        stages = Counter(progress.stage for progress in list(self._latest.values()))
        counted = ", ".join(f"{count} {stage}" for stage, count in stages.items())
        return one_line(f"{len(self._latest)} jobs: {counted}  {seconds}", _width())


def _words(progress: Progress) -> str:
    percent = "" if progress.fraction is None else f" {progress.fraction:.0%}"
    message = f" ({one_line(progress.message)})" if progress.message else ""
    return f"{progress.stage}{percent}{message}"


def _width() -> int:
    import shutil

    return max(20, shutil.get_terminal_size().columns - 1)
