"""Speech, transcriptions and descriptions through the official client, as its documentation has them.

What a model that converses is told besides the text is free, and taken from our backend; where it stands is not.
"""

from __future__ import annotations

import base64
import warnings
from typing import Any

import openai

from anymedia.backends.openai.realtime import READ_ALOUD, encode_instructions
from anymedia.media import MediaFile
from anymedia.operations import DescribeRequest, SpeechRequest, TranscriptionRequest

Talk = SpeechRequest | TranscriptionRequest | DescribeRequest
ENDINGS = {
    "audio/flac": "flac",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "video/mp4": "mp4",
    "video/webm": "webm",
}


def official_talk(client: openai.OpenAI, model: str, request: Talk, *, previous: str | None) -> Any:
    """Make the call as the documentation does. `previous` is the response to go on with."""
    match request:
        case SpeechRequest():
            return _speak(client, model, request)
        case TranscriptionRequest():
            return _transcribe(client, model, request)
        case DescribeRequest():
            if model.startswith("gpt-audio"):
                return _listen(client, model, request)
            return _look(client, model, request, previous)


def _given(**keywords: Any) -> dict[str, Any]:
    """The keywords that were asked for."""
    return {name: value for name, value in keywords.items() if value is not None}


def _speak(client: openai.OpenAI, model: str, request: SpeechRequest) -> Any:
    if model.startswith("gpt-realtime"):
        return _converse(client, model, request)
    voice: Any = request.voice or "alloy"
    if voice.startswith("voice_"):
        voice = {"id": voice}
    return client.audio.speech.create(
        model=model,
        voice=voice,
        input=request.text,
        **_given(instructions=request.instructions, speed=request.speed, response_format=request.output_format),
    )


def _converse(client: openai.OpenAI, model: str, request: SpeechRequest) -> Any:
    """The events of one conversation, as the client reads them."""
    own = request.voice is not None and request.voice.startswith("voice_")
    voice: Any = {"id": request.voice} if own else request.voice
    output: Any = {"format": {"type": "audio/pcm", "rate": 24_000}, **_given(voice=voice)}
    told = READ_ALOUD if request.instructions is None else encode_instructions(request.instructions)
    message: Any = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": request.text}]}
    events = []
    with warnings.catch_warnings(), client.realtime.connect(model=model) as connection:
        # The client 3.54.0 does not use websockets 17.1 in the new way yet.
        warnings.filterwarnings("ignore", r"connect\(\) must be used as a context manager", DeprecationWarning)
        if request.speed is not None:
            connection.session.update(session={"type": "realtime", "audio": {"output": {"speed": request.speed}}})
        connection.response.create(
            response={
                "conversation": "none",
                "output_modalities": ["audio"],
                "instructions": told,
                "audio": {"output": output},
                "input": [message],
            }
        )
        for event in connection:
            events.append(event)
            if event.type in ("response.done", "error"):
                break
    return events


def _transcribe(client: openai.OpenAI, model: str, request: TranscriptionRequest) -> Any:
    file = request.audio
    upload = (f"recording.{ENDINGS[file.media_type]}", file.read_bytes(), file.media_type)
    common = _given(prompt=request.prompt, response_format=request.output_format)
    if request.translate:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return client.audio.translations.create(model=model, file=upload, **common)
    if model == "gpt-transcribe":
        common |= _given(languages=None if request.language is None else [request.language])
    else:
        common |= _given(language=request.language)
    if model == "gpt-4o-transcribe-diarize":
        with_speakers = request.output_format in (None, "json")
        common |= {"chunking_strategy": "auto"} | ({"response_format": "diarized_json"} if with_speakers else {})
    if request.timestamps is not None:
        common |= {"response_format": "verbose_json", "timestamp_granularities": [request.timestamps]}
    return client.audio.transcriptions.create(model=model, file=upload, **common)


def _look(client: openai.OpenAI, model: str, request: DescribeRequest, previous: str | None) -> Any:
    content: list[Any] = [{"type": "input_text", "text": request.prompt}]
    for number, file in enumerate(request.media or (), 1):
        uri = f"data:{file.media_type};base64,{_base64(file)}"
        if file.media_type == "application/pdf":
            content.append({"type": "input_file", "filename": f"document-{number}.pdf", "file_data": uri})
        else:
            content.append({"type": "input_image", "detail": "auto", "image_url": uri})
    message: Any = {"role": "user", "content": content}
    asked = _given(instructions=request.instructions, previous_response_id=previous)
    return client.responses.create(model=model, input=[message], **asked)


def _listen(client: openai.OpenAI, model: str, request: DescribeRequest) -> Any:
    sounds = [
        {"type": "input_audio", "input_audio": {"data": _base64(file), "format": ENDINGS[file.media_type]}}
        for file in request.media or ()
    ]
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": request.prompt}, *sounds]}]
    if request.instructions is not None:
        messages.insert(0, {"role": "developer", "content": request.instructions})
    return client.chat.completions.create(model=model, modalities=["text"], messages=messages)


def _base64(file: MediaFile) -> str:
    return base64.b64encode(file.read_bytes()).decode()
