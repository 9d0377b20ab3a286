"""What was asked for against what came, as the files themselves tell it. Only another medium is no result at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..media import Json, MediaFile, Spilled
from ..operations import OPERATIONS
from .landing import same_kind
from .ledger import Row
from .placing import ENDINGS

SECONDS = 0.5
"""A film ends with a whole frame, and compressed sound with a whole block: nobody can cut them to the millisecond."""
SHAPE = 0.05
"""Sides come in blocks of up to 64 pixels, so that a shape is seldom exact; between 4:3 and 5:4 lie 6 in a hundred."""
_RATIO = re.compile(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)")
_FOLLOWS_ANOTHER = ("video", "continue_from", "extend", "upscale")
"""With one of these the length of another film counts too, or alone."""


def with_medium_checked(row: Row, output: Spilled) -> Spilled:
    """The output, with its problem if it is of another medium than the operation makes.

    A film may be what sound was asked for in: dubbing gives back films. An animated picture may be a film.
    """
    makes, came = OPERATIONS[row["operation"]].makes, output.media_type.partition("/")[0]
    moves = came == "image" and output.duration is not None
    fits = came == makes or makes == "text" or (makes == "audio" and came == "video") or (makes == "video" and moves)
    if output.problem is not None or fits:
        return output
    return replace(output, problem=f"it is {output.media_type}, and {makes} was asked for")


def differences(row: Row, files: Sequence[MediaFile], missing: int) -> list[str]:
    """A sentence for each thing that is not as asked for. `missing` outputs are told of already."""
    asked = json.loads(row["request"])
    wanted, came = asked.get("n"), len(files) + missing
    found = [] if wanted is None or came == wanted else [f"Asked for {wanted} outputs, got {came}."]
    if OPERATIONS[row["operation"]].makes == "text":
        return found
    if json.loads(row["output"])["name"] is not None:
        asked.pop("output_format", None)  # the file's own name says it, and landing tells of another
    for number, file in enumerate(files, 1):
        which = f"Output {number}: asked for" if len(files) > 1 else "Asked for"
        found += [f"{which} {wanted}, got {got}." for wanted, got in _of_file(asked, file)]
    return found


def _of_file(asked: Json, file: MediaFile) -> Iterator[tuple[str, str]]:
    size = None if file.width is None or file.height is None else (file.width, file.height)
    if size is not None and asked.get("size") is not None and tuple(asked["size"]) != size:
        yield _pixels(asked["size"]), _pixels(size)
    if size is not None and not _has_shape(size, asked.get("aspect_ratio")):
        yield asked["aspect_ratio"], _pixels(size)
    seconds = None if any(asked.get(name) is not None for name in _FOLLOWS_ANOTHER) else asked.get("duration")
    if seconds is not None and file.duration is not None and abs(file.duration - seconds) > SECONDS:
        yield f"{seconds:g} seconds", f"{file.duration:.1f}"
    ending = ENDINGS.get(asked.get("output_format") or "")
    if ending is not None and file.path is not None and not same_kind(ending, file.path.suffix):
        yield asked["output_format"], file.media_type


def _pixels(size: Sequence[int]) -> str:
    return "x".join(map(str, size))


def _has_shape(size: tuple[int, int], aspect_ratio: str | None) -> bool:
    """Whether the sides stand about so to each other; words such as `auto` are true of every shape."""
    sides = None if aspect_ratio is None else _RATIO.fullmatch(aspect_ratio)
    if sides is None or not float(sides[1]) or not float(sides[2]):
        return True
    wanted = float(sides[1]) / float(sides[2])
    return abs(size[0] / size[1] - wanted) <= SHAPE * wanted
