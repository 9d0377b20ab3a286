"""Makes the files of a question fit a model: frames of films, smaller pictures. Says of each what became of it.

Nothing of it happens unasked: frames are drawn where `frames` or `adapt` says so, pictures shrunk where `adapt` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .engine.frames import EXTRA, NEEDS, Drawn, Frames, NotDrawn, Shrunk, TooManyFrames, draw_frames, shrink_picture
from .engine.plan import missing_packages
from .engine.workers import Workers
from .errors import AnymediaError, InvalidInput, InvalidParameter, MissingDependency
from .media import Json, MediaFile, readable_size
from .reading_asked import MOST_FRAMES, USUAL_FRAMES, Named
from .results import Adjustment
from .spec.constraints import Files
from .spec.wire import compute

if TYPE_CHECKING:
    from .client import AsyncClient
    from .desk import Options
    from .operations import DescribeRequest
    from .selection import Candidate

JPEG = "image/jpeg"
BY_LEAVE = Frames(every=1.0, at_most=USUAL_FRAMES, capped=True)
"""What is drawn by `adapt` for a model that watches no films."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One file of a question as it will be sent: itself, a smaller picture, or frames at so many seconds."""

    of: Named
    files: tuple[MediaFile, ...]
    seconds: tuple[float, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()


def as_it_is(named: Named) -> Shown:
    return Shown(of=named, files=(named.file,))


def is_film(named: Named) -> bool:
    return named.medium == "video"


# --- Frames -----------------------------------------------------------------------------------------------------


async def with_frames(client: AsyncClient, named: Named, wanted: Frames, *, why: str) -> Shown:
    """A film as frames. Raise `InvalidParameter` for too many, `InvalidInput` for a film that gives none."""
    _check_installed("Drawing frames")
    called = _called(named)
    try:
        drawn: Drawn = await _computed(client, draw_frames, film=_source(named.file), wanted=wanted)
    except TooManyFrames as error:
        raise _too_many(called, int(error.args[0]), wanted.at_most) from None
    except NotDrawn as error:
        raise InvalidInput(f"No frames can be drawn from {called}: {error}.", next="Pass pictures of it.") from None
    return Shown(
        of=named,
        files=tuple(MediaFile(media_type=JPEG, data=each.jpeg, size=len(each.jpeg)) for each in drawn.frames),
        seconds=tuple(each.seconds for each in drawn.frames),
        adjustments=tuple(_of_frames(called, named, drawn, why)),
    )


def _too_many(called: str, number: int, most: int) -> InvalidParameter:
    larger = f"`max_frames` up to {MOST_FRAMES}, " if number > most < MOST_FRAMES else ""
    return InvalidParameter(
        f"`frames` asks for {number} frames of {called}, over {most}.",
        next=f"Ask for fewer, {larger}or let {most} be spread over the film with adapt=True.",
    )


def _of_frames(called: str, named: Named, drawn: Drawn, why: str) -> Iterable[Adjustment]:
    first, last = drawn.frames[0].seconds, drawn.frames[-1].seconds
    came = f"{len(drawn.frames)} frames from second {first:.1f} to {last:.1f}"
    yield Adjustment(field="media", asked=f"{called} {named.file.summary}", got=came, why=why)
    if drawn.remark is not None:
        yield Adjustment(field="frames", asked="scenes", got=f"{len(drawn.frames)} frames", why=drawn.remark)
    if len(drawn.frames) < drawn.wanted:
        asked, got = f"{drawn.wanted} frames", f"{len(drawn.frames)} frames"
        yield Adjustment(field="frames", asked=asked, got=got, why="the most for one film, or all that there are")


# --- What a model takes -----------------------------------------------------------------------------------------


async def adapted(
    client: AsyncClient, request: DescribeRequest, options: Options, shown: Sequence[Shown]
) -> tuple[Shown, ...]:
    """The files as the first model takes them that could serve the request but for them.

    They stay as they are where a model takes them so, and where nothing helps: then the refusal says why.
    """
    pinned = await _pinned(client, request, options)
    found = client.desk.candidates(replace(request, continue_from=None), pinned)
    if not found or any(not candidate.why_not for candidate in found):
        return tuple(shown)
    for candidate in filter(_could, found):
        fitted = await _fitted(client, candidate, shown)
        changed: dict[str, Json] = {"media": tuple(file for each in fitted for file in each.files)}
        if not candidate.model.problems_with(replace(candidate.request, **changed)):
            return fitted
    return tuple(shown)


async def _pinned(client: AsyncClient, request: DescribeRequest, options: Options) -> Options:
    if request.continue_from is None:
        return options
    kept = await client.desk.continuation(request.continue_from)
    return replace(options, backend=kept.backend, model=kept.model)


def _could(candidate: Candidate) -> bool:
    """Whether nothing but its files is against it."""
    return candidate.why_not == candidate.problems and all("`media`" in problem for problem in candidate.problems)


async def _fitted(client: AsyncClient, candidate: Candidate, shown: Sequence[Shown]) -> tuple[Shown, ...]:
    param = candidate.model.params.get("media")
    if param is None or not isinstance(param.allows, Files) or JPEG not in param.allows.media_types:
        return tuple(shown)
    return tuple([await _fitted_one(client, candidate.name, param.allows, each) for each in shown])


async def _fitted_one(client: AsyncClient, name: str, allows: Files, each: Shown) -> Shown:
    (file, *more) = each.files
    if more or (problem := allows.problem_with((file,))) is None:
        return each
    if is_film(each.of) and file.media_type not in allows.media_types:
        return await with_frames(client, each.of, BY_LEAVE, why=f"{name} watches no films of this kind")
    if file.media_type.startswith("image/"):
        return await _smaller(client, each, allows.bytes_each, why=f"{name}: `media` {problem}")
    return each


async def _smaller(client: AsyncClient, each: Shown, at_most: int, *, why: str) -> Shown:
    _check_installed("Making a picture smaller")
    (file,) = each.files
    try:
        shrunk: Shrunk = await _computed(client, shrink_picture, picture=_source(file), at_most=at_most)
    except NotDrawn:
        return each
    smaller = MediaFile(media_type=JPEG, data=shrunk.jpeg, size=len(shrunk.jpeg))
    change = Adjustment(
        field="media",
        asked=f"{_called(each.of)} {_measure(file, shrunk.before)}",
        got=_measure(smaller, shrunk.after),
        why=why,
    )
    return replace(each, files=(smaller,), adjustments=(*each.adjustments, change))


def _measure(file: MediaFile, size: tuple[int, int]) -> str:
    return f"{file.media_type} {size[0]}x{size[1]} {readable_size(file.size or 0)}"


# --- Common to both ---------------------------------------------------------------------------------------------


def advised(error: AnymediaError, shown: Sequence[Shown]) -> AnymediaError:
    """The refusal of a file, with what can be done about it."""
    if error.charged != "no" or error.job_id is not None or "`media`" not in error.message:
        return error
    if any(map(is_film, (each.of for each in shown if not each.seconds))):
        advice = "frames=10 sends frames of the film instead, adapt=True does so where a model watches none."
    elif "bytes" in error.message:
        advice = "With adapt=True a picture that is too large is made smaller."
    else:
        return error
    error.next = f"{error.next} {advice}" if error.next else advice
    return error


async def _computed(client: AsyncClient, function: Callable[..., Json], **arguments: Json) -> Json:
    """What a function returns, called in a worker process that lives no longer. There is no job yet."""
    workers = Workers(processes=1)
    try:
        work = compute(function, where="process", **arguments)
        return await workers.run(work, client.desk.ledger.home / "scratch", progress=lambda fraction: None)
    except (TooManyFrames, NotDrawn):
        raise
    except Exception as error:
        # Whatever a library raises about a hostile file, or the end of the process, which it may bring down.
        raise NotDrawn(f"{type(error).__name__}: {error}") from error
    finally:
        await workers.close()


def _called(named: Named) -> str:
    if named.name is not None:
        return named.name
    return "the file" if named.file.path is None else named.file.path.name


def _source(file: MediaFile) -> Json:
    """What a worker process opens: a path, or the bytes themselves."""
    return file.data if file.path is None else str(file.path)


def _check_installed(what: str) -> None:
    install = missing_packages(NEEDS, EXTRA)
    if install is not None:
        raise MissingDependency(f"{what} needs packages that are not installed.", next=f"Run: {install}")
