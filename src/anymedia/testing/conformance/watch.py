"""Follows flows from outside: what they yield, what they return, and the I/O they do themselves, which they may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ParamSpec

from ...spec.backend import Backend, Model
from ...spec.wire import Compute, Effect, Exchange, Flow, HttpRequest, Outcome, Partial, Pending, Response, Step
from .audit import spying

Arguments = ParamSpec("Arguments")


@dataclass(kw_only=True)
class WatchedFlow:
    """One run of one flow. `replies` are the JSON documents it was sent; `asked_pause` is in seconds.

    `reaching` are the numbers of the computations that sent something to the provider.
    """

    kind: str
    effects: list[Effect] = field(default_factory=list)
    replies: list[object] = field(default_factory=list)
    own_io: list[str] = field(default_factory=list)
    reaching: set[int] = field(default_factory=set)
    step: Step | None = None

    @property
    def requests(self) -> list[HttpRequest | Exchange | Compute]:
        """What was sent; a conversation is one request, and so is the call of a library that reached the provider."""
        return [
            effect
            for number, effect in enumerate(self.effects)
            if isinstance(effect, HttpRequest | Exchange) or (isinstance(effect, Compute) and number in self.reaching)
        ]

    @property
    def purchases(self) -> list[HttpRequest | Exchange | Compute]:
        acting = [effect for effect in self.effects if isinstance(effect, HttpRequest | Exchange | Compute)]
        return [effect for effect in acting if effect.effect == "pays"]

    @property
    def asked_pause(self) -> float | None:
        return self.step.poll_after if isinstance(self.step, Pending | Partial) else None


@dataclass(kw_only=True)
class Watch:
    """Every flow of one backend since the last `clear`. `pace` is the longest pause between polls in seconds: what
    the flow asked for stays in the record, and nobody waits for it. `arrived` says how much reached the provider."""

    pace: float = 0.01
    arrived: Callable[[], int] = lambda: 0
    flows: list[WatchedFlow] = field(default_factory=list)

    def clear(self) -> None:
        self.flows.clear()

    def backend(self, backend: Backend) -> Backend:
        """The same backend with every flow watched."""
        return replace(
            backend,
            submit=self._watched("submit", backend.submit),
            poll=None if backend.poll is None else self._watched("poll", backend.poll),
            models=tuple(self._model(model) for model in backend.models),
        )

    def _model(self, model: Model) -> Model:
        return replace(
            model,
            submit=None if model.submit is None else self._watched("submit", model.submit),
            poll=None if model.poll is None else self._watched("poll", model.poll),
        )

    def _watched(self, kind: str, function: Callable[Arguments, Flow]) -> Callable[Arguments, Flow]:
        def watched(*arguments: Arguments.args, **named: Arguments.kwargs) -> Flow:
            record = WatchedFlow(kind=kind)
            self.flows.append(record)
            flow = function(*arguments, **named)
            outcome: Outcome = None
            while True:
                try:
                    with spying(record.own_io):
                        effect = flow.send(outcome)
                except StopIteration as finished:
                    record.step = finished.value
                    return self._hurried(finished.value)
                record.effects.append(effect)
                before = self.arrived()
                outcome = yield effect
                if self.arrived() > before:
                    record.reaching.add(len(record.effects) - 1)
                if isinstance(outcome, Response):
                    record.replies.append(outcome.json)

        return watched

    def _hurried(self, step: Step) -> Step:
        if isinstance(step, Pending | Partial):
            return replace(step, poll_after=min(step.poll_after, self.pace))
        return step
