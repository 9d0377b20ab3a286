"""What a job keeps besides its outputs: resources the provider made, replies nobody understands, rescued outputs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..errors import LedgerError
from ..media import Json, Spilled
from ..spec.wire import Created
from .files import private_folder, write_whole
from .landing import Lander
from .ledger import Ledger
from .redaction import REDACTOR
from .resources import add_resource


@dataclass(frozen=True, kw_only=True)
class Receipts:
    """The keepsakes of one job. `lander` is asked for when an output must be set aside."""

    ledger: Ledger
    job_id: str
    backend: str
    lander: Callable[[], Lander]

    async def created(self, created: Created) -> None:
        """Something of the user's now stays at the provider."""
        try:
            await self.ledger.call(partial(add_resource, created=created, backend=self.backend, job_id=self.job_id))
        except LedgerError:
            with suppress(OSError):
                await self.keep_reply({"kind": created.kind, "id": created.id})  # nothing else names it
            raise

    async def keep_reply(self, reply: Json) -> None:
        """A reply that nobody understands may be the only receipt of a purchase."""

        def write() -> None:
            folder = private_folder(self.ledger.home / "quarantine")
            text = REDACTOR.clean(json.dumps(reply, default=str, indent=2))
            write_whole(text.encode("utf-8", "backslashreplace"), folder / f"{self.job_id}-reply.json")

        await asyncio.to_thread(write)

    async def keep_outputs(self, outputs: Sequence[Spilled]) -> list[Path]:
        """Set aside outputs that arrived before a reply broke off or failed; the job's note and its error name them."""
        lander = self.lander()
        kept = [await asyncio.to_thread(lander.set_aside, index, each) for index, each in enumerate(outputs)]
        names = ", ".join(map(str, kept))
        await self.ledger.update(self.job_id, note=f"Arrived before the reply broke off: {names}")
        return kept
