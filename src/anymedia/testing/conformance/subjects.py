"""What the tests are about, derived from a declaration: models, parameters, rules, samples. Each has a readable id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ...media import Json
from ...operations import Request, request_fields
from ...spec.backend import Backend, Model, Sample
from ...spec.params import Param, Rule
from ..recordings import PLACES, recordings_in


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One thing to test of one backend."""

    backend: Backend

    @property
    def id(self) -> str:
        return self.backend.name


@dataclass(frozen=True, kw_only=True)
class BackendSubject(Subject):
    """A backend as a whole."""


@dataclass(frozen=True, kw_only=True)
class OperationSubject(Subject):
    """One operation that a backend has models for."""

    kind: type[Request]

    @property
    def id(self) -> str:
        return f"{self.backend.name}-{self.kind.operation}"


@dataclass(frozen=True, kw_only=True)
class ModelSubject(Subject):
    """One model."""

    model: Model

    @property
    def id(self) -> str:
        return f"{self.backend.name}-{self.model.id}"

    @property
    def is_computed(self) -> bool:
        """Whether it runs here, in a worker: its samples have no replies."""
        samples = self.samples()
        return bool(samples) and not any(sample.replies for sample in samples)

    def samples(self, expects: str | None = None) -> list[Sample]:
        """The samples of this model's request type, those of its own flow if there are any."""
        kind = self.model.accepts
        of_kind = [sample for sample in self.backend.samples if type(sample.request) is kind]
        of_flow = [sample for sample in of_kind if self._has_flow_of(sample)]
        return [sample for sample in of_flow or of_kind if expects in (None, sample.expects)]

    def _has_flow_of(self, sample: Sample) -> bool:
        shown = SampleSubject(backend=self.backend, sample=sample, number=0).model
        return self.backend.submit_of(shown) is self.backend.submit_of(self.model)

    def sample_like(self, asked: Mapping[str, Json]) -> Sample | None:
        """The sample whose request is most like `asked`: its replies fit what the flow will send."""

        def unlikeness(sample: Sample) -> int:
            other = sample.request.asked_for()
            return len(asked.keys() ^ other.keys()) + 2 * bool(asked.get("n", 1) != other.get("n", 1))

        done = self.samples("done")
        return min(done, key=unlikeness, default=None)


@dataclass(frozen=True, kw_only=True)
class ParameterSubject(ModelSubject):
    """One declared parameter of one model."""

    name: str

    @property
    def id(self) -> str:
        return f"{self.backend.name}-{self.model.id}-{self.name}"

    @property
    def param(self) -> Param:
        return self.model.params[self.name]


@dataclass(frozen=True, kw_only=True)
class UndeclaredSubject(ModelSubject):
    """One field of a model's request type that the model does not declare."""

    name: str

    @property
    def id(self) -> str:
        return f"{self.backend.name}-{self.model.id}-{self.name}"


@dataclass(frozen=True, kw_only=True)
class RuleSubject(ModelSubject):
    """One rule across fields of one model."""

    rule: Rule
    number: int

    @property
    def id(self) -> str:
        fields = "+".join((*self.rule.when, *self.rule.needs))
        return f"{self.backend.name}-{self.model.id}-rule{self.number}-{fields}"


@dataclass(frozen=True, kw_only=True)
class SampleSubject(Subject):
    """One sample."""

    sample: Sample = field(repr=False)
    number: int

    @property
    def id(self) -> str:
        operation = self.sample.request.operation
        return f"{self.backend.name}-sample{self.number}-{operation}-{self.sample.expects}"

    @property
    def model(self) -> Model:
        """The model the sample names, else the default one. Raise `LookupError` if there is none."""
        if self.sample.model is None:
            return self.backend.models_for(type(self.sample.request))[0]
        found = self.backend.model(self.sample.model)
        if found is None:
            raise LookupError(f"{self.id}: there is no model {self.sample.model!r}. Mend Sample.model.")
        return found


@dataclass(frozen=True, kw_only=True)
class AnsweredSampleSubject(SampleSubject):
    """A sample with replies of a provider, whose job is accepted."""


