"""The official client's own types as the second witness: they know every field and value that may be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest
from laboratory import Laboratory
from openai.types.audio.speech_create_params import SpeechCreateParams
from openai.types.audio.transcription_create_params import TranscriptionCreateParamsNonStreaming
from openai.types.audio.translation_create_params import TranslationCreateParams
from openai.types.chat import ChatCompletionContentPartParam
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.image_edit_params import ImageEditParamsNonStreaming
from openai.types.image_generate_params import ImageGenerateParamsNonStreaming, ImageGenerateParamsStreaming
from openai.types.realtime import RealtimeConversationItemUserMessageParam, SessionUpdateEventParam
from openai.types.realtime.response_create_event_param import ResponseCreateEventParam
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from openai_cases import Case, cases
from openai_talk_cases import talk_cases
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from anymedia.testing.emulator import ReceivedRequest

CASES = tuple(cases())
TALK = tuple(talk_cases())
GENERATION: TypeAdapter[Any] = TypeAdapter(ImageGenerateParamsNonStreaming)
STREAMED_GENERATION: TypeAdapter[Any] = TypeAdapter(ImageGenerateParamsStreaming)
RESPONSE: TypeAdapter[Any] = TypeAdapter(ResponseCreateParamsNonStreaming)
STREAMED_RESPONSE: TypeAdapter[Any] = TypeAdapter(ResponseCreateParamsStreaming)
EDIT_FIELDS = get_type_hints(ImageEditParamsNonStreaming)
EDIT_TEXTS = {name: TypeAdapter(hint) for name, hint in EDIT_FIELDS.items() if name not in ("image", "markup", "mask")}
EDIT_TEXTS["stream"] = TypeAdapter(bool)  # the types say `True`, which no text of a form is
JSON_TYPES: Mapping[str, TypeAdapter[Any]] = {
    "/v1/audio/speech": TypeAdapter(SpeechCreateParams),
    "/v1/responses": RESPONSE,
}
CREATE: TypeAdapter[Any] = TypeAdapter(ResponseCreateEventParam)
SESSION: TypeAdapter[Any] = TypeAdapter(SessionUpdateEventParam)
MESSAGE: TypeAdapter[Any] = TypeAdapter(RealtimeConversationItemUserMessageParam)
CHAT: TypeAdapter[Any] = TypeAdapter(CompletionCreateParamsNonStreaming)
CHAT_CONTENT: TypeAdapter[Any] = TypeAdapter(str | list[ChatCompletionContentPartParam])
FORM_TYPES = {
    "/v1/audio/transcriptions": get_type_hints(TranscriptionCreateParamsNonStreaming),
    "/v1/audio/translations": get_type_hints(TranslationCreateParams),
}

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
    assert typed(STREAMED_GENERATION if document.get("stream") else GENERATION, document) == document


@pytest.mark.parametrize("case", [case for case in CASES if case.route.startswith(("resp", "cont"))], ids=str)
def test_responses_are_what_the_types_allow(laboratory: Laboratory, case: Case) -> None:
    document = ours(laboratory, case).json
    assert document is not None
    assert typed(STREAMED_RESPONSE if document.get("stream") else RESPONSE, document) == document


@pytest.mark.parametrize("case", [case for case in CASES if case.route == "edits"], ids=str)
def test_edits_are_what_the_types_allow(laboratory: Laboratory, case: Case) -> None:
    for part in ours(laboratory, case).parts:
        if part.filename is not None:
            assert part.name.removesuffix("[]") in EDIT_FIELDS
        else:
            EDIT_TEXTS[part.name].validate_python(part.text)


LISTENS = "gpt-audio-1.5"
CONVERSES = "gpt-realtime-2.1-mini"


@pytest.mark.parametrize(
    "case",
    [case for case in TALK if case.route != "transcription" and case.model.id not in (LISTENS, CONVERSES)],
    ids=str,
)
def test_speech_and_descriptions_are_what_the_types_allow(laboratory: Laboratory, case: Case) -> None:
    sent = ours(laboratory, case)
    assert sent.json is not None
    assert typed(JSON_TYPES[sent.path], sent.json) == sent.json


@pytest.mark.parametrize("case", [case for case in TALK if case.model.id == CONVERSES], ids=str)
def test_conversations_are_what_the_types_allow(laboratory: Laboratory, case: Case) -> None:
    """The types cannot tell the kinds of items apart, so each item is looked at as what it is."""
    create, *others = laboratory.pair(case).ours.compared
    assert create.json is not None
    items = create.json["response"].pop("input")
    assert typed(CREATE, create.json) == create.json
    assert all(typed(MESSAGE, item) == item for item in items)
    assert all(typed(SESSION, other.json or {}) == other.json for other in others)


@pytest.mark.parametrize("case", [case for case in TALK if case.model.id == LISTENS], ids=str)
def test_chats_are_what_the_types_allow(laboratory: Laboratory, case: Case) -> None:
    """The types check the pieces of a message only when they are read, so each content is looked at on its own."""
    document = ours(laboratory, case).json
    assert document is not None
    assert typed(CHAT, document).keys() == document.keys()
    assert all(typed(CHAT_CONTENT, message["content"]) == message["content"] for message in document["messages"])


@pytest.mark.parametrize("case", [case for case in TALK if case.route == "transcription"], ids=str)
def test_transcriptions_are_what_the_types_allow(laboratory: Laboratory, case: Case) -> None:
    sent = ours(laboratory, case)
    for part in sent.parts:
        hint = FORM_TYPES[sent.path][part.name.removesuffix("[]")]
        if part.filename is None:
            TypeAdapter(hint).validate_python([part.text] if part.name.endswith("[]") else part.text)


@pytest.mark.parametrize("wrong", WRONG_TOOLS, ids=str)
def test_the_types_do_not_understand_a_wrong_tool(wrong: Mapping[str, Any]) -> None:
    tool = {"type": "image_generation", "model": "gpt-image-2", **wrong}
    document = {"model": "gpt-6-luna", "input": "a fox", "tools": [tool]}
    assert not understood(RESPONSE, document)


def test_a_form_number_is_read_as_a_number() -> None:
    assert EDIT_TEXTS["n"].validate_python("2") == 2
    with pytest.raises(ValidationError):
        EDIT_TEXTS["n"].validate_python("two")
