"""What the backends of one short file declare, as requests: telling examples of every parameter of every model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openai_cases import Case, completed
from openai_talk_cases import file_of, talk_examples

from anymedia.backends import (
    black_forest_labs,
    cartesia,
    comfyui,
    deepgram,
    fal,
    huggingface,
    luma,
    replicate,
    runway,
    stability,
)
from anymedia.operations import ImageRequest, Request, SpeechRequest, TranscriptionRequest, VideoRequest
from anymedia.spec import Backend, Param, Sample

MODULES = (black_forest_labs, cartesia, comfyui, deepgram, fal, huggingface, luma, replicate, runway, stability)
BACKENDS: Mapping[str, Backend] = {each.BACKEND.name: each.BACKEND for each in MODULES}
NEEDED: Mapping[type[Request], Mapping[str, Any]] = {
    ImageRequest: {"prompt": "a red fox in snow"},
    VideoRequest: {"prompt": "a red fox in snow"},
    SpeechRequest: {"text": "The rain has stopped."},
    TranscriptionRequest: {"audio": file_of(0, "audio/wav")},
}


def cases(backend: Backend) -> Iterator[Case]:
    """Every example of the first model that declares it so, and of every other one that shows its model and route."""
    seen: list[Param] = []
    for model in backend.models:
        needed = NEEDED[model.accepts]
        for name, param in model.params.items():
            is_new = not any(param is each for each in seen)
            for value in talk_examples(param) if is_new else talk_examples(param)[:1] if name in needed else ():
                asked = completed(model, {**needed, name: value}, examples=talk_examples)
                if asked is not None:
                    yield Case(route=backend.name, model=model, parameter=name, request=model.accepts(**asked))
            seen.append(param)


CASES = tuple(case for backend in BACKENDS.values() for case in cases(backend))
UNSUCCESSFUL = tuple(
    (backend, sample)
    for backend in BACKENDS.values()
    for sample in backend.samples
    if sample.expects == "refused" or (sample.expects == "failed" and len(sample.replies) > 1)
)
"""What the provider itself calls a refusal or a failure. What has no second reply only we judge to be empty."""


def case_of(backend: Backend, sample: Sample) -> Case:
    """The request of a sample, for the model that it is about."""
    models = backend.models_for(type(sample.request))
    model = next((each for each in models if each.id == sample.model), models[0])
    return Case(route=backend.name, model=model, parameter=next(iter(NEEDED[model.accepts])), request=sample.request)
