"""Asks about pictures, recordings, films and documents: `read_media` and its coroutine `aread_media`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Unpack, overload

from .batches import MOST_AT_ONCE, Opened, check_at_once, options_of_batch, outcomes
from .desk import Options
from .errors import AnymediaError, InvalidParameter
from .fitting import Shown, adapted, advised, as_it_is, is_film, with_frames
from .media import Json
from .operations import DescribeRequest
from .reading_asked import Question, check_no_other_name, frames_from, inputs_from, question_from
from .requests import options_from, request_from, typed
from .results import Adjustment, Batch, Result
from .review import QUESTION, review_instructions, reviewed

if TYPE_CHECKING:
    from .client import AsyncClient
    from .parameters import DescribeParameters, MediaInput

    FilesInput = MediaInput | Sequence[MediaInput] | Mapping[str, MediaInput]
    InputsInput = str | Sequence[Mapping[str, object]]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How all questions of a call are asked: what is the same for each of them."""

    parameters: Mapping[str, Json]
    review: bool = False
    frames: Json = None
    max_frames: Json = None


@dataclass(frozen=True, kw_only=True)
class Ready:
    """One question as it will be asked, and what became of its files."""

    request: DescribeRequest
    options: Options
    shown: tuple[Shown, ...]


async def read(
    client: AsyncClient,
    prompt: str | None,
    *,
    files: Json = None,
    file_paths: Json = None,
    inputs: Json = None,
    max_concurrent: int = MOST_AT_ONCE,
    reading: Reading,
) -> Result | Batch:
    """What both public functions do. `inputs` give a `Batch`, however many there are."""
    for name in reading.parameters:
        check_no_other_name(name)
    if not isinstance(reading.review, bool):
        raise InvalidParameter(f"`review` must be true or false, got {reading.review!r:.40}.")
    if inputs is not None:
        if files is not None or file_paths is not None:
            raise InvalidParameter("Give either `files` or `inputs`.")
        return await _batch(client, prompt, inputs_from(inputs), max_concurrent, reading)
    ready = await prepared(client, prompt, {"files": files, "file_paths": file_paths}, reading)
    try:
        result = await client.generate(ready.request, ready.options)
    except AnymediaError as error:
        advised(error, ready.shown)
        raise
    return _told(result, ready, reading)


async def _batch(
    client: AsyncClient, prompt: str | None, inputs: list[Mapping[str, Json]], max_concurrent: int, reading: Reading
) -> Batch:
    """Every input on its own. One without a `prompt` has that of the call."""
    check_at_once(max_concurrent)
    options = options_of_batch(reading.parameters, len(inputs), what="input")
    readies = [await _prepared(client, prompt, given, reading, options) for given in inputs]
    opened = [each if isinstance(each, AnymediaError) else await _opened(client, each) for each in readies]
    made = await outcomes(client, opened, max_concurrent)
    told = (
        _told(outcome, ready, reading) if isinstance(outcome, Result) and isinstance(ready, Ready) else outcome
        for outcome, ready in zip(made, readies, strict=True)
    )
    return Batch(operation=DescribeRequest.operation, outcomes=tuple(told))


async def _prepared(
    client: AsyncClient, prompt: str | None, given: Mapping[str, Json], reading: Reading, options: Options
) -> Ready | AnymediaError:
    try:
        return await prepared(client, prompt, given, reading, options)
    except AnymediaError as error:
        return error


async def _opened(client: AsyncClient, ready: Ready) -> Opened | AnymediaError:
    try:
        job_id = (await client.open(ready.request, ready.options)).job_id
        return Opened(request=ready.request, options=ready.options, job_id=job_id)
    except AnymediaError as error:
        return advised(error, ready.shown)


# --- One question -----------------------------------------------------------------------------------------------


