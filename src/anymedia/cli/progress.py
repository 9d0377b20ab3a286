"""Progress on standard error: lines that update themselves on a terminal, else a plain line for each stage.

One job has one line; of several prompts each has its own.
"""

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
CLEAR_BELOW = "\r\x1b[J"
DONE, FAILED = "done", "failed"
LONGEST_NAME = 40
"""Characters of a prompt that name its line."""
NEWS_EVERY = 5.0
"""Seconds between two plain lines about one job that differ only in how far it is."""


class ProgressView:
    """What is known of the jobs of one command. `report` may be called from any thread."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._live = sys.stderr.isatty() and not screen.quiet
        self._latest: dict[str, Progress] = {}
        self._items: dict[str, tuple[int, str]] = {}
        self._stages: dict[str, str] = {}
        self._drawn = 0
        self._began = time.monotonic()
        self._shown: dict[str, tuple[str, str]] = {}
        self._shown_at: dict[str, float] = {}

    def report(self, progress: Progress) -> None:
        """Take note of a step; without a terminal, print it if it is news."""
        self._latest[progress.job_id] = progress
        if not self._live and self._is_news(progress):
            self._screen.note(f"{progress.job_id}: {_words(progress)}")

    def opened(self, job_id: str, prompt: str, *, instead_of: str | None = None) -> None:
        """A job was opened for a prompt, or in the place of another that failed."""
        number, _ = self._items.pop(instead_of or "", (len(self._items) + 1, ""))
        self._items.setdefault(job_id, (number, one_line(prompt, LONGEST_NAME)))
        self._stages[job_id] = "waiting"

    def ended(self, job_id: str, stage: str) -> None:
        """A job came to its end, in a word or two."""
        self._stages[job_id] = stage
        if not self._live and len(self._items) > 1 and job_id in self._items:
            self._screen.note(self._item(job_id))

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
                tell(self._erased(), new_line=False)

    async def _draw_on(self) -> None:
        while True:
            if self._latest:
                lines = self._lines()
                before, self._drawn = self._erased(), len(lines)
                tell(before + "\n".join(lines), new_line=False)
            await asyncio.sleep(REDRAWS_EVERY)

    def _erased(self) -> str:
        """What takes away the lines that were drawn, and goes back to where the first began."""
        if self._drawn > 1:
            return f"\x1b[{self._drawn - 1}A{CLEAR_BELOW}"
        return CLEAR if self._latest else ""

    def _lines(self) -> list[str]:
        """A line for each prompt in its order; where the screen is too short, those that are not over go first."""
        if len(self._items) < 2:
            return [self._line()]
        order = sorted(self._items, key=lambda job_id: self._items[job_id][0])
        room = _height() - 1
        if len(order) <= room:
            return [self._item(job_id) for job_id in order]
        under_way = [job_id for job_id in order if self._stages[job_id] not in (DONE, FAILED)]
        shown = under_way[: room - 1]
        counted = Counter(self._stage(job_id) for job_id in order if job_id not in shown)
        rest = ", ".join(f"{count} {stage}" for stage, count in counted.items())
        return [*map(self._item, shown), one_line(f"and {len(order) - len(shown)} more: {rest}", _width())]

    def _item(self, job_id: str) -> str:
        number, name = self._items[job_id]
        latest = self._latest.get(job_id)
        words = _words(latest) if latest and self._stages[job_id] == "waiting" else self._stages[job_id]
        return one_line(f"{number}/{len(self._items)} {name}: {words}", _width())

    def _stage(self, job_id: str) -> str:
        latest = self._latest.get(job_id)
        return latest.stage if latest and self._stages[job_id] == "waiting" else self._stages[job_id]

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


def _height() -> int:
    import shutil

    return max(4, shutil.get_terminal_size().lines)


def _width() -> int:
    import shutil

    return max(20, shutil.get_terminal_size().columns - 1)
