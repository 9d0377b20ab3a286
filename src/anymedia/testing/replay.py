"""Plays recordings back: a server on this machine answers as the provider did, and the backend must say the same again.

A recording holds no media and no keys, so each file is answered with the smallest one of its medium.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..media import Json, MediaFile
from ..spec.backend import Backend, Reply, Sample
from ..spec.tiny import MP3, MP4, PNG, WAV, in_base64
from .conformance.workbench import Made, Workbench
from .tape import Tape, shown_value

TINY: Mapping[str, bytes] = {"image": PNG, "video": MP4, "audio": MP3, "audio/wav": WAV, "audio/x-wav": WAV}
_FILE = re.compile(r"<(image|video|audio)/[^>]*>")
SAMPLES = bytes(960)
"""Silence, for sound that has no header."""


def problems_with(recording: Json, backend: Backend, folder: Path) -> list[str]:
    """In what the backend is not what it was when the recording was made: its requests, or what it makes of replies."""
    sample = sample_of(recording, backend)
    if sample is None:
        return ["no sample asks for what was recorded. Keep the sample, or record it again."]
    tape = Tape()
    settled = replace(tape.backend(backend), settings={**backend.settings, **recording["settings"]})
    with Workbench(settled, folder) as bench:
        made = bench.make(sample.request, model=recording["model"], replies=list(_replies(recording)))
    return [*_in_requests(recording, tape), *_in_result(recording, made)]


def sample_of(recording: Json, backend: Backend) -> Sample | None:
    """The sample that was recorded."""
    for sample in backend.samples:
        is_kind = sample.request.operation == recording["operation"] and sample.continues is None
        shown = _without_files(_through_json(shown_value(sample.request.asked_for())))
        if is_kind and shown == _without_files(recording["request"]):
            return sample
    return None


# --- What was sent ------------------------------------------------------------------------------------------------


def _in_requests(recording: Json, tape: Tape) -> Iterator[str]:
    then = [_comparable(each["request"]) for each in recording["exchanges"]]
    now = [_comparable(each["request"]) for each in _through_json(tape.exchanges())]
    for number, (before, after) in enumerate(zip(then, now, strict=False), 1):
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        for name in names:
            yield f"request {number}: `{name}` was {before.get(name)!r:.300} and is {after.get(name)!r:.300}."
    if len(then) != len(now):
        yield f"{len(then)} requests were sent and {len(now)} are."


def _comparable(request: Mapping[str, Json]) -> dict[str, Json]:
    """A request without the server that it goes to, and without files: a recording is played back with others."""
    parts = urlsplit(request["path"])
    found: dict[str, Json] = _without_files({**request, "path": parts.path if parts.scheme else request["path"]})
    return found


def _without_files(value: Json) -> Json:
    """JSON in which a file stands as its medium alone."""
    match value:
        case str():
            return _FILE.sub(r"<\1>", value)
        case dict():
            return {name: _without_files(each) for name, each in value.items()}
        case list():
            return [_without_files(each) for each in value]
    return value


def _through_json(value: Json) -> Json:
    return json.loads(json.dumps(value, default=str))


# --- What was answered --------------------------------------------------------------------------------------------


def _replies(recording: Json) -> Iterator[Reply]:
    for exchange in recording["exchanges"]:
        if exchange["reply"] is not None:
            yield _reply(exchange["request"], exchange["reply"])


def _reply(request: Json, told: Json) -> Reply:
    headers = dict(told.get("headers", {}))
    media_type = headers.pop("content-type", "application/json")
    if "collect" in request:
        return Reply(events=tuple(_with_media(told["json"], request["collect"])))
    if "media" in told:
        kind = told["media"].strip("<>").split(" ")[0]
        carried = kind if request.get("download") else media_type
        return Reply(status=told["status"], content=_tiny(kind), media_type=carried, headers=headers)
    if "text" in told:
        return Reply(status=told["status"], content=told["text"].encode(), media_type=media_type, headers=headers)
    document = _filled(told.get("json"))
    if request.get("reads") == "events" and isinstance(document, list):
        stream = "".join(f"data: {json.dumps(event)}\n\n" for event in document)
        return Reply(status=told["status"], content=stream.encode(), media_type="text/event-stream", headers=headers)
    return Reply(status=told["status"], json=document, media_type=media_type, headers=headers)


def _with_media(events: Sequence[Any], collect: Mapping[str, str]) -> Iterator[Json]:
    """The events of a conversation, with silence in those that carried sound."""
    for event in events:
        field = collect.get(event.get("type"))
        yield event if field is None else {**event, field: in_base64(SAMPLES)}


def _filled(value: Json) -> Json:
    """A recorded document with the smallest file in the place of each that was in it."""
    match value:
        case str() if value.startswith(("<image/", "<video/", "<audio/")):
            return in_base64(_tiny(value.strip("<>").split(" ")[0]))
        case dict():
            return {name: _filled(each) for name, each in value.items()}
        case list():
            return [_filled(each) for each in value]
    return value


def _tiny(media_type: str) -> bytes:
    return TINY.get(media_type) or TINY.get(media_type.partition("/")[0], SAMPLES)


# --- What came of it ----------------------------------------------------------------------------------------------


def _in_result(recording: Json, made: Made) -> Iterator[str]:
    """Mediums and not types: the files are stand-ins."""
    told = recording["result"]
    brought = made.brought
    now: dict[str, Json] = {"outcome": made.outcome}
    if brought is not None:
        now |= {"files": _media(brought.files), "text": shown_value(brought.text), "missing": len(brought.missing)}
        now |= {"resources": [each.kind for each in brought.resources]}
    then = {**told, **({"files": [each.strip("<").partition("/")[0] for each in told["files"]]} if brought else {})}
    for name, value in now.items():
        if then.get(name) != value:
            yield f"the result: `{name}` was {then.get(name)!r:.300} and is {value!r:.300}."


def _media(files: Sequence[MediaFile]) -> list[str]:
    return [file.media_type.partition("/")[0] for file in files]


# --- The shape of the sample --------------------------------------------------------------------------------------


def missing_in(recording: Json, sample: Sample) -> list[str]:
    """What the replies of a sample have and the recorded ones do not, as paths: the sample says more than is so."""
    shown = {path for reply in sample.replies for path in _paths(reply.json)}
    found = {path for each in recording["exchanges"] for path in _paths((each["reply"] or {}).get("json"))}
    return sorted(shown - found)


def _paths(value: Json, before: str = "") -> Iterator[str]:
    match value:
        case Mapping():
            for name, each in value.items():
                yield from _paths(each, f"{before}.{name}" if before else str(name))
        case list() | tuple():
            for each in value:
                yield from _paths(each, f"{before}[*]")
        case _ if before:
            yield before
