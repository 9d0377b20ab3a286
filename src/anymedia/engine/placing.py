"""Where the files of a job will go, and whether they can: names, endings and room, checked before anything is paid."""

from __future__ import annotations

import mimetypes
import os
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import OutputRefused
from ..media import Json
from ..operations import Request
from ..spec.backend import Model
from .fence import Fence
from .file_names import file_stem
from .files import prepare_folder
from .landing import Target, same_kind
from .part import TEXT_TYPES

SPACE_FACTOR = 2
"""Free disk space asked for, in units of the model's usual output."""

ENDINGS = {
    "png": ".png",
    "jpeg": ".jpg",
    "jpg": ".jpg",
    "webp": ".webp",
    "gif": ".gif",
    "svg": ".svg",
    "mp3": ".mp3",
    "wav": ".wav",
    "flac": ".flac",
    "aac": ".aac",
    "opus": ".ogg",
    "mp4": ".mp4",
    "webm": ".webm",
    "text": ".txt",
    "srt": ".srt",
    "vtt": ".vtt",
    "json": ".json",
}
"""The file ending of an asked output format; formats of providers that are not here are not compared."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where the caller wants the files: an explicit file, else a folder. `folder_asked`: the call itself names it."""

    folder: Path
    folder_asked: bool = False
    file: Path | None = None
    overwrite: bool = False
    marks: bool = False


def with_format_of(path: Path | None, request: Request, model: Model) -> Request:
    """The request asking for the format that the named output file ends like, if the model serves it by name."""
    param = model.params.get("output_format")
    if path is None or param is None or request.asked_for().get("output_format") is not None:
        return request
    served = next((name for name in formats_like(path) if param.allows.problem_with(name) is None), None)
    changed: dict[str, Json] = {"output_format": served}
    return request if served is None else replace(request, **changed)


def formats_like(path: Path) -> list[str]:
    """The names of the format that a file ends like."""
    return [name for name, ending in ENDINGS.items() if same_kind(ending, path.suffix)]


def ends_unlike(path: Path, request: Request, model: Model) -> str | None:
    """Say so if the model is known not to make what the file ends like. Who declares no formats may make any."""
    param, formats = model.params.get("output_format"), formats_like(path)
    if not (mimetypes.guess_type(path.name)[0] or "").startswith(f"{request.medium}/"):
        return None  # another medium altogether, which is said more plainly
    if param is None or not formats or request.asked_for().get("output_format") is not None:
        return None
    if any(param.allows.problem_with(name) is None for name in formats):
        return None
    made = sorted({ending for name, ending in ENDINGS.items() if param.allows.problem_with(name) is None})
    return f"{model.id} makes {' or '.join(made)}"


def with_text_format_of(path: Path | None, request: Request) -> Request:
    """The request for words asking for the format that the named file ends like, before anybody is chosen.

    Words that came as plain text cannot be made subtitles afterwards, so the file says which models will do.
    """
    fields = request.__dataclass_fields__
    if path is None or request.makes != "text" or "output_format" not in fields or path.suffix.lower() == ".txt":
        return request
    if request.asked_for().get("output_format") is not None:
        return request
    changed: dict[str, Json] = {"output_format": next(iter(formats_like(path)), None)}
    return request if path.suffix.lower() not in TEXT_TYPES else replace(request, **changed)


def outputs_of(request: Request) -> int:
    count = request.asked_for().get("n")
    return 1 if count is None else int(count)


def place(placement: Placement, request: Request, model: Model, job_id: str, fence: Fence) -> Target:
    """Where the job's files will go. Raise `OutputRefused` if that cannot work out. Does file I/O.

    A folder that the user names may be a link; where it leads is settled here, once.
    """
    text = str(request.asked_for().get(request.main_input or "", ""))
    target = Target(folder=placement.folder, stem=file_stem(text, request.operation, job_id), marks=placement.marks)
    if placement.file is not None:
        path = fence.check_output(placement.file.parent) / placement.file.name
        target = replace(target, folder=path.parent, name=path.name, overwrite=placement.overwrite)
        try:
            _check_file(path, request, placement.overwrite)
        except OSError as error:
            raise OutputRefused(
                f"The output {path.name:.80} cannot be used: {error.strerror}.", next="Choose another name."
            ) from error
    elif request.makes == "text":
        if placement.folder_asked:
            raise OutputRefused(
                f"{request.operation} makes text, which only goes into a file that is named.",
                next="Name it with `output`, or leave `output_dir` out.",
            )
        return target
    if placement.file is None:
        target = replace(target, folder=fence.check_output(target.folder))
    prepare_folder(target.folder, needed_bytes=SPACE_FACTOR * model.typical_bytes * outputs_of(request))
    return target


def _check_file(path: Path, request: Request, overwrite: bool) -> None:
    if request.makes == "text":
        _check_text_ending(path, request)
    else:
        _check_media_ending(path, request)
    if path.is_dir():
        raise OutputRefused(f"The output {path} is a folder.", next="Use `output_dir` for a folder.")
    for index in range(outputs_of(request)):
        taken = path if index == 0 else path.with_name(f"{path.stem}-{index + 1}{path.suffix}")
        if os.path.lexists(taken) and not overwrite:
            raise OutputRefused(f"The output {taken} exists.", next="Choose another name, or overwrite=True.")


def _check_media_ending(path: Path, request: Request) -> None:
    media_type = mimetypes.guess_type(path.name)[0] or ""
    if media_type and not media_type.startswith(f"{request.medium}/"):
        raise OutputRefused(
            f"The output {path.name} ends like {media_type}, but this makes {request.medium}.",
            next="Give it another ending.",
        )
    if not path.suffix:
        raise OutputRefused(f"The output {path} has no file ending.", next="Name it like fox.png, or use `output_dir`.")
    _check_asked_format(path, request)


def _check_text_ending(path: Path, request: Request) -> None:
    """Words show no format of their own: the ending must be the one of the asked format, or that of plain text."""
    if not path.suffix:
        raise OutputRefused(f"The output {path} has no file ending.", next="Name it like talk.txt.")
    if path.suffix.lower() not in TEXT_TYPES:
        known = ", ".join(TEXT_TYPES)
        raise OutputRefused(f"The output {path.name} does not end like text.", next=f"Its ending may be {known}.")
    if request.asked_for().get("output_format") is None and not same_kind(path.suffix, ".txt"):
        raise OutputRefused(f"The output {path.name} does not end like plain text, which this makes.", next="Use .txt.")
    _check_asked_format(path, request)


def _check_asked_format(path: Path, request: Request) -> None:
    asked = str(request.asked_for().get("output_format") or "")
    ending = ENDINGS.get(asked)
    if ending is not None and not same_kind(ending, path.suffix):
        raise OutputRefused(
            f"The output {path.name} does not end like the asked format {asked}.", next=f"Use {ending}."
        )
