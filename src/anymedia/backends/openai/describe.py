"""Describing: pictures and PDF files by the Responses API, recordings by chat completions; both answer in words."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import DescribeRequest, Request
from ...spec import (
    Call,
    Continuation,
    Failed,
    Files,
    Flow,
    Inline,
    Model,
    Param,
    Price,
    Reply,
    Rule,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    TokenPrice,
    TokenRate,
    post,
)
from ...spec.tiny import PNG
from .common import CHECKED, MODELS_PAGE, SEEN

# --- Models -----------------------------------------------------------------------------------------------------

PDF = "application/pdf"
LOOKED_AT = Files(
    media_types=("image/png", "image/jpeg", "image/webp", "image/gif", PDF), at_most=64, bytes_each=50 * 10**6
)
"""`input_image` and `input_file` of the official client's types. OpenAI takes 500 pictures in one request, of 50 MB
together (a copy of its guide "Images and vision", checked 2026-11-23); no limit of one file was found. Sixty-four is a
limit of ours: the frames of a film, and some files beside them."""
HEARD = Files(media_types=("audio/wav", "audio/mpeg"), at_most=16, bytes_each=25 * 10**6)
"""The two formats of `input_audio` in the official client's types; the size is the one of its transcriptions."""
AUDIO_FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3"}

LONGEST_TEXT = 100_000
"""Characters; far below the context of either model."""


CONVERSATION = Continuation(
    state="server",
    how="previous_response_id of the Responses API; OpenAI keeps the files and the words",
    lives="as long as OpenAI stores the response; the official client's types name no limit",
)


TEXT = TextUpTo(LONGEST_TEXT)
LOOKING_PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="input.content.text", allows=TEXT),
    "media": Param(wire_name="input.content.files", allows=LOOKED_AT),
    "instructions": Param(wire_name="instructions", allows=TEXT),
}
LISTENING_PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="messages.content.text", allows=TEXT),
    "media": Param(wire_name="messages.content.files", allows=HEARD),
    "instructions": Param(wire_name="content", allows=TEXT),
}


def luna_at_most(request: Request) -> Decimal | None:
    """A context full of cache writes and all of the output there may be, at the rates of a prompt over 272,000 tokens:
    twice the usual ones in, half as much again out."""
    return (1_050_000 * Decimal("0.25") + 128_000 * Decimal("0.75")) / 1_000_000


LUNA_PRICE = TokenPrice(
    rates=(
        TokenRate(kind="in", dollars=Decimal("0.10"), reported_at="input_tokens"),
        TokenRate(
            kind="more for cache writes",
            dollars=Decimal("0.025"),
            reported_at="input_tokens_details.cache_write_tokens",
        ),
        TokenRate(kind="out", dollars=Decimal("0.50"), reported_at="output_tokens"),
    ),
    at_most=luna_at_most,
    source=f"{MODELS_PAGE}/gpt-6-luna",
    checked=CHECKED,
)
"""Never less than the bill for prompts of up to 272,000 tokens: what is read from the cache costs a tenth of this."""


def audio_at_most(request: Request) -> Decimal | None:
    """A full context of 128,000 tokens, all of it sound, and 16,384 of output: how many a second takes is not said."""
    return (128_000 * Decimal(32) + 16_384 * Decimal(10)) / 1_000_000


AUDIO_PRICE = TokenPrice(
    rates=(
        TokenRate(kind="text in", dollars=Decimal("2.50"), reported_at="prompt_tokens_details.text_tokens"),
        TokenRate(kind="audio in", dollars=Decimal(32), reported_at="prompt_tokens_details.audio_tokens"),
        TokenRate(kind="out", dollars=Decimal(10), reported_at="completion_tokens"),
    ),
    at_most=audio_at_most,
    source=f"{MODELS_PAGE}/gpt-audio-1.5",
    checked=CHECKED,
)


# --- Pictures and documents -------------------------------------------------------------------------------------


def submit_looking(call: Call) -> Flow:
    asked = dict(call.body)
    given = asked.pop("input")["content"]
    files = [as_input(number, file) for number, file in enumerate(given.get("files", ()), 1)]
    message = {"role": "user", "content": [{"type": "input_text", "text": given["text"]}, *files]}
    body = {"model": call.model.id, "input": [message], **asked}
    if call.continuation is not None:
        body["previous_response_id"] = call.continuation["response_id"]
    response = yield post("/responses", json=body)
    is_kept = call.continuation is not None or bool(call.request.continuable)
    return answer(response.json, continuation={"response_id": response.json["id"]} if is_kept else None)


def as_input(number: int, file: MediaFile) -> Json:
    inline = Inline(file=file, form="data_uri")
    if file.media_type == PDF:
        return {"type": "input_file", "filename": f"document-{number}.pdf", "file_data": inline}
    return {"type": "input_image", "detail": "auto", "image_url": inline}


def answer(reply: Json, *, continuation: Json) -> Step:
    messages = [item for item in reply["output"] if item.get("type") == "message"]
    pieces = [piece for message in messages for piece in message.get("content") or ()]
    text = "".join(piece.get("text") or "" for piece in pieces if piece.get("type") == "output_text")
    refusal = next((piece["refusal"] for piece in pieces if piece.get("refusal")), None)
    cut = (reply.get("incomplete_details") or {}).get("reason")
    if refusal is not None or cut == "content_filter":
        return Failed(reason=refusal or "the content filter stopped the answer", kind="refused")
    short = () if cut is None else (f"The answer was cut short: {cut}.",)
    return in_words(text, reply, missing=short, continuation=continuation)


