"""The list of models that Google publishes: their names alone.

Shapes: what the official client google-genai 3.4.0 asks and reads (`models.list`), checked 2026-11-22.
"""

from ...media import Json
from ...spec import Catalogue, ListedModel, get
from .common import VERSION

PAGE = "100"
MOST_PAGES = 50


def catalogue() -> Catalogue:
    models: list[Json] = []
    query = {"pageSize": PAGE}
    for _ in range(MOST_PAGES):
        reply = (yield get(f"{VERSION}/publishers/google/models", query=query)).json
        models += reply.get("publisherModels") or ()
        if not reply.get("nextPageToken"):
            break
        query = {**query, "pageToken": reply["nextPageToken"]}
    return [ListedModel(id=model["name"].rpartition("/")[2]) for model in models]
