"""`/videos`: jobs that end after a few polls, edits and extensions, and the films behind their addresses.

Fields and rules: a stored copy of https://docs.x.ai/developers/model-capabilities/video/generation of autumn 2026, and
what @ai-sdk/xai 5.0.12 sends and reads, checked 2026-11-22.
"""

from dataclasses import dataclass, replace
from itertools import count

from anymedia.testing.emulator.dialects.grok.errors import Refused, error_reply, refused, unknown_model
from anymedia.testing.emulator.dialects.grok.parameters import (
    STORAGE,
    Table,
    checked,
    flag,
    holding,
    media,
    number,
    one_of,
    several,
    text,
    whole,
)
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

VIDEO = "/v1/videos/"
FILM = "/films/"
"""Where films are fetched from, without a key; the real ones have a host of their own."""

TICKS_PER_CENT = 100_000_000
CLASSIC, NEWEST, LITE = "grok-imagine-video", "grok-imagine-video-1.5", "grok-imagine-video-1.5-lite"
CENTS = {
    NEWEST: {"480p": 8, "720p": 14, "1080p": 25},
    LITE: {"480p": 2, "720p": 3, "1080p": 14},
    CLASSIC: {"480p": 5, "720p": 7},
}
"""For each second, by resolution."""
REFERENCE_FIELDS = ("reference_images", "reference_audios")
PINNED = ("last_frame", "keyframes")

_COMMON: Table = {"model": text(100), "prompt": text(4096), "storage_options": STORAGE}
GENERATION: Table = {
    **_COMMON,
    "duration": whole(1, 15),
    "aspect_ratio": one_of("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "5:2"),
    "resolution": one_of("480p", "720p", "1080p"),
    "image": media("image"),
    "last_frame": media("image"),
    "keyframes": several(holding({"image": media("image"), "timestamp_s": number(0.001, 15)}), 4),
    "reference_images": several(media("image"), 7),
    "reference_audios": several(holding({"voice_id": text(100), "url": text(10**8)}), 3),
    "generate_audio": flag,
    "user": text(500),
}
EDIT: Table = {**_COMMON, "video": media("video"), "user": text(500)}
EXTENSION: Table = {**_COMMON, "video": media("video"), "duration": whole(1, 10)}


@dataclass(frozen=True, kw_only=True)
class Film:
    """One job. Each poll brings it one status further."""

    id: str
    model: str
    prompt: str
    seconds: int
    ticks: int
    polls: int = 0


class Videos:
    """Takes jobs and remembers them."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._numbers = count(1)
        self._films: dict[str, Film] = {}

    def answer(self, request: ReceivedRequest) -> Reply:
        """The answer to any request below `/v1/videos` or `/films`. Raises Refused."""
        match request.method, request.path:
            case "POST", "/v1/videos/generations":
                return self._generate(request)
            case "POST", "/v1/videos/edits":
                given = checked(request, EDIT, required=("model", "prompt", "video"))
                return self._of_another(given, seconds=8)
            case "POST", "/v1/videos/extensions":
                given = checked(request, EXTENSION, required=("model", "prompt", "video"))
                return self._of_another(given, seconds=given.get("duration", 6))
            case "GET", path if path.startswith(VIDEO):
                return self._poll(path.removeprefix(VIDEO), request.headers.get("host", ""))
            case "GET", path if path.startswith(FILM):
                return self._content(path.removeprefix(FILM).removesuffix(".mp4"))
        return error_reply(404)

    def _generate(self, request: ReceivedRequest) -> Reply:
        given = checked(request, GENERATION, required=("model",))
        _check_mode(given)
        cents = CENTS[given["model"]][given.get("resolution", "480p")]
        return self._accept(given, seconds=given.get("duration", 8), cents=cents)

    def _of_another(self, given: Json, *, seconds: int) -> Reply:
        if given["model"] not in CENTS:
            raise Refused(unknown_model(given["model"]))
        if given["model"] != CLASSIC:
            raise refused("Video editing and extension are not available for this model.")
        return self._accept(given, seconds=seconds, cents=CENTS[CLASSIC]["720p"])

    def _accept(self, given: Json, *, seconds: int, cents: int) -> Reply:
        film = Film(
            id=f"00000000-0000-4000-8000-{next(self._numbers):012x}",
            model=given["model"],
            prompt=given.get("prompt", ""),
            seconds=seconds,
            ticks=cents * seconds * TICKS_PER_CENT,
        )
        self._films[film.id] = film
        return json_reply({"request_id": film.id}, accepted=True)

    def _found(self, identifier: str) -> Film:
        if identifier not in self._films:
            raise Refused(error_reply(404, f"The request {identifier} was not found."))
        return self._films[identifier]

    def _poll(self, identifier: str, host: str) -> Reply:
        film = self._found(identifier)
        self._films[identifier] = replace(film, polls=film.polls + 1)
        if film.polls == 0:
            return Reply(status=202)
        if film.polls == 1:
            return json_reply({"status": "pending", "progress": 50}, status=202)
        told = {"url": f"http://{host}{FILM}{film.id}.mp4", "duration": film.seconds, "respect_moderation": True}
        usage = {"cost_in_usd_ticks": film.ticks}
        return json_reply({"status": "done", "video": told, "model": film.model, "usage": usage, "progress": 100})

    def _content(self, identifier: str) -> Reply:
        film = self._found(identifier)
        asked = MediaAsked(prompt=film.prompt, output_format="mp4", duration=film.seconds)
        return Reply(headers=(("content-type", "video/mp4"),), pieces=(make(self._media, asked),))


def _check_mode(given: Json) -> None:
    """Which model makes what: the table of request modes. Raises Refused."""
    model = given["model"]
    if model not in CENTS:
        raise Refused(unknown_model(model))
    if given.get("resolution", "480p") not in CENTS[model]:
        raise refused(f"{given['resolution']} is not supported by {model}.")
    referring = [name for name in REFERENCE_FIELDS if name in given]
    pinned = [name for name in PINNED if name in given]
    for name in (*(referring if model == LITE else ()), *(pinned if model != NEWEST else ())):
        raise refused(f"`{name}` is not supported for this model.")
    if not any(name in given for name in ("prompt", "image", *referring, *pinned)):
        raise refused("Prompt cannot be empty. Please provide a prompt.")
    if model == CLASSIC and referring and "image" in given:
        raise refused("`image` cannot be combined with `reference_images`.")
    if model == CLASSIC and referring and given.get("duration", 8) > 10:
        raise refused("The duration exceeds the maximum allowed for reference-to-video, which is 10s.")
    if (referring or pinned) and given.get("resolution") == "1080p":
        raise refused("1080p is not supported for reference-to-video.")
