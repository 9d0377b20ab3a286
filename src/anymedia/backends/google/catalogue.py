"""The lists of models. Each version of the API has its own; neither tells prices, dates or parameters.

Making a voice is no model of theirs: the names that it has here are in no list.
"""

from collections.abc import Generator, Sequence

from ...media import Json
from ...spec import Catalogue, HttpRequest, ListedModel, Response, get
from . import voices
from .common import VERSION, VERSIONS

PAGE = "1000"
"""The most that a page may hold: https://ai.google.dev/api/models, checked 2026-11-22."""
MOST_PAGES = 20


def catalogue() -> Catalogue:
    found: dict[str, ListedModel] = {}
    for version in dict.fromkeys((VERSION, *VERSIONS.values())):
        for model in (yield from models_of(version)):
            name = model["name"].removeprefix("models/")
            found[name] = ListedModel(id=name)
    return [*found.values(), *(ListedModel(id=model.id) for model in voices.MODELS if model.id not in found)]


def models_of(version: str) -> Generator[HttpRequest, Response, Sequence[Json]]:
    models: list[Json] = []
    query = {"pageSize": PAGE}
    for _ in range(MOST_PAGES):
        reply = (yield get(f"/{version}/models", query=query)).json
        models += reply.get("models") or ()
        if not reply.get("nextPageToken"):
            break
        query = {**query, "pageToken": reply["nextPageToken"]}
    return models
