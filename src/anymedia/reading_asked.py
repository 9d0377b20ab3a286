"""What a caller asks `read_media`: loose values become questions; what is wrong with them is said with an example."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from .engine.fence import Fence
from .engine.frames import Frames
from .engine.inputs import ready_file
from .errors import InvalidInput, InvalidParameter, UnsupportedParameter, did_you_mean
from .media import Json, MediaFile
from .requests import typed
from .results import Result

MOST_FRAMES, USUAL_FRAMES = 60, 30
"""The most frames that may be asked for of one film, and the most where no number is named."""
EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "image": 'read_media("What is written on the sign?", files="photo.png")',
        "audio": 'read_media("Who speaks first?", files="talk.mp3")',
        "video": 'read_media("What happens at the end?", files="clip.mp4")',
    }
)
"""The right call, by the medium."""
ENDINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "audio": (".mp3", ".wav", ".m4a", ".ogg", ".flac", ".aac", ".opus"),
        "video": (".mp4", ".mov", ".webm", ".avi", ".mkv", ".m4v"),
    }
)
OF_FILES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("image", "images", "image_path", "image_paths", "picture", "pictures"), "image"),
        **dict.fromkeys(("audio", "audio_path", "audio_paths", "audio_file", "recording"), "audio"),
        **dict.fromkeys(("video", "video_path", "video_paths", "film", "film_path"), "video"),
        **dict.fromkeys(("media", "file", "file_path", "path", "paths"), "image"),
    }
)
"""Names that files have elsewhere, and the medium that they speak of."""
ITEM: Final = ("files", "file_paths", "prompt", "continue_from")
"""What an input of a batch may have."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """One file of a question, and what the caller calls it, if anything."""

    file: MediaFile
    name: str | None = None

    @property
    def medium(self) -> str:
        return self.file.media_type.partition("/")[0]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question: about files, or going on with an earlier one."""

    prompt: str | None
    files: tuple[Named, ...] = ()
    continue_from: str | None = None


def question_from(given: Mapping[str, Json], fence: Fence) -> Question:
    """The question in loose values. Reads the files: call it off the event loop. Raise a `UsageError`."""
    for name in given:
        _check_name(name)
    files = _files(given, fence)
    continued = given.get("continue_from")
    if not files and continued is None:
        raise InvalidParameter(
            "There is nothing to look at: give `files`, or go on with an answer by `continue_from`.",
            next=f"Such as: {'; '.join(EXAMPLES.values())}",
        )
    return Question(
        prompt=typed("prompt", given.get("prompt"), str),
        files=files,
        continue_from=typed("continue_from", continued, str),
    )


def _check_name(name: str) -> None:
    check_no_other_name(name)
    if name not in ITEM:
        raise UnsupportedParameter(f"An input has no {name!r}.", next=did_you_mean(name, list(ITEM)))


def check_no_other_name(name: str) -> None:
    """Raise `UnsupportedParameter` for a name that files have elsewhere."""
    if name in OF_FILES:
        raise UnsupportedParameter(
            f"read_media has no parameter {name!r}: files go into `files`.", next=f"Such as: {EXAMPLES[OF_FILES[name]]}"
        )


def inputs_from(inputs: Json) -> list[Mapping[str, Json]]:
    """The inputs of a batch, also out of JSON text. Raise `InvalidParameter`."""
    if isinstance(inputs, str):
        try:
            inputs = json.loads(inputs)
        except (ValueError, RecursionError) as error:
            raise InvalidParameter(f"`inputs` is text and no JSON: {error}.", next=SHAPE) from None
    if not isinstance(inputs, list | tuple) or not inputs or not all(isinstance(each, Mapping) for each in inputs):
        raise InvalidParameter(f"`inputs` must be a list of mappings, got {inputs!r:.60}.", next=SHAPE)
    return [dict(each) for each in inputs]


SHAPE: Final = 'Such as: inputs=[{"files": {"before": "a.png", "after": "b.png"}, "prompt": "What changed?"}]'

# --- Files ------------------------------------------------------------------------------------------------------


