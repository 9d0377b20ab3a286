"""A document with places for values, such as a workflow that a user exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..media import Json


def filled(document: Json, values: Mapping[str, Json]) -> Any:
    """The JSON document with each string that is a name in `values` replaced by its value, whatever its type."""
    match document:
        case str():
            return values.get(document, document)
        case Mapping():
            return {name: filled(item, values) for name, item in document.items()}
        case list() | tuple():
            return [filled(item, values) for item in document]
    return document
