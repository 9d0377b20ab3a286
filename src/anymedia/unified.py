"""One call, any medium: `generate_media` and its coroutine `agenerate_media`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Unpack, overload

from .batches import MOST_AT_ONCE, Opened, check_at_once, options_of_batch, outcomes
from .desk import Options
from .earlier_names import renamed
from .errors import AnymediaError, InvalidParameter, UnknownName, did_you_mean
from .media import Json
from .operations import OPERATIONS, Request
from .registry import all_backends, operations_made
from .requests import request_from
from .results import Batch, Result

if TYPE_CHECKING:
    from .client import AsyncClient
    from .parameters import (
        AlignmentParameters,
        AnyParameters,
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

AUDIO_TYPES = tuple(name for name, kind in OPERATIONS.items() if kind.makes == "audio")


def operation_of(mode: str, audio_type: str | None = None) -> type[Request]:
    """The request type of a mode. `audio` is speech unless `audio_type` names another. Raise `UnknownName`."""
    if not isinstance(mode, str) or not isinstance(audio_type, str | None):
        raise InvalidParameter(f"`mode` and `audio_type` must be text, got {mode!r:.40} and {audio_type!r:.40}.")
    name = mode.replace("-", "_").lower()
    if name == "audio":
        name = "speech" if audio_type is None else audio_type.replace("-", "_").lower()
        if name not in AUDIO_TYPES:
            raise UnknownName(f"There is no audio_type {audio_type!r}.", next=did_you_mean(name, list(AUDIO_TYPES)))
    elif audio_type is not None:
        raise InvalidParameter(f"`audio_type` belongs to mode='audio', not to mode={mode!r}.")
    if name not in OPERATIONS:
        known = ["audio", *operations_made(all_backends())]
        raise UnknownName(f"There is no mode {mode!r}.", next=did_you_mean(name, known))
    return OPERATIONS[name]


async def make(
    client: AsyncClient,
    prompt: str | None,
    *,
    prompts: Sequence[str] | None,
    mode: str,
    audio_type: str | None,
    max_concurrent: int,
    parameters: Mapping[str, Json],
) -> Result | Batch:
    """What both public functions do. A list of prompts gives a `Batch`, whatever its length."""
    kind = operation_of(mode, audio_type)
    ours = renamed(kind, parameters)
    if kind.main_input is not None and (prompt is None) == (prompts is None):
        raise InvalidParameter("Give either `prompt` or `prompts`.")
    if kind.main_input is None and prompts is not None:
        raise InvalidParameter(f"`prompts` is not for {kind.operation}: each of its files is a call of its own.")
    if kind.main_input is None and prompt is not None:
        ours = renamed(kind, {**parameters, "prompt": prompt})
    if prompts is None:
        request, options = await asyncio.to_thread(request_from, kind, prompt, ours)
        return await client.generate(request, options)
    return await _batch(client, kind, prompts, max_concurrent, ours)


async def _batch(
    client: AsyncClient, kind: type[Request], prompts: Sequence[str], max_concurrent: int, parameters: dict[str, Json]
) -> Batch:
    """Every prompt on its own: one that fails does not stop the others. `max_cost` is for all of them together."""
    if not isinstance(prompts, list | tuple) or not prompts:
        raise InvalidParameter("`prompts` must be a list of at least one prompt.")
    check_at_once(max_concurrent)
    options = options_of_batch(parameters, len(prompts))
    opened = [await _opened(client, kind, prompt, parameters, options) for prompt in prompts]
    return Batch(operation=kind.operation, outcomes=await outcomes(client, opened, max_concurrent))


async def _opened(
    client: AsyncClient, kind: type[Request], prompt: str, parameters: Mapping[str, Json], options: Options
) -> Opened | AnymediaError:
    """Reserve in input order, so that the same prompts fit under a cap every time."""
    try:
        request, _ = await asyncio.to_thread(request_from, kind, prompt, parameters)
        job_id = (await client.open(request, options)).job_id
        return Opened(request=request, options=options, job_id=job_id)
    except AnymediaError as error:
        return error


# --- The public functions --------------------------------------------------------------------------------------------


@overload
async def agenerate_media(
    prompt: str, *, mode: Literal["image"] = ..., **parameters: Unpack[ImageParameters]
) -> Result: ...
@overload
async def agenerate_media(
    *,
    prompts: Sequence[str],
    mode: Literal["image"] = ...,
    max_concurrent: int = ...,
    **parameters: Unpack[ImageParameters],
) -> Batch: ...


@overload
async def agenerate_media(prompt: str, *, mode: Literal["video"], **parameters: Unpack[VideoParameters]) -> Result: ...
@overload
async def agenerate_media(
    *, prompts: Sequence[str], mode: Literal["video"], max_concurrent: int = ..., **parameters: Unpack[VideoParameters]
) -> Batch: ...


@overload
async def agenerate_media(
    prompt: str, *, mode: Literal["speech"], **parameters: Unpack[SpeechParameters]
) -> Result: ...
@overload
async def agenerate_media(
    *,
    prompts: Sequence[str],
    mode: Literal["speech"],
    max_concurrent: int = ...,
    **parameters: Unpack[SpeechParameters],
) -> Batch: ...


@overload
async def agenerate_media(prompt: str, *, mode: Literal["music"], **parameters: Unpack[MusicParameters]) -> Result: ...
@overload
async def agenerate_media(
    *, prompts: Sequence[str], mode: Literal["music"], max_concurrent: int = ..., **parameters: Unpack[MusicParameters]
) -> Batch: ...


@overload
async def agenerate_media(
    prompt: str, *, mode: Literal["sound_effect"], **parameters: Unpack[SoundEffectParameters]
) -> Result: ...
@overload
async def agenerate_media(
    *,
    prompts: Sequence[str],
    mode: Literal["sound_effect"],
    max_concurrent: int = ...,
    **parameters: Unpack[SoundEffectParameters],
) -> Batch: ...


@overload
async def agenerate_media(
    *, mode: Literal["transcription"], audio: MediaInput, **parameters: Unpack[TranscriptionParameters]
) -> Result: ...


@overload
async def agenerate_media(
    prompt: str,
    *,
    mode: Literal["describe"],
    media: MediaInput | Sequence[MediaInput],
    **parameters: Unpack[DescribeParameters],
) -> Result: ...
@overload
async def agenerate_media(
    *,
    prompts: Sequence[str],
    mode: Literal["describe"],
    media: MediaInput | Sequence[MediaInput],
    max_concurrent: int = ...,
    **parameters: Unpack[DescribeParameters],
) -> Batch: ...


@overload
async def agenerate_media(
    *, mode: Literal["voice_conversion"], audio: MediaInput, **parameters: Unpack[VoiceConversionParameters]
) -> Result: ...


@overload
async def agenerate_media(
    *, mode: Literal["audio_isolation"], audio: MediaInput, **parameters: Unpack[AudioIsolationParameters]
) -> Result: ...


@overload
async def agenerate_media(
    *, mode: Literal["stem_separation"], audio: MediaInput, **parameters: Unpack[StemSeparationParameters]
) -> Result: ...


@overload
async def agenerate_media(
    prompt: str, *, mode: Literal["voice_design"], **parameters: Unpack[VoiceDesignParameters]
) -> Result: ...


@overload
async def agenerate_media(
    *,
    mode: Literal["voice_clone"],
    name: str,
    voice_samples: MediaInput | Sequence[MediaInput],
    consent: str,
    **parameters: Unpack[VoiceCloneParameters],
) -> Result: ...


@overload
async def agenerate_media(
    *, mode: Literal["dubbing"], source: MediaInput, target_language: str, **parameters: Unpack[DubbingParameters]
) -> Result: ...


@overload
async def agenerate_media(
    prompt: str, *, mode: Literal["alignment"], audio: MediaInput, **parameters: Unpack[AlignmentParameters]
) -> Result: ...


@overload
async def agenerate_media(
    prompt: str | None = None,
    *,
    prompts: Sequence[str] | None = None,
    mode: str,
    audio_type: str | None = None,
    max_concurrent: int = ...,
    **parameters: Unpack[AnyParameters],
) -> Result | Batch: ...
async def agenerate_media(
    prompt: str | None = None,
    *,
    prompts: Sequence[str] | None = None,
    mode: str = "image",
    audio_type: str | None = None,
    max_concurrent: int = MOST_AT_ONCE,
    **parameters: Json,
) -> Result | Batch:
    """Make an image, a video or audio; the coroutine of `generate_media`."""
    from .client import AsyncClient

    async with AsyncClient() as client:
        return await make(
            client,
            prompt,
            prompts=prompts,
            mode=mode,
            audio_type=audio_type,
            max_concurrent=max_concurrent,
            parameters=parameters,
        )


@overload
def generate_media(prompt: str, *, mode: Literal["image"] = ..., **parameters: Unpack[ImageParameters]) -> Result: ...
@overload
def generate_media(
    *,
    prompts: Sequence[str],
    mode: Literal["image"] = ...,
    max_concurrent: int = ...,
    **parameters: Unpack[ImageParameters],
) -> Batch: ...


@overload
def generate_media(prompt: str, *, mode: Literal["video"], **parameters: Unpack[VideoParameters]) -> Result: ...
@overload
def generate_media(
    *, prompts: Sequence[str], mode: Literal["video"], max_concurrent: int = ..., **parameters: Unpack[VideoParameters]
) -> Batch: ...


@overload
def generate_media(prompt: str, *, mode: Literal["speech"], **parameters: Unpack[SpeechParameters]) -> Result: ...
@overload
def generate_media(
    *,
    prompts: Sequence[str],
    mode: Literal["speech"],
    max_concurrent: int = ...,
    **parameters: Unpack[SpeechParameters],
) -> Batch: ...


@overload
def generate_media(prompt: str, *, mode: Literal["music"], **parameters: Unpack[MusicParameters]) -> Result: ...
@overload
def generate_media(
    *, prompts: Sequence[str], mode: Literal["music"], max_concurrent: int = ..., **parameters: Unpack[MusicParameters]
) -> Batch: ...


@overload
def generate_media(
    prompt: str, *, mode: Literal["sound_effect"], **parameters: Unpack[SoundEffectParameters]
) -> Result: ...
@overload
def generate_media(
    *,
    prompts: Sequence[str],
    mode: Literal["sound_effect"],
    max_concurrent: int = ...,
    **parameters: Unpack[SoundEffectParameters],
) -> Batch: ...


@overload
def generate_media(
    *, mode: Literal["transcription"], audio: MediaInput, **parameters: Unpack[TranscriptionParameters]
) -> Result: ...


@overload
def generate_media(
    prompt: str,
    *,
    mode: Literal["describe"],
    media: MediaInput | Sequence[MediaInput],
    **parameters: Unpack[DescribeParameters],
) -> Result: ...
@overload
def generate_media(
    *,
    prompts: Sequence[str],
    mode: Literal["describe"],
    media: MediaInput | Sequence[MediaInput],
    max_concurrent: int = ...,
    **parameters: Unpack[DescribeParameters],
) -> Batch: ...


@overload
def generate_media(
    *, mode: Literal["voice_conversion"], audio: MediaInput, **parameters: Unpack[VoiceConversionParameters]
) -> Result: ...


@overload
def generate_media(
    *, mode: Literal["audio_isolation"], audio: MediaInput, **parameters: Unpack[AudioIsolationParameters]
) -> Result: ...


@overload
def generate_media(
    *, mode: Literal["stem_separation"], audio: MediaInput, **parameters: Unpack[StemSeparationParameters]
) -> Result: ...


@overload
def generate_media(
    prompt: str, *, mode: Literal["voice_design"], **parameters: Unpack[VoiceDesignParameters]
) -> Result: ...


@overload
def generate_media(
    *,
    mode: Literal["voice_clone"],
    name: str,
    voice_samples: MediaInput | Sequence[MediaInput],
    consent: str,
    **parameters: Unpack[VoiceCloneParameters],
) -> Result: ...


@overload
def generate_media(
    *, mode: Literal["dubbing"], source: MediaInput, target_language: str, **parameters: Unpack[DubbingParameters]
) -> Result: ...


@overload
def generate_media(
    prompt: str, *, mode: Literal["alignment"], audio: MediaInput, **parameters: Unpack[AlignmentParameters]
) -> Result: ...


@overload
def generate_media(
    prompt: str | None = None,
    *,
    prompts: Sequence[str] | None = None,
    mode: str,
    audio_type: str | None = None,
    max_concurrent: int = ...,
    **parameters: Unpack[AnyParameters],
) -> Result | Batch: ...
def generate_media(
    prompt: str | None = None,
    *,
    prompts: Sequence[str] | None = None,
    mode: str = "image",
    audio_type: str | None = None,
    max_concurrent: int = MOST_AT_ONCE,
    **parameters: Json,
) -> Result | Batch:
    """Make an image, a video or audio, or words about them, with whichever backend is set up, and wait for it.

    `mode` is `image`, `video`, `speech`, `music`, `sound_effect`, or `audio` with an `audio_type`, or `transcription`
    of an `audio` file, or `describe` for a question about `media`. Others work on sound (`voice_conversion`,
    `audio_isolation`, `stem_separation`, `dubbing`, `alignment`) or make voices (`voice_design`, `voice_clone`). One
    `prompt` gives a `Result` or raises an `AnymediaError`; `prompts` gives a `Batch` with a `Result` or the error for
    each, in order.
    The other parameters are those of the mode (`ImageParameters`, ...): files may be paths, bytes or earlier results.

    Runs on a background event loop of its own. In a coroutine, use `agenerate_media`.
    """
    from .sync_client import default_client

    client = default_client()
    return client.run(
        make(
            client.asynchronous,
            prompt,
            prompts=prompts,
            mode=mode,
            audio_type=audio_type,
            max_concurrent=max_concurrent,
            parameters=parameters,
        )
    )
