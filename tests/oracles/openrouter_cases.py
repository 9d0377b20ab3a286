"""What OpenRouter's backend declares, as requests: telling examples of every parameter on every route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openai_cases import EARLIER, Case, completed, picture
from openai_cases import examples as picture_examples
from openai_talk_cases import file_of, talk_examples

from anymedia.backends.openrouter import BACKEND
from anymedia.operations import (
    DescribeRequest,
    ImageRequest,
    Request,
    SpeechRequest,
    TranscriptionRequest,
    VideoRequest,
)
from anymedia.spec import Model, OneOf, Param

NEEDED: Mapping[type[Request], Mapping[str, Any]] = {
    ImageRequest: {"prompt": "a red fox in snow"},
    VideoRequest: {"prompt": "a red fox in snow"},
    SpeechRequest: {"text": "The rain has stopped."},
    TranscriptionRequest: {"audio": file_of(0, "audio/wav")},
    DescribeRequest: {"prompt": "What is this?"},
}
ONCE: Mapping[str, Mapping[str, Any]] = {"once": {}}
CONTINUED: Mapping[str, Mapping[str, Any]] = {
    **ONCE,
    "to be continued": {"continuable": True},
    "continued": {"continue_from": EARLIER},
    "continued with a picture": {"continue_from": EARLIER, "input_images": (picture(0),)},
}
"""What a request has to ask for besides, to be served by each route of a model."""
FEW = 6
"""Of more options than this, the first and the last are tried."""


def cases() -> Iterator[Case]:
    """Every parameter of every model; models that share the declaration of one share its cases."""
    seen: set[tuple[type[Request], int]] = set()
    for model in BACKEND.models:
        for route, needed in routes_of(model).items():
            for name, param in model.params.items():
                if route != "once" or name in NEEDED[model.accepts] or (model.accepts, id(param)) not in seen:
                    yield from _cases_of(model, route, needed, name, param)
            for name in needed.keys() - model.params.keys():
                yield Case(route=route, model=model, parameter=name, request=_request(model, needed))
        seen |= {(model.accepts, id(param)) for param in model.params.values()}


def routes_of(model: Model) -> Mapping[str, Mapping[str, Any]]:
    if model.continuation is None:
        return ONCE
    return {name: asked for name, asked in CONTINUED.items() if asked.keys() - {"continuable"} <= set(model.serves)}


def _cases_of(model: Model, route: str, needed: Mapping[str, Any], name: str, param: Param) -> Iterator[Case]:
    for value in telling(param):
        asked = completed(model, {**NEEDED[model.accepts], **needed, name: value}, examples=telling)
        if asked is not None:
            yield Case(route=route, model=model, parameter=name, request=_request(model, asked))


def telling(param: Param) -> tuple[Any, ...]:
    """Valid values: pictures that are whole, sounds that are what they say, and the ends of long lists."""
    wants_pictures = getattr(param.allows, "media_types", ("",))[0].startswith("image/")
    only_pictures = wants_pictures and "application/pdf" not in param.allows.media_types  # type: ignore[attr-defined]
    values = picture_examples(param) if only_pictures else talk_examples(param)
    is_long = isinstance(param.allows, OneOf) and len(values) > FEW
    return (values[0], values[-1]) if is_long else values


def _request(model: Model, asked: Mapping[str, Any]) -> Request:
    return model.accepts(**{**NEEDED[model.accepts], **asked})