def _files(given: Mapping[str, Json], fence: Fence) -> tuple[Named, ...]:
    files, others = given.get("files"), given.get("file_paths")
    if files is not None and others is not None:
        raise InvalidParameter("`files` is given twice, also as `file_paths`.", next="Leave `file_paths` out.")
    files = others if files is None else files
    match files:
        case None:
            return ()
        case Mapping():
            return tuple(_named(name, value, fence) for name, value in files.items())
        case Result():
            return tuple(Named(file=ready_file(file, fence)) for file in files.files) or (_of(files),)
        case list() | tuple():
            return tuple(Named(file=_file(each, fence)) for each in files)
        case _:
            return (Named(file=_file(files, fence)),)


def _named(name: Json, value: Json, fence: Fence) -> Named:
    label = " ".join(name.split()) if isinstance(name, str) else ""
    if not label:
        raise InvalidParameter(f"The name of a file must be text, got {name!r:.40}.")
    return Named(file=_file(value, fence), name=label)


def _of(result: Result) -> Named:
    raise InvalidParameter(f"{result.job_id} made no file.", next=f"Such as: {EXAMPLES['image']}")


def _file(value: Json, fence: Fence) -> MediaFile:
    file: MediaFile | None = typed("files", value, MediaFile)
    if file is None:
        raise InvalidParameter("`files` names no file: got None.", next=f"Such as: {EXAMPLES['image']}")
    try:
        return ready_file(file, fence)
    except InvalidInput as error:
        if file.path is not None and not file.path.exists():
            error.next = f"{error.next} Such as: {EXAMPLES[_medium_by_ending(os.fspath(file.path))]}"
        raise


def _medium_by_ending(path: str | bytes) -> str:
    ending = Path(os.fsdecode(path)).suffix.lower()
    return next((medium for medium, endings in ENDINGS.items() if ending in endings), "image")


# --- Frames -----------------------------------------------------------------------------------------------------

FRAMES_MAY_BE: Final = "a number from 1 to 60, or text such as '2 per second', 'every 5 seconds', 'scenes'"


def frames_from(asked: Json, most: Json, *, adapt: bool) -> tuple[Frames | None, str | None]:
    """Which frames to draw, and what was changed of it by permission. Raise `InvalidParameter`."""
    if most is not None and (type(most) is not int or not 1 <= most <= MOST_FRAMES):
        raise InvalidParameter(f"`max_frames` must be a whole number from 1 to {MOST_FRAMES}, got {most!r:.40}.")
    if asked is None:
        if most is not None:
            raise InvalidParameter("`max_frames` goes with `frames`.", next=f"`frames` may be {FRAMES_MAY_BE}.")
        return None, None
    number = int(asked) if isinstance(asked, str) and asked.strip().isdecimal() else asked
    if type(number) is int:
        return _by_number(number, most, adapt=adapt)
    return _by_words(asked, USUAL_FRAMES if most is None else most, capped=adapt), None


def _by_number(number: int, most: int | None, *, adapt: bool) -> tuple[Frames, str | None]:
    allowed = MOST_FRAMES if most is None else most
    if 1 <= number <= allowed:
        return Frames(number=number, at_most=allowed), None
    if not adapt or number < 1:
        near = f"Ask for {allowed}, or let it be so with adapt=True." if number > allowed else None
        raise InvalidParameter(f"`frames` must be a number from 1 to {allowed}, got {number}.", next=near)
    return Frames(number=allowed, at_most=allowed), f"{allowed} frames"


def _by_words(asked: Json, most: int, *, capped: bool) -> Frames:
    words = asked.lower().split() if isinstance(asked, str) else []
    match words:
        case ["scenes"]:
            return Frames(scenes=True, at_most=most, capped=capped)
        case [rate, "per", "second"] | [rate, "fps"]:
            return Frames(every=1 / _positive(asked, rate), at_most=most, capped=capped)
        case ["every", seconds, "seconds" | "second" | "s"]:
            return Frames(every=_positive(asked, seconds), at_most=most, capped=capped)
    raise InvalidParameter(f"`frames` must be {FRAMES_MAY_BE}, got {asked!r:.60}.")


def _positive(asked: Json, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.001 <= value <= 86_400:
        raise InvalidParameter(f"`frames` must be {FRAMES_MAY_BE}, got {asked!r:.60}.")
    return value
