"""The schemas of a published document made sharp, and what they hold against a value, in words that can be kept.

OpenAPI documents are lenient where they mean to be strict: an unknown field passes unless it is forbidden, a list of
names next to "any text" says nothing, and a file is a string. So unknown fields are refused, names that are missing in
such a list are told apart as `allowed`, and a file is only a file. `nullable` of OpenAPI 3.0 means nothing in 3.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

Json = Any
SCHEMAS = "#/components/schemas/"
OPEN = "#/open/"
"""Where the copies of the schemas stand that may have more fields, because they are a share of a larger schema."""
TABLES = frozenset({"properties", "schemas", "paths", "responses", "content", "headers", "parameters", "$defs"})
"""Keys under which keys are names."""
CHOICES = ("anyOf", "oneOf")
COMPOSED = ("allOf", *CHOICES)
LONGEST = 60


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One thing that the document does not say. `allowed` is what it lets pass without naming it."""

    operation: str = ""
    place: str = ""
    field: str
    value: str | None = None
    says: str
    allowed: bool = False


def sharpened(document: Json) -> Json:
    """The same document, with every schema made sharp."""
    schemas = document.get("components", {}).get("schemas", {})
    copies = {name: _sharp(schema, document, whole=False) for name, schema in schemas.items()}
    return {**_sharp(document, document), "open": copies}


def resolved(node: Json, document: Json) -> Json:
    """The node itself, or what its reference points to."""
    while isinstance(node, dict) and "$ref" in node:
        found = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def alternatives(schema: Json, document: Json) -> Iterator[Json]:
    """The schemas without references and choices that a value may follow."""
    schema = resolved(schema, document)
    inner = [each for key in COMPOSED for each in schema.get(key, ())]
    for each in inner:
        yield from alternatives(each, document)
    if not inner:
        yield schema


def _sharp(node: Json, document: Json, *, table: bool = False, whole: bool = True) -> Json:
    if isinstance(node, list):
        return [_sharp(each, document, whole=whole) for each in node]
    if not isinstance(node, dict):
        return node
    if table:
        return {name: _sharp(each, document) for name, each in node.items()}
    if isinstance(node.get("$ref"), str):
        return node if whole else {**node, "$ref": node["$ref"].replace(SCHEMAS, OPEN)}
    if node.get("format") == "binary":
        return {**node, "type": "file"}
    sharp = {
        key: _sharp(each, document, table=key in TABLES, whole=_is_whole(key, node, whole))
        for key, each in node.items()
    }
    return {**sharp, **_fields_of(node, document, whole), **_names_of(node, document)}


def _is_whole(key: str, node: Json, whole: bool) -> bool:
    """Whether what stands under this key describes all fields of its value."""
    if key in CHOICES:
        return whole and "properties" not in node and "allOf" not in node
    return key not in ("allOf", "not", "if", "then", "else")


def _fields_of(node: Json, document: Json, whole: bool) -> Mapping[str, Json]:
    open_ended = node.get("additionalProperties", False) is not False or "patternProperties" in node
    described = "properties" in node or "allOf" in node
    if not whole or not described or open_ended:
        return {}
    return {"additionalProperties": True, "propertyNames": {"enum": sorted(_properties(node, document))}}


def _properties(node: Json, document: Json) -> set[str]:
    node = resolved(node, document)
    inner = (_properties(each, document) for key in COMPOSED for each in node.get(key, ()))
    return set(node.get("properties", ())).union(*inner)


def _names_of(node: Json, document: Json) -> Mapping[str, Json]:
    """The names that stand next to "any text"."""
    choices = [resolved(each, document) for each in node.get("anyOf", ())]
    if not any(each.get("type") == "string" and "enum" not in each for each in choices):
        return {}
    named = [value for each in choices for value in each.get("enum", ())]
    return {"named": named} if named else {}


def _named(validator: Any, names: list[str], instance: Json, schema: Json) -> Iterator[ValidationError]:
    if isinstance(instance, str) and instance not in names:
        yield ValidationError(f"{instance!r} is not among {names!r}")


TYPES = Draft202012Validator.TYPE_CHECKER.redefine("file", lambda checker, value: isinstance(value, bytes))
Validator = validators.extend(Draft202012Validator, {"named": _named}, type_checker=TYPES)


def violations(document: Json, schema: Json, value: Json) -> Iterator[Violation]:
    """What a sharpened schema of a sharpened document holds against a value."""
    found = Validator(document).evolve(schema=schema).iter_errors(value)
    yield from dict.fromkeys(each for error in found for leaf in _leaves(error) for each in _told(leaf))


def _leaves(error: ValidationError) -> list[ValidationError]:
    """The errors themselves: of several alternatives, those of the one that is closest."""
    if error.validator not in CHOICES or not error.context:
        return [error]
    branches: dict[Any, list[ValidationError]] = {}
    for each in error.context:
        branches.setdefault(each.relative_schema_path[0], []).extend(_leaves(each))
    return min(branches.values(), key=lambda leaves: _distance(leaves, error))


def _distance(leaves: Iterable[ValidationError], error: ValidationError) -> tuple[int, ...]:
    severe = [leaf for leaf in leaves if leaf.validator != "named"]
    another_kind = [leaf for leaf in severe if leaf.validator == "type" and leaf.absolute_path == error.absolute_path]
    return (len(another_kind), len(severe))


def _told(error: ValidationError) -> Iterator[Violation]:
    place = "".join("[*]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).removeprefix(".")
    wanted = error.validator_value
    if "propertyNames" in error.relative_schema_path:
        yield Violation(field=f"{place}.{error.instance}".removeprefix("."), says="no such field")
    elif error.validator == "required":
        for name in wanted:
            if name not in error.instance:
                yield Violation(field=f"{place}.{name}".removeprefix("."), says="must be there")
    else:
        keyword = str(error.validator)
        says = _words(keyword, wanted)
        yield Violation(field=place, value=_shown(error.instance), says=says, allowed=keyword == "named")


def _words(keyword: str, wanted: Json) -> str:
    match keyword:
        case "enum":
            return f"one of {', '.join(map(str, wanted))}"
        case "named":
            return f"any text, and names {', '.join(wanted)}"
        case "type":
            return f"of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
        case "oneOf":
            return "one of the alternatives, not several"
    return f"{keyword} {json.dumps(wanted)}"


def _shown(value: Json) -> str:
    text = (
        "a file" if isinstance(value, bytes) else value if isinstance(value, str) else json.dumps(value, default=repr)
    )
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
