"""Transcription: a recording in, its words out; with whisper-1 also subtitles, timestamps and English."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from ...media import Json, MediaFile
from ...operations import Request, TranscriptionRequest
from ...spec import (
    AnyValue,
    Call,
    Failed,
    Flow,
    Model,
    OneFile,
    Param,
    PerUnit,
    Price,
    Reply,
    Rule,
    Sample,
    ShapedText,
    Step,
    Succeeded,
    TextUpTo,
    TokenPrice,
    TokenRate,
    form,
    one_of,
)
from .common import CHECKED, MODELS_PAGE, SEEN, as_parts

GUIDE = "https://developers.openai.com/api/docs/guides/speech-to-text"
RETIRES = date(2027, 2, 26)
"""All models but gpt-transcribe, and the translations: GUIDE and the official client 3.54.0, checked 2026-11-22."""

# --- Parameters -------------------------------------------------------------------------------------------------

RECORDING = OneFile(
    media_types=(
        *("audio/flac", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm"),
        *("video/mp4", "video/webm"),
    ),
    bytes_each=25 * 10**6,
)
"""The formats and the 25 MB of GUIDE, checked 2026-11-22."""
LANGUAGE = ShapedText(pattern="[a-z]{2}", means="a language code of two letters", such_as=("en", "de"))
"""ISO 639-1: the official client's documentation of `language` and `languages`."""
LONGEST_PROMPT = 4096
"""No limit is published that holds for all models; Whisper reads the end of a long one only."""


def encode_route(translate: bool) -> str:
    return "translations" if translate else "transcriptions"


def encode_format(name: str) -> str:
    """The speakers are what the diarizing model is for: its JSON has them."""
    return "diarized_json" if name == "json" else name


AUDIO = Param(wire_name="file", allows=RECORDING)
PROMPT = Param(wire_name="prompt", allows=TextUpTo(LONGEST_PROMPT))
ONE_LANGUAGE = Param(wire_name="language", allows=LANGUAGE)
JSON_ONLY = Param(wire_name="response_format", allows=one_of("json"))

PARAMS: Mapping[str, Param] = {
    "audio": AUDIO,
    "language": Param(wire_name="languages[]", allows=LANGUAGE),
    "prompt": PROMPT,
    "output_format": JSON_ONLY,
}
"""gpt-transcribe: no page names another format for it than the JSON of the examples."""
PARAMS_4O: Mapping[str, Param] = {**PARAMS, "language": ONE_LANGUAGE}
PARAMS_DIARIZE: Mapping[str, Param] = {
    "audio": AUDIO,
    "language": ONE_LANGUAGE,
    "output_format": Param(wire_name="response_format", allows=one_of("json", "text"), encode=encode_format),
}
PARAMS_WHISPER: Mapping[str, Param] = {
    **PARAMS_4O,
    "output_format": Param(wire_name="response_format", allows=one_of("json", "text", "srt", "vtt")),
    "timestamps": Param(wire_name="timestamp_granularities[]", allows=one_of("word", "segment")),
    "translate": Param(wire_name="route", allows=AnyValue(bool), encode=encode_route),
}
WHISPER_RULES = (
    Rule(
        when={"timestamps": Rule.ASKED},
        needs={"output_format": ("json", Rule.ABSENT)},
        why="timestamps are a part of the JSON",
    ),
    Rule(when={"translate": True}, needs={"language": Rule.ABSENT}, why="the translations route has none"),
    Rule(when={"translate": True}, needs={"timestamps": Rule.ABSENT}, why="the translations route has none"),
)

# --- Prices and models ------------------------------------------------------------------------------------------


def by_minute(dollars: str, model_id: str) -> PerUnit:
    source = f"{MODELS_PAGE}/{model_id}"
    return PerUnit(amount=Decimal(dollars), unit="minute", source=source, checked=CHECKED, reported_at="seconds")


def by_tokens(dollars_in: str, dollars_out: str, model_id: str, *, one_context: bool = True) -> TokenPrice:
    """By 16,000 tokens of context, 2,000 of them output. A long recording is cut into several contexts by diarizing."""
    most = (16_000 * Decimal(dollars_in) + 2_000 * Decimal(dollars_out)) / 1_000_000

    def at_most(request: Request) -> Decimal | None:
        return most if one_context else None

    rates = (
        TokenRate(kind="in", dollars=Decimal(dollars_in), reported_at="input_tokens"),
        TokenRate(kind="out", dollars=Decimal(dollars_out), reported_at="output_tokens"),
    )
    return TokenPrice(rates=rates, at_most=at_most, source=f"{MODELS_PAGE}/{model_id}", checked=CHECKED)


def submit_plain(call: Call) -> Flow:
    return (yield from transcribe(call, call.body))


def submit_diarized(call: Call) -> Flow:
    # Without a strategy the provider refuses what is longer than 30 seconds (docstring of the official client).
    usual = {"chunking_strategy": "auto", "response_format": "diarized_json"}
    return (yield from transcribe(call, {**usual, **call.body}))


def submit_whisper(call: Call) -> Flow:
    timed = {"response_format": "verbose_json"} if "timestamp_granularities[]" in call.body else {}
    return (yield from transcribe(call, {**call.body, **timed}))


