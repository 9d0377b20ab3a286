"""What xAI's backend declares, as requests: every parameter's valid examples on every route that serves it.

Nothing here is typed by hand but the routes: a parameter that is added to the backend is a case at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openai_cases import EARLIER, Case, completed, picture
from openai_cases import examples as picture_examples
from openai_talk_cases import file_of, talk_examples

from anymedia.backends.grok import BACKEND
from anymedia.operations import ImageRequest, Request, SpeechRequest, TranscriptionRequest, VideoRequest
from anymedia.spec import Model, Param

NEEDED: Mapping[type[Request], Mapping[str, Any]] = {
    ImageRequest: {"prompt": "a red fox in snow"},
    VideoRequest: {"prompt": "a red fox in snow"},
    SpeechRequest: {"text": "The rain has stopped."},
    TranscriptionRequest: {"audio": file_of(0, "audio/wav")},
}
FILM = picture(0, "video/mp4")
ROUTES: Mapping[type[Request], Mapping[str, Mapping[str, Any]]] = {
    ImageRequest: {
        "words": {},
        "to be continued": {"continuable": True},
        "edit": {"input_images": (picture(0),)},
        "edit of several": {"input_images": (picture(0), picture(1))},
        "continued": {"continue_from": EARLIER},
        "continued with a picture": {"continue_from": EARLIER, "input_images": (picture(0),)},
    },
    VideoRequest: {
        "words": {},
        "to be continued": {"continuable": True},
        "first frame": {"first_frame": picture(0)},
        "references": {"references": (picture(0), picture(1))},
        "frames and a reference": {
            "first_frame": picture(0),
            "last_frame": picture(1),
            "references": (picture(2),),
        },
        "edit": {"video": FILM},
        "extension": {"video": FILM, "extend": True, "duration": 4.0},
        "continued": {"continue_from": EARLIER},
        "longer": {"continue_from": EARLIER, "extend": True, "duration": 4.0},
    },
    SpeechRequest: {"words": {}},
    TranscriptionRequest: {"words": {}},
}
"""What a request has to ask for besides, to be served by each route of the backend."""


def cases() -> Iterator[Case]:
    """Every example of every parameter on every route; of models that share a declaration, the first one's.

    The prompt goes to every model; a retired one is asked for nothing else than what it declares anew.
    """
    seen: set[tuple[str, int]] = set()
    for model in BACKEND.models:
        for route, needed in ROUTES[model.accepts].items():
            if needed.keys() <= {*model.serves} and (model.retires is None or not needed):
                new = {name: each for name, each in model.params.items() if (route, id(each)) not in seen}
                prompt = {name: model.params[name] for name in ("prompt", "text") if name in model.params}
                yield from _cases_on(model, route, needed, prompt | new)
                seen |= {(route, id(param)) for param in model.params.values()}


def _cases_on(model: Model, route: str, needed: Mapping[str, Any], params: Mapping[str, Param]) -> Iterator[Case]:
    for name, param in params.items():
        for value in _examples(model, param):
            asked = completed(model, {**needed, name: value}, examples=lambda param: _examples(model, param))
            if asked is not None and _route_of(asked) == _route_of({**needed, name: value}) and _is_served(asked):
                yield Case(route=route, model=model, parameter=name, request=_request(model, asked))
    for name in sorted(needed.keys() - model.params.keys()):
        yield Case(route=route, model=model, parameter=name, request=_request(model, needed))


def _examples(model: Model, param: Param) -> tuple[Any, ...]:
    return talk_examples(param) if model.accepts.makes == "text" else picture_examples(param)


def _route_of(asked: Mapping[str, Any]) -> tuple[bool, ...]:
    return ("video" in asked, bool(asked.get("extend")), "continue_from" in asked)


def _is_served(asked: Mapping[str, Any]) -> bool:
    """Not where the backend itself counts what goes in: a single picture keeps its shape, and five are the most."""
    inputs = len(asked.get("input_images", ())) + ("continue_from" in asked)
    return (inputs != 1 or "aspect_ratio" not in asked) and inputs <= (5 if "quality" in asked else 3)


def _request(model: Model, asked: Mapping[str, Any]) -> Request:
    return model.accepts(**{**NEEDED[model.accepts], **asked})
