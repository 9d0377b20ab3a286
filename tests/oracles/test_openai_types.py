"""The official client's own types as the second witness: they know every field and value that may be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest
from laboratory import Laboratory
from openai.types.image_edit_params import ImageEditParamsNonStreaming
from openai.types.image_generate_params import ImageGenerateParamsNonStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from openai_cases import Case, cases
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from anymedia.testing.emulator import ReceivedRequest

CASES = tuple(cases())
GENERATION: TypeAdapter[Any] = TypeAdapter(ImageGenerateParamsNonStreaming)
RESPONSE: TypeAdapter[Any] = TypeAdapter(ResponseCreateParamsNonStreaming)
EDIT_FIELDS = get_type_hints(ImageEditParamsNonStreaming)
EDIT_TEXTS = {name: TypeAdapter(hint) for name, hint in EDIT_FIELDS.items() if name not in ("image", "markup", "mask")}

WRONG_TOOLS = ({"quality": "hd"}, {"n": 2}, {"moderation": "none"}, {"unknown": 1})


def typed(adapter: TypeAdapter[Any], document: Mapping[str, Any]) -> Any:
    """The document as the types understand it: fields they do not know are gone."""
    return json.loads(adapter.dump_json(adapter.validate_python(document)))


def understood(adapter: TypeAdapter[Any], document: Mapping[str, Any]) -> bool:
    """Whether the types know every field and allow every value."""
    try:
        return bool(typed(adapter, document) == document)
    except (ValidationError, PydanticSerializationError):
        return False


def ours(laboratory: Laboratory, case: Case) -> ReceivedRequest:
    sent = laboratory.pair(case).ours.sent
    assert sent is not None
    return sent


@pytest.mark.parametrize("case", [case for case in CASES if case.route == "generations"], ids=str)
def test_generations_are_what_the_types_allow(laboratory: Laboratory, case: Case) -> None:
    document = ours(laboratory, case).json
    assert document is not None
    assert typed(GENERATION, document) == document


@pytest.mark.parametrize("case", [case for case in CASES if case.route.startswith(("resp", "cont"))], ids=str)
def test_responses_are_what_the_types_allow(laboratory: Laboratory, case: Case) -> None:
    document = ours(laboratory, case).json
    assert document is not None
    assert typed(RESPONSE, document) == document


@pytest.mark.parametrize("case", [case for case in CASES if case.route == "edits"], ids=str)
def test_edits_are_what_the_types_allow(laboratory: Laboratory, case: Case) -> None:
    for part in ours(laboratory, case).parts:
        if part.filename is not None:
            assert part.name.removesuffix("[]") in EDIT_FIELDS
        else:
            EDIT_TEXTS[part.name].validate_python(part.text)


@pytest.mark.parametrize("wrong", WRONG_TOOLS, ids=str)
def test_the_types_do_not_understand_a_wrong_tool(wrong: Mapping[str, Any]) -> None:
    tool = {"type": "image_generation", "model": "gpt-image-2", **wrong}
    document = {"model": "gpt-6-luna", "input": "a fox", "tools": [tool]}
    assert not understood(RESPONSE, document)


def test_a_form_number_is_read_as_a_number() -> None:
    assert EDIT_TEXTS["n"].validate_python("2") == 2
    with pytest.raises(ValidationError):
        EDIT_TEXTS["n"].validate_python("two")
