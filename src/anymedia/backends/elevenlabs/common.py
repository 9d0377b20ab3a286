"""What all of ElevenLabs' operations share: where the facts are from, formats, what replies and errors say."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

from ...media import Json, MediaFile
from ...spec import Failed, Param, PerUnit, Problem, Response, ShapedText, Step, Succeeded

CHECKED = date(2026, 11, 22)
DOCS = "https://elevenlabs.io/docs/api-reference"
MODELS_PAGE = "https://elevenlabs.io/docs/overview/models"
PRICING = "https://elevenlabs.io/pricing/api"
SPEECH_PRICES = f"LiteLLM's price table 1.109.1, which names {PRICING}"
OTHER_PRICES = f"https://developer.puter.com/tutorials/elevenlabs-api-pricing/, a copy of {PRICING} of June 2026"
SEEN = "the official client 2.78.0 reads this reply; its types, read 2026-11-22"

LANGUAGE = ShapedText(pattern="[a-z]{2}", means="a language code of two letters", such_as=("en", "de"))
EITHER_LANGUAGE = ShapedText(
    pattern="[a-z]{2,3}", means="a language code of two or three letters", such_as=("de", "spa")
)
"""ISO 639-1, and where the official client's documentation says so ISO 639-3 as well."""
HIGHEST_SEED = 2**32 - 1
"""The official client's documentation of `seed`."""

RECORDING_TYPES = (
    *("audio/mpeg", "audio/wav", "audio/flac", "audio/mp4", "audio/ogg", "audio/webm"),
    *("video/mp4", "video/webm"),
)
LARGEST_RECORDING = 50 * 10**6
"""Bytes. The limit of the voice changer in the documentation; larger files are refused where nothing else is known."""

# --- Formats ----------------------------------------------------------------------------------------------------

USUAL: Mapping[str, str] = {"mp3": "mp3_44100_128", "wav": "wav_24000", "opus": "opus_48000_128"}
"""What a bare name stands for: the best that every plan may ask for (the official client's documentation of
`output_format`)."""


def format_param(*names: str) -> Param:
    """`output_format`: a bare name, or one of the provider's own with its rates. Samples and telephone codes without a
    header are left out: they say neither what they are nor whether they are whole, and `wav` has the same samples."""
    allows = ShapedText(
        options=names,
        pattern=rf"(?:{'|'.join(names)})_\d{{4,5}}(?:_\d{{2,3}})?",
        means="one of the provider's own formats with its rates",
        such_as=("mp3_44100_192", "mp3_22050_32"),
    )
    return Param(wire_name="output_format", allows=allows, encode=encode_format)


def encode_format(name: str) -> str:
    return USUAL.get(name, name)


def split_format(body: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, str]]:
    """The body without its format, and the query with it: it travels there."""
    fields = dict(body)
    chosen = fields.pop("output_format", None)
    return fields, {} if chosen is None else {"output_format": chosen}


def streamed(path: str, query: Mapping[str, str]) -> str:
    """The route whose first bytes come while the rest is made. A WAV file has none: its header knows its length."""
    return path if query.get("output_format", "").startswith("wav") else f"{path}/stream"


def as_parts(body: Mapping[str, Json]) -> tuple[tuple[str, str | MediaFile], ...]:
    """The body as form parts: a part for each item of a list, numbers and switches as JSON has them."""
    return tuple(part for name, value in body.items() for part in _parts_of(name, value))


def _parts_of(name: str, value: Json) -> Iterator[tuple[str, str | MediaFile]]:
    match value:
        case MediaFile() | str():
            yield name, value
        case tuple() | list():
            for item in value:
                yield from _parts_of(name, item)
        case _:
            yield name, json.dumps(value)


# --- Replies ----------------------------------------------------------------------------------------------------


def recording(response: Response) -> Step:
    """The reply itself is the recording."""
    if response.spilled is None:
        return Failed(reason="the reply is no recording", kind="empty_output")
    return Succeeded(
        files=(response.spilled,), usage=usage_of(response.headers), metadata=metadata_of(response.headers)
    )


def spoken_by(step: Step, voice: str) -> Step:
    """The step, with the id of the voice that a name, or no name at all, came to."""
    return replace(step, metadata={**step.metadata, "voice_id": voice}) if isinstance(step, Succeeded) else step


def usage_of(headers: Mapping[str, str]) -> dict[str, Json]:
    """What was charged, in characters: the provider's unit for everything."""
    charged = headers.get("character-cost", "")
    return {"characters": int(charged)} if charged.isdecimal() else {}


def metadata_of(headers: Mapping[str, str]) -> dict[str, Json]:
    return {"request_id": headers["request-id"]} if headers.get("request-id") else {}


def per_unit(dollars: str, unit: Literal["minute", "generation"]) -> PerUnit:
    return PerUnit(amount=Decimal(dollars), unit=unit, source=OTHER_PRICES, checked=CHECKED)


# --- Errors -----------------------------------------------------------------------------------------------------

REFUSALS = {"bad_prompt", "bad_composition_plan"}
BAD_KEY = {"invalid_api_key", "missing_permissions", "needs_authorization", "detected_unusual_activity"}
BUSY = {"too_many_concurrent_requests", "system_busy", "rate_limit_exceeded"}
THEN: Mapping[str, str] = {
    "quota_exceeded": "Nothing was charged. The credits of the plan are used up: buy more, or wait for the next month.",
    "missing_permissions": "Give the key this permission at https://elevenlabs.io/app/settings/api-keys.",
    "detected_unusual_activity": "ElevenLabs has stopped free use from this network: a paid plan is needed.",
    "voice_not_found": "Name a voice of the catalogue, or the id of a voice that your account has.",
}
"""What to do, where the provider's own code tells more than its status."""


def read_error(status: int, reply: Json) -> Problem | None:
    """The shape `{"detail": {"status": ..., "message": ...}}`; newer replies call the status `code`.

    Facts: https://help.elevenlabs.io/hc/en-us/articles/19572237925521, checked 2026-11-22.
    """
    match reply:
        case {"detail": {"message": str(message), **rest}}:
            code = str(rest.get("status") or rest.get("code"))
        case {"detail": [{"msg": str(message), "loc": [*place]}, *_]}:
            return (
                Problem(kind="rejected", message=f"{'.'.join(map(str, place))}: {message}") if status == 422 else None
            )
        case _:
            return None
    if code in REFUSALS:
        return Problem(kind="refused", message=message, code=code)
    if code in BAD_KEY:
        return Problem(kind="authentication", message=message, code=code, next=THEN.get(code))
    if code in BUSY:
        return Problem(kind="rate_limited", message=message, code=code)
    if code == "model_not_found":
        return Problem(kind="model_gone", message=message, code=code)
    if code in THEN:
        return Problem(kind="rejected", message=message, code=code, next=THEN[code])
    return None
