"""`/v1/audio/speech`, `/v1/audio/transcriptions` and `/v1/audio/translations`: checked requests, plausible answers.

Names and limits: types of the openai package 3.54.0, checked 2026-11-22. What is heard in a recording is its size.
"""

import io
import wave
from collections.abc import Mapping

from anymedia.testing.emulator.dialects.openai.errors import Refused, error_reply, refused, unknown_model
from anymedia.testing.emulator.dialects.openai.images import json_object
from anymedia.testing.emulator.dialects.openai.models import SPEECH_MODELS, TRANSCRIBERS
from anymedia.testing.emulator.dialects.openai.parameters import (
    Anything,
    Flag,
    ListOf,
    Number,
    OneOf,
    Table,
    Text,
    check,
    from_form,
    invalid_value,
)
from anymedia.testing.emulator.messages import Json, Part, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make
from anymedia.testing.emulator.sounds import pieces

VOICES = (
    *("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx"),
    *("nova", "sage", "shimmer", "verse", "marin", "cedar"),
)
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
SPEECH: Table = {
    "input": Text(longest=4096),
    "instructions": Text(longest=4096),
    "model": Text(),
    "response_format": OneOf(tuple(MEDIA_TYPES)),
    "speed": Number(low=0.25, high=4.0),
    "stream_format": OneOf(("audio", "sse")),
    "voice": Anything(),
}
ENDINGS = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
LARGEST_RECORDING = 25 * 1024 * 1024
FORMATS = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
TRANSLATION: Table = {
    "model": Text(),
    "prompt": Text(longest=32_000),
    "response_format": OneOf(FORMATS),
    "temperature": Number(low=0.0, high=1.0),
}
TRANSCRIPTION: Table = TRANSLATION | {
    "chunking_strategy": Anything(),
    "include": ListOf(("logprobs",)),
    "keywords": ListOf(),
    "known_speaker_names": ListOf(),
    "known_speaker_references": ListOf(),
    "language": Text(),
    "languages": ListOf(),
    "stream": Flag(),
    "timestamp_granularities": ListOf(("word", "segment")),
}
ONLY_SOME_HAVE = (
    *("prompt", "include", "keywords", "languages", "timestamp_granularities"),
    *("known_speaker_names", "known_speaker_references"),
)
CHARACTERS_PER_SECOND = 15
LONGEST_SPEECH = 10.0
"""Seconds; a tone is computed sample by sample."""
HEADER = 44
"""Bytes before the samples of a plain WAV file."""

# --- Speech -----------------------------------------------------------------------------------------------------


def speak(request: ReceivedRequest, media: Media) -> Reply:
    """`POST /v1/audio/speech`. Raises Refused."""
    given = check(json_object(request), SPEECH, required=("model", "input", "voice"))
    if given["model"] not in SPEECH_MODELS:
        raise Refused(unknown_model(given["model"]))
    _check_voice(given["voice"])
    if given.get("stream_format") == "sse":
        raise refused("The emulator offers no 'sse' here.", "unsupported_parameter", "stream_format")
    if "instructions" in given and given["model"].startswith("tts-1"):
        raise refused("Invalid 'instructions': not supported by this model.", "unsupported_parameter", "instructions")
    output_format = given.get("response_format", "mp3")
    headers = (("content-type", MEDIA_TYPES[output_format]),)
    return Reply(headers=headers, pieces=tuple(pieces(_recording(given, media, output_format))), accepted=True)


def _check_voice(voice: Json) -> None:
    if isinstance(voice, dict) and voice.keys() == {"id"} and str(voice["id"]).startswith("voice_"):
        return
    if not isinstance(voice, str) or voice not in VOICES:
        raise invalid_value("voice", str(voice), VOICES)


def _recording(given: Json, media: Media, output_format: str) -> bytes:
    seconds = min(len(given["input"]) / CHARACTERS_PER_SECOND / given.get("speed", 1.0), LONGEST_SPEECH)
    made_as = "wav" if output_format == "pcm" else output_format
    data = make(media, MediaAsked(prompt=given["input"], output_format=made_as, duration=max(seconds, 0.1)))
    if output_format == "pcm":
        return data[HEADER:]
    return _streamed(data) if data[36:40] == b"data" else data


def _streamed(data: bytes) -> bytes:
    """A WAV file as OpenAI sends it: its header was written before its length was known."""
    return data[:4] + b"\xff" * 4 + data[8:40] + b"\xff" * 4 + data[HEADER:]


# --- Transcriptions and translations ----------------------------------------------------------------------------


def transcribe(request: ReceivedRequest) -> Reply:
    """`POST /v1/audio/transcriptions`. Raises Refused."""
    file, given = _read(request, TRANSCRIPTION)
    model = TRANSCRIBERS.get(given["model"])
    if model is None:
        raise Refused(unknown_model(given["model"]))
    for name in ONLY_SOME_HAVE:
        if name in given and name not in model.has:
            raise refused(f"Invalid '{name}': not supported by this model.", "unsupported_parameter", name)
    if given.get("stream"):
        raise refused("The emulator offers no 'stream' here.", "unsupported_parameter", "stream")
    wanted = given.get("response_format", "json")
    if wanted not in model.formats:
        raise invalid_value("response_format", wanted, model.formats)
    _check_together(given, wanted, _seconds(file.data))
    return _written(file, given, wanted)


def translate(request: ReceivedRequest) -> Reply:
    """`POST /v1/audio/translations`. Raises Refused."""
    file, given = _read(request, TRANSLATION)
    if given["model"] != "whisper-1":
        raise invalid_value("model", given["model"], ("whisper-1",))
    wanted = given.get("response_format", "json")
    if wanted == "diarized_json":
        raise invalid_value("response_format", wanted, FORMATS[:5])
    if wanted == "json":
        return json_reply({"text": _heard(file)}, accepted=True)
    return _written(file, given, wanted)


