"""A conversation that this machine keeps: providers that remember nothing are sent every turn again, with its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..media import Json
from .backend import Call


@dataclass(frozen=True, kw_only=True)
class History:
    """What was said before, and what is asked now. `body` has its words under `text` and its files under `media`.

    A turn is kept as `{"text": ..., "files": [...], "answer": ...}`, its answer as the provider wrote it.
    """

    earlier: tuple[Json, ...]
    asked: Json
    is_kept: bool

    @classmethod
    def of(cls, call: Call) -> History:
        return cls(
            earlier=tuple((call.continuation or {}).get("turns", ())),
            asked={"text": call.body["text"], "files": list(call.body.get("media", ()))},
            is_kept=call.continuation is not None or bool(call.request.continuable),
        )

    def messages(self, as_question: Callable[[Json], Json]) -> list[Json]:
        """Every turn as a question and its answer, and the question of now."""
        before = [message for turn in self.earlier for message in (as_question(turn), turn["answer"])]
        return [*before, as_question(self.asked)]

    def after(self, answer: Json) -> Json:
        """What a later question goes on from; `None` if nobody asked to go on."""
        return {"turns": [*self.earlier, {**self.asked, "answer": answer}]} if self.is_kept else None
