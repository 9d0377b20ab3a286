"""`/v1/videos`: jobs that end after a few polls, their films, edits, extensions and remixes of them, list and delete.

OpenAI shut this API down on 2026-09-24; the dialect is what servers of others still speak. Shapes: types of the openai
package 3.54.0, checked 2026-11-22. The words of refusals follow those of the other routes and are unproven.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from urllib.parse import parse_qsl

from anymedia.testing.emulator.dialects.openai.errors import Refused, error_reply, refused, unknown_model
from anymedia.testing.emulator.dialects.openai.images import IMAGE_TYPES, json_object, media_type_of
from anymedia.testing.emulator.dialects.openai.models import VIDEO_MODELS
from anymedia.testing.emulator.dialects.openai.parameters import (
    LONGEST_PROMPT,
    Integer,
    OneOf,
    Structure,
    Table,
    Text,
    check,
    from_form,
    invalid_value,
)
from anymedia.testing.emulator.messages import Json, Part, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

VIDEOS = "/v1/videos"
VIDEO = "/v1/videos/"
EDITS = "/v1/videos/edits"
EXTENSIONS = "/v1/videos/extensions"

POLL_AFTER = (("openai-poll-after-ms", "250"),)
"""The provider's header; the real one asks for longer."""
LIVES = 24 * 3600
"""Seconds until `expires_at`."""

_PROMPT: Table = {"prompt": Text(longest=LONGEST_PROMPT)}
CREATION: Table = _PROMPT | {
    "input_reference": Structure(),
    "model": Text(),
    "seconds": OneOf(("4", "8", "12")),
    "size": OneOf(("720x1280", "1280x720", "1024x1792", "1792x1024")),
}
EDIT: Table = _PROMPT | {"video": Structure()}
EXTENSION: Table = EDIT | {"seconds": OneOf(("4", "8", "12", "16", "20"))}
LIST: Table = {"after": Text(), "limit": Integer(low=0, high=100), "order": OneOf(("asc", "desc"))}
VARIANTS = {"video": ("video/mp4", "mp4"), "thumbnail": ("image/webp", "webp"), "spritesheet": ("image/jpeg", "jpeg")}


@dataclass(frozen=True, kw_only=True)
class Video:
    """One job. Each poll brings it one status further."""

    id: str
    number: int
    created_at: int
    model: str
    prompt: str
    seconds: str
    size: str
    remixed_from: str | None = None
    polls: int = 0

    @property
    def status(self) -> str:
        return ("queued", "in_progress")[self.polls] if self.polls < 2 else "completed"

    @property
    def document(self) -> Json:
        is_done = self.status == "completed"
        return {
            "id": self.id,
            "object": "video",
            "created_at": self.created_at,
            "completed_at": self.created_at + 1 if is_done else None,
            "expires_at": self.created_at + LIVES,
            "error": None,
            "model": self.model,
            "progress": min(self.polls, 2) * 50,
            "prompt": self.prompt,
            "remixed_from_video_id": self.remixed_from,
            "seconds": self.seconds,
            "size": self.size,
            "status": self.status,
        }


