"""The same requests through Google's official client. Knows its keywords and nothing of our backend's translation."""

from __future__ import annotations

import base64
import io
from typing import Any

from google import genai
from google.genai import types

from anymedia.media import MediaFile
from anymedia.operations import (
    DescribeRequest,
    ImageRequest,
    MusicRequest,
    Request,
    SpeechRequest,
    TranscriptionRequest,
    VideoRequest,
    VoiceCloneRequest,
    VoiceDesignRequest,
)

BY_INTERACTIONS = frozenset({"gemini-nano-banana-2.1"})
"""Picture models that are asked by interactions; the others by generateContent."""
VERSIONS = dict.fromkeys(
    (
        *("lyria-3-pro-preview", "lyria-3-clip-preview", "gemini-3.8-flash-tts", "gemini-3.8-flash-lite-tts"),
        *("gemini-3.8-flash-tts-design", "gemini-3.8-flash-tts-replication"),
    ),
    "v1beta",
)
"""Models that are asked by another version of the API than the client's own."""
CALLED = {"audio/mp4": "audio/m4a", "video/quicktime": "video/mov"}
"""Media types by the names in the client's types."""
FIRST_PROMPT = "an earlier fox"
AT_REST = frozenset({"completed", "failed", "cancelled", "incomplete"})


def official_call(client: genai.Client, model: str, request: Request, *, previous: str | None) -> Any:
    """Make the call as the documentation does. `previous` is the interaction to continue."""
    match request:
        case ImageRequest() if model in BY_INTERACTIONS:
            return _picture(client, model, request, previous)
        case ImageRequest():
            return _content(client, model, request)
        case VideoRequest():
            return _film(client, model, request, previous)
        case MusicRequest():
            wanted = {"type": "audio", **_given(mime_type=_media_type("audio", request.output_format))}
            said: Any = [{"type": "text", "text": request.prompt}]
            song = client.interactions.create(model=model, input=said, response_format=wanted, store=False)
            return base64.b64decode(song.output_audio.data)
        case SpeechRequest():
            return _recording(client, model, request)
        case VoiceDesignRequest():
            made = _voice(client, request, prompted=_given(input=request.prompt, base_voice=request.base_voice))
            return base64.b64decode(made.sample_audio.data)
        case VoiceCloneRequest():
            recordings = {"source_audio": request.voice_samples[0], "consent_audio": request.consent_audio}
            made = _voice(client, request, replicated={name: _audio(each) for name, each in recordings.items()})
            return str(made.display_name)
        case TranscriptionRequest():
            return _transcript(client, model, request)
        case DescribeRequest():
            asked: Any = [*map(_piece, request.media or ()), {"type": "text", "text": request.prompt}]
            more = _given(system_instruction=request.instructions, previous_interaction_id=previous)
            store = bool(request.continuable) or previous is not None
            answer: str = client.interactions.create(model=model, input=asked, store=store, **more).output_text
            return answer
    raise AssertionError(f"no call for {type(request).__name__}")


def _given(**keywords: Any) -> dict[str, Any]:
    """The keywords that were asked for."""
    return {name: value for name, value in keywords.items() if value is not None}


def _media_type(medium: str, output_format: str | None) -> str | None:
    return None if output_format is None else f"{medium}/{output_format}"


def _piece(file: MediaFile) -> Any:
    data = base64.b64encode(file.read_bytes()).decode()
    kind = file.media_type.partition("/")[0]
    mime_type = CALLED.get(file.media_type, file.media_type)
    return {"type": "document" if kind == "application" else kind, "data": data, "mime_type": mime_type}


# --- Pictures -----------------------------------------------------------------------------------------------------


def _picture(client: genai.Client, model: str, request: ImageRequest, previous: str | None) -> bytes:
    wanted = _given(
        aspect_ratio=request.aspect_ratio,
        image_size=request.resolution,
        mime_type=_media_type("image", request.output_format),
    )
    found = client.interactions.create(
        model=model,
        input=[{"type": "text", "text": request.prompt}, *map(_piece, request.input_images or ())],
        response_format={"type": "image", **wanted},
        store=bool(request.continuable) or previous is not None,
        **_given(previous_interaction_id=previous),
    )
    return base64.b64decode(found.output_image.data)


def _content(client: genai.Client, model: str, request: ImageRequest) -> bytes:
    shape = _given(aspect_ratio=request.aspect_ratio, image_size=request.resolution)
    image_config = types.ImageConfig(**shape) if shape else None
    config = types.GenerateContentConfig(response_modalities=["IMAGE"], image_config=image_config)
    pictures = [
        types.Part.from_bytes(data=file.read_bytes(), mime_type=file.media_type) for file in request.input_images or ()
    ]
    message: Any = [request.prompt, *pictures]
    if request.continue_from is None:
        response = client.models.generate_content(model=model, contents=message, config=config)
    else:
        chat = client.chats.create(model=model, config=types.GenerateContentConfig(response_modalities=["IMAGE"]))
        chat.send_message(FIRST_PROMPT)
        response = chat.send_message(message, config=config)
    (part,) = response.parts or ()
    assert part.inline_data is not None and part.inline_data.data is not None
    return part.inline_data.data


# --- Films --------------------------------------------------------------------------------------------------------


