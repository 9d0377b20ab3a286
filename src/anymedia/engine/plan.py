"""From a request to a job that may be run: everything that can be wrong is found here, before anything is spent."""

from __future__ import annotations

import importlib.util
import json
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from ..errors import IdempotencyConflict, InvalidParameter, OutputRefused
from ..media import Json
from ..operations import Request
from ..registry import find_backend
from ..results import Adjustment
from ..spec.backend import Backend, Model
from .files import file_stem, prepare_folder
from .landing import Target, same_kind
from .ledger import Row
from .part import TEXT_TYPES
from .request_json import differences, request_hash

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


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A request that can be made: by whom, with what body, for how much at most.

    `asked` is what the caller asked for, measured; `request` is what will be made, after permitted adjustments.
    """

    asked: Request
    request: Request
    backend: Backend
    model: Model
    body: Mapping[str, Json]
    worst_case: Decimal | None
    why: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    continues: str | None = None
    continuation: Json = field(default=None, repr=False)

    @property
    def selection(self) -> Json:
        """What the result will say about the choice."""
        return {
            "why": list(self.why),
            "warnings": list(self.warnings),
            "adjustments": [adjustment.document() for adjustment in self.adjustments],
        }


def missing_packages(needs: Sequence[str], extra: str | None) -> str | None:
    """The command that installs what a backend computes with, or `None` if all of it is there."""
    missing = [name for name in needs if not _is_installed(name)]
    if not missing:
        return None
    return f'pip install "anymedia[{extra}]"' if extra else f"pip install {' '.join(missing)}"


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the package that it is part of
        return False


def with_canonical_options(request: Request, backends: Mapping[str, Backend]) -> Request:
    """The request with its provider options under the backends' own names. Raise `UnknownName`."""
    if not request.provider_options:
        return request
    options = {find_backend(name, backends).name: fields for name, fields in request.provider_options.items()}
    return replace(request, provider_options=options)


def check_provider_options(request: Request, chosen: Model, name: str) -> list[str]:
    """Raise if an option writes what a parameter writes. Return what will not be used."""
    others = [other for other in request.provider_options if other != name]
    unused = [f"provider_options for {other!r} are not used: {name} was chosen." for other in others]
    written = {param.wire_name.partition(".")[0]: field_name for field_name, param in chosen.params.items()}
    for option in request.provider_options.get(name, {}):
        if option in written or option == "model":
            parameter = written.get(option, "model")
            raise InvalidParameter(
                f"provider_options may not set {option!r}.", next=f"Use the parameter `{parameter}` instead."
            )
    return unused


def with_format_of(path: Path | None, request: Request, model: Model) -> Request:
    """The request asking for the format that the named output file ends like, if the model serves it by name."""
    param = model.params.get("output_format")
    if path is None or param is None or request.asked_for().get("output_format") is not None:
        return request
    wanted = [name for name, ending in ENDINGS.items() if same_kind(ending, path.suffix)]
    served = next((name for name in wanted if param.allows.problem_with(name) is None), None)
    changed: dict[str, Json] = {"output_format": served}
    return request if served is None else replace(request, **changed)


def with_text_format_of(path: Path | None, request: Request) -> Request:
    """The request for words asking for the format that the named file ends like, before anybody is chosen.

    Words that came as plain text cannot be made subtitles afterwards, so the file says which models will do.
    """
    fields = request.__dataclass_fields__
    if path is None or request.makes != "text" or "output_format" not in fields or path.suffix.lower() == ".txt":
        return request
    if request.asked_for().get("output_format") is not None:
        return request
    wanted = next((name for name, ending in ENDINGS.items() if same_kind(ending, path.suffix)), None)
    changed: dict[str, Json] = {"output_format": wanted}
    return request if path.suffix.lower() not in TEXT_TYPES else replace(request, **changed)


def outputs_of(request: Request) -> int:
    count = request.asked_for().get("n")
    return 1 if count is None else int(count)


def place(placement: Placement, request: Request, model: Model, job_id: str) -> Target:
    """Where the job's files will go. Raise `OutputRefused` if that cannot work out. Does file I/O."""
    text = str(request.asked_for().get(request.main_input or "", ""))
    target = Target(folder=placement.folder, stem=file_stem(text, request.operation, job_id))
    if placement.file is not None:
        path = placement.file
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
        if taken.exists() and not overwrite:
            raise OutputRefused(f"The output {taken} exists.", next="Choose another name, or overwrite=True.")


def _check_media_ending(path: Path, request: Request) -> None:
    media_type = mimetypes.guess_type(path.name)[0] or ""
    if media_type and not media_type.startswith(f"{request.makes}/"):
        raise OutputRefused(
            f"The output {path.name} ends like {media_type}, but this makes {request.makes}.",
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


def check_same_job(row: Row, document: Json, *, backend: str | None, model: str | None) -> None:
    """Raise `IdempotencyConflict` if a key that is used again comes with another request, backend or model."""
    other = [name for name, asked in (("backend", backend), ("model", model)) if asked not in (None, row[name])]
    if request_hash(document) != row["request_hash"]:
        other += differences(json.loads(row["request"]), document)
    if other or request_hash(document) != row["request_hash"]:
        raise IdempotencyConflict(
            f"The idempotency key {row['idempotency_key']!r} belongs to {row['id']}, which asked for something else"
            f"{': other ' if other else ''}{', '.join(f'`{name}`' for name in other)}.",
            job_id=row["id"],
            next="Use a new key for a new request.",
        )