class Videos:
    """Takes jobs and remembers them until they are deleted."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._numbers = count(1)
        self._videos: dict[str, Video] = {}

    def answer(self, request: ReceivedRequest) -> Reply:
        """The answer to any request below `/v1/videos`. Raises Refused."""
        identifier, _, rest = request.path.removeprefix(VIDEO).partition("/")
        match request.method, request.path, rest:
            case "POST", "/v1/videos", _:
                return self._create(request)
            case "POST", "/v1/videos/edits", _:
                return self._edit(request)
            case "POST", "/v1/videos/extensions", _:
                return self._extend(request)
            case "GET", "/v1/videos", _:
                return self._list(request)
            case "POST", _, "remix":
                return self._remix(request, self._finished(identifier, "video_id"))
            case "GET", _, "content":
                return self._content(request, self._finished(identifier, "video_id"))
            case "GET", _, "":
                return self._retrieve(identifier)
            case "DELETE", _, "":
                return self._delete(self._finished(identifier, "video_id"))
        return error_reply(404, f"Invalid URL ({request.method} {request.path})")

    # --- Jobs -------------------------------------------------------------------------------------------------------

    def _create(self, request: ReceivedRequest) -> Reply:
        given, files = _read(request, CREATION, ("prompt",), file="input_reference")
        model, size = given.get("model", "sora-2"), given.get("size", "720x1280")
        if model not in VIDEO_MODELS:
            raise Refused(unknown_model(model))
        if size not in VIDEO_MODELS[model].sizes:
            raise invalid_value("size", size, VIDEO_MODELS[model].sizes)
        for part in files:
            _check_reference(part)
        return self._accept(model=model, prompt=given["prompt"], seconds=given.get("seconds", "4"), size=size)

    def _edit(self, request: ReceivedRequest) -> Reply:
        given, files = _read(request, EDIT, ("prompt", "video"), file="video")
        source = self._source(given, files)
        return self._accept(model=source.model, prompt=given["prompt"], seconds=source.seconds, size=source.size)

    def _extend(self, request: ReceivedRequest) -> Reply:
        given, files = _read(request, EXTENSION, ("prompt", "seconds", "video"), file="video")
        source = self._source(given, files)
        together = str(int(source.seconds) + int(given["seconds"]))
        return self._accept(model=source.model, prompt=given["prompt"], seconds=together, size=source.size)

    def _remix(self, request: ReceivedRequest, source: Video) -> Reply:
        given, _ = _read(request, _PROMPT, ("prompt",), file="")
        return self._accept(
            model=source.model,
            prompt=given["prompt"],
            seconds=source.seconds,
            size=source.size,
            remixed_from=source.id,
        )

    def _accept(self, *, model: str, prompt: str, seconds: str, size: str, remixed_from: str | None = None) -> Reply:
        number = next(self._numbers)
        video = Video(
            id=f"video_{number:032x}",
            number=number,
            created_at=int(time.time()),
            model=model,
            prompt=prompt,
            seconds=seconds,
            size=size,
            remixed_from=remixed_from,
        )
        self._videos[video.id] = video
        return replace(json_reply(video.document, accepted=True), headers=(*_JSON, *POLL_AFTER))

    def _source(self, given: Json, files: Sequence[Part]) -> Video:
        """The film to start from: one that is here, or one that was uploaded."""
        for part in files:
            if part.media_type != "video/mp4" or part.data[4:8] != b"ftyp":
                raise refused("Invalid file 'video': expected an MP4 file.", "invalid_video_file", "video")
            return Video(
                id="", number=0, created_at=0, model="sora-2", prompt="", seconds="4", size="720x1280", polls=2
            )
        return self._finished(str(given["video"].get("id")), "video")

    # --- What is there ----------------------------------------------------------------------------------------------

    def _found(self, identifier: str, name: str) -> Video:
        if identifier not in self._videos:
            message = f"Video with id '{identifier}' not found."
            raise Refused(error_reply(404, message, param=name))
        return self._videos[identifier]

    def _finished(self, identifier: str, name: str) -> Video:
        video = self._found(identifier, name)
        if video.status != "completed":
            raise refused(f"Video '{identifier}' is not ready yet: {video.status}.", "video_not_ready", name)
        return video

    def _retrieve(self, identifier: str) -> Reply:
        video = self._found(identifier, "video_id")
        self._videos[identifier] = video = replace(video, polls=video.polls + 1)
        return replace(json_reply(video.document), headers=(*_JSON, *POLL_AFTER))

    def _content(self, request: ReceivedRequest, video: Video) -> Reply:
        variant = dict(parse_qsl(request.query)).get("variant", "video")
        if variant not in VARIANTS:
            raise invalid_value("variant", variant, tuple(VARIANTS))
        media_type, output_format = VARIANTS[variant]
        width, height = map(int, video.size.split("x"))
        asked = MediaAsked(
            prompt=video.prompt,
            output_format=output_format,
            width=width,
            height=height,
            index=video.number,
            duration=float(video.seconds),
        )
        return Reply(headers=(("content-type", media_type),), pieces=(make(self._media, asked),))

    def _list(self, request: ReceivedRequest) -> Reply:
        given = check(from_form(dict(parse_qsl(request.query)), LIST), LIST)
        videos = list(self._videos.values())
        if given.get("order", "desc") == "desc":
            videos.reverse()
        if "after" in given:
            videos = videos[videos.index(self._found(given["after"], "after")) + 1 :]
        shown = videos[: given.get("limit", 20)]
        ends = {"first_id": shown[0].id, "last_id": shown[-1].id} if shown else {"first_id": None, "last_id": None}
        data = [video.document for video in shown]
        return json_reply({"object": "list", "data": data, **ends, "has_more": len(shown) < len(videos)})

    def _delete(self, video: Video) -> Reply:
        del self._videos[video.id]
        return json_reply({"id": video.id, "object": "video.deleted", "deleted": True})


_JSON = (("content-type", "application/json"),)


def _read(
    request: ReceivedRequest, table: Table, required: tuple[str, ...], *, file: str
) -> tuple[Json, tuple[Part, ...]]:
    """The checked parameters, and the parts that are files; only `file` may be one. Raises Refused."""
    if request.media_type != "multipart/form-data":
        return check(json_object(request), table, required=required), ()
    files = tuple(part for part in request.parts if part.filename is not None)
    for part in files:
        if part.name != file:
            raise refused(f"Unknown parameter: '{part.name}'.", "unknown_parameter", part.name)
    fields = {part.name: part.text for part in request.parts if part.filename is None}
    given = from_form(fields, table) | {part.name: {"uploaded": part.filename} for part in files}
    return check(given, table, required=required), files


def _check_reference(part: Part) -> None:
    if part.media_type not in IMAGE_TYPES or media_type_of(part.data) is None:
        message = f"Invalid file 'input_reference': unsupported mimetype ('{part.media_type}')."
        raise refused(message, "unsupported_file_mimetype", part.name)