@dataclass(frozen=True, kw_only=True)
class PolledSampleSubject(SampleSubject):
    """A sample of a model that may answer `Pending`, in which more than the purchase is answered."""


@dataclass(frozen=True, kw_only=True)
class WaySubject(SampleSubject):
    """The first sample of one way of being answered: at once, or when it is asked after."""

    is_polled: bool

    @property
    def id(self) -> str:
        return f"{super().id}-{'polled' if self.is_polled else 'at-once'}"


@dataclass(frozen=True, kw_only=True)
class CancellableSubject(PolledSampleSubject):
    """A sample whose job can be cancelled at its provider."""


@dataclass(frozen=True, kw_only=True)
class RecordingSubject(Subject):
    """One recording that was made with a real key."""

    recording: Json = field(repr=False)

    @property
    def id(self) -> str:
        return f"{self.backend.name}-recorded-{self.recording['operation']}"


def backends(backend: Backend) -> Iterator[BackendSubject]:
    yield BackendSubject(backend=backend)


def operations(backend: Backend) -> Iterator[OperationSubject]:
    for kind in dict.fromkeys(model.accepts for model in backend.models):
        yield OperationSubject(backend=backend, kind=kind)


def models(backend: Backend) -> Iterator[ModelSubject]:
    for model in backend.models:
        yield ModelSubject(backend=backend, model=model)


def parameters(backend: Backend) -> Iterator[ParameterSubject]:
    for model in backend.models:
        for name in model.params:
            yield ParameterSubject(backend=backend, model=model, name=name)


def undeclared(backend: Backend) -> Iterator[UndeclaredSubject]:
    for model in backend.models:
        for name in request_fields(model.accepts):
            if name not in model.serves:
                yield UndeclaredSubject(backend=backend, model=model, name=name)


def rules(backend: Backend) -> Iterator[RuleSubject]:
    for model in backend.models:
        for number, rule in enumerate(model.rules, 1):
            yield RuleSubject(backend=backend, model=model, rule=rule, number=number)


def samples(backend: Backend) -> Iterator[SampleSubject]:
    for number, sample in enumerate(backend.samples, 1):
        yield SampleSubject(backend=backend, sample=sample, number=number)


def answered_samples(backend: Backend) -> Iterator[AnsweredSampleSubject]:
    for number, sample in enumerate(backend.samples, 1):
        if sample.replies and sample.expects in ("done", "partial"):
            yield AnsweredSampleSubject(backend=backend, sample=sample, number=number)


def polled_samples(backend: Backend) -> Iterator[PolledSampleSubject]:
    for number, sample in enumerate(backend.samples, 1):
        subject = PolledSampleSubject(backend=backend, sample=sample, number=number)
        is_polled = backend.poll_of(subject.model) is not None and len(sample.replies) > 1
        if sample.expects == "done" and is_polled:
            yield subject


def ways(backend: Backend) -> Iterator[WaySubject]:
    polled = {subject.number for subject in polled_samples(backend)}
    seen = set()
    for answered in answered_samples(backend):
        is_polled = answered.number in polled
        if is_polled not in seen and answered.sample.continues is None:
            seen.add(is_polled)
            yield WaySubject(backend=backend, sample=answered.sample, number=answered.number, is_polled=is_polled)


def cancellable(backend: Backend) -> Iterator[CancellableSubject]:
    for subject in polled_samples(backend):
        if backend.cancel_of(subject.model) is not None:
            yield CancellableSubject(backend=backend, sample=subject.sample, number=subject.number)


def recordings(backend: Backend) -> Iterator[RecordingSubject]:
    for recording in recordings_in(PLACES, backend):
        yield RecordingSubject(backend=backend, recording=recording)


SUBJECTS: Mapping[str, Callable[[Backend], Iterator[Subject]]] = {
    "whole": backends,
    "operation": operations,
    "model": models,
    "parameter": parameters,
    "undeclared": undeclared,
    "rule": rules,
    "sample": samples,
    "answered": answered_samples,
    "polled": polled_samples,
    "way": ways,
    "cancellable": cancellable,
    "recording": recordings,
}
"""What an argument of a test of this package stands for."""
