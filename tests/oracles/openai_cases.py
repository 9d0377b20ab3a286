"""What OpenAI's backend declares for images, as requests: every parameter's valid examples on every route.

Nothing here is typed by hand but the routes: a parameter that is added to the backend is a case at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from anymedia.backends.openai import BACKEND
from anymedia.media import MediaFile
from anymedia.operations import ImageRequest, Request
from anymedia.spec import Files, Model, OneFile, Param, Rule
from anymedia.testing.emulator import MediaAsked
from anymedia.testing.emulator.pictures import draw

MODELS = BACKEND.models_for(ImageRequest)
EARLIER = "an earlier result"
"""Stands for the continuation id that only the run of the test knows."""


def picture(number: int, media_type: str = "image/png") -> MediaFile:
    """A whole picture, or film; every number gives other bytes, so that a changed order shows."""
    output_format = media_type.partition("/")[2]
    data = draw(MediaAsked(prompt=f"input {number}", output_format=output_format, width=16, height=16))
    return MediaFile(media_type=media_type, data=data, size=len(data))


ROUTES: Mapping[str, Mapping[str, Any]] = {
    "generations": {},
    "edits": {"input_images": (picture(0),)},
    "responses": {"continuable": True},
    "responses with a picture": {"continuable": True, "input_images": (picture(0),)},
    "continuation": {"continue_from": EARLIER},
    "continuation with a picture": {"continue_from": EARLIER, "input_images": (picture(0),)},
}
"""What a request has to ask for besides, to be served by each route of the backend."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request. `parameter` is what it is about."""

    route: str
    model: Model
    parameter: str
    request: Request

    def continuing(self, continuation_id: str) -> Case:
        """The same case with the id of a result that exists."""
        return replace(self, request=replace(self.request, continue_from=continuation_id))

    def __str__(self) -> str:
        value = self.request.asked_for()[self.parameter]
        several = isinstance(value, tuple) and isinstance(value[0], MediaFile)
        shown = f"{len(value)} {value[0].media_type}" if several else value
        shown = value.media_type if isinstance(value, MediaFile) else shown
        return f"{self.model.id}: {self.route}: {self.parameter}={shown}"


def cases() -> Iterator[Case]:
    """Every example of every parameter of the default model on every route, and what other models declare anew."""
    default, *others = MODELS
    for route, needed in ROUTES.items():
        for name, param in default.params.items():
            yield from _cases_of(default, route, needed, name, param)
    yield Case(route="responses", model=default, parameter="continuable", request=_request({"continuable": True}))
    yield Case(route="continuation", model=default, parameter="continue_from", request=_request(ROUTES["continuation"]))
    for model in others:
        for name, param in model.params.items():
            if name == "prompt" or param is not default.params.get(name):
                route = "generations" if name in default.params else "edits"
                yield from _cases_of(model, route, ROUTES[route], name, param)


def _cases_of(model: Model, route: str, needed: Mapping[str, Any], name: str, param: Param) -> Iterator[Case]:
    for value in examples(param):
        asked = completed(model, {**needed, name: value})
        if asked is not None and ("input_images" in asked) == ("input_images" in needed):
            yield Case(route=route, model=model, parameter=name, request=_request(asked))


def _request(asked: Mapping[str, Any]) -> ImageRequest:
    return ImageRequest(**{"prompt": "a red fox in snow", **asked})


def examples(param: Param) -> tuple[Any, ...]:
    """Valid values: those of the constraint, real pictures where it wants files, and as many as it takes."""
    match param.allows:
        case Files(media_types=media_types, at_most=most):
            counts = ((picture(1), picture(2)), tuple(picture(number) for number in range(most)))
            return (*((picture(1, media_type),) for media_type in media_types), *counts)
        case OneFile(media_types=media_types):
            return tuple(picture(99, media_type) for media_type in media_types)
        case constraint:
            return tuple(constraint.valid_examples())


def completed(
    model: Model, asked: Mapping[str, Any], *, examples: Callable[[Param], tuple[Any, ...]] = examples
) -> Mapping[str, Any] | None:
    """The same request with what the model's rules ask for besides; `None` if they do not offer it."""
    for rule in model.rules:
        if rule.problem_with(asked) is None:
            continue
        missing = {
            name: _first(lambda name=name: examples(model.params[name]), wanted)
            for name, wanted in rule.needs.items()
            if name not in asked
        }
        if len(missing) < len(rule.needs) or None in missing.values():
            return None
        return completed(model, {**asked, **missing}, examples=examples)
    return asked


def _first(values: Callable[[], tuple[Any, ...]], wanted: Any) -> Any:
    if wanted == Rule.ASKED:
        return values()[0]
    options = wanted if isinstance(wanted, tuple) else (wanted,)
    return next((option for option in options if option != Rule.ABSENT), None)