def in_words(text: str, reply: Json, *, missing: tuple[str, ...] = (), continuation: Json = None) -> Step:
    if not text.strip():
        return Failed(reason="the reply holds no words", kind="empty_output")
    return Succeeded(text=text, usage=reply.get("usage") or {}, missing=missing, continuation=continuation)


# --- Recordings -------------------------------------------------------------------------------------------------


def submit_listening(call: Call) -> Flow:
    asked = dict(call.body)
    given = asked.pop("messages")["content"]
    content = [{"type": "text", "text": given["text"]}, *(as_sound(file) for file in given["files"])]
    messages: list[Json] = [{"role": "user", "content": content}]
    if "content" in asked:
        messages.insert(0, {"role": "developer", "content": asked.pop("content")})
    body = {"model": call.model.id, "modalities": ["text"], "messages": messages, **asked}
    response = yield post("/chat/completions", json=body)
    return chat_answer(response.json)


def as_sound(file: MediaFile) -> Json:
    return {"type": "input_audio", "input_audio": {"data": Inline(file=file), "format": AUDIO_FORMATS[file.media_type]}}


def chat_answer(reply: Json) -> Step:
    choice: Mapping[str, Json] = next(iter(reply["choices"]), {})
    message = choice.get("message") or {}
    if message.get("refusal") or choice.get("finish_reason") == "content_filter":
        return Failed(reason=message.get("refusal") or "the content filter stopped the answer", kind="refused")
    cut = choice.get("finish_reason") == "length"
    return in_words(message.get("content") or "", reply, missing=("The answer was cut short.",) if cut else ())


def describing_model(
    model_id: str,
    *,
    params: Mapping[str, Param],
    price: Price,
    submit: Callable[[Call], Flow],
    rules: tuple[Rule, ...] = (),
    continuation: Continuation | None = None,
) -> Model:
    return Model(
        id=model_id,
        accepts=DescribeRequest,
        params=params,
        rules=rules,
        price=price,
        typical_bytes=10_000,
        continuation=continuation,
        submit=submit,
        source=f"{MODELS_PAGE}/{model_id}",
    )


MODELS = (
    describing_model(
        "gpt-6-luna", params=LOOKING_PARAMS, price=LUNA_PRICE, submit=submit_looking, continuation=CONVERSATION
    ),
    describing_model(
        "gpt-audio-1.5",
        params=LISTENING_PARAMS,
        price=AUDIO_PRICE,
        submit=submit_listening,
        rules=(Rule(when={"prompt": Rule.ASKED}, needs={"media": Rule.ASKED}, why="it answers about recordings only"),),
    ),
)

# --- Samples ----------------------------------------------------------------------------------------------------

PICTURE = MediaFile(media_type="image/png", data=PNG)
RECORDING = MediaFile(media_type="audio/wav", data=b"RIFF a recording WAVE")
USED = {
    "input_tokens": 300,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 4,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 304,
}
HEARD_USED = {
    "prompt_tokens": 30,
    "completion_tokens": 4,
    "total_tokens": 34,
    "prompt_tokens_details": {"text_tokens": 10, "audio_tokens": 20},
}


def said(*pieces: Json) -> Reply:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": list(pieces)}
    return Reply(json={"id": "resp_1", "object": "response", "status": "completed", "output": [message], "usage": USED})


def chatted(message: Json) -> Reply:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
    return Reply(json={"id": "chat_1", "object": "chat.completion", "choices": [choice], "usage": HEARD_USED})


LOOKING = DescribeRequest(prompt="What is in the picture?", media=(PICTURE,))
LISTENING = DescribeRequest(prompt="What is to be heard?", media=(RECORDING,))
SAMPLES = (
    Sample(
        request=LOOKING,
        replies=(said({"type": "output_text", "text": "A red fox.", "annotations": []}),),
        source=SEEN,
    ),
    Sample(
        request=replace(LOOKING, continuable=True),
        replies=(said({"type": "output_text", "text": "A red fox.", "annotations": []}),),
        source=SEEN,
    ),
    Sample(
        request=DescribeRequest(prompt="What colour are its ears?", continue_from="earlier"),
        continues={"response_id": "resp_1"},
        replies=(said({"type": "output_text", "text": "Black.", "annotations": []}),),
        source=SEEN,
    ),
    Sample(
        request=LOOKING,
        replies=(said({"type": "refusal", "refusal": "I cannot say who this is."}),),
        expects="refused",
        source=SEEN,
    ),
    Sample(request=LOOKING, replies=(said(),), expects="failed", source=SEEN),
    Sample(
        request=LISTENING,
        model="gpt-audio-1.5",
        replies=(chatted({"content": "A dog barks.", "refusal": None}),),
        source=SEEN,
    ),
    Sample(
        request=LISTENING,
        model="gpt-audio-1.5",
        replies=(chatted({"content": None, "refusal": "I cannot say who speaks."}),),
        expects="refused",
        source=SEEN,
    ),
)
