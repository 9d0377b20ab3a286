"""The list of models: those that speak or change voices, and how long a text each takes.

Source: `Model` of the official client 2.78.0, checked 2026-11-22.
"""

from collections.abc import Mapping

from ...media import Json
from ...operations import Request, SpeechRequest, VoiceConversionRequest
from ...spec import Catalogue, ListedModel, TextUpTo, get
from . import conversion, dubbing, music, own_voices, sound_effects, stems, transcription

UNLISTED = tuple(
    model
    for kind in (music, sound_effects, transcription, conversion, own_voices, dubbing, stems)
    for model in kind.MODELS
    if model.accepts is not VoiceConversionRequest
)
"""What the list does not say of these models is not known: nothing in it is about music, sounds or transcripts."""
ABILITIES: Mapping[str, type[Request]] = {
    "can_do_text_to_speech": SpeechRequest,
    "can_do_voice_conversion": VoiceConversionRequest,
}


def catalogue() -> Catalogue:
    models = (yield get("/v1/models")).json
    listed = [ListedModel(id=model["model_id"], operations=abilities(model), says=says(model)) for model in models]
    names = {model.id for model in listed}
    return [*listed, *(ListedModel(id=model.id) for model in UNLISTED if model.id not in names)]


def abilities(model: Json) -> tuple[str, ...]:
    return tuple(kind.operation for name, kind in ABILITIES.items() if model.get(name))


def says(model: Json) -> Mapping[str, str | None]:
    longest = model.get("maximum_text_length_per_request")
    return {"text": TextUpTo(longest).describe()} if longest and model.get("can_do_text_to_speech") else {}
