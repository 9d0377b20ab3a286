"""Marks beside a finished file: who made it, with what. The provider's bytes and signatures in them stay as they are.

Writing anything into a signed file makes its signature invalid, so nothing of ours ever goes into one.
"""

from __future__ import annotations

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ..media import Json, MediaFile
from ..spec.backend import Backend
from .files import open_plain, write_whole
from .ledger import Row

ENDING: Final = ".marks.json"
SCHEMA: Final = "anymedia-marks/1"
_SOURCE_TYPES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""IPTC's vocabulary of digital source types, which C2PA uses as well; its terms were read on 2026-11-22."""


def marks_of(row: Row, backend: Backend, file: MediaFile) -> Json:
    """What the marks of one file say. The prompt is not among it: the file may be passed on."""
    return {
        "schema": SCHEMA,
        "file": Path(file).name,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "digital_source_type": _SOURCE_TYPES + _source_type(backend, json.loads(row["request"])),
        "operation": row["operation"],
        "backend": row["backend"],
        "model": row["model"],
        "job_id": row["id"],
        "continues": row["continues"],
        "made_at": datetime.fromtimestamp(row["submitted_at"] or row["created_at"], UTC).isoformat(timespec="seconds"),
    }


def write_marks(row: Row, backend: Backend, file: MediaFile) -> Path:
    """Put the marks beside the file, whole or not at all. Raise `OSError`; a file that is not ours is not replaced."""
    target = Path(file).with_name(Path(file).name + ENDING)
    if os.path.lexists(target) and not is_ours(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    text = json.dumps(marks_of(row, backend, file), indent=2) + "\n"
    write_whole(text.encode(), target, private=False)
    return target


def is_ours(path: Path) -> bool:
    """Whether these are marks: of a file that was overwritten, or from before a crash."""
    try:
        with open_plain(path) as file:
            return bool(json.load(file)["schema"] == SCHEMA)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _source_type(backend: Backend, request: Json) -> str:
    if backend.role == "rehearsal":
        return "algorithmicMedia"
    return "compositeWithTrainedAlgorithmicMedia" if _has_media(request) else "trainedAlgorithmicMedia"


def _has_media(document: Json) -> bool:
    """Whether a request as the ledger keeps it came with a file."""
    if isinstance(document, dict):
        return "$media" in document or any(map(_has_media, document.values()))
    return isinstance(document, list) and any(map(_has_media, document))
