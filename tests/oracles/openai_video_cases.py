"""What OpenAI's backend declares for videos, as requests: every parameter's valid examples on every route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openai_cases import EARLIER, Case, completed, examples, picture

from anymedia.backends.openai import BACKEND
from anymedia.operations import VideoRequest
from anymedia.spec import Model, Param

VIDEO_MODELS = BACKEND.models_for(VideoRequest)


FILM = picture(0, "video/mp4")

VIDEO_ROUTES: Mapping[str, Mapping[str, Any]] = {
    "create": {},
    "create to be continued": {"continuable": True},
    "edit": {"video": FILM},
    "extension": {"video": FILM, "extend": True, "duration": 8},
    "remix": {"continue_from": EARLIER},
}
"""What a request has to ask for besides, to be served by each route of the backend."""


def video_cases() -> Iterator[Case]:
    """Every example of every parameter of the default model on every route, and what other models declare anew."""
    default = VIDEO_MODELS[0]
    for route, needed in VIDEO_ROUTES.items():
        for name, param in default.params.items():
            yield from _cases_of(default, route, needed, name, param)
        for name in needed.keys() - default.params.keys():
            yield Case(route=route, model=default, parameter=name, request=_request(needed))
    for model in VIDEO_MODELS[1:]:
        for name, param in model.params.items():
            if name == "prompt" or param is not default.params[name]:
                yield from _cases_of(model, "create", {}, name, param)


def _cases_of(model: Model, route: str, needed: Mapping[str, Any], name: str, param: Param) -> Iterator[Case]:
    for value in examples(param):
        asked = completed(model, {**needed, name: value})
        if asked is not None and _route_of(asked) == _route_of(needed):
            yield Case(route=route, model=model, parameter=name, request=_request(asked))


def _route_of(asked: Mapping[str, Any]) -> tuple[bool, ...]:
    return ("video" in asked, bool(asked.get("extend")), "continue_from" in asked)


def _request(asked: Mapping[str, Any]) -> VideoRequest:
    return VideoRequest(**{"prompt": "a red fox in snow", **asked})
