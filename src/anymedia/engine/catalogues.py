"""Reads a provider's lists of its models. Nothing is bought or created, and no job and no ledger is needed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NoReturn

from ..errors import BackendDefect, UnexpectedReply
from ..spec.backend import Backend
from ..spec.catalogue import ListedModel
from .drive import Driver, Hooks
from .http import Http
from .steps import is_id
from .surroundings import Surroundings

CHANGED = "Its lists may have changed since this version was made."
WITHIN = 60.0
"""Seconds until a list must have been read, with all repetitions."""


async def read_catalogue(around: Surroundings, http: Http, backend: Backend) -> Sequence[ListedModel]:
    """The models that the provider lists. Raise one of our errors; none of them can have cost anything."""
    if backend.catalogue is None:
        raise BackendDefect(f"{backend.name} has no `catalogue`.")
    driver = Driver(
        access=around.access(backend),
        model=backend.models[0],
        http=http,
        workers=around.workers,
        quotas=around.quotas,
        hooks=_NO_JOB,
        scratch=around.ledger.home / "scratch",
        idempotency_key="",
        deadline=time.monotonic() + WITHIN,
    )
    try:
        listed = await driver.list(backend.catalogue(), ListedModel)
    except UnexpectedReply as error:
        raise BackendDefect(error.message, next=CHANGED) from error
    if not all(is_id(each.id) for each in listed):
        raise BackendDefect(f"{backend.title} lists a model whose id is no text.", next=CHANGED)
    return listed


def _no_media(path: str) -> NoReturn:
    raise UnexpectedReply("A list of models came as media.", charged="no")


async def _never(*arguments: object) -> NoReturn:
    raise AssertionError("a list is read by safe requests only")


async def _forgotten(*arguments: object) -> None:
    """Nobody paid for a list: it can be asked for again."""


_NO_JOB = Hooks(
    before_paying=_never,
    created=_never,
    children=None,
    progress=lambda fraction, message: None,
    open_sink=_no_media,
    keep_preview=_forgotten,
    keep_reply=_forgotten,
    keep_outputs=_never,
)
"""What a driver asks of a job, where there is none."""
