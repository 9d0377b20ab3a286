"""Dubbing: a recording or a film spoken again in another language, as a job that is asked after."""

import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from ...media import Json, MediaFile
from ...operations import DubbingRequest
from ...spec import (
    Between,
    Call,
    Created,
    Failed,
    Flow,
    Model,
    OneFile,
    Param,
    Partial,
    Pending,
    Reply,
    Sample,
    Succeeded,
    UnknownPrice,
    delete,
    form,
    get,
    one_of,
)
from ...spec.tiny import MP3
from .common import CHECKED, DOCS, EITHER_LANGUAGE, PRICING, RECORDING_TYPES, SEEN, as_parts
from .samples import RECORDED


def encode_transcript(transcript: str) -> str:
    return "webvtt" if transcript == "vtt" else transcript


PARAMS: Mapping[str, Param] = {
    "source": Param(wire_name="file", allows=OneFile(media_types=RECORDING_TYPES, bytes_each=10**9)),
    "target_language": Param(wire_name="target_lang", allows=EITHER_LANGUAGE),
    "source_language": Param(wire_name="source_lang", allows=EITHER_LANGUAGE),
    "speakers": Param(wire_name="num_speakers", allows=Between(1, 32)),
    "transcript": Param(wire_name="format_type", allows=one_of("srt", "vtt", "json"), encode=encode_transcript),
}
"""The official client's documentation of `dubbing.create` and `dubbing.transcripts.get`; 1 GB is the limit of a file in
the documentation of dubbing, and no most speakers are published: 32 are the most that the provider's transcriptions
tell apart."""
SOON = 5.0
"""Seconds between polls: a dub takes minutes."""
AT_ONCE = 0.2
"""Seconds until the transcript of a finished dub is asked for."""


def submit(call: Call) -> Flow:
    body = {name: value for name, value in call.body.items() if name != "format_type"}
    response = yield form("/v1/dubbing", parts=as_parts(body))
    dubbing_id = response.json["dubbing_id"]
    yield Created(kind="dubbing", id=dubbing_id, delete=delete(path_of(dubbing_id)))
    return Pending(state={"id": dubbing_id}, id=dubbing_id, poll_after=SOON)


def path_of(dubbing_id: str) -> str:
    return f"/v1/dubbing/{quote(dubbing_id, safe='')}"


def poll(call: Call, state: Json) -> Flow:
    """A status that no documentation names is taken for work that goes on: the deadline ends it."""
    if "dubbed" in state:
        return (yield from written_down(call, state))
    reply = (yield get(path_of(state["id"]))).json
    match reply.get("status"):
        case "dubbed":
            language = call.body["target_lang"]
            file = MediaFile(media_type=media_type_of(reply), url=f"{path_of(state['id'])}/audio/{language}")
            said = {name: reply[name] for name in ("source_language", "target_languages") if reply.get(name)}
            metadata = {"dubbing_id": state["id"], **said}
            if "format_type" in call.body:
                return Partial(files=(file,), state={**state, "dubbed": metadata}, poll_after=AT_ONCE)
            return Succeeded(files=(file,), metadata=metadata)
        case "failed":
            return Failed(reason=reply.get("error") or "the dubbing failed and no reason was given")
    return Pending(state=state, id=state["id"], poll_after=SOON)


def written_down(call: Call, state: Json) -> Flow:
    """The words of the dub, which is kept by now, whatever becomes of them."""
    language, wanted = quote(call.body["target_lang"], safe=""), call.body["format_type"]
    reply = (yield get(f"{path_of(state['id'])}/transcripts/{language}/format/{wanted}")).json
    words = reply.get(wanted)
    if not words:
        return Succeeded(missing=("The dub came without its transcript.",), metadata=state["dubbed"])
    text = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False, indent=2)
    return Succeeded(text=text, metadata=state["dubbed"])


def media_type_of(reply: Mapping[str, Json]) -> str:
    """A film stays one: of a recording comes MP3, of everything with pictures MP4."""
    told = str((reply.get("media_metadata") or {}).get("content_type"))
    return "video/mp4" if told.startswith("video/") else "audio/mpeg"


MODELS = (
    Model(
        id="dubbing_v1",
        accepts=DubbingRequest,
        params=PARAMS,
        price=UnknownPrice(source=PRICING, checked=CHECKED),
        typical_bytes=10_000_000,
        submit=submit,
        poll=poll,
        source=f"{DOCS}/dubbing/create",
    ),
)
"""The route takes no model; the name is that of the list of prices, which has a price for watermarked dubs only."""


def at_work(status: str, **more: Json) -> Reply:
    said = {"dubbing_id": "dub1", "name": "dub", "status": status, "target_languages": ["de"]}
    return Reply(json={**said, "created_at": "2026-11-22T10:00:00Z", "media_metadata": None, **more})


TRANSCRIPT = "1\n00:00:00,000 --> 00:00:01,000\nGuten Morgen.\n"
ACCEPTED = Reply(json={"dubbing_id": "dub1", "expected_duration_sec": 12.0})
REQUEST = DubbingRequest(source=RECORDED, target_language="de", speakers=2)
SAMPLES = (
    Sample(
        request=REQUEST,
        replies=(
            ACCEPTED,
            at_work("dubbing"),
            at_work("dubbed", source_language="en"),
            Reply(content=MP3, media_type="audio/mpeg"),
        ),
        source=SEEN,
    ),
    Sample(
        request=replace(REQUEST, transcript="srt"),
        replies=(
            ACCEPTED,
            at_work("dubbing"),
            at_work("dubbed"),
            Reply(json={"transcript_format": "srt", "srt": TRANSCRIPT, "webvtt": None, "json": None}),
            Reply(content=MP3, media_type="audio/mpeg"),
        ),
        source=SEEN,
    ),
    Sample(
        request=REQUEST,
        replies=(ACCEPTED, at_work("failed", error="no speech was found")),
        expects="failed",
        source=SEEN,
    ),
)
