"""What all of Vertex's operations share: where the facts are from, where a model is, and what an error reply means."""

import re
from collections.abc import Mapping
from datetime import date

from ...media import Json, MediaFile
from ...spec import Call, Inline, Problem
from .._google.errors import error_in, limited, reasons_in

CHECKED = date(2026, 11, 22)
DOCS = "https://docs.cloud.google.com/vertex-ai/generative-ai/docs"
PRICING = "https://cloud.google.com/vertex-ai/generative-ai/pricing"
LIFECYCLE = "https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/model-versions"
MIGRATION = "https://firebase.google.com/docs/ai-logic/imagen-models-migration"
"""Which models follow Imagen's, at the Gemini API and on Vertex AI alike."""
SEEN = "the official client google-genai 3.4.0 reads this reply; its converters, read 2026-11-22"

EVERYWHERE = "global"
"""The location that the official client takes where none is set."""
VERSION = "/v1beta1"
"""The version that the official client 3.4.0 speaks unless GOOGLE_GENAI_API_VERSION says otherwise."""

FILTERED = ("Responsible AI", "usage guidelines", "safety settings", "content policy", "prohibited")
"""What the sentences of the filters have in common; they carry no code of their own. Source: stored copies of DOCS and
of issues of the official client, checked 2026-11-22. A sentence that names none of it stays a plain rejection."""


def model_path(call: Call, method: str) -> str:
    """The address of a method of the model: below the project where a token speaks for it, else without one."""
    project, location = call.settings.get("project"), call.settings.get("location")
    below = f"/projects/{project}/locations/{location}" if project else ""
    return f"{VERSION}{below}/publishers/google/models/{call.model.id}:{method}"


def body_of(call: Call, instance: Mapping[str, Json], parameters: Mapping[str, Json]) -> dict[str, Json]:
    """One instance and its parameters; what `provider_options` brought stays beside them."""
    rest = {name: value for name, value in call.body.items() if name not in ("instances", "parameters")}
    return {"instances": [dict(instance)], **({"parameters": dict(parameters)} if parameters else {}), **rest}


def as_image(file: Json) -> dict[str, Json]:
    """A picture or a film as it stands in an instance."""
    assert isinstance(file, MediaFile)
    return {"bytesBase64Encoded": Inline(file=file), "mimeType": file.media_type}


def is_filtered(message: str) -> bool:
    """Whether a sentence of the provider is one of its filters speaking."""
    return any(words.lower() in message.lower() for words in FILTERED)


def read_error(status: int, reply: Json) -> Problem | None:
    error = error_in(reply)
    if error is None:
        return None
    message, code = error["message"], str(error.get("status"))
    if status == 429:
        return limited(error, code)
    if status == 400 and is_filtered(message):
        return Problem(kind="refused", message=message, code=code)
    if "API_KEY_INVALID" in reasons_in(error):
        return Problem(kind="authentication", message=message, code=code)
    if status == 404 and message.startswith("Publisher Model"):
        return Problem(kind="model_gone", message=message, code=code, next=where_else(message))
    return None


def where_else(message: str) -> str | None:
    """What to do about a model that is not at a location: Gemini's picture models are at `global`, by their cards."""
    found = re.search(r"/locations/([a-z0-9-]+)/", message)
    if found is None or found[1] == EVERYWHERE:
        return None
    return (
        f"Nothing was charged. It may be elsewhere than at {found[1]}: with GOOGLE_CLOUD_LOCATION={EVERYWHERE} your "
        f"request may be processed anywhere."
    )
