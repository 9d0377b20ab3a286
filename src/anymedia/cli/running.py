"""Runs what was asked for and shows how it ended. An interruption leaves jobs in the ledger and says which."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..client import AsyncClient
from ..desk import Opened, Options
from ..errors import AnymediaError, StillRunning
from ..media import Json
from ..operations import Request
from ..reading import Reading, read
from ..results import Batch, Result
from ..unified import make as make_media
from .interrupts import interruptible
from .outcomes import Outcome, show_outcomes
from .progress import DONE, FAILED, ProgressView
from .showing import Screen
from .standing import Interrupted, show_interrupted, standing


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One command line that makes something. With `reading` it is a question about `files`, or a review of them."""

    kind: type[Request]
    prompts: tuple[str, ...]
    parameters: Mapping[str, Json]
    max_concurrent: int
    files: tuple[str, ...] = ()
    reading: Reading | None = None


class WatchedClient(AsyncClient):
    """Remembers the jobs it opened, so that an interruption can name them, and tells the view what becomes of them."""

    def __init__(self, view: ProgressView) -> None:
        super().__init__()
        self.opened: list[str] = []
        self._view = view

    async def open(self, request: Request, options: Options | None = None) -> Opened:
        opened = await super().open(request, options)
        self.opened.append(opened.job_id)
        before = options.attempts[-1].job_id if options is not None and options.attempts else None
        prompt = str(request.asked_for().get(request.main_input or "", ""))
        self._view.opened(opened.job_id, prompt, instead_of=before)
        return opened

    async def finish(self, job_id: str, options: Options | None = None) -> Result:
        try:
            result = await super().finish(job_id, options)
        except StillRunning:
            self._view.ended(job_id, "running")
            raise
        except AnymediaError:
            self._view.ended(job_id, FAILED)
            raise
        self._view.ended(job_id, DONE)
        return result


def make(screen: Screen, asked: Asked) -> int:
    """Make it, show it, and return the exit code."""
    try:
        outcomes = asyncio.run(_make(screen, asked))
    except Interrupted as interrupted:
        return show_interrupted(screen, interrupted, asked.kind.operation)
    return show_outcomes(screen, asked.kind.operation, outcomes)


async def _make(screen: Screen, asked: Asked) -> Sequence[Outcome]:
    view = ProgressView(screen)
    async with WatchedClient(view) as client, view.showing():
        try:
            made = await interruptible(_made(client, asked, view))
        except AnymediaError as error:
            return [error]
        except asyncio.CancelledError:
            raise Interrupted(await standing(client, client.opened)) from None
        return made.outcomes if isinstance(made, Batch) else [made]


async def _made(client: AsyncClient, asked: Asked, view: ProgressView) -> Result | Batch:
    if asked.reading is not None:
        watched = replace(asked.reading, parameters={**asked.reading.parameters, "on_progress": view.report})
        return await read(client, next(iter(asked.prompts), None), files=asked.files, reading=watched)
    several = len(asked.prompts) > 1
    prompt = None if several or asked.kind.main_input is None else asked.prompts[0]
    return await make_media(
        client,
        prompt,
        prompts=asked.prompts if several else None,
        mode=asked.kind.operation,
        audio_type=None,
        max_concurrent=asked.max_concurrent,
        parameters={**asked.parameters, "on_progress": view.report},
    )
