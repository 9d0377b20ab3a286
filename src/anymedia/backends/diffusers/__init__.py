"""Pipelines of diffusers with weights of your own: one backend for each table under `[pipelines]`.

What a pipeline can do is read from its `model_index.json`. It computes in a worker process, and nothing is downloaded.
It is used only where it is named: nobody but you knows what its weights are good for.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from ...errors import InvalidConfiguration
from ...media import Json
from ...operations import ImageRequest, Request, VideoRequest
from ...spec import Backend, Call, Flow, Model, NoKey, Sample
from . import films, pictures
from .families import FAMILIES, Family
from .folder import Weights, index_of

DOCS = "docs/how-to/use-your-own-weights.md"
NEEDS = (
    "accelerate",
    "av",
    "diffusers",
    "ftfy",
    "google.protobuf",
    "numpy",
    "PIL",
    "sentencepiece",
    "torch",
    "transformers",
)
STEPS = {"num_inference_steps": 2}
"""For samples: what is made need not be good."""


class Pipeline(Protocol):
    """One table under `[pipelines]`, as the configuration reads it."""

    @property
    def folder(self) -> Path: ...
    @property
    def device(self) -> str | None: ...
    @property
    def dtype(self) -> str: ...


def backends(configuration: Mapping[str, Json]) -> Iterator[Backend]:
    """A backend for each named pipeline. Its model has the name of the pipeline's class."""
    for name, pipeline in (configuration.get("pipelines") or {}).items():
        yield backend_of(name, pipeline)


def backend_of(name: str, pipeline: Pipeline) -> Backend:
    """A folder that is not there, such as that of a disk that is not mounted, must not break what needs none of it: it
    is told to whoever asks for a picture or a film of it."""
    try:
        (models, submit), unusable = made_by(pipeline), None
    except InvalidConfiguration as problem:
        models, submit, unusable = NO_MODELS, partial(refused, problem=problem), str(problem)
    kinds = {model.accepts for model in models}
    return Backend(
        name=name,
        title=name,
        docs=DOCS,
        base_url="",
        auth=NoKey(),
        priority={},
        models=models,
        submit=submit,
        needs=NEEDS,
        extra="diffusers",
        unusable=unusable,
        samples=tuple(sample for sample in samples(name) if type(sample.request) in kinds),
    )


def made_by(pipeline: Pipeline) -> tuple[tuple[Model, ...], Callable[[Call], Flow]]:
    """What the pipeline in the folder makes, and how. Raise `InvalidConfiguration` if that cannot be told."""
    index = index_of(pipeline.folder)
    family = FAMILIES.get(index.pipeline)
    if family is None:
        known = ", ".join(sorted(FAMILIES))
        raise InvalidConfiguration(f"{index.pipeline} is no pipeline that is known here.", next=f"There are: {known}.")
    weights = Weights(folder=pipeline.folder, device=pipeline.device, dtype=pipeline.dtype, index=index.digest)
    kind = films if family.accepts is VideoRequest else pictures
    return (kind.model(index.pipeline, family),), partial(kind.submit, weights=weights, family=family)


NO_MODELS = (
    pictures.model("no-pipeline", Family(accepts=ImageRequest, text="", picture="", mask="")),
    films.model("no-film-pipeline", Family(accepts=VideoRequest, text="", picture="")),
)
"""What a folder is asked for of which nothing is known."""


def refused(call: Call, *, problem: InvalidConfiguration) -> Flow:
    """For a job that was begun while the folder was there."""
    raise InvalidConfiguration(problem.message, next=problem.next)
    yield


def samples(name: str) -> Iterator[Sample]:
    options = {name: STEPS}
    requests: tuple[Request, ...] = (
        ImageRequest(prompt="a fox", size=(64, 64), provider_options=options),
        VideoRequest(prompt="a fox", size=(64, 64), duration=0.5, frames_per_second=8, provider_options=options),
    )
    for request in requests:
        yield Sample(request=request, replies=(), source="makes it")
