"""Files in a request, of which those that are too large for it are uploaded first.

Shapes: what the official client 3.4.0 sends (`files.upload`), and https://ai.google.dev/gemini-api/docs/files, stored
copies of autumn 2026, both checked 2026-11-22. Google deletes a file after 48 hours.
"""

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

from ...media import Json, MediaFile
from ...spec import (
    Call,
    Created,
    Effect,
    Failed,
    Flow,
    HttpRequest,
    Pending,
    Response,
    delete,
    get,
    upload,
)
from . import interactions
from .common import LARGEST_INLINE, VERSION

LARGEST_FILE = 2 * 10**9
"""Bytes of an uploaded file: the documentation of the Files API."""
NAME = re.compile(r"files/[A-Za-z0-9_-]+")


Asking = Callable[[Call, list[Json], Mapping[str, Json]], Flow]
"""Sends the content and the other fields of a body."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: the files, then the words, and the other fields of the body. Files over `room` are uploaded."""

    files: tuple[MediaFile, ...]
    words: tuple[Json, ...] = ()
    fields: Mapping[str, Json] = field(default_factory=dict)
    ask: Asking = interactions.question
    room: int = LARGEST_INLINE


def submit(call: Call, question: Question) -> Flow:
    """Upload what is too large, and ask, or wait until Google has read what was uploaded."""
    uploaded: dict[str, Json] = {}
    for number in too_large(question.files, question.room):
        uploaded[str(number)] = yield from sent(question.files[number])
    return (yield from once_read(call, question, uploaded))


def poll(call: Call, question: Question, state: Json) -> Flow:
    """Nothing was bought yet: ask once every file can be used."""
    uploaded = {}
    for number, file in state["uploaded"].items():
        response = yield get(f"/{VERSION}/{file['name']}")
        uploaded[number] = {**file, **told(response.json)}
    return (yield from once_read(call, question, uploaded))


def once_read(call: Call, question: Question, uploaded: Mapping[str, Json]) -> Flow:
    failed = [file["reason"] for file in uploaded.values() if file["state"] == "FAILED"]
    if failed:
        return Failed(reason=failed[0] or "an uploaded file cannot be read")
    if any(file["state"] == "PROCESSING" for file in uploaded.values()):
        return Pending(state={"uploaded": uploaded}, poll_after=interactions.SOON)
    pieces = [
        named(file, uploaded[str(number)]) if str(number) in uploaded else interactions.inlined(file)
        for number, file in enumerate(question.files)
    ]
    return (yield from question.ask(call, [*pieces, *question.words], question.fields))


def named(file: MediaFile, uploaded: Mapping[str, Json]) -> Json:
    """An uploaded file as a piece of the input."""
    return {**interactions.described(file), "uri": uploaded["uri"]}


def too_large(files: tuple[MediaFile, ...], room: int) -> list[int]:
    """The numbers of the files that do not go into one request with the others. The small ones go first."""
    found = []
    for number in sorted(range(len(files)), key=lambda number: size_of(files[number])):
        room -= size_of(files[number])
        if room < 0:
            found.append(number)
    return found


def size_of(file: MediaFile) -> int:
    return len(file.data) if file.data is not None else file.size or 0


def sent(file: MediaFile) -> Generator[Effect, Response, Json]:
    """Upload one file. It is written down as kept at Google before anything else happens."""
    begun = yield beginning(file)
    ending = {"X-Goog-Upload-Command": "upload, finalize", "X-Goog-Upload-Offset": "0"}
    # Safe although it creates: an upload that was begun can become one file only, and asking again is refused.
    response = yield upload(begun.headers["x-goog-upload-url"], content=file, headers=ending, effect="safe")
    document = response.json["file"]
    name, uri = document["name"], document["uri"]
    if NAME.fullmatch(name) is None:
        raise ValueError(f"a file of the name {name!r}")
    yield Created(kind="file", id=name, delete=delete(f"/{VERSION}/{name}"))
    return {"name": name, "uri": uri, **told(document)}


def told(document: Json) -> dict[str, Json]:
    """How far Google is with a file, and what is wrong with it."""
    return {"state": document.get("state"), "reason": (document.get("error") or {}).get("message")}


def beginning(file: MediaFile) -> HttpRequest:
    """Say what will come. The address to send it to is in the headers of the reply."""
    media_type = interactions.described(file)["mime_type"]
    headers = {
        "X-Goog-Upload-Protocol": "resumable",
        "X-Goog-Upload-Command": "start",
        "X-Goog-Upload-Header-Content-Length": str(size_of(file)),
        "X-Goog-Upload-Header-Content-Type": media_type,
    }
    body = {"file": {"mime_type": media_type, "size_bytes": size_of(file)}}
    return HttpRequest(method="POST", path=f"/upload/{VERSION}/files", effect="safe", json=body, headers=headers)
