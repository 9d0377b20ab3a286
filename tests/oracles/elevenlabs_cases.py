"""What ElevenLabs' backend declares, as requests: every parameter's valid examples for every model.

Nothing here is typed by hand but the routes: a parameter that is added to the backend is a case at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openai_cases import EARLIER, Case, completed
from openai_talk_cases import UNSEEN, file_of, talk_examples

from anymedia.backends.elevenlabs import BACKEND
from anymedia.operations import (
    AlignmentRequest,
    AudioIsolationRequest,
    DubbingRequest,
    MusicRequest,
    Request,
    SoundEffectRequest,
    SpeechRequest,
    StemSeparationRequest,
    TranscriptionRequest,
    VoiceCloneRequest,
    VoiceConversionRequest,
    VoiceDesignRequest,
)
from anymedia.spec import Files, Model, Param

RECORDING = file_of(0, "audio/wav")
NEEDED: Mapping[type[Request], Mapping[str, Any]] = {
    SpeechRequest: {"text": "The rain has stopped."},
    MusicRequest: {"prompt": "a waltz for one piano"},
    SoundEffectRequest: {"prompt": "rain on a tin roof"},
    TranscriptionRequest: {"audio": RECORDING},
    AlignmentRequest: {"audio": RECORDING, "text": "Good morning."},
    VoiceConversionRequest: {"audio": RECORDING},
    AudioIsolationRequest: {"audio": RECORDING},
    VoiceDesignRequest: {"prompt": "an old sailor of the north"},
    VoiceCloneRequest: {"name": "Ann", "voice_samples": (RECORDING,), "consent": "Ann agrees, 2026-11-22"},
    DubbingRequest: {"source": RECORDING, "target_language": "de"},
    StemSeparationRequest: {"audio": RECORDING},
}
SCENE = {"text": "So:\nJoe: Has it stopped?\nAnn: It has.\nYes.", "speaker_voices": "Joe=George, Ann=Sarah"}
MOST, FEW = 4, 1
"""Examples of one parameter of a default model, and of the others, which are told the same in the same words. That
every voice of the catalogue has its id is no question of the wire."""


def routes_of(model: Model) -> Mapping[str, Mapping[str, Any]]:
    """What a request has to ask for besides, to be served by each route of a model."""
    routes: dict[str, Mapping[str, Any]] = {"once": {}}
    if "speaker_voices" in model.params:
        routes["scene"] = SCENE
    if model.continuation is not None:
        routes |= {"to be continued": {"continuable": True}, "continued": {"continue_from": EARLIER}}
    return routes


def cases() -> Iterator[Case]:
    """Every example of every parameter of every model, on every route that it serves."""
    for model in BACKEND.models:
        for route, needed in routes_of(model).items():
            for name, param in model.params.items():
                yield from _cases_of(model, route, needed, name, param)
            for name in needed.keys() - model.params.keys():
                yield Case(route=route, model=model, parameter=name, request=_request(model, needed))


def _cases_of(model: Model, route: str, needed: Mapping[str, Any], name: str, param: Param) -> Iterator[Case]:
    is_default = model is BACKEND.models_for(model.accepts)[0]
    for value in shortened(examples_of(param), MOST if is_default else FEW):
        asked = completed(model, {**needed, name: value}, examples=examples_of)
        if asked is not None and ("speaker_voices" in asked) == ("speaker_voices" in needed):
            yield Case(route=route, model=model, parameter=name, request=_request(model, asked))


def examples_of(param: Param) -> tuple[Any, ...]:
    if not isinstance(param.allows, Files):
        return talk_examples(param)
    seen = [each for each in param.allows.media_types if each != UNSEEN]
    return (*((file_of(1, each),) for each in seen), tuple(file_of(2, each) for each in seen))


def shortened(examples: tuple[Any, ...], most: int) -> tuple[Any, ...]:
    return examples if len(examples) <= most else (*examples[: most - 1], examples[-1])


def _request(model: Model, asked: Mapping[str, Any]) -> Request:
    return model.accepts(**{**NEEDED[model.accepts], **asked})
