"""Replies that several operations share in their samples: small but whole recordings of silence."""

import io
import wave

from ...media import MediaFile
from ...spec import Reply
from ...spec.tiny import MP3, in_base64

SPOKEN = in_base64(MP3)


def silence() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(24_000)
        writer.writeframes(bytes(4800))
    return file.getvalue()


WAV = silence()
RECORDED = MediaFile(media_type="audio/mpeg", data=MP3)


def aloud(content: bytes, *, media_type: str = "audio/mpeg") -> Reply:
    """The recording itself, under the headers that say what it cost and how it is called."""
    headers = {"character-cost": "21", "request-id": "request_4"}
    return Reply(content=content, media_type=media_type, headers=headers)
