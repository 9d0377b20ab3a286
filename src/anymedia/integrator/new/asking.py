"""Puts the facts together: what a curl command or a document says, then what the author says, which wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import InvalidParameter, UnknownName, did_you_mean
from ...media import Json, MediaFile
from ...operations import OPERATIONS, Request, field_types, needed_fields
from .curl import read_curl
from .facts import SHAPES, Facts, Parameter, ours_of, parameter, parameter_from
from .openapi import read_openapi

USUAL_PLACES: Mapping[str, str] = {"base64": "data[*].b64_json", "url": "data[*].url", "text": "text"}
USUAL_PLACE = "output[*].url"


def facts_from(
    name: str,
    operation: str,
    *,
    curl: str | None = None,
    openapi: Path | None = None,
    parameters: Sequence[str] = (),
    **said: Json,
) -> Facts:
    """The facts of a draft. `said` are fields of `Facts` that the author gave. Raise a `UsageError`."""
    kind = OPERATIONS.get(operation)
    if kind is None:
        raise UnknownName(f"There is no operation {operation!r}.", next=did_you_mean(operation, list(OPERATIONS)))
    given = {field: value for field, value in said.items() if value is not None}
    found: dict[str, Any] = {}
    if curl is not None:
        found = _from_curl(kind, curl)
    elif openapi is not None:
        found = _from_openapi(kind, openapi, given.get("path"))
    facts = {"base_url": f"https://api.{name.replace('_', '-')}.example", **found, **given}
    if facts.get("shape") is None:
        raise InvalidParameter(
            "How the provider answers is not known.", next=f"Say it by --shape: {', '.join(SHAPES)}."
        )
    facts.setdefault("found_at", USUAL_PLACES.get(facts["shape"], USUAL_PLACE))
    facts.setdefault("key", None if facts["shape"] == "program" else f"{name.upper()}_API_KEY")
    own = {each.ours: each for each in (parameter_from(kind, text) for text in parameters)}
    known = {each.ours: each for each in facts.pop("parameters", ())} | own
    mapped = {each.wire_name for each in own.values()} | {facts.get("model_at")}
    facts["unmapped"] = tuple(name for name in facts.get("unmapped", ()) if name not in mapped)
    return Facts(name=name, operation=operation, parameters=tuple(known.values()), **facts)


def _from_curl(kind: type[Request], command: str) -> dict[str, Any]:
    curl = read_curl(command)
    parameters, unmapped = _mapped(kind, {name: "" for name in curl.body if name != "model"})
    facts: dict[str, Any] = {"base_url": curl.base_url, "path": curl.path, "unmapped": unmapped}
    facts |= {"parameters": parameters, "header": curl.header, "prefix": curl.prefix}
    facts |= {"key": curl.key} if curl.key else {}
    model = curl.body.get("model")
    return facts | ({"model": str(model)} if model else {"model_at": None})


def _from_openapi(kind: type[Request], file: Path, path: str | None) -> dict[str, Any]:
    described = read_openapi(file, path)
    limits = {name: limit for name, limit in described.limits.items() if name != "model"}
    parameters, unmapped = _mapped(kind, limits)
    facts: dict[str, Any] = {"base_url": described.base_url, "path": described.path, "unmapped": unmapped}
    facts |= {"parameters": parameters} | {name: said for name, said in described.statuses.items() if said}
    facts |= {} if "model" in described.limits else {"model_at": None}
    found = {"shape": described.shape, "found_at": described.found_at, "poll_path": described.poll_path}
    if described.key_header and described.key_header.lower() != "authorization":
        found |= {"header": described.key_header, "prefix": ""}
    model = described.limits.get("model", "").split("|")[0]
    found |= {"model": model or None}
    return facts | {name: value for name, value in found.items() if value is not None}


def _mapped(kind: type[Request], limits: Mapping[str, str]) -> tuple[tuple[Parameter, ...], tuple[str, ...]]:
    """The provider's parameters that have a name here, and the names of the others."""
    mapped: dict[str, Parameter] = {}
    unmapped: list[str] = []
    for wire_name, limit in limits.items():
        ours = ours_of(kind, wire_name)
        written = None if ours is None or ours in mapped else _written(kind, ours, wire_name, limit)
        if ours is None or written is None:
            unmapped.append(wire_name)
        else:
            mapped[ours] = written
    return tuple(mapped.values()), tuple(unmapped)


def _written(kind: type[Request], ours: str, wire_name: str, limit: str) -> Parameter | None:
    """The parameter; `None` where its limits do not fit its type here, such as a size in another form."""
    if field_types(kind)[ours] is MediaFile and ours not in needed_fields(kind):
        return None
    try:
        return parameter(kind, ours, wire_name, limit)
    except InvalidParameter:
        return None
