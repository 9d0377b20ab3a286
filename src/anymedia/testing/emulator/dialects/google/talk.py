"""Speech, transcriptions and answers: what their settings may be, and small recordings and sentences for answers.

Shapes: types of the google-genai package 3.4.0 (`SpeechConfig`, `TranscriptionConfig`, `WordInfo`), checked 2026-11-22.
"""

import base64
import io
import wave
from collections.abc import Mapping
from math import ceil

from anymedia.testing.emulator.dialects.google.errors import invalid_request
from anymedia.testing.emulator.dialects.google.models import SPEECH_MODELS, TRANSCRIPTION_MODELS
from anymedia.testing.emulator.messages import Json
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

SPEECH_TYPES: Mapping[str, str] = {
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/ogg_opus": "opus",
    "audio/l16": "wav",
}
"""The formats it can make. Those of telephones (alaw, mulaw) are left out."""
TOKENS_PER_SECOND = 25
CHARACTERS_PER_SECOND = 15
HEARD = ("A", "tone", "and", "nothing", "else.")
VOICE = ("voice", "speaker", "language")
TRANSCRIPTION = ("language_codes", "custom_vocabulary", "mode")
MODES: Mapping[str, tuple[str, ...]] = {
    "verbatim": ("type", "diarization_mode", "timestamp_granularities"),
    "smart": ("type", "source_text"),
}
OWNERS: Mapping[str, tuple[str, ...]] = {
    "speech_config": SPEECH_MODELS,
    "transcription_config": TRANSCRIPTION_MODELS,
}


def check_talk(model: str, config: Json) -> None:
    """Raise Refused for settings of speech and transcriptions that the API does not know, or not for this model."""
    for name, models in OWNERS.items():
        if name in config and model not in models:
            raise invalid_request(f"'{name}' is not supported by {model}.")
    _check_speech(config.get("speech_config", []))
    _check_transcription(config.get("transcription_config", {}))


def _check_speech(given: Json) -> None:
    several = isinstance(given, dict)
    voices = given.get("speakers", ()) if several else given
    if several and (set(given) != {"speakers"} or len(voices) != 2):
        raise invalid_request("'speakers' of 'speech_config' needs exactly two speakers.")
    for voice in voices:
        _check_names(voice, VOICE, "speech_config")
        if several and not (voice.get("speaker") and voice.get("voice")):
            raise invalid_request("Every one of 'speakers' needs a 'speaker' and a 'voice'.")


def _check_transcription(given: Json) -> None:
    _check_names(given, TRANSCRIPTION, "transcription_config")
    mode = given.get("mode", "verbatim")
    kind = mode if isinstance(mode, str) else mode.get("type")
    if kind not in MODES:
        raise invalid_request(f"The value '{kind}' is not supported for 'mode'.")
    if isinstance(mode, dict):
        _check_names(mode, MODES[kind], "mode")
        if given.get("custom_vocabulary") and len(mode) > 1:
            raise invalid_request("'custom_vocabulary' does not go with speakers or timestamps.")


def _check_names(given: Json, known: tuple[str, ...], where: str) -> None:
    for name in given:
        if name not in known:
            raise invalid_request(f"Unknown parameter '{where}.{name}'.", code="parameter_unknown")


def recording(media: Media, model: str, prompt: str, asked: Json) -> tuple[Json, int]:
    """A recording of the asked format as a piece of content, and its tokens. Speech is a WAV file, a song an MP3."""
    is_speech = model in SPEECH_MODELS
    mime_type = asked.get("mime_type", "audio/wav" if is_speech else "audio/mp3")
    seconds = max(1.0, len(prompt) / CHARACTERS_PER_SECOND) if is_speech else 1.0
    wanted = MediaAsked(prompt=prompt, output_format=SPEECH_TYPES[mime_type], duration=seconds)
    data, more = make(media, wanted), {}
    if mime_type == "audio/l16":
        data, rate = _samples(data)
        more = {"sample_rate": rate, "channels": 1}
    piece = {"mime_type": mime_type, "data": base64.b64encode(data).decode(), **more}
    return piece, ceil(seconds * TOKENS_PER_SECOND)


def _samples(file: bytes) -> tuple[bytes, int]:
    with wave.open(io.BytesIO(file)) as reader:
        return reader.readframes(reader.getnframes()), reader.getframerate()


def words(model: str, prompt: str, config: Json) -> tuple[Json, int]:
    """What is answered in words as a piece of content, and its tokens."""
    if model not in TRANSCRIPTION_MODELS:
        text = f"To {prompt!r} the emulator says: it has looked."
        return {"text": text}, len(text.split())
    text, mode = " ".join(HEARD), config.get("transcription_config", {}).get("mode", "verbatim")
    timed = isinstance(mode, dict) and "word" in mode.get("timestamp_granularities", ())
    return {"text": text, **({"annotations": _word_infos()} if timed else {})}, len(HEARD)


def _word_infos() -> list[Json]:
    times = [(f"{number / 10:.3f}s", f"{(number + 1) / 10:.3f}s") for number in range(len(HEARD))]
    return [
        {"type": "word_info", "text": word, "start_offset": start, "end_offset": end}
        for word, (start, end) in zip(HEARD, times, strict=True)
    ]
