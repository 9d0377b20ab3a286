"""The list of models: their names alone.

Source: https://docs.x.ai/developers/rest-api-reference/inference/models, a stored copy, checked 2026-11-22.
"""

from ...spec import Catalogue, ListedModel, get
from . import speech, transcription

UNLISTED = (*speech.MODELS, *transcription.MODELS)
"""Speech has no model on the wire; of transcription no page says that the list names it."""


def catalogue() -> Catalogue:
    reply = (yield get("/models")).json
    names = dict.fromkeys([*(model["id"] for model in reply["data"]), *(model.id for model in UNLISTED)])
    return [ListedModel(id=name) for name in names]