def transcribe(call: Call, asked: Mapping[str, Json]) -> Flow:
    body = {"model": call.model.id, **asked}
    route = body.pop("route", encode_route(False))
    reads: Literal["json", "text"] = "json" if "json" in body.get("response_format", "json") else "text"
    response = yield form(f"/audio/{route}", parts=as_parts(body), reads=reads)
    return words_of(response.text) if reads == "text" else words_of_json(response.json)


def words_of(text: str | None) -> Step:
    if text is None or not text.strip():
        return Failed(reason="the reply holds no words", kind="empty_output")
    return Succeeded(text=text)


def words_of_json(reply: Mapping[str, Json]) -> Step:
    if not reply["text"].strip():
        return Failed(reason="the reply holds no words", kind="empty_output")
    said = {name: reply[name] for name in ("language", "languages", "duration", "words", "segments") if reply.get(name)}
    return Succeeded(text=reply["text"], usage=reply.get("usage") or {}, metadata=said)


def transcription_model(
    model_id: str,
    *,
    price: Price,
    params: Mapping[str, Param] = PARAMS_4O,
    rules: tuple[Rule, ...] = (),
    submit: Callable[[Call], Flow] = submit_plain,
    aliases: tuple[str, ...] = (),
    retires: date | None = RETIRES,
) -> Model:
    return Model(
        id=model_id,
        aliases=aliases,
        accepts=TranscriptionRequest,
        params=params,
        rules=rules,
        price=price,
        typical_bytes=10_000,
        retires=retires,
        successor=None if retires is None else "gpt-transcribe",
        submit=submit,
        source=f"{MODELS_PAGE}/{model_id}",
    )


MODELS = (
    transcription_model("gpt-transcribe", price=by_minute("0.0045", "gpt-transcribe"), params=PARAMS, retires=None),
    transcription_model("gpt-4o-transcribe", price=by_tokens("2.50", "10", "gpt-4o-transcribe")),
    transcription_model(
        "gpt-4o-mini-transcribe",
        price=by_tokens("1.25", "5", "gpt-4o-mini-transcribe"),
        aliases=("gpt-4o-mini-transcribe-2025-12-15",),
    ),
    transcription_model(
        "gpt-4o-transcribe-diarize",
        price=by_tokens("2.50", "10", "gpt-4o-transcribe-diarize", one_context=False),
        params=PARAMS_DIARIZE,
        submit=submit_diarized,
    ),
    transcription_model(
        "whisper-1",
        price=by_minute("0.006", "whisper-1"),
        params=PARAMS_WHISPER,
        rules=WHISPER_RULES,
        submit=submit_whisper,
    ),
)

# --- Samples ----------------------------------------------------------------------------------------------------

RECORDED = MediaFile(media_type="audio/wav", data=b"RIFF a recording WAVE")
SECONDS = {"type": "duration", "seconds": 2}
TOKENS = {"type": "tokens", "input_tokens": 20, "output_tokens": 5, "total_tokens": 25}
WORDS = [{"word": "Good", "start": 0.0, "end": 0.4}, {"word": "morning.", "start": 0.4, "end": 1.1}]
SPOKEN = [{"id": "1", "type": "transcript.text.segment", "speaker": "A", "start": 0.0, "end": 1.1, "text": "Morning."}]
SUBTITLES = b"1\n00:00:00,000 --> 00:00:01,100\nGood morning.\n"

SAMPLES = (
    Sample(
        request=TranscriptionRequest(audio=RECORDED),
        replies=(Reply(json={"text": "Good morning.", "languages": [{"code": "en"}], "usage": SECONDS}),),
        source=SEEN,
    ),
    Sample(
        request=TranscriptionRequest(audio=RECORDED, language="en"),
        model="gpt-4o-transcribe",
        replies=(Reply(json={"text": "Good morning.", "usage": TOKENS}),),
        source=SEEN,
    ),
    Sample(
        request=TranscriptionRequest(audio=RECORDED, output_format="json"),
        model="gpt-4o-transcribe-diarize",
        replies=(
            Reply(
                json={"task": "transcribe", "text": "Morning.", "duration": 1.1, "segments": SPOKEN, "usage": TOKENS}
            ),
        ),
        source=SEEN,
    ),
    Sample(
        request=TranscriptionRequest(audio=RECORDED, output_format="srt"),
        model="whisper-1",
        replies=(Reply(content=SUBTITLES, media_type="text/plain; charset=utf-8"),),
        source=SEEN,
    ),
    Sample(
        request=TranscriptionRequest(audio=RECORDED, timestamps="word"),
        model="whisper-1",
        replies=(
            Reply(
                json={
                    "text": "Good morning.",
                    "language": "english",
                    "duration": 1.1,
                    "words": WORDS,
                    "usage": SECONDS,
                }
            ),
        ),
        source=SEEN,
    ),
    Sample(
        request=TranscriptionRequest(audio=RECORDED, translate=True),
        model="whisper-1",
        replies=(Reply(json={"text": "Good morning."}),),
        source=SEEN,
    ),
    Sample(
        request=TranscriptionRequest(audio=RECORDED),
        replies=(Reply(json={"text": "", "languages": [], "usage": SECONDS}),),
        expects="failed",
        source=SEEN,
    ),
)
