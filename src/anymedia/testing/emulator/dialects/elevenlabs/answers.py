"""What ElevenLabs answers: recordings as the body itself or in JSON, words with their moments, an archive of stems."""

import base64
import io
import zipfile
from collections.abc import Iterable
from dataclasses import replace

from anymedia.testing.emulator.messages import Json, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make
from anymedia.testing.emulator.sounds import pieces

MEDIA_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "opus": "audio/opus", "pcm": "audio/pcm"}
CHARACTERS_PER_SECOND = 15
LONGEST = 10.0
"""Seconds; a tone is computed sample by sample."""
HEADER = 44
"""Bytes before the samples of a plain WAV file."""
HEARD = ("Good", "morning.")


def recording(media: Media, prompt: str, codec: str, *, seconds: float | None = None) -> bytes:
    """So many seconds, or as long as it takes to say the prompt."""
    usual = len(prompt) / CHARACTERS_PER_SECOND
    duration = min(max(usual if seconds is None else seconds, 0.1), LONGEST)
    data = make(media, MediaAsked(prompt=prompt, output_format="wav" if codec == "pcm" else codec, duration=duration))
    return data[HEADER:] if codec == "pcm" else data


def aloud(data: bytes, codec: str, *, cost: int) -> Reply:
    """The recording as the body, in chunks, with what it cost in characters."""
    headers = (("content-type", MEDIA_TYPES[codec]), ("character-cost", str(cost)))
    return Reply(headers=headers, pieces=tuple(pieces(data)), accepted=True)


def timed(data: bytes, words: str) -> Reply:
    """The recording in JSON, with the moments of its characters."""
    moments = [number / CHARACTERS_PER_SECOND for number in range(len(words) + 1)]
    alignment = {
        "characters": list(words),
        "character_start_times_seconds": moments[:-1],
        "character_end_times_seconds": moments[1:],
    }
    document = {
        "audio_base64": base64.b64encode(data).decode(),
        "alignment": alignment,
        "normalized_alignment": alignment,
    }
    reply = json_reply(document, headers={"character-cost": str(len(words))}, accepted=True)
    return replace(reply, media_fields=("audio_base64",))


def transcript(seconds: float, *, speakers: bool) -> Reply:
    words: list[Json] = [
        {"text": word, "start": float(at), "end": at + 0.5, "type": "word", "logprob": -0.1}
        for at, word in enumerate(HEARD)
    ]
    if speakers:
        words = [{**word, "speaker_id": "speaker_0"} for word in words]
    said = {"language_code": "eng", "language_probability": 0.98, "text": " ".join(HEARD), "words": words}
    return json_reply({**said, "transcription_id": "transcript1", "audio_duration_secs": seconds}, accepted=True)


def alignment(words: str) -> Reply:
    def moments(pieces: Iterable[str]) -> list[Json]:
        return [{"text": piece, "start": float(at), "end": at + 1.0} for at, piece in enumerate(pieces)]

    said = [{**word, "loss": 0.1} for word in moments(words.split())]
    return json_reply({"characters": moments(words), "words": said, "loss": 0.1}, accepted=True)


def archive(stems: Iterable[tuple[str, bytes]]) -> Reply:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for name, data in stems:
            opened.writestr(zipfile.ZipInfo(name), data)
    return Reply(headers=(("content-type", "application/zip"),), pieces=(file.getvalue(),), accepted=True)