async def prepared(
    client: AsyncClient,
    prompt: str | None,
    given: Mapping[str, Json],
    reading: Reading,
    options: Options | None = None,
) -> Ready:
    """Read the files of a question and make them fit. Sends nothing. Raise a `UsageError`.

    What `given` does not say, `prompt` and `reading` do. Without `options` those in `reading` count.
    """
    common = {"prompt": prompt, "continue_from": reading.parameters.get("continue_from")}
    options = options_from(reading.parameters) if options is None else options
    question = await asyncio.to_thread(question_from, {**common, **given}, client.desk.fence(options))
    adapt = bool(client.configuration.settings.adapt if options.adapt is None else options.adapt)
    shown, changes = await _with_frames(client, question, reading, adapt=adapt)
    request = await _request(question, shown, reading)
    if adapt:
        shown = await adapted(client, request, options, shown)
        request = await _request(question, shown, reading)
    changes += tuple(change for each in shown for change in each.adjustments)
    return Ready(request=request, options=replace(options, adjustments=changes), shown=shown)


async def _with_frames(
    client: AsyncClient, question: Question, reading: Reading, *, adapt: bool
) -> tuple[tuple[Shown, ...], tuple[Adjustment, ...]]:
    """The files, with the frames that were asked for in the place of each film."""
    wanted, instead = frames_from(reading.frames, reading.max_frames, adapt=adapt)
    if wanted is None:
        return tuple(map(as_it_is, question.files)), ()
    if not any(map(is_film, question.files)):
        raise InvalidParameter("`frames` are drawn from films, and there is none among the files.")
    asked = f"frames={reading.frames!r} was asked for"
    shown = [
        await with_frames(client, each, wanted, why=asked) if is_film(each) else as_it_is(each)
        for each in question.files
    ]
    why = "the most for one film"
    changed = () if instead is None else (Adjustment(field="frames", asked=reading.frames, got=instead, why=why),)
    return tuple(shown), changed


async def _request(question: Question, shown: Sequence[Shown], reading: Reading) -> DescribeRequest:
    prompt = QUESTION if reading.review and question.prompt is None else question.prompt
    parameters = {**reading.parameters, "continue_from": question.continue_from}
    if reading.review:
        own = typed("instructions", parameters.get("instructions"), str)
        parameters["instructions"] = review_instructions([each.medium for each in question.files], own)
    files = [file for each in shown for file in each.files]
    words = None if prompt is None else with_names(prompt, shown)
    media = {"media": files} if files else {}
    request, _ = await asyncio.to_thread(request_from, DescribeRequest, words, {**parameters, **media})
    assert isinstance(request, DescribeRequest)
    return request


def with_names(prompt: str, shown: Sequence[Shown]) -> str:
    """The question after a list of the files, where they have names or are frames of a film."""
    if not any(each.of.name is not None or each.seconds for each in shown):
        return prompt
    lines, number = ["The files, in their order:"], 1
    for each in shown:
        last = number + len(each.files) - 1
        places = f"{number}" if last == number else f"{number} to {last}"
        lines.append(f"{places}: {_said_of(each)}")
        number = last + 1
    return "\n".join((*lines, "", prompt))


def _said_of(shown: Shown) -> str:
    path = shown.of.file.path
    name = shown.of.name or ("without a name" if path is None else path.name)
    if not shown.seconds:
        return name
    return f"{name}, a film, as frames at {', '.join(f'{at:.1f}' for at in shown.seconds)} seconds"


def _told(result: Result, ready: Ready, reading: Reading) -> Result:
    """The result, with who watched a film itself, and the findings of a review."""
    if any(is_film(each.of) and not each.seconds for each in ready.shown):
        native = f"native: {result.backend}:{result.model} is sent the film itself"
        result = replace(result, why=(*result.why, native))
    return reviewed(result) if reading.review else result


# --- The public functions ---------------------------------------------------------------------------------------


