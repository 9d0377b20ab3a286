"""What OpenAI's backend declares besides images, as requests: speech, transcriptions and descriptions.

As with images nothing is typed by hand but what a request needs besides the parameter that a case is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openai_cases import EARLIER, Case, completed, picture

from anymedia.backends.openai import BACKEND
from anymedia.media import MediaFile
from anymedia.operations import DescribeRequest, Request, SpeechRequest, TranscriptionRequest
from anymedia.spec import Files, OneFile, Param
from anymedia.testing.emulator import MediaAsked
from anymedia.testing.emulator.pictures import draw

SOUNDS = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "opus", "audio/flac": "flac", "audio/aac": "aac"}
BRANDS = {"audio/mp4": b"M4A ", "video/mp4": b"isom", "video/quicktime": b"qt  "}
"""What an MP4 calls itself first; the rest of it may be the same film."""
FILM = draw(MediaAsked(prompt="a film", output_format="mp4", duration=0.2))
WEBM_HEADER, WEBM_TRACKS = "1a45dfa387 4282847765626d", "1654ae6b85 ae83 838101"
WEBM_CLUSTER = "1f43b67589 e78100 a38481000080"
"""One track, and one block of it that shows nothing."""
UNSEEN = "audio/webm"
"""Before it is decoded, sound alone in WebM looks like a film: it travels as video/webm."""


def file_of(number: int, media_type: str) -> MediaFile:
    """A file that is of the media type by its bytes; every number gives other bytes."""
    if media_type.startswith("image/"):
        return picture(number, media_type)
    if media_type in SOUNDS:
        data = draw(MediaAsked(prompt=f"{number}", output_format=SOUNDS[media_type], duration=0.1 + number / 10))
    elif media_type in BRANDS:
        data = FILM[:8] + BRANDS[media_type] + FILM[12:] + bytes([0, 0, 0, 9]) + b"free" + bytes([number])
    elif media_type == "video/webm":
        filler = bytes([0xEC, 0x81, number])
        content = bytes.fromhex(WEBM_TRACKS) + bytes.fromhex(WEBM_CLUSTER) + filler
        data = bytes.fromhex(WEBM_HEADER) + b"\x18\x53\x80\x67" + bytes([0x80 | len(content)]) + content
    else:
        data = b"%PDF-1.7\n" + f"number {number}\n%%EOF\n".encode()
    return MediaFile(media_type=media_type, data=data, size=len(data))


NEEDED: Mapping[type[Request], Mapping[str, Any]] = {
    SpeechRequest: {"text": "The rain has stopped."},
    TranscriptionRequest: {"audio": file_of(0, "audio/wav")},
    DescribeRequest: {"prompt": "What is this?"},
}


GOING_ON: Mapping[str, Any] = {"continuable": True, "continue_from": EARLIER}
"""What is asked of a model whose answers can be continued: to keep one, and to go on with it."""


def talk_cases() -> Iterator[Case]:
    """Every example of every parameter of every model, and both turns of a conversation."""
    for kind, needed in NEEDED.items():
        for model in BACKEND.models_for(kind):
            for name, param in model.params.items():
                for value in talk_examples(param):
                    asked = completed(model, {**needed, name: value}, examples=talk_examples)
                    if asked is not None:
                        yield Case(route=kind.operation, model=model, parameter=name, request=kind(**asked))
            for name, value in GOING_ON.items() if model.continuation else ():
                request = kind(**{**needed, name: value})
                yield Case(route=kind.operation, model=model, parameter=name, request=request)


def talk_examples(param: Param) -> tuple[Any, ...]:
    """Valid values: those of the constraint, and files that are what they say where it wants files."""
    match param.allows:
        case Files(media_types=media_types, at_most=most):
            several = (tuple(file_of(2, each) for each in media_types),) if most > 1 else ()
            return (*((file_of(1, each),) for each in media_types), *several)
        case OneFile(media_types=media_types):
            return tuple(file_of(1, each) for each in media_types if each != UNSEEN)
        case constraint:
            return tuple(constraint.valid_examples())
