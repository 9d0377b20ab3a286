"""The asyncio client: one method per operation, and everything about jobs. `sync_client.py` wraps it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .configuration import Configuration, load
from .engine.secret import Discreet
from .errors import AnymediaError, ContinuationGone, StillRunning, UsageError
from .media import Json
from .operations import (
    AlignmentRequest,
    AudioIsolationRequest,
    DescribeRequest,
    DubbingRequest,
    ImageRequest,
    MusicRequest,
    Request,
    SoundEffectRequest,
    SpeechRequest,
    StemSeparationRequest,
    TranscriptionRequest,
    VideoRequest,
    VoiceCloneRequest,
    VoiceConversionRequest,
    VoiceDesignRequest,
    media_in,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from decimal import Decimal
    from typing import Unpack

    from .desk import Desk, Opened, Options
    from .engine.ledger import Filter
    from .engine.run import Engine, Progress
    from .live_models import LiveModels
    from .parameters import (
        AlignmentParameters,
        AudioIsolationParameters,
        DescribeParameters,
        DubbingParameters,
        ImageParameters,
        MediaInput,
        MusicParameters,
        SoundEffectParameters,
        SpeechParameters,
        StemSeparationParameters,
        TranscriptionParameters,
        VideoParameters,
        VoiceCloneParameters,
        VoiceConversionParameters,
        VoiceDesignParameters,
    )
    from .preview import DryRun
    from .reports import Grouping, Report, Spending
    from .results import Adjustment, Forgotten, Job, KeptResource, Result
    from .selection import Candidate


class AsyncClient:
    """Makes media with whichever backend is set up. Safe for many concurrent calls on one event loop.

    `keys` maps backend names to keys and goes before the environment. `configuration` replaces what the files and the
    environment say. `roots` are the only folders that inputs may be in and outputs may go to.
    `allow_rehearsal=False` never falls back to a backend that only rehearses.
    """

    def __init__(
        self,
        *,
        keys: Mapping[str, str] | None = None,
        configuration: Configuration | None = None,
        environ: Mapping[str, str] | None = None,
        roots: Sequence[str | os.PathLike[str]] | None = None,
        allow_rehearsal: bool = True,
    ) -> None:
        # No variable holds them as they are: a traceback that shows variables must not show keys.
        environ, keys = Discreet(os.environ if environ is None else environ), Discreet(dict(keys or {}))
        self._environ, self._keys = environ, keys
        self._allow_rehearsal = allow_rehearsal
        self.configuration = configuration or load(environ=self._environ, folder=Path.cwd())
        if roots is not None:
            self.configuration = self.configuration.with_roots(roots)
        self._opened_desk: Desk | None = None
        if self._keys:
            _ = self.desk  # a misspelled name is found here and not at the first call
        self._opened_engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    # --- One method per operation -------------------------------------------------------------------------------

    async def image(self, prompt: str, **parameters: Unpack[ImageParameters]) -> Result:
        """Draw a picture, or edit the `input_images`. Raise an `AnymediaError`."""
        return await self._make(ImageRequest, prompt, parameters)

    async def video(self, prompt: str, **parameters: Unpack[VideoParameters]) -> Result:
        """Film something, from words or from a `first_frame`."""
        return await self._make(VideoRequest, prompt, parameters)

    async def speech(self, text: str, **parameters: Unpack[SpeechParameters]) -> Result:
        """Say a text."""
        return await self._make(SpeechRequest, text, parameters)

    async def dialogue(self, text: str, voices: str, **parameters: Unpack[SpeechParameters]) -> Result:
        """Say a text with several voices: each turn is a line; `voices` says who has which: `Joe=Kore, Ann=Puck`."""
        return await self._make(SpeechRequest, text, {**parameters, "speaker_voices": voices})

    async def music(self, prompt: str, **parameters: Unpack[MusicParameters]) -> Result:
        """Compose and play music."""
        return await self._make(MusicRequest, prompt, parameters)

    async def sound_effect(self, prompt: str, **parameters: Unpack[SoundEffectParameters]) -> Result:
        """Make a sound."""
        return await self._make(SoundEffectRequest, prompt, parameters)

    async def convert_voice(self, audio: MediaInput, **parameters: Unpack[VoiceConversionParameters]) -> Result:
        """Say a recording again with another `voice`."""
        return await self._make(VoiceConversionRequest, None, {**parameters, "audio": audio})

    async def isolate(self, audio: MediaInput, **parameters: Unpack[AudioIsolationParameters]) -> Result:
        """Free a recording of everything but the voice."""
        return await self._make(AudioIsolationRequest, None, {**parameters, "audio": audio})

    async def separate_stems(self, audio: MediaInput, **parameters: Unpack[StemSeparationParameters]) -> Result:
        """Take music apart: a file for each of its parts."""
        return await self._make(StemSeparationRequest, None, {**parameters, "audio": audio})

    async def design_voice(self, prompt: str, **parameters: Unpack[VoiceDesignParameters]) -> Result:
        """Make a voice from words: previews to hear, and `result.resources` names the voice if it is kept."""
        return await self._make(VoiceDesignRequest, prompt, parameters)

    async def clone_voice(
        self,
        name: str,
        voice_samples: MediaInput | Sequence[MediaInput],
        *,
        consent: str,
        **parameters: Unpack[VoiceCloneParameters],
    ) -> Result:
        """Make a voice from recordings. `consent` says that the speaker agrees; `result.resources` names the voice."""
        asked = {"name": name, "voice_samples": voice_samples, "consent": consent}
        return await self._make(VoiceCloneRequest, None, {**parameters, **asked})

    async def dub(self, source: MediaInput, target_language: str, **parameters: Unpack[DubbingParameters]) -> Result:
        """Say a recording or film in another language."""
        return await self._make(
            DubbingRequest, None, {**parameters, "source": source, "target_language": target_language}
        )

    async def transcribe(self, audio: MediaInput, **parameters: Unpack[TranscriptionParameters]) -> Result:
        """Write down what is said in a recording or film: `result.text`, and a file if `output` names one."""
        return await self._make(TranscriptionRequest, None, {**parameters, "audio": audio})

    async def describe(
        self, media: MediaInput | Sequence[MediaInput], prompt: str, **parameters: Unpack[DescribeParameters]
    ) -> Result:
        """Answer a question about one file or several, in words: `result.text`."""
        return await self._make(DescribeRequest, prompt, {**parameters, "media": media})

    async def align(self, audio: MediaInput, text: str, **parameters: Unpack[AlignmentParameters]) -> Result:
        """Find out when each word of a text is spoken in a recording: `result.text`."""
        return await self._make(AlignmentRequest, text, {**parameters, "audio": audio})

    async def _make(self, kind: type[Request], main: str | None, parameters: Mapping[str, Json]) -> Result:
        from .requests import request_from

        request, options = request_from(kind, main, parameters)
        return await self.generate(request, options)

    async def generate(self, request: Request, options: Options | None = None) -> Result:
        """Make what `request` asks for and wait for it. Raise the error it ended with."""
        from .desk import Options

        options = options or Options()
        opened = await self.open(request, options)
        try:
            return await self._see_through(request, options, opened.job_id)
        except ContinuationGone as gone:
            return await self._without_state(request, options, gone)

    async def _see_through(self, request: Request, options: Options, job_id: str) -> Result:
        from .fallback import see_through

        return await see_through(self, request, options, job_id)

    async def _without_state(self, request: Request, options: Options, gone: AnymediaError) -> Result:
        """The provider has forgotten the conversation and charged nothing: go on from the last picture, and say so."""
        from .desk import from_last_output
        from .engine.attempts import STATELESS_ENDING

        assert request.continue_from is not None
        kept = await self.desk.continuation(request.continue_from)
        if kept.last_output is None:  # a conversation in words has none
            raise gone
        changed, adjustment = from_last_output(request, kept, f"{gone.backend} no longer has its state")
        key = f"{gone.idempotency_key}{STATELESS_ENDING}"  # found again when the caller repeats its own key
        pinned = replace(options, backend=kept.backend, model=kept.model, idempotency_key=key)
        opened = await self._open(changed, pinned, adjustments=(adjustment,))
        return await self.finish(opened.job_id, pinned)

    # --- Jobs ---------------------------------------------------------------------------------------------------

    async def open(self, request: Request, options: Options | None = None) -> Opened:
        """Put the job into the ledger with its worst case reserved. Nothing is sent to a provider yet.

        Inputs that are web addresses are fetched first.
        """
        from .desk import Options

        self._check_usable()
        return await self._open(request, options or Options())

    async def _open(self, request: Request, options: Options, adjustments: tuple[Adjustment, ...] = ()) -> Opened:
        if not any(file.url is not None for files in media_in(request).values() for file in files):
            return await self.desk.open(request, options, adjustments=adjustments)
        from .engine.fetched_inputs import fetched_inputs

        home, largest = self.desk.ledger.home, self.configuration.settings.largest_input
        async with fetched_inputs(self._engine.http, home, largest) as inputs:
            here = await inputs.on_this_machine(request)
            opened = await self.desk.open(here, options, adjustments=adjustments)
            inputs.keep = not opened.attached
        return opened

    async def finish(self, job_id: str, options: Options | None = None) -> Result:
        """Run a job of the ledger to its end, from wherever it is."""
        from .desk import Options

        options = options or Options()
        wait = self.configuration.wait if options.wait is None else options.wait
        return await self._engine.run_job(
            job_id, wait=wait, report=options.on_progress or _ignore, hear=options.on_chunk
        )

    async def resume(self, job_id: str, *, wait: float | None = None) -> Result:
        """Go on with a job after a crash, an interruption or a `StillRunning`. Never pays a second time."""
        from .desk import Options

        return await self.finish(job_id, Options(wait=wait))

    async def submit(self, request: Request, options: Options | None = None) -> Job:
        """Send the request and wait only until the provider has accepted it; `wait` fetches the result, anywhere.

        What has no queue, such as most images, is done when this returns.
        """
        from .desk import Options

        options = options or Options()
        job_id = (await self.open(request, options)).job_id
        try:
            job_id = (await self._see_through(request, replace(options, wait=0), job_id)).job_id
        except StillRunning as running:
            job_id = running.job_id or job_id
        return await self.job(job_id)

    async def wait(self, job_id: str, *, wait: float | None = None) -> Result:
        """The result of a job that was submitted by anybody. `wait` ends the waiting in seconds, not the job."""
        return await self.resume(job_id, wait=wait)

    async def cancel(self, job_id: str, *, wait: float | None = None) -> Job:
        """Cancel a job and give it as it stands then; a provider may have finished it, and charged, before.

        Raise `UsageError` if the job is over, or its provider cannot cancel what it accepted.
        """
        from .settling import cancel

        return await cancel(self.desk, partial(self.resume, wait=wait), job_id)

    async def reconcile(self, job_id: str, *, wait: float | None = None) -> Job:
        """Look for a job whose outcome is unknown in its provider's list. Only reads there.

        If it is found, it is `running` again. Raise `UsageError` if the provider lists nothing.
        """
        from .settling import reconcile

        return await reconcile(self.desk, self._engine, partial(self.resume, wait=wait), job_id)

    async def settle(self, job_id: str, *, made: bool, cost: Decimal | None = None) -> Job:
        """Write down what you found out about a job nobody knew about: whether it was made, and its cost in dollars."""
        from .settling import settle

        return await settle(self.desk, job_id, made=made, cost=cost)

    async def send_again(self, job_id: str, options: Options | None = None) -> Result:
        """Make a new job of the request of one that is unknown or failed. By your word: this may pay twice."""
        from .desk import Options
        from .settling import send_again

        options = options or Options()
        return await self.finish(await send_again(self.desk, job_id, options), options)

    async def spending(
        self, *, by: Grouping = "backend", since: datetime | None = None, batch: str | None = None
    ) -> tuple[Spending, ...]:
        """What was spent, by group and by source of the figures, the dearest first."""
        from .engine.accounts import Period, spending

        return await self.desk.ledger.call(partial(spending, period=Period(since=since, batch=batch), by=by))

    async def report(self, *, since: datetime | None = None, batch: str | None = None) -> Report:
        """How the jobs of a period or a batch went: cost, slowest, failed, duplicated, adapted."""
        from .engine.accounts import Period, report

        return await self.desk.ledger.call(partial(report, period=Period(since=since, batch=batch)))

    async def job(self, job_id: str) -> Job:
        """One job of the ledger. Raise `UnknownName`."""
        from .engine.ledger import job_of

        return job_of(await self.desk.ledger.row(job_id))

    async def jobs(self, which: Filter | None = None) -> list[Job]:
        """Jobs of the ledger, the newest first."""
        from .engine.ledger import Filter

        return await self.desk.ledger.jobs(which or Filter())

    async def forget(self, job_id: str, *, files: bool = False) -> Forgotten:
        """Remove what the ledger knows of a job but its money: prompt, inputs, state; with `files` its outputs too.

        Raise `UsageError` for a job that is not settled. Safe to repeat.
        """
        from .privacy import forget

        return await forget(self.desk, job_id, files=files)

    async def forget_older(self, age: timedelta, *, files: bool = False) -> tuple[Forgotten, ...]:
        """Forget every settled job that ended so long ago and that no later job goes on from."""
        from .privacy import forget_older

        return await forget_older(self.desk, age, files=files)

    # --- What providers keep ------------------------------------------------------------------------------------

    async def resources(
        self, kind: str | None = None, backend: str | None = None, *, deleted: bool = False
    ) -> tuple[KeptResource, ...]:
        """What providers keep that jobs of this ledger made, such as voices and uploaded files, the newest first.

        `deleted` also lists what was deleted by `delete_resource`.
        """
        from .keeping import resources

        return await resources(self.desk, kind=kind, backend=backend, deleted=deleted)

    async def delete_resource(self, resource_id: str, *, backend: str | None = None) -> KeptResource:
        """Delete something at its provider; what is gone there already counts as deleted. Safe to repeat.

        Raise `UnknownName` for an id that is not in the ledger, `UsageError` where the provider cannot delete it.
        """
        from .keeping import delete_resource

        return await delete_resource(self.desk, self._engine, resource_id, backend=backend)

    # --- Without spending ---------------------------------------------------------------------------------------

    def why(self, request: Request, options: Options | None = None) -> list[Candidate]:
        """Every backend and model for a request, best first, with the reasons against each."""
        from .desk import Options
        from .engine.inputs import check_fetched

        check_fetched(request)
        options = options or Options()
        return self.desk.candidates(self.desk.measured(request, options), options)

    async def dry_run(self, request: Request, options: Options | None = None) -> DryRun:
        """What would be sent, by whom, for how much at most. Needs no key and no network."""
        from .desk import Options
        from .preview import dry_run

        return await dry_run(self.desk, request, options or Options())

    async def live_models(self, backend: str) -> LiveModels:
        """The models in the lists of one backend's provider, and how they differ from what is declared here.

        Needs the key; buys nothing. Raise `UsageError` if the provider lists nothing.
        """
        from .live_models import live_models

        return await live_models(self.desk, self._engine, backend)

    # --- Life ---------------------------------------------------------------------------------------------------

    @property
    def desk(self) -> Desk:
        """Plans and keys, for tools that show them. Opened at its first use: it brings the backends."""
        if self._opened_desk is None:
            from .desk import Desk
            from .privacy import ledger_of

            self._opened_desk = Desk(
                configuration=self.configuration,
                environ=self._environ,
                ledger=ledger_of(self.configuration),
                keys=self._keys,
                allow_rehearsal=self._allow_rehearsal,
            )
        return self._opened_desk

    def _check_usable(self) -> None:
        """Raise `UsageError` for a client that is closed, or whose connections belong to another event loop."""
        if self._closed:
            raise UsageError("This client is closed.", next="Make a new one.")
        loop = asyncio.get_running_loop()
        self._loop = self._loop or loop
        if self._loop is not loop:
            raise UsageError("This client belongs to another event loop.", next="Make one client for each loop.")

    @property
    def _engine(self) -> Engine:
        """Opened at the first job: it brings the HTTP library."""
        self._check_usable()
        if self._opened_engine is None:
            from .engine.run import Engine, Surroundings
            from .engine.workers import Workers

            self._opened_engine = Engine(
                Surroundings(
                    backends=self.desk.backends,
                    access=self.desk.access,
                    settings=self.desk.settings_of,
                    ledger=self.desk.ledger,
                    workers=Workers(),
                    timeouts=self.configuration.timeouts(),
                    trace_prompts=self.configuration.settings.privacy.trace_prompts,
                    open_child=self.desk.open_child,
                )
            )
        return self._opened_engine

    async def close(self) -> None:
        """Close connections and worker processes. Jobs stay in the ledger."""
        if self._opened_engine is not None and self._loop is asyncio.get_running_loop():
            await self._opened_engine.close()
            self._opened_engine = None
        self._closed = True
        if self._opened_desk is not None:
            self._opened_desk.ledger.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _ignore(progress: Progress) -> None:
    """The default for `on_progress`."""