@overload
async def aread_media(
    prompt: str | None = None,
    *,
    files: FilesInput,
    review: bool = ...,
    frames: int | str | None = ...,
    max_frames: int | None = ...,
    **parameters: Unpack[DescribeParameters],
) -> Result: ...
@overload
async def aread_media(
    prompt: str | None = None,
    *,
    inputs: InputsInput,
    max_concurrent: int = ...,
    review: bool = ...,
    frames: int | str | None = ...,
    max_frames: int | None = ...,
    **parameters: Unpack[DescribeParameters],
) -> Batch: ...
@overload
async def aread_media(
    prompt: str | None = None,
    *,
    file_paths: FilesInput | None = ...,
    review: bool = ...,
    frames: int | str | None = ...,
    max_frames: int | None = ...,
    **parameters: Unpack[DescribeParameters],
) -> Result: ...
async def aread_media(
    prompt: str | None = None,
    *,
    files: Json = None,
    file_paths: Json = None,
    inputs: Json = None,
    max_concurrent: int = MOST_AT_ONCE,
    review: bool = False,
    frames: Json = None,
    max_frames: Json = None,
    **parameters: Json,
) -> Result | Batch:
    """Answer a question about files; the coroutine of `read_media`."""
    from .client import AsyncClient

    async with AsyncClient() as client:
        return await read(
            client,
            prompt,
            files=files,
            file_paths=file_paths,
            inputs=inputs,
            max_concurrent=max_concurrent,
            reading=Reading(parameters=parameters, review=review, frames=frames, max_frames=max_frames),
        )


@overload
def read_media(
    prompt: str | None = None,
    *,
    files: FilesInput,
    review: bool = ...,
    frames: int | str | None = ...,
    max_frames: int | None = ...,
    **parameters: Unpack[DescribeParameters],
) -> Result: ...
@overload
def read_media(
    prompt: str | None = None,
    *,
    inputs: InputsInput,
    max_concurrent: int = ...,
    review: bool = ...,
    frames: int | str | None = ...,
    max_frames: int | None = ...,
    **parameters: Unpack[DescribeParameters],
) -> Batch: ...
@overload
def read_media(
    prompt: str | None = None,
    *,
    file_paths: FilesInput | None = ...,
    review: bool = ...,
    frames: int | str | None = ...,
    max_frames: int | None = ...,
    **parameters: Unpack[DescribeParameters],
) -> Result: ...
def read_media(
    prompt: str | None = None,
    *,
    files: Json = None,
    file_paths: Json = None,
    inputs: Json = None,
    max_concurrent: int = MOST_AT_ONCE,
    review: bool = False,
    frames: Json = None,
    max_frames: Json = None,
    **parameters: Json,
) -> Result | Batch:
    """Answer a question about pictures, recordings, films or documents, in words: `result.text`.

    `files` are one file, several, or several by name: `{"before": "a.png", "after": "b.png"}`; the names stand before
    the question. A follow-up has `continue_from`, the `continuation_id` of an answer that was asked for with
    `continuable=True`, and needs no files. `inputs` are questions of their own, `[{"files": ..., "prompt": ...}, ...]`
    or the same as JSON text, and give a `Batch` with a `Result` or the error for each, in order.

    `frames` sends frames of a film in its place: how many, `"2 per second"`, `"every 5 seconds"` or `"scenes"`, at most
    `max_frames` of each film (30, and 60 at most). With `adapt=True` a film becomes frames for a model that watches
    none, and a picture that is too large is made smaller; `adjustments` says so. `review=True` asks for what is wrong
    with the files: `result.findings`.

    Runs on a background event loop of its own. In a coroutine, use `aread_media`.
    """
    from .sync_client import default_client

    client = default_client()
    return client.run(
        read(
            client.asynchronous,
            prompt,
            files=files,
            file_paths=file_paths,
            inputs=inputs,
            max_concurrent=max_concurrent,
            reading=Reading(parameters=parameters, review=review, frames=frames, max_frames=max_frames),
        )
    )
