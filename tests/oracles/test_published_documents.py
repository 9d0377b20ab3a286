"""Published documents as a witness: what they do not say is listed, and they do find what is wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from evidence import ARTEFACTS, modules
from predates import CHECKED_IN, as_text, rows_of
from published import FOLDER, Document, posted
from published_by_openai import DOCUMENT, GENERATIONS, KEY, against_refusal
from published_schemas import resolved

from anymedia.testing.emulator import Emulator, Fault, ReceivedRequest

EDITS, TRANSCRIPTIONS = "/v1/images/edits", "/v1/audio/transcriptions"
BOUNDARY = "a-boundary"


def form(path: str, **fields: str | bytes) -> ReceivedRequest:
    """A form: text is a field, bytes are a file."""
    parts = "".join(
        f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name.replace("_list", "[]")}"'
        f"{'' if isinstance(value, str) else '; filename=f'}\r\n\r\n"
        f"{value if isinstance(value, str) else value.decode()}\r\n"
        for name, value in fields.items()
    )
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    return ReceivedRequest(method="POST", target=path, headers=headers, body=f"{parts}--{BOUNDARY}--\r\n".encode())


def held_against(request: ReceivedRequest, document: Document = DOCUMENT) -> list[tuple[str, str | None, str]]:
    return [(each.field, each.value, each.says) for each in document.against_request(request)]


def test_what_published_documents_do_not_say_is_checked_in(request: pytest.FixtureRequest) -> None:
    found = {
        witness.NAME: rows_of(witness.violations(request.getfixturevalue(witness.LABORATORY)))
        for witness in modules("published_by_")
    }
    written = ARTEFACTS / CHECKED_IN.name
    written.write_text(as_text(found), "utf-8")
    assert CHECKED_IN.read_text("utf-8") == as_text(found), f"read the difference, then copy {written} to {CHECKED_IN}"


@pytest.mark.parametrize("name", [witness.NAME for witness in modules("published_by_")])
def test_every_reference_of_a_document_can_be_followed(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    for reference in set(re.findall(r'"\$ref": ("[^"]+")', text)):
        assert resolved({"$ref": json.loads(reference)}, json.loads(text))


def test_a_request_as_the_document_wants_it_passes() -> None:
    wanted = {"model": "gpt-image-2", "prompt": "a fox", "n": 2, "size": "1024x1024", "quality": "low"}
    assert held_against(posted(GENERATIONS, wanted)) == []
    assert held_against(form(EDITS, model="gpt-image-2", prompt="a fox", n="2", image_list=b"one")) == []
    assert held_against(form(TRANSCRIPTIONS, model="whisper-1", file=b"sound", temperature="0.5", stream="false")) == []


@pytest.mark.parametrize(
    "wrong, found",
    [
        ({"n": "2"}, ("n", "2", "of type integer")),
        ({"n": 11}, ("n", "11", "maximum 10")),
        ({"n": None}, ("n", "null", "of type integer")),
        ({"size": 7}, ("size", "7", "of type string")),
        ({"moderation": "none"}, ("moderation", "none", "one of low, auto")),
        ({"sise": "1024x1024"}, ("sise", None, "no such field")),
    ],
)
def test_a_wrong_field_is_found(wrong: dict[str, Any], found: tuple[str, str | None, str]) -> None:
    assert held_against(posted(GENERATIONS, {"prompt": "a fox", **wrong})) == [found]


def test_a_missing_field_is_found() -> None:
    assert held_against(posted(GENERATIONS, {"model": "gpt-image-2"})) == [("prompt", None, "must be there")]
    assert held_against(form(EDITS, prompt="a fox")) == [("image", None, "must be there")]


@pytest.mark.parametrize(
    "wrong, found",
    [
        ({"n": "two"}, ("n", "two", "of type integer")),
        ({"mask": "a text"}, ("mask", "a text", "of type file")),
        ({"quality": b"low"}, ("quality", "a file", "of type string")),
        ({"stream": "True"}, ("stream", "True", "of type boolean")),
        ({"prompt_list": "a fox"}, ("prompt", '["a fox"]', "of type string")),
    ],
)
def test_a_wrong_part_of_a_form_is_found(wrong: dict[str, Any], found: tuple[str, str, str]) -> None:
    right = {} if "prompt_list" in wrong else {"prompt": "a fox"}
    assert found in held_against(form(EDITS, image_list=b"one", **right, **wrong))


def test_a_name_that_is_not_listed_is_told_and_let_pass() -> None:
    (violation,) = DOCUMENT.against_request(posted(GENERATIONS, {"prompt": "a fox", "model": "gpt-image-9"}))
    assert violation.allowed
    assert (violation.field, violation.value) == ("model", "gpt-image-9")
    assert violation.says.startswith("any text, and names gpt-image-1.5, ")


def test_of_several_alternatives_the_closest_is_named() -> None:
    speech = {"model": "tts-1", "input": "Rain.", "voice": {"id": 7}}
    assert held_against(posted("/v1/audio/speech", speech)) == [("voice.id", "7", "of type string")]


def test_an_operation_a_method_and_a_content_type_that_are_not_there_are_found() -> None:
    assert held_against(posted("/v1/images/dreams", {})) == [("", None, "no such operation in our copy")]
    assert held_against(ReceivedRequest(method="PUT", target=GENERATIONS, headers={})) == [
        ("", None, "no such operation in our copy")
    ]
    says = "one of multipart/form-data"
    assert held_against(posted(TRANSCRIPTIONS, {})) == [("content-type", "application/json", says)]
    assert held_against(ReceivedRequest(method="POST", target=GENERATIONS, headers={})) == [
        ("content-type", None, "must be there")
    ]


def test_a_wrong_reply_is_found() -> None:
    sent = posted(GENERATIONS, {"prompt": "a fox"})
    body = {"data": [{"b64_json": 7, "colour": "red"}]}
    found = DOCUMENT.against_reply(sent, status=200, media_type="application/json; charset=utf-8", body=body)
    assert {(each.place, each.field, each.says) for each in found} == {
        ("reply 200", "created", "must be there"),
        ("reply 200", "data[*].b64_json", "of type string"),
        ("reply 200", "data[*].colour", "no such field"),
    }


def test_a_refusal_in_another_shape_is_found() -> None:
    sent = posted(GENERATIONS, {"prompt": "a fox"})
    with Emulator(dialect="openai", api_key=KEY) as emulator:
        broken = Fault.status(400, billed=False, body='{"error": "no"}', headers={"content-type": "application/json"})
        emulator.script(GENERATIONS, [broken])
        found = against_refusal(emulator, sent)
    assert [(each.field, each.says) for each in found] == [("error", "of type object")]
