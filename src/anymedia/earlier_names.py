"""The parameters of earlier unified media tools, under our names. What has no meaning here is left, to be refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from .errors import InvalidParameter, UnsupportedParameter
from .media import Json, MediaFile
from .operations import Request, VideoRequest, field_types, input_field, request_fields

OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "backend_type": "backend",
        "storage_path": "output_dir",
        "mask_path": "mask",
        "audio_format": "output_format",
        "video_reference_images": "references",
    }
)
"""Names that mean the same for every operation."""
EXTRA_NAMES: Mapping[str, str] = MappingProxyType(
    {"force_instrumental": "instrumental", "voice_name": "name", "voice_description": "description"}
)
"""Names inside of `extra_params`, which also takes our own."""
_SIZE_CLASS = re.compile(r"\d+(?:\.\d+)?[kKpP]")


def renamed(kind: type[Request], parameters: Mapping[str, Json]) -> dict[str, Json]:
    """The parameters under our names. Raise `InvalidParameter` for one that is given twice, or that cannot be read."""
    result: dict[str, Json] = {}
    for name, value in (*_without_extras(parameters), *_extras(kind, parameters.get("extra_params"))):
        ours, meant = _meant(kind, OTHER_NAMES.get(name, name), value)
        if result.get(ours) is not None and meant is not None:
            raise InvalidParameter(f"`{ours}` is given twice, also as `{name}`.")
        if meant is not None or ours not in result:
            result[ours] = meant
    return result


def _without_extras(parameters: Mapping[str, Json]) -> list[tuple[str, Json]]:
    return [(name, value) for name, value in parameters.items() if name != "extra_params"]


def _meant(kind: type[Request], name: str, value: Json) -> tuple[str, Json]:
    """The name and the value that a parameter stands for in this operation."""
    fields = request_fields(kind)
    match name, value:
        case "input_audio", _:
            return _recording_of(kind) or name, value
        case "input_images", _ if kind is VideoRequest:
            return "first_frame", _only(value)
        case "size", str() if "resolution" in fields and _SIZE_CLASS.fullmatch(value.strip()):
            return "resolution", value.strip()
        case "prompt", str() if "prompt" not in fields and "preview_text" in fields:
            return "preview_text", value
    return name, value


def _recording_of(kind: type[Request]) -> str | None:
    """The parameter that is one recording, where an operation has one."""
    name = input_field(kind)
    return name if name is not None and field_types(kind)[name] is MediaFile and kind.makes != "image" else None


def _only(images: Json) -> Json:
    """The one image that a film starts from."""
    if not isinstance(images, list | tuple):
        return images
    if len(images) > 1:
        raise InvalidParameter(
            f"A film starts from one of `input_images`, got {len(images)}.",
            next="Pass the first as `first_frame` and the others as `references`.",
        )
    return images[0] if images else None


def _extras(kind: type[Request], extras: Json) -> list[tuple[str, Json]]:
    """What is inside of `extra_params`: parameters by name, and under the name of a backend its own fields."""
    if extras is None:
        return []
    if not isinstance(extras, Mapping) or not all(isinstance(name, str) for name in extras):
        raise InvalidParameter(f"`extra_params` must be a mapping of names to values, got {extras!r:.60}.")
    fields = request_fields(kind)
    own = {name: value for name, value in extras.items() if name not in fields and isinstance(value, Mapping)}
    found: list[tuple[str, Json]] = [("provider_options", own)] if own else []
    for name, value in extras.items():
        ours = EXTRA_NAMES.get(name, name)
        if name in own:
            continue
        if ours not in fields:
            raise UnsupportedParameter(
                f"{kind.operation} has no parameter {name!r}, which is in `extra_params`.",
                next="Fields of one provider go under its name: extra_params={'openai': {...}}.",
            )
        found.append((ours, value))
    return found