def _film(client: genai.Client, model: str, request: VideoRequest, previous: str | None) -> bytes:
    wanted = _given(
        aspect_ratio=request.aspect_ratio,
        resolution=request.resolution,
        duration=None if request.duration is None else f"{request.duration:g}s",
    )
    order = client.interactions.create(
        model=model,
        input=_input(request),
        background=True,
        response_format={"type": "video", "delivery": "uri", **wanted},
        generation_config={"video_config": {"task": _task(request, previous)}},
        **_given(previous_interaction_id=previous),
    )
    while order.status not in AT_REST:
        order = client.interactions.get(order.id)
    film = order.output_video
    name = film.uri.rpartition("/")[2].partition(":")[0]
    assert client.files.get(name=f"files/{name}").state == types.FileState.ACTIVE
    found: bytes = client.files.download(file=film.uri)
    return found


def _task(request: VideoRequest, previous: str | None) -> str:
    if request.extend:
        return "extend"
    if request.upscale:
        return "upscale"
    if request.video is not None or previous is not None:
        return "edit"
    if request.first_frame is not None:
        return "image_to_video"
    return "text_to_video" if request.references is None else "reference_to_video"


def _input(request: VideoRequest) -> Any:
    files = (request.video, request.first_frame, request.last_frame, *(request.references or ()))
    marks = "" if request.last_frame is None else "<FIRST_FRAME> <LAST_FRAME> "
    words = {"type": "text", "text": marks + request.prompt}
    return [*(_piece(file) for file in files if file is not None), words]


# --- Speech -------------------------------------------------------------------------------------------------------


def _recording(client: genai.Client, model: str, request: SpeechRequest) -> bytes:
    formats = {"wav": "audio/wav", "mp3": "audio/mp3", "opus": "audio/ogg_opus", None: None}
    spoken = _spoken(request)
    found = client.interactions.create(
        model=model,
        input=_script(request),
        response_format={"type": "audio", **_given(mime_type=formats[request.output_format])},
        store=False,
        **_given(generation_config={"speech_config": spoken} if spoken else None),
    )
    return base64.b64decode(found.output_audio.data)


def _spoken(request: SpeechRequest) -> Any:
    """A list for one voice, an object for two speakers: the two forms of the client's SpeechConfigUnion."""
    if request.speaker_voices is None:
        voice = _given(voice=request.voice, language=request.language)
        return [voice] if voice else None
    pairs = [pair.split("=") for pair in request.speaker_voices.split(", ")]
    return {
        "speakers": [{"speaker": name, "voice": voice, **_given(language=request.language)} for name, voice in pairs]
    }


def _script(request: SpeechRequest) -> Any:
    """A piece of text for every turn. A line that names nobody goes on with the turn before it."""
    if request.speaker_voices is None:
        return [_turn(request.text, request)]
    names = [pair.partition("=")[0] for pair in request.speaker_voices.split(", ")]
    said = [(names[0], "")]
    for line in request.text.splitlines():
        name, colon, words = line.partition(": ")
        if not (colon and name in names):
            name, before = said.pop()
            words = f"{before}\n{line}".strip()
        said.append((name, words))
    return [_turn(words, request, speaker=name) for name, words in said if words]


def _turn(words: str, request: SpeechRequest, **speaker: str) -> Any:
    noted = {**speaker, **_given(style=request.instructions)}
    return {"type": "text", "text": words} | ({"annotations": [{"type": "speech_metadata", **noted}]} if noted else {})


# --- Voices -------------------------------------------------------------------------------------------------------


def _voice(client: genai.Client, request: VoiceDesignRequest | VoiceCloneRequest, **making: Any) -> Any:
    """A voice that is stored, as the documentation makes one."""
    (kind,) = making
    described = _given(description=request.description) if isinstance(request, VoiceCloneRequest) else {}
    about = _given(display_name=request.name, language_code=request.language, gender=request.gender)
    voice: Any = {"model": "gemini-3.8-flash-tts", "type": kind, **about, **described, **making}
    return client.voices.create(voice=voice, store=True)


def official_deletion(client: genai.Client, request: VoiceDesignRequest) -> None:
    """Make a voice and delete it."""
    made = _voice(client, request, prompted={"input": request.prompt})
    client.voices.delete(id=made.id)


def _audio(file: MediaFile | None) -> Any:
    assert file is not None
    return {"data": base64.b64encode(file.read_bytes()).decode(), "mime_type": file.media_type}


# --- Transcriptions -----------------------------------------------------------------------------------------------


def _transcript(client: genai.Client, model: str, request: TranscriptionRequest) -> str:
    mode = {"type": "verbatim", "timestamp_granularities": [request.timestamps]}
    wanted = _given(
        language_codes=None if request.language is None else [request.language],
        custom_vocabulary=None if request.prompt is None else request.prompt.split(", "),
        mode=None if request.timestamps is None else mode,
    )
    said: Any = [_piece(request.audio)]
    config = _given(generation_config={"transcription_config": wanted} if wanted else None)
    transcript: str = client.interactions.create(model=model, input=said, store=False, **config).output_text
    return transcript


# --- Uploads ------------------------------------------------------------------------------------------------------


def official_upload(client: genai.Client, model: str, request: DescribeRequest) -> str:
    """Ask about one film that is uploaded first, as the documentation of files does."""
    (film,) = request.media or ()
    uploaded = client.files.upload(file=io.BytesIO(film.read_bytes()), config={"mime_type": film.media_type})
    while uploaded.state != types.FileState.ACTIVE:
        uploaded = client.files.get(name=str(uploaded.name))
    piece = {"type": "video", "uri": uploaded.uri, "mime_type": film.media_type}
    asked: Any = [piece, {"type": "text", "text": request.prompt}]
    answer: str = client.interactions.create(model=model, input=asked, store=False).output_text
    return answer
