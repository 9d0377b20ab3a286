"""What became of a purchase: written down before it is downloaded or renamed, then landed and closed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import AnymediaError, LedgerError, StillRunning
from ..media import Json, MediaFile, Spilled
from ..operations import Request
from ..spec.backend import Backend, Model
from ..spec.wire import Pcm, Succeeded
from . import continuations, verdicts
from .blobs import Blobs
from .budget import settlement
from .closing import Closing
from .landing import Lander
from .ledger import Ledger, Row, update_job
from .records import step_to_json
from .redaction import REDACTOR
from .steps import settled


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What came, and the columns that say so in the ledger. `whole`: every byte of it is on this machine."""

    step: Succeeded
    columns: Mapping[str, Json]

    @property
    def whole(self) -> bool:
        return all(isinstance(output, Spilled) for output in self.step.files)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Takes in what the provider delivered to one job."""

    row: Row
    backend: Backend
    model: Model
    ledger: Ledger
    blobs: Blobs
    lander: Lander

    async def take(self, request: Request, step: Succeeded, kept: Sequence[MediaFile | Spilled]) -> Delivered:
        """Gather what came, `kept` of it earlier, and settle the account. Nothing is committed yet."""
        if step.text is not None:
            step = replace(step, text=REDACTOR.without_secrets(step.text))  # a reply may repeat the key
        words = await self.lander.gather_text(step.text) if request.makes == "text" else ()
        outputs = (*words, *kept, *await self.lander.gather(step.files))
        state = step.continuation
        if state is not None:
            state = await asyncio.to_thread(self._encoded, state)
        price = self.model.price
        amount = step.cost if step.cost is not None else settled(price, request, step.usage)
        source = "the provider's reply" if step.cost is not None else f"{price.source}, checked {price.checked}"
        columns: dict[str, Json] = {
            "status": "ready",
            "private_step": step_to_json(step, outputs, state),
            **settlement(amount, source),
        }
        return Delivered(step=replace(step, files=outputs, continuation=state), columns=columns)

    def _encoded(self, state: Json) -> Json:
        """The state as it is kept. An output that never reached the disk is told of when it is landed."""
        try:
            return continuations.encode(state, self.blobs)
        except FileNotFoundError:
            return None

    async def commit(self, delivered: Delivered) -> None:
        """Write it down. From then on the job can be finished by anybody."""
        try:
            await self.ledger.call(lambda connection: update_job(connection, self.row["id"], **delivered.columns))
        except LedgerError as error:
            if await self._status() == "submitting":
                error.message += await self._set_aside(delivered.step.files)
            raise

    async def close(self, step: Succeeded, outputs: Sequence[Spilled], ready: Mapping[str, Json] | None) -> Row:
        """Land and close in one trip. What fails once it is committed what came leaves the job to be resumed."""
        closing = Closing(
            row=self.row,
            backend=self.backend,
            model=self.model,
            step=step,
            outputs=outputs,
            lander=self.lander,
            blobs=self.blobs,
            ready=ready,
        )
        try:
            return await self.ledger.call(closing.run)
        except OSError as error:
            raise self._unfinished(f"{self.lander.folder} cannot take the file: {error.strerror}.") from error
        except LedgerError as error:
            status = await self._status()
            if status == "ready":
                raise self._unfinished(error.message) from error
            if status == "submitting":
                error.message += await self._set_aside(outputs)
            raise

    def _unfinished(self, reason: str) -> StillRunning:
        return verdicts.still_running(self.row, reason, "Free some space.")

    async def _status(self) -> Json:
        """The status in the ledger; `None` if it cannot be read. One that is not over needs its part files again."""
        try:
            return (await self.ledger.row(self.row["id"]))["status"]
        except LedgerError:
            return None

    async def _set_aside(self, files: Sequence[MediaFile | Spilled | Pcm]) -> str:
        """Say where the outputs are that nobody will find in the ledger. Addresses grow old: they are fetched now."""
        try:
            outputs = await self.lander.fetched(files)
        except AnymediaError:
            return ""
        kept = [str(await asyncio.to_thread(self.lander.set_aside, *each)) for each in enumerate(outputs)]
        return f" These outputs had arrived: {', '.join(kept)}." if kept else ""
