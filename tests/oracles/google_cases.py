"""What Google's backend declares, as requests: every parameter's valid examples on every route.

Nothing here is typed by hand but the routes: a parameter that is added to the backend is a case at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openai_cases import EARLIER, Case, completed, picture
from openai_cases import examples as picture_examples
from openai_talk_cases import file_of, talk_examples

from anymedia.backends.google import BACKEND
from anymedia.operations import (
    DescribeRequest,
    ImageRequest,
    MusicRequest,
    Request,
    SpeechRequest,
    TranscriptionRequest,
    VideoRequest,
    VoiceCloneRequest,
    VoiceDesignRequest,
    recorded_fields,
)
from anymedia.spec import Model, Param

NEEDED: Mapping[type[Request], Mapping[str, Any]] = {
    ImageRequest: {"prompt": "a red fox in snow"},
    VideoRequest: {"prompt": "a red fox in snow"},
    MusicRequest: {"prompt": "a red fox in snow"},
    SpeechRequest: {"text": "The rain has stopped."},
    TranscriptionRequest: {"audio": file_of(0, "audio/wav")},
    DescribeRequest: {"prompt": "What is this?"},
    VoiceDesignRequest: {"prompt": "a warm narrator"},
    VoiceCloneRequest: {
        "name": "Ada",
        "voice_samples": (file_of(0, "audio/wav"),),
        "consent": "Ada agreed by letter.",
        "consent_audio": file_of(3, "audio/wav"),
    },
}
FILM = picture(0, "video/mp4")
ROUTES: Mapping[type[Request], Mapping[str, Mapping[str, Any]]] = {
    ImageRequest: {
        "once": {},
        "to be continued": {"continuable": True},
        "continued": {"continue_from": EARLIER},
    },
    VideoRequest: {
        "once": {},
        "to be continued": {"continuable": True},
        "continued": {"continue_from": EARLIER},
        "edit": {"video": FILM},
        "extension": {"video": FILM, "extend": True, "duration": 4},
        "upscaling": {"video": FILM, "upscale": True, "resolution": "1080p"},
        "longer": {"continue_from": EARLIER, "extend": True, "duration": 4},
    },
    MusicRequest: {"once": {}},
    SpeechRequest: {
        "once": {},
        "scene": {"text": "So:\nJoe: Has it stopped?\nAnn: It has.\nYes.", "speaker_voices": "Joe=Kore, Ann=Puck"},
    },
    TranscriptionRequest: {"once": {}},
    DescribeRequest: {
        "once": {},
        "to be continued": {"continuable": True},
        "continued": {"continue_from": EARLIER},
    },
    VoiceDesignRequest: {"once": {}},
    VoiceCloneRequest: {"once": {}},
}
"""What a request has to ask for besides, to be served by each route of the backend."""


def cases() -> Iterator[Case]:
    """Every example of every parameter of every model that is not retired, on every route that it serves."""
    for model in BACKEND.models:
        routes = ROUTES[model.accepts] if model.retires is None else {"once": {}}
        for route, needed in routes.items():
            if "upscale" in needed.keys() - model.params.keys():
                continue
            for name, param in model.params.items():
                yield from _cases_of(model, route, needed, name, param)
            for name in (needed.keys() - model.params.keys()) | set(recorded_fields(model.accepts)):
                yield Case(route=route, model=model, parameter=name, request=_request(model, needed))


def _cases_of(model: Model, route: str, needed: Mapping[str, Any], name: str, param: Param) -> Iterator[Case]:
    examples = picture_examples if model.accepts.makes in ("image", "video") else talk_examples
    values = examples(param)
    if model.accepts.makes == "text" and route != "once":
        values = values[-1:]  # the files of all media types at once
    for value in values:
        asked = completed(model, {**needed, name: value}, examples=examples)
        if asked is not None and _route_of(asked) == _route_of(needed):
            yield Case(route=route, model=model, parameter=name, request=_request(model, asked))


def _route_of(asked: Mapping[str, Any]) -> tuple[bool, ...]:
    return (
        "video" in asked,
        bool(asked.get("extend")),
        bool(asked.get("upscale")),
        "continue_from" in asked,
        "speaker_voices" in asked,
    )


def _request(model: Model, asked: Mapping[str, Any]) -> Request:
    return model.accepts(**{**NEEDED[model.accepts], **asked})
