"""The blocking client: the asyncio client on one background event loop. There is no second implementation."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from .client import AsyncClient
from .configuration import Configuration
from .errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from decimal import Decimal
    from typing import Unpack

    from .desk import Opened, Options
    from .engine.ledger import Filter
    from .live_models import LiveModels
    from .operations import Request
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
    from .results import Forgotten, Job, KeptResource, Result
    from .selection import Candidate

T = TypeVar("T")


_FORGOTTEN: set[AsyncClient] = set()
"""Clients on the background loop that nobody has closed; they are, when the program ends."""


@cache
def _background_loop() -> asyncio.AbstractEventLoop:
    """One event loop in a daemon thread for every blocking client of the process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="anymedia-loop", daemon=True)
    thread.start()

    def stop() -> None:
        # A daemon thread that still runs while the interpreter is taken down can abort the process.
        for client in list(_FORGOTTEN):
            with suppress(Exception):
                asyncio.run_coroutine_threadsafe(client.close(), loop).result(timeout=5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
        if not thread.is_alive():
            loop.close()

    atexit.register(stop)
    return loop


def _runs_on(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


class Client:
    """`AsyncClient` for code that blocks. Takes the same arguments; may be used from several threads."""

    def __init__(
        self,
        *,
        keys: Mapping[str, str] | None = None,
        configuration: Configuration | None = None,
        environ: Mapping[str, str] | None = None,
        roots: Sequence[str | os.PathLike[str]] | None = None,
        allow_rehearsal: bool = True,
    ) -> None:
        self.asynchronous = AsyncClient(
            keys=keys, configuration=configuration, environ=environ, roots=roots, allow_rehearsal=allow_rehearsal
        )

        _FORGOTTEN.add(self.asynchronous)

    def run(self, coroutine: Coroutine[None, None, T]) -> T:
        """Run a coroutine of the asyncio client and wait. Ctrl-C cancels it and waits until it has let go."""
        if _runs_on(_background_loop()):
            coroutine.close()
            raise UsageError("A progress function cannot call the client that reports to it.")
        future = asyncio.run_coroutine_threadsafe(coroutine, _background_loop())
        try:
            return _wait(future)
        except KeyboardInterrupt:
            future.cancel()
            _settle(future)
            raise

    def image(self, prompt: str, **parameters: Unpack[ImageParameters]) -> Result:
        """Draw a picture, or edit the `input_images`. Raise an `AnymediaError`."""
        return self.run(self.asynchronous.image(prompt, **parameters))

    def video(self, prompt: str, **parameters: Unpack[VideoParameters]) -> Result:
        """Film something, from words or from a `first_frame`."""
        return self.run(self.asynchronous.video(prompt, **parameters))

    def speech(self, text: str, **parameters: Unpack[SpeechParameters]) -> Result:
        """Say a text."""
        return self.run(self.asynchronous.speech(text, **parameters))

    def dialogue(self, text: str, voices: str, **parameters: Unpack[SpeechParameters]) -> Result:
        """Say a text with several voices: each turn is a line; `voices` says who has which: `Joe=Kore, Ann=Puck`."""
        return self.run(self.asynchronous.dialogue(text, voices, **parameters))

    def music(self, prompt: str, **parameters: Unpack[MusicParameters]) -> Result:
        """Compose and play music."""
        return self.run(self.asynchronous.music(prompt, **parameters))

    def sound_effect(self, prompt: str, **parameters: Unpack[SoundEffectParameters]) -> Result:
        """Make a sound."""
        return self.run(self.asynchronous.sound_effect(prompt, **parameters))

    def convert_voice(self, audio: MediaInput, **parameters: Unpack[VoiceConversionParameters]) -> Result:
        """Say a recording again with another `voice`."""
        return self.run(self.asynchronous.convert_voice(audio, **parameters))

    def isolate(self, audio: MediaInput, **parameters: Unpack[AudioIsolationParameters]) -> Result:
        """Free a recording of everything but the voice."""
        return self.run(self.asynchronous.isolate(audio, **parameters))

    def separate_stems(self, audio: MediaInput, **parameters: Unpack[StemSeparationParameters]) -> Result:
        """Take music apart: a file for each of its parts."""
        return self.run(self.asynchronous.separate_stems(audio, **parameters))

    def design_voice(self, prompt: str, **parameters: Unpack[VoiceDesignParameters]) -> Result:
        """Make a voice from words: previews to hear, and `result.resources` names the voice if it is kept."""
        return self.run(self.asynchronous.design_voice(prompt, **parameters))

    def clone_voice(
        self,
        name: str,
        voice_samples: MediaInput | Sequence[MediaInput],
        *,
        consent: str,
        **parameters: Unpack[VoiceCloneParameters],
    ) -> Result:
        """Make a voice from recordings. `consent` says that the speaker agrees; `result.resources` names the voice."""
        return self.run(self.asynchronous.clone_voice(name, voice_samples, consent=consent, **parameters))

    def dub(self, source: MediaInput, target_language: str, **parameters: Unpack[DubbingParameters]) -> Result:
        """Say a recording or film in another language."""
        return self.run(self.asynchronous.dub(source, target_language, **parameters))

    def transcribe(self, audio: MediaInput, **parameters: Unpack[TranscriptionParameters]) -> Result:
        """Write down what is said in a recording or film: `result.text`, and a file if `output` names one."""
        return self.run(self.asynchronous.transcribe(audio, **parameters))

    def describe(
        self, media: MediaInput | Sequence[MediaInput], prompt: str, **parameters: Unpack[DescribeParameters]
    ) -> Result:
        """Answer a question about one file or several, in words: `result.text`."""
        return self.run(self.asynchronous.describe(media, prompt, **parameters))

    def align(self, audio: MediaInput, text: str, **parameters: Unpack[AlignmentParameters]) -> Result:
        """Find out when each word of a text is spoken in a recording: `result.text`."""
        return self.run(self.asynchronous.align(audio, text, **parameters))

    def generate(self, request: Request, options: Options | None = None) -> Result:
        """Make what `request` asks for and wait for it. Raise the error it ended with."""
        return self.run(self.asynchronous.generate(request, options))

    def open(self, request: Request, options: Options | None = None) -> Opened:
        """Put the job into the ledger with its worst case reserved. Nothing is sent yet."""
        return self.run(self.asynchronous.open(request, options))

    def finish(self, job_id: str, options: Options | None = None) -> Result:
        """Run a job of the ledger to its end, from wherever it is."""
        return self.run(self.asynchronous.finish(job_id, options))

    def resume(self, job_id: str, *, wait: float | None = None) -> Result:
        """Go on with a job after a crash, an interruption or a `StillRunning`. Never pays a second time."""
        return self.run(self.asynchronous.resume(job_id, wait=wait))

    def submit(self, request: Request, options: Options | None = None) -> Job:
        """Send the request and wait only until the provider has accepted it; `wait` fetches the result, anywhere."""
        return self.run(self.asynchronous.submit(request, options))

    def wait(self, job_id: str, *, wait: float | None = None) -> Result:
        """The result of a job that was submitted by anybody. `wait` ends the waiting in seconds, not the job."""
        return self.run(self.asynchronous.wait(job_id, wait=wait))

    def cancel(self, job_id: str, *, wait: float | None = None) -> Job:
        """Cancel a job and give it as it stands then. Raise `UsageError` if it cannot be cancelled."""
        return self.run(self.asynchronous.cancel(job_id, wait=wait))

    def reconcile(self, job_id: str, *, wait: float | None = None) -> Job:
        """Look for a job whose outcome is unknown in its provider's list. Only reads there."""
        return self.run(self.asynchronous.reconcile(job_id, wait=wait))

    def settle(self, job_id: str, *, made: bool, cost: Decimal | None = None) -> Job:
        """Write down what you found out about a job nobody knew about: whether it was made, and its cost in dollars."""
        return self.run(self.asynchronous.settle(job_id, made=made, cost=cost))

    def send_again(self, job_id: str, options: Options | None = None) -> Result:
        """Make a new job of the request of one that is unknown or failed. By your word: this may pay twice."""
        return self.run(self.asynchronous.send_again(job_id, options))

    def spending(
        self, *, by: Grouping = "backend", since: datetime | None = None, batch: str | None = None
    ) -> tuple[Spending, ...]:
        """What was spent, by group and by source of the figures, the dearest first."""
        return self.run(self.asynchronous.spending(by=by, since=since, batch=batch))

    def report(self, *, since: datetime | None = None, batch: str | None = None) -> Report:
        """How the jobs of a period or a batch went: cost, slowest, failed, duplicated, adapted."""
        return self.run(self.asynchronous.report(since=since, batch=batch))

    def job(self, job_id: str) -> Job:
        """One job of the ledger. Raise `UnknownName`."""
        return self.run(self.asynchronous.job(job_id))

    def jobs(self, which: Filter | None = None) -> list[Job]:
        """Jobs of the ledger, the newest first."""
        return self.run(self.asynchronous.jobs(which))

    def forget(self, job_id: str, *, files: bool = False) -> Forgotten:
        """Remove what the ledger knows of a job but its money: prompt, inputs, state; with `files` its outputs too."""
        return self.run(self.asynchronous.forget(job_id, files=files))

    def forget_older(self, age: timedelta, *, files: bool = False) -> tuple[Forgotten, ...]:
        """Forget every settled job that ended so long ago and that no later job goes on from."""
        return self.run(self.asynchronous.forget_older(age, files=files))

    def resources(
        self, kind: str | None = None, backend: str | None = None, *, deleted: bool = False
    ) -> tuple[KeptResource, ...]:
        """What providers keep that jobs of this ledger made, such as voices and uploaded files, the newest first."""
        return self.run(self.asynchronous.resources(kind, backend, deleted=deleted))

    def delete_resource(self, resource_id: str, *, backend: str | None = None) -> KeptResource:
        """Delete something at its provider; what is gone there already counts as deleted. Safe to repeat."""
        return self.run(self.asynchronous.delete_resource(resource_id, backend=backend))

    def why(self, request: Request, options: Options | None = None) -> list[Candidate]:
        """Every backend and model for a request, best first, with the reasons against each."""
        return self.asynchronous.why(request, options)

    def dry_run(self, request: Request, options: Options | None = None) -> DryRun:
        """What would be sent, by whom, for how much at most. Needs no key and no network."""
        return self.run(self.asynchronous.dry_run(request, options))

    def live_models(self, backend: str) -> LiveModels:
        """The models in the lists of one backend's provider, and how they differ from what is declared here."""
        return self.run(self.asynchronous.live_models(backend))

    def close(self) -> None:
        """Close connections and worker processes. Jobs stay in the ledger."""
        _FORGOTTEN.discard(self.asynchronous)
        self.run(self.asynchronous.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _wait(future: Future[T]) -> T:
    """Wait in steps: on some platforms an endless wait does not notice Ctrl-C."""
    while True:
        try:
            return future.result(timeout=1.0)
        except FutureTimeout:
            if future.done():
                raise


def _settle(future: Future[T]) -> None:
    """Let the cancelled coroutine write what it knows to the ledger."""
    # `cancel` on the thread's future asks the task to stop; the task itself may take its grace period.
    asyncio.run_coroutine_threadsafe(_other_tasks_end(), _background_loop()).result(timeout=30)


async def _other_tasks_end() -> None:
    mine = asyncio.current_task()
    waiting = [task for task in asyncio.all_tasks() if task is not mine and task.cancelling()]
    if waiting:
        await asyncio.wait(waiting)


def default_client() -> Client:
    """The client of the module-level functions: one for each set of ANYMEDIA_ variables and current folder."""
    variables = frozenset((name, value) for name, value in os.environ.items() if name.startswith("ANYMEDIA_"))
    return _client_for(Path.cwd(), variables)


@cache
def _client_for(folder: Path, variables: frozenset[tuple[str, str]]) -> Client:
    return Client()
