"""`/api/v1/videos`: jobs that are done at the second look, and their films."""

import time
from dataclasses import dataclass, replace
from itertools import count

from anymedia.testing.emulator.dialects.openrouter.checks import (
    FLAG,
    LIST,
    OBJECT,
    TEXT,
    Is,
    Table,
    check,
    checked,
    objects,
)
from anymedia.testing.emulator.dialects.openrouter.errors import Refused, error_reply, refused, unknown_model
from anymedia.testing.emulator.dialects.openrouter.images import check_image
from anymedia.testing.emulator.dialects.openrouter.models import FILM_MODELS
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

VIDEOS = "/api/v1/videos"
JOB = f"{VIDEOS}/"
# Names and values: `VideoGenerationRequest` of the openrouter package 1.3.84, read 2026-11-22.
CREATION: Table = {
    "model": TEXT,
    "prompt": TEXT,
    "aspect_ratio": TEXT,
    "callback_url": TEXT,
    "duration": Is(type=int, low=1),
    "frame_images": LIST,
    "generate_audio": FLAG,
    "input_references": LIST,
    "previous_job_id": TEXT,
    "provider": OBJECT,
    "resolution": TEXT,
    "seed": Is(type=int),
    "size": TEXT,
    "user": TEXT,
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job. Each look brings it one status further."""

    id: str
    number: int
    model: str
    prompt: str
    seconds: int
    looks: int = 0

    @property
    def status(self) -> str:
        return ("pending", "in_progress")[self.looks] if self.looks < 2 else "completed"

    def document(self, host: str) -> Json:
        address = f"http://{host}{JOB}{self.id}"
        about = {"id": self.id, "polling_url": address, "status": self.status}
        if self.status != "completed":
            return about
        usage = {"cost": round(0.1 * self.seconds, 6), "is_byok": False}
        return {
            **about,
            "generation_id": f"gen-{self.number}",
            "unsigned_urls": [f"{address}/content?index=0"],
            "usage": usage,
        }


class Videos:
    """Takes jobs and remembers them."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._numbers = count(1)
        self._jobs: dict[str, Job] = {}

    def answer(self, request: ReceivedRequest) -> Reply:
        """The answer to any request below `/api/v1/videos` but the list of models. Raises Refused."""
        identifier, _, rest = request.path.removeprefix(JOB).partition("/")
        match request.method, request.path, rest:
            case "POST", path, _ if path == VIDEOS:
                return self._create(request)
            case "GET", _, "content":
                return self._content(self._found(identifier))
            case "GET", _, "":
                return self._look(self._found(identifier), request)
        return error_reply(404)

    def _create(self, request: ReceivedRequest) -> Reply:
        given = checked(request, CREATION, required=("model",))
        model = FILM_MODELS.get(given["model"])
        if model is None:
            raise Refused(unknown_model(given["model"]))
        for name, allowed in (
            ("duration", model.durations),
            ("resolution", model.resolutions),
            ("aspect_ratio", model.aspect_ratios),
            ("size", model.sizes),
        ):
            if name in given:
                check(name, given[name], Is(type=(int, str), values=allowed or ("nothing of the kind",)))
        if "previous_job_id" in given and not (model.goes_on and self._found(given["previous_job_id"]).looks >= 2):
            raise refused("previous_job_id: this model cannot go on with that job")
        _check_frames(given, model.frames)
        number = next(self._numbers)
        job = Job(
            id=f"gen-vid-{int(time.time())}-{number:020d}",
            number=number,
            model=given["model"],
            prompt=given.get("prompt", ""),
            seconds=given.get("duration", model.durations[0]),
        )
        self._jobs[job.id] = job
        return json_reply(job.document(_host(request)), status=202, accepted=True)

    def _found(self, identifier: str) -> Job:
        if identifier not in self._jobs:
            raise Refused(error_reply(404, "Video job not found"))
        return self._jobs[identifier]

    def _look(self, job: Job, request: ReceivedRequest) -> Reply:
        self._jobs[job.id] = job = replace(job, looks=job.looks + 1)
        return json_reply(job.document(_host(request)))

    def _content(self, job: Job) -> Reply:
        if job.status != "completed":
            raise refused(f"The job is {job.status}")
        asked = MediaAsked(prompt=job.prompt, output_format="mp4", index=job.number, duration=float(job.seconds))
        return Reply(headers=(("content-type", "video/mp4"),), pieces=(make(self._media, asked),))


def _host(request: ReceivedRequest) -> str:
    return request.headers.get("host", "openrouter.ai")


def _check_frames(given: Json, frames: tuple[str, ...]) -> None:
    for part in objects(given.get("frame_images", []), "frame_images"):
        check("frame_type", part.get("frame_type"), Is(type=str, values=frames))
        check_image(part)
    for part in objects(given.get("input_references", []), "input_references"):
        check_image(part)
