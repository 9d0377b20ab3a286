"""What one job is about, as its row says: its backend, its model, what was asked for, what it continues."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial

from ..errors import BackendDefect
from ..media import Json
from ..spec.backend import Backend, Call, Model
from . import continuations
from .blobs import Blobs
from .ledger import Row
from .request_json import from_json
from .surroundings import Surroundings


@dataclass(frozen=True, kw_only=True)
class Matter:
    """The columns of `row` that never change, read with what is installed here."""

    row: Row
    around: Surroundings
    blobs: Blobs

    @property
    def backend(self) -> Backend:
        name = self.row["backend"]
        if name not in self.around.backends:
            raise BackendDefect(f"The backend {name!r} of this job is not installed here.")
        return self.around.backends[name]

    @property
    def model(self) -> Model:
        model = self.backend.model(self.row["model"])
        if model is None:
            raise BackendDefect(f"{self.backend.name} no longer declares {self.row['model']!r}.")
        return model

    async def call(self) -> Call:
        """The request, checked and translated for the model."""
        request = from_json(json.loads(self.row["request"]), self.blobs.path)
        model, backend = self.model, self.backend
        options = request.provider_options.get(backend.name, {})
        return Call(
            request=request,
            model=model,
            body={**model.encode(request), **options},
            idempotency_key=self.row["idempotency_key"],
            continuation=await self._continued(),
            settings=self.around.settings(backend),
        )

    async def _continued(self) -> Json:
        """The state this job continues, if it continues one."""
        if self.row["continues"] is None:
            return None
        load = partial(continuations.load, continuation_id=self.row["continues"], blobs=self.blobs)
        return (await self.around.ledger.call(load)).state