def _check_together(given: Json, wanted: str, seconds: float) -> None:
    if "timestamp_granularities" in given and wanted != "verbose_json":
        name = "timestamp_granularities"
        raise refused(f"Invalid '{name}': needs response_format verbose_json.", "invalid_value", name)
    if given["model"].endswith("-diarize") and seconds > 30 and "chunking_strategy" not in given:
        message = "chunking_strategy is required for diarization models."
        raise refused(message, "missing_required_parameter", "chunking_strategy")


def _read(request: ReceivedRequest, table: Table) -> tuple[Part, Json]:
    """The recording and the parameters. Raises Refused."""
    if request.media_type != "multipart/form-data":
        raise Refused(error_reply(400, "The body must be multipart/form-data.", param="file"))
    files = [part for part in request.parts if part.filename is not None]
    for part in files:
        if part.name != "file":
            raise refused(f"Unknown parameter: '{part.name}'.", "unknown_parameter", part.name)
    given = check(from_form(_fields(request), table), table, required=("model",))
    if len(files) != 1:
        raise refused("Missing required parameter: 'file'.", "missing_required_parameter", "file")
    _check_file(files[0])
    return files[0], given


def _fields(request: ReceivedRequest) -> Mapping[str, Json]:
    """The text parts; those whose name ends in `[]` are lists."""
    fields: dict[str, Json] = {}
    for part in request.parts:
        if part.filename is not None:
            continue
        if part.name.endswith("[]"):
            fields.setdefault(part.name.removesuffix("[]"), []).append(part.text)
        else:
            fields[part.name] = part.text
    return fields


def _check_file(part: Part) -> None:
    """The format is known by the ending of the file's name. Raises Refused."""
    if str(part.filename).rpartition(".")[2].lower() not in ENDINGS:
        raise refused(f"Invalid file format. Supported formats: {list(ENDINGS)}", "invalid_value", "file")
    if len(part.data) > LARGEST_RECORDING:
        raise Refused(error_reply(413, f"Maximum content size limit ({LARGEST_RECORDING}) exceeded.", param="file"))
    if not part.data:
        raise refused("The audio file is empty.", "invalid_value", "file")


def _heard(file: Part) -> str:
    return f"This recording has {len(file.data)} bytes."


def _seconds(data: bytes) -> float:
    """The length of a plain WAV file; every other recording lasts a second here."""
    try:
        with wave.open(io.BytesIO(data)) as reader:
            frame = reader.getsampwidth() * reader.getnchannels()
            frames = min(reader.getnframes(), len(data) // frame)  # the header of a stream knows no number
            return float(frames / reader.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError):
        return 1.0


def _written(file: Part, given: Json, wanted: str) -> Reply:
    text, seconds = _heard(file), _seconds(file.data)
    match wanted:
        case "text":
            return _plain(f"{text}\n")
        case "srt":
            return _plain(f"1\n{_clock(0, ',')} --> {_clock(seconds, ',')}\n{text}\n\n")
        case "vtt":
            return _plain(f"WEBVTT\n\n{_clock(0, '.')} --> {_clock(seconds, '.')}\n{text}\n\n")
        case "verbose_json":
            return json_reply(_verbose(text, seconds, given), accepted=True)
        case "diarized_json":
            segment = {"type": "transcript.text.segment", "id": "seg_0", "speaker": "A", "text": text}
            segments = [segment | {"start": 0.0, "end": seconds}]
            document = {"task": "transcribe", "duration": seconds, "text": text, "segments": segments}
            return json_reply(document | {"usage": _usage(given["model"], seconds)}, accepted=True)
    languages = {"languages": [{"code": "en"}]} if given["model"] == "gpt-transcribe" else {}
    return json_reply({"text": text, **languages, "usage": _usage(given["model"], seconds)}, accepted=True)


def _plain(text: str) -> Reply:
    return Reply(headers=(("content-type", "text/plain; charset=utf-8"),), pieces=(text.encode(),), accepted=True)


def _clock(seconds: float, point: str) -> str:
    thousandths = round(seconds * 1000)
    hours, minutes = thousandths // 3_600_000, thousandths // 60_000 % 60
    return f"{hours:02}:{minutes:02}:{thousandths // 1000 % 60:02}{point}{thousandths % 1000:03}"


def _verbose(text: str, seconds: float, given: Json) -> Json:
    document = {"task": "transcribe", "language": "english", "duration": seconds, "text": text}
    asked = given.get("timestamp_granularities", ["segment"])
    if "segment" in asked:
        document["segments"] = [_segment(text, seconds)]
    if "word" in asked:
        words = text.split()
        share = seconds / len(words)
        document["words"] = [
            {"word": word, "start": round(index * share, 3), "end": round((index + 1) * share, 3)}
            for index, word in enumerate(words)
        ]
    return document | {"usage": _usage(given["model"], seconds)}


def _segment(text: str, seconds: float) -> Json:
    return {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": seconds,
        "text": text,
        "tokens": [50364],
        "temperature": 0.0,
        "avg_logprob": -0.2,
        "compression_ratio": 1.0,
        "no_speech_prob": 0.0,
    }


def _usage(model: str, seconds: float) -> Json:
    """Two models are billed by time, the others by tokens: about ten a second."""
    if model in ("gpt-transcribe", "whisper-1"):
        return {"type": "duration", "seconds": round(seconds + 0.5)}
    counted = {"input_tokens": round(seconds * 10) + 1, "output_tokens": 8}
    details = {"input_token_details": {"audio_tokens": counted["input_tokens"], "text_tokens": 0}}
    return {"type": "tokens", **counted, "total_tokens": sum(counted.values()), **details}
