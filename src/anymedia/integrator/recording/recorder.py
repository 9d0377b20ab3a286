"""Makes the calls of a recording through the ordinary engine, each once, and writes what was said to a file each."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

from ... import __version__
from ...client import AsyncClient
from ...desk import Opened, Options
from ...engine.redaction import REDACTOR
from ...errors import AnymediaError, OutputRefused, PartialResult, UsageError
from ...media import Json
from ...results import Job, Result
from ...spec.backend import ApiKey, Backend
from ...testing.tape import Tape, shown_value
from .takes import Take

FORMAT = "anymedia-recording/1"
NOT_BEGUN = ("planned", "reserved")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One call: its file, if it was made, and the error that it ended with, if it did not end well."""

    place: Path | None
    result: Result | None = None
    error: AnymediaError | None = None


class Recorder:
    """Records the calls of one backend with a client of its own, whose other backends are left as they are."""

    def __init__(self, client: AsyncClient, backend: Backend, today: date | None = None) -> None:
        self._client, self._backend = client, backend
        self._today = today or datetime.now(UTC).date()
        settings = client.desk.settings_of(backend)
        self._settings = {name: _word(name) if name in _personal(backend) else each for name, each in settings.items()}
        self._tape = Tape(hide={settings[name]: _word(name) for name in _personal(backend) if name in settings})
        desk = client.desk
        desk.backends = {**desk.backends, backend.name: self._tape.backend(backend)}

    async def record(self, take: Take) -> Recorded:
        """Make one call, wait for it, and write it down however it ends, unless it was made today."""
        options = Options(backend=self._backend.name, model=take.model, max_cost=take.worst_case)
        try:
            _make_room(take.place)
            opened = await self._opened(take, options)
        except AnymediaError as refused:
            return Recorded(place=None, error=refused)
        self._tape.clear()
        result: Result | None = None
        error: AnymediaError | None = None
        try:
            result = await self._client.finish(opened.job_id, options)
        except PartialResult as partial:
            result, error = partial.result, partial
        except AnymediaError as failure:
            error = failure
        job = await self._client.job(opened.job_id)
        _write(take.place, self._document(take, job, result, error))
        return Recorded(place=take.place, result=result, error=error)

    async def _opened(self, take: Take, options: Options) -> Opened:
        """A job under a key of the day, so that asking again cannot buy again; what cost nothing may be asked again."""
        asked = f"{take.model} {take.request.asked_for()}"
        stem = f"record/{self._backend.name}/{take.operation}/{self._today}/{_digest(asked)}"
        for number in count(1):
            keyed = Options(
                backend=options.backend,
                model=options.model,
                max_cost=options.max_cost,
                idempotency_key=f"{stem}/{number}",
            )
            opened = await self._client.open(take.request, keyed)
            job = await self._client.job(opened.job_id)
            if not opened.attached or job.status in NOT_BEGUN:
                return opened
            if not _cost_nothing(job):
                raise UsageError(
                    f"The call for {take.operation} was made today, as job {job.id}; it is not bought twice.",
                    next=f"`anymedia jobs {job.id}` shows it. A recording needs a call of its own: ask again tomorrow.",
                )
        raise AssertionError("the loop ends by returning or raising")

    def _document(self, take: Take, job: Job, result: Result | None, error: AnymediaError | None) -> dict[str, Json]:
        return {
            "schema": FORMAT,
            "backend": self._backend.name,
            "operation": take.operation,
            "model": take.model,
            "recorded": str(self._today),
            "anymedia": __version__,
            "python": platform.python_version(),
            "origin": shown_value(self._client.desk.base_url_of(self._backend)),
            "settings": self._settings,
            "request": shown_value(take.request.asked_for()),
            "exchanges": self._tape.exchanges(),
            "result": {**_ending(result, error), "cost": job.cost.document()},
        }


def _ending(result: Result | None, error: AnymediaError | None) -> dict[str, Json]:
    """How it ended. The words of an error are the provider's, without keys."""
    shown: dict[str, Json] = {"outcome": "done" if error is None else error.code}
    shown |= {} if error is None else {"error": error.message}
    if result is not None:
        shown |= {"files": [f"<{file.media_type} {file.size} bytes>" for file in result.files], "text": result.text}
        shown |= {"missing": len(result.missing), "resources": [each.kind for each in result.resources]}
    found: dict[str, Json] = shown_value(shown)
    return found


def _cost_nothing(job: Job) -> bool:
    return isinstance(job.error, Mapping) and job.error.get("charged") == "no"


def _personal(backend: Backend) -> tuple[str, ...]:
    """Settings that say who asks, such as a project: those that every user has to set."""
    if not isinstance(backend.auth, ApiKey) or backend.auth.otherwise is None:
        return ()
    return tuple(name for name, (_, default) in backend.auth.otherwise.settings.items() if default is None)


def _word(name: str) -> str:
    return f"{{{name}}}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _make_room(place: Path) -> None:
    """Find out before anything is paid that a recording cannot be written."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a"):
            pass
    except OSError as error:
        raise OutputRefused(f"{place} cannot be written: {error.strerror}.", next="Choose another folder.") from error


def _write(place: Path, document: Mapping[str, Json]) -> None:
    text = REDACTOR.without_secrets(json.dumps(document, indent=2, ensure_ascii=False, default=str)) + "\n"
    try:
        place.write_text(text, "utf-8")
    except OSError as error:
        raise OutputRefused(f"{place} cannot be written: {error.strerror}.", charged="maybe") from error
