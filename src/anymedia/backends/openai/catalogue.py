"""The list of models: OpenAI's own, and that of any server that speaks its dialect."""

from ...media import Json
from ...spec import Catalogue, ListedModel, get


def catalogue() -> Catalogue:
    """One page of names; OpenAI's also says when each shuts down (`Model` of the official client 3.54.0)."""
    reply = (yield get("/models")).json
    return [ListedModel(id=model["id"], says=says(model)) for model in reply["data"]]


def says(model: Json) -> dict[str, str | None]:
    """A server that is not OpenAI's has no word for a shutdown, which is not the same as none."""
    return {"retires": model["shutdown_date"]} if "shutdown_date" in model else {}
