"""A document of a provider that does not exist: shares of schemas, queries, references and lists are understood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from published import Document, posted

from anymedia.testing.emulator import ReceivedRequest

ASKED = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
SIZED = {
    "properties": {"frame": {"properties": {"width": {"type": "integer"}}}, "tags": {"additionalProperties": True}}
}
SCHEMAS = {
    "Asked": ASKED,
    "Sized": SIZED,
    "Picture": {"allOf": [{"$ref": "#/components/schemas/Asked"}, {"$ref": "#/components/schemas/Sized"}]},
    "Loop": {"properties": {"kind": {"const": "loop"}, "beats": {"type": "integer"}}, "required": ["kind"]},
    "Song": {"properties": {"kind": {"const": "song"}, "verses": {"type": "array", "items": {"type": "string"}}}},
    "Sound": {"oneOf": [{"$ref": "#/components/schemas/Loop"}, {"$ref": "#/components/schemas/Song"}]},
    "Problem": {"properties": {"error": {"type": "string"}}, "required": ["error"]},
}
COUNT = {"name": "count", "in": "query", "required": True, "schema": {"type": "integer", "maximum": 4}}
TAGS = {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
PICTURES: Mapping[str, Any] = {
    "parameters": [{"$ref": "#/components/parameters/Count"}, TAGS],
    "requestBody": {"$ref": "#/components/requestBodies/Picture"},
    "responses": {"2XX": {"content": {"application/json": {}}}, "default": {"$ref": "#/components/responses/Problem"}},
}
SOUNDS = {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sound"}}}}}
TINTYPE = Document(
    {
        "openapi": "3.1.0",
        "paths": {
            "/pictures/{id}": {"get": {"responses": {"200": {"content": {"image/png": {}}}}}},
            "/pictures/latest": {"get": {"responses": {"200": {"content": {"image/*": {}}}}}},
            "/pictures": {"post": PICTURES},
            "/sounds": {"post": {**SOUNDS, "responses": {}}},
        },
        "components": {
            "schemas": SCHEMAS,
            "parameters": {"Count": COUNT},
            "requestBodies": {
                "Picture": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Picture"}}}}
            },
            "responses": {
                "Problem": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
            },
        },
    }
)


def held_against(target: str, document: Any) -> list[tuple[str, str, str]]:
    return [(each.place, each.field, each.says) for each in TINTYPE.against_request(posted(target, document))]


def test_a_schema_of_shares_knows_the_fields_of_all_of_them() -> None:
    whole = {"text": "a fox", "frame": {"width": 3}, "tags": {"anything": 1}}
    assert held_against("/pictures?count=1", whole) == []


@pytest.mark.parametrize(
    "wrong, found",
    [
        ({"colour": "red"}, ("colour", "no such field")),
        ({"frame": {"width": "3"}}, ("frame.width", "of type integer")),
        ({"frame": {"depth": 3}}, ("frame.depth", "no such field")),
    ],
)
def test_what_no_share_knows_is_found(wrong: dict[str, Any], found: tuple[str, str]) -> None:
    assert held_against("/pictures?count=1", {"text": "a fox", **wrong}) == [("request", *found)]


@pytest.mark.parametrize(
    "query, found",
    [
        ("count=4&tag=red&tag=fox", []),
        ("count=4&tag=red", []),
        ("count=many", [("query", "count", "of type integer")]),
        ("count=5", [("query", "count", "maximum 4")]),
        ("", [("query", "count", "must be there")]),
        ("count=1&n=1", [("query", "n", "no such field")]),
    ],
)
def test_a_query_is_read_and_held_against_its_parameters(query: str, found: list[tuple[str, str, str]]) -> None:
    assert held_against(f"/pictures?{query}", {"text": "a fox"}) == found


@pytest.mark.parametrize(
    "sound, found",
    [
        ({"kind": "loop", "beats": 4}, []),
        ({"kind": "song", "verses": ["la"]}, []),
        ({"kind": "song", "verses": ["la", 7]}, [("request", "verses[*]", "of type string")]),
        ({"kind": "loop", "beats": "four"}, [("request", "beats", "of type integer")]),
    ],
)
def test_one_of_several_schemas_is_told_from_the_others(sound: Any, found: list[tuple[str, str, str]]) -> None:
    assert held_against("/sounds", sound) == found


def test_a_path_without_braces_goes_before_one_with_them() -> None:
    assert TINTYPE.operation("GET", "/pictures/latest").name == "GET /pictures/latest"
    assert TINTYPE.operation("GET", "/pictures/7").name == "GET /pictures/{id}"
    assert TINTYPE.operation("GET", "/pictures/7/frame").definition is None


def test_replies_are_found_by_status_by_class_and_by_default() -> None:
    sent = posted("/pictures?count=1", {"text": "a fox"})
    refused = TINTYPE.against_reply(sent, status=418, media_type="application/json", body={"reason": "tea"})
    assert {(each.field, each.says) for each in refused} == {("error", "must be there"), ("reason", "no such field")}
    assert TINTYPE.against_reply(sent, status=201, media_type="application/json", body={"any": "thing"}) == []
    (strange,) = TINTYPE.against_reply(sent, status=200, media_type="text/html", body=None)
    assert (strange.field, strange.value, strange.says) == ("content-type", "text/html", "one of application/json")


def test_a_content_type_may_be_a_range() -> None:
    sent = ReceivedRequest(method="GET", target="/pictures/latest", headers={})
    assert TINTYPE.against_reply(sent, status=200, media_type="image/webp", body=None) == []
    (strange,) = TINTYPE.against_reply(sent, status=200, media_type="video/mp4", body=None)
    assert (strange.value, strange.says) == ("video/mp4", "one of image/*")
