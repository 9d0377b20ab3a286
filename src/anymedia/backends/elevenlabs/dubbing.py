"""Dubbing: a recording or a film spoken again in another language, as a job that is asked after."""

from collections.abc import Mapping
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
    Pending,
    Reply,
    Sample,
    Succeeded,
    UnknownPrice,
    delete,
    form,
    get,
)
from .common import CHECKED, DOCS, EITHER_LANGUAGE, PRICING, RECORDING_TYPES, SEEN, as_parts
from .samples import MP3, RECORDED

PARAMS: Mapping[str, Param] = {
    "source": Param(wire_name="file", allows=OneFile(media_types=RECORDING_TYPES, bytes_each=10**9)),
    "target_language": Param(wire_name="target_lang", allows=EITHER_LANGUAGE),
    "source_language": Param(wire_name="source_lang", allows=EITHER_LANGUAGE),
    "speakers": Param(wire_name="num_speakers", allows=Between(1, 32)),
}
"""The official client's documentation of `dubbing.create`; 1 GB is the limit of a file in the documentation of dubbing,
and no most speakers are published: 32 are the most that the provider's transcriptions tell apart."""
SOON = 5.0
"""Seconds between polls: a dub takes minutes."""


def submit(call: Call) -> Flow:
    response = yield form("/v1/dubbing", parts=as_parts(call.body))
    dubbing_id = response.json["dubbing_id"]
    yield Created(kind="dubbing", id=dubbing_id, delete=delete(path_of(dubbing_id)))
    return Pending(state={"id": dubbing_id}, id=dubbing_id, poll_after=SOON)


def path_of(dubbing_id: str) -> str:
    return f"/v1/dubbing/{quote(dubbing_id, safe='')}"


def poll(call: Call, state: Json) -> Flow:
    """A status that no documentation names is taken for work that goes on: the deadline ends it."""
    reply = (yield get(path_of(state["id"]))).json
    match reply.get("status"):
        case "dubbed":
            language = call.body["target_lang"]
            file = MediaFile(media_type=media_type_of(reply), url=f"{path_of(state['id'])}/audio/{language}")
            said = {name: reply[name] for name in ("source_language", "target_languages") if reply.get(name)}
            return Succeeded(files=(file,), metadata={"dubbing_id": state["id"], **said})
        case "failed":
            return Failed(reason=reply.get("error") or "the dubbing failed and no reason was given")
    return Pending(state=state, id=state["id"], poll_after=SOON)


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
        request=REQUEST,
        replies=(ACCEPTED, at_work("failed", error="no speech was found")),
        expects="failed",
        source=SEEN,
    ),
)
