"""`/tts` and `/stt`: a text read aloud, a recording written down. What is heard in a recording is its size.

Fields and limits: stored copies of the pages below https://docs.x.ai/developers/model-capabilities/audio, and what
@ai-sdk/xai 5.0.12 sends and reads, checked 2026-11-22.
"""

import re

from anymedia.testing.emulator.dialects.grok.errors import Refused, refused, unknown_model
from anymedia.testing.emulator.dialects.grok.parameters import Table, checked, flag, holding, number, one_of, text
from anymedia.testing.emulator.messages import ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

MEDIA_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}
"""Those it makes; `pcm`, `mulaw` and `alaw` are left out."""
RATES = (8000, 16000, 22050, 24000, 44100, 48000)
BIT_RATES = (32000, 64000, 96000, 128000, 192000)
SPEECH: Table = {
    "text": text(15_000),
    "voice_id": text(64),
    "language": lambda value: isinstance(value, str) and re.fullmatch(r"auto|[a-z]{2,3}(-\w{2,8})*", value) is not None,
    "output_format": holding(
        {"codec": one_of(*MEDIA_TYPES), "sample_rate": one_of(*RATES), "bit_rate": one_of(*BIT_RATES)}
    ),
    "speed": number(0.7, 1.5),
    "optimize_streaming_latency": one_of(0, 1, 2),
    "text_normalization": flag,
}
CHARACTERS_PER_SECOND = 15
LONGEST_SPEECH = 10.0
"""Seconds; a tone is computed sample by sample."""
TRANSCRIBER = "grok-voice-transcribe-2.0"
FIELDS = ("model", "language", "format", "keyterm", "diarize", "filler_words", "multichannel", "channels")
RAW = ("audio_format", "sample_rate")


def speak(request: ReceivedRequest, media: Media) -> Reply:
    """`POST /tts`. Raises Refused."""
    given = checked(request, SPEECH, required=("text", "language"))
    codec = given.get("output_format", {}).get("codec", "mp3")
    seconds = min(len(given["text"]) / CHARACTERS_PER_SECOND / given.get("speed", 1.0), LONGEST_SPEECH)
    recording = make(media, MediaAsked(prompt=given["text"], output_format=codec, duration=max(seconds, 0.1)))
    return Reply(headers=(("content-type", MEDIA_TYPES[codec]),), pieces=(recording,), accepted=True)


def transcribe(request: ReceivedRequest) -> Reply:
    """`POST /stt`: a form whose last part is the file. Raises Refused."""
    *fields, file = request.parts or (None,)
    if file is None or file.name != "file" or file.filename is None or not file.data:
        raise refused("The file is missing, or is not the last field of the form.")
    for part in fields:
        if part is None or part.name not in (*FIELDS, *RAW):
            raise refused(f"Unknown field: {'' if part is None else part.name}")
        if part.name == "model" and part.text != TRANSCRIBER:
            raise Refused(unknown_model(part.text))
        if part.name == "keyterm" and len(part.text) > 50:
            raise refused("A keyterm has at most 50 characters.")
    heard = f"{len(file.data)} bytes of sound".split()
    words = [{"text": word, "start": at / 2, "end": (at + 1) / 2} for at, word in enumerate(heard)]
    told = {"text": " ".join(heard), "language": "", "duration": len(heard) / 2, "words": words}
    return json_reply(told, accepted=True)
