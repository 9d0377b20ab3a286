"""What a parameter may be.

A constraint checks a value, describes itself, names the nearest allowed value, and gives valid and invalid
examples. Selection, the command line, tool schemas, documentation and the conformance tests all read it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from ..media import Json, MediaFile
from ..operations import Size


class Constraint(Protocol):
    def problem_with(self, value: Json) -> str | None:
        """Say what is wrong with `value` as the end of a sentence (`must be ...`), or return `None`."""

    def describe(self) -> str:
        """The allowed values in a few words."""

    def nearest(self, value: Json) -> Json:
        """The allowed value closest to `value`, or `None` if there is no sensible one."""

    def valid_examples(self) -> Sequence[Json]: ...

    def invalid_examples(self) -> Sequence[Json]: ...

    def schema(self) -> dict[str, Json]:
        """The constraint as JSON Schema, for tool schemas."""


@dataclass(frozen=True)
class OneOf:
    """One of a few values. Sizes are (width, height)."""

    options: tuple[Json, ...]

    def problem_with(self, value: Json) -> str | None:
        known = any(option == value and type(option) is type(value) for option in self.options) or (
            _is_number(value) and any(_is_number(option) and option == value for option in self.options)
        )
        return None if known else f"must be one of {self.describe()}"

    def describe(self) -> str:
        return ", ".join(shown(option) for option in self.options)

    def nearest(self, value: Json) -> Json:
        if _is_number(value):
            numbers = [option for option in self.options if _is_number(option)]
            return min(numbers, key=lambda option: (abs(option - value), option), default=None)
        if isinstance(value, tuple):
            sizes = [option for option in self.options if isinstance(option, tuple)]
            return min(sizes, key=lambda option: _distance(option, value), default=None)
        return next((option for option in self.options if str(option).lower() == str(value).lower()), None)

    def valid_examples(self) -> Sequence[Json]:
        return self.options

    def invalid_examples(self) -> Sequence[Json]:
        if all(_is_number(option) for option in self.options):
            return (max(self.options) + 1,)
        if all(isinstance(option, tuple) for option in self.options):
            return ((17, 17),)
        return ("not-an-option",)

    def schema(self) -> dict[str, Json]:
        return {"enum": [shown(option) if isinstance(option, tuple) else option for option in self.options]}


def one_of(*options: Json) -> OneOf:
    return OneOf(options)


@dataclass(frozen=True)
class Between:
    """A number from `low` to `high`, both allowed; a whole number when both ends are `int`. `step` is its grain."""

    low: float
    high: float
    step: float | None = None

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    def problem_with(self, value: Json) -> str | None:
        fits = _is_number(value) and self.low <= value <= self.high and (isinstance(value, int) or not self.whole)
        return None if fits and self._is_on_step(value) else f"must be {self.describe()}"

    def _is_on_step(self, value: float) -> bool:
        return self.step is None or abs(value / self.step - round(value / self.step)) < 1e-6

    def describe(self) -> str:
        steps = "" if self.step is None else f" in steps of {_number(self.step)}"
        return f"a {'whole ' if self.whole else ''}number from {_number(self.low)} to {_number(self.high)}{steps}"

    def nearest(self, value: Json) -> Json:
        if not _is_number(value):
            return None
        clamped = min(max(value, self.low), self.high)
        if self.step is not None:
            clamped = round(round(clamped / self.step) * self.step, 9)
        return round(clamped) if self.whole else clamped

    def valid_examples(self) -> Sequence[Json]:
        return (self.low, self.high)

    def invalid_examples(self) -> Sequence[Json]:
        return (self.low - 1, self.high + 1, "three")

    def schema(self) -> dict[str, Json]:
        steps = {} if self.step is None else {"multipleOf": self.step}
        return {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high, **steps}


@dataclass(frozen=True)
class TextUpTo:
    """Text of 1 to `characters` characters that is not only white space."""

    characters: int

    def problem_with(self, value: Json) -> str | None:
        if not isinstance(value, str):
            return "must be text"
        if not value.strip():
            return "must not be empty"
        if not is_text(value):
            return "must be valid Unicode; it holds half of a surrogate pair"
        return None if len(value) <= self.characters else f"must be {self.describe()}, got {len(value):,}"

    def describe(self) -> str:
        return f"text of up to {self.characters:,} characters"

    def nearest(self, value: Json) -> Json:
        return None

    def valid_examples(self) -> Sequence[Json]:
        return ("a red fox in snow"[: self.characters], "rain on a tin roof"[: self.characters])

    def invalid_examples(self) -> Sequence[Json]:
        return ("", "   ", "x" * (self.characters + 1))

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "minLength": 1, "maxLength": self.characters}


def is_text(value: str) -> bool:
    """Whether a string can be written down at all."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True)
class AnyValue:
    """Any value of one type; the provider alone knows more."""

    type: type[str] | type[bool]

    def problem_with(self, value: Json) -> str | None:
        fits = isinstance(value, self.type) and (not isinstance(value, str) or is_text(value))
        return None if fits else f"must be {self.describe()}"

    def describe(self) -> str:
        return "true or false" if self.type is bool else "text"

    def nearest(self, value: Json) -> Json:
        return None

    def valid_examples(self) -> Sequence[Json]:
        return (True, False) if self.type is bool else ("one", "another")

    def invalid_examples(self) -> Sequence[Json]:
        return (7,)

    def schema(self) -> dict[str, Json]:
        return {"type": "boolean" if self.type is bool else "string"}


@dataclass(frozen=True, kw_only=True)
class Pixels:
    """A (width, height) pair. `most` and `least` are pixels in all, `shape` the longer side over the shorter."""

    least: int
    most: int
    multiple_of: int = 1
    longest: int = 16384
    shape: float = 100.0

    def problem_with(self, value: Json) -> str | None:
        if not _is_size(value):
            return "must be width x height, such as 1024x768"
        return None if self._fits(value) else f"must be {self.describe()}"

    def _fits(self, size: Size) -> bool:
        width, height = size
        return (
            min(size) > 0
            and self.least <= width * height <= self.most
            and max(size) <= self.longest
            and max(size) <= self.shape * min(size)
            and not width % self.multiple_of
            and not height % self.multiple_of
        )

    def describe(self) -> str:
        parts = [f"width x height of {self.least:,} to {self.most:,} pixels in all"]
        if self.multiple_of > 1:
            parts.append(f"both multiples of {self.multiple_of}")
        if self.longest < self.most:
            parts.append(f"neither over {self.longest}")
        if self.shape < 100:
            parts.append(f"the longer side at most {_number(self.shape)} times the shorter")
        return ", ".join(parts)

    def nearest(self, value: Json) -> Json:
        if not _is_size(value) or min(value) <= 0:
            return None
        wanted = self._within(*(float(min(side, 10**9)) for side in value))
        widths, heights = (_multiples_around(side, self.multiple_of) for side in wanted)
        found = [size for size in product(widths, heights) if self._fits(size)]
        return min(found, key=lambda size: _unlikeness(size, wanted), default=None)  # of two alike, the smaller

    def _within(self, width: float, height: float) -> tuple[float, float]:
        """The size with as much of its shape and area as is allowed, in fractions of pixels."""
        shape = min(max(width / height, 1 / self.shape), self.shape)
        area = min(max(width * height, self.least), self.most)
        longer_side = max(shape, 1 / shape)
        area = min(area, self.longest**2 / longer_side)
        return (area * shape) ** 0.5, (area / shape) ** 0.5

    def valid_examples(self) -> Sequence[Json]:
        found = (self.nearest((1024, 1024)), self.nearest((1280, 768)), self.nearest((64, 64)))
        return tuple(size for size in found if size is not None)

    def invalid_examples(self) -> Sequence[Json]:
        return ((self.longest * 2, self.multiple_of), (0, 64), (-64, 64))

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": "^[0-9]+x[0-9]+$", "description": self.describe()}


@dataclass(frozen=True, kw_only=True)
class AspectRatio:
    """Any `width:height` whose longer side is at most `shape` times the shorter."""

    shape: float

    def problem_with(self, value: Json) -> str | None:
        sides = aspect_sides(value)
        fits = sides is not None and max(sides) <= self.shape * min(sides)
        return None if fits else f"must be {self.describe()}"

    def describe(self) -> str:
        return f"width:height such as 16:9, at most {_number(self.shape)}:1 either way"

    def nearest(self, value: Json) -> Json:
        sides = aspect_sides(value)
        if sides is None:
            return None
        return f"{_number(self.shape)}:1" if sides[0] > sides[1] else f"1:{_number(self.shape)}"

    def valid_examples(self) -> Sequence[Json]:
        return ("16:9", "1:1", "3:4")

    def invalid_examples(self) -> Sequence[Json]:
        return ("wide", "0:1", f"{_number(self.shape * 2)}:1")

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": "^[0-9.]+:[0-9.]+$"}


def aspect_sides(value: Json) -> tuple[float, float] | None:
    """Read `16:9` as (16.0, 9.0), or return `None` if that is not what it is."""
    width, colon, height = value.partition(":") if isinstance(value, str) else ("", "", "")
    try:
        sides = (float(width), float(height))
    except ValueError:
        return None
    return sides if colon and all(0 < side < 100_000 for side in sides) else None


@dataclass(frozen=True, kw_only=True)
class Files:
    """From one to `at_most` files of these media types, each at most `bytes_each` long."""

    media_types: tuple[str, ...]
    at_most: int
    bytes_each: int

    def problem_with(self, value: Json) -> str | None:
        if not isinstance(value, tuple) or not value or not all(isinstance(file, MediaFile) for file in value):
            return "must be one or more files"
        if len(value) > self.at_most:
            return f"must be {self.describe()}, got {len(value)} files"
        return next((problem for file in value if (problem := self._problem_with_one(file))), None)

    def _problem_with_one(self, file: MediaFile) -> str | None:
        if file.media_type not in self.media_types:
            return f"must be {self.describe()}, got {file.media_type}"
        too_big = file.size is not None and file.size > self.bytes_each
        return f"must be {self.describe()}, got {file.size:,} bytes" if too_big else None

    def describe(self) -> str:
        count = "one file" if self.at_most == 1 else f"up to {self.at_most} files"
        return f"{count} of {', '.join(self.media_types)}, at most {self.bytes_each / 10**6:g} MB each"

    def nearest(self, value: Json) -> Json:
        return None

    def valid_examples(self) -> Sequence[Json]:
        return tuple((example_file(media_type),) for media_type in self.media_types)

    def invalid_examples(self) -> Sequence[Json]:
        one = example_file(self.media_types[0])
        return ((one,) * (self.at_most + 1), (example_file(_STRANGE),))

    def schema(self) -> dict[str, Json]:
        return {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": self.at_most}


@dataclass(frozen=True, kw_only=True)
class OneFile:
    """One file of these media types, at most `bytes_each` long."""

    media_types: tuple[str, ...]
    bytes_each: int

    @property
    def _as_files(self) -> Files:
        return Files(media_types=self.media_types, at_most=1, bytes_each=self.bytes_each)

    def problem_with(self, value: Json) -> str | None:
        return self._as_files.problem_with((value,))

    def describe(self) -> str:
        return self._as_files.describe()

    def nearest(self, value: Json) -> Json:
        return None

    def valid_examples(self) -> Sequence[Json]:
        return tuple(example_file(media_type) for media_type in self.media_types)

    def invalid_examples(self) -> Sequence[Json]:
        return (example_file(_STRANGE),)

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "description": "path of a file"}


_STRANGE = "application/x-something-else"
"""A media type that no provider takes."""


def example_file(media_type: str) -> MediaFile:
    """A tiny real file where the standard library can write one (PNG), else a stand-in of the media type."""
    content = _one_pixel_png() if media_type == "image/png" else b"example of " + media_type.encode()
    return MediaFile(media_type=media_type, data=content, size=len(content))


def _one_pixel_png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\x00\xff\x80\x00")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_size(value: Json) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(type(side) is int for side in value)


def _distance(option: Size, size: Size) -> float:
    """How unlike two sizes are: shape first, then area."""
    shape = abs(option[0] / option[1] - size[0] / max(size[1], 1))
    return shape * 1000 + abs(option[0] * option[1] - size[0] * size[1]) / 10**6


def _unlikeness(option: Size, wanted: tuple[float, float]) -> float:
    """How unlike two sizes are, in sides and shape, as a share of what is wanted."""
    width, height = ((side - other) / other for side, other in zip(option, wanted, strict=True))
    return abs(width) + abs(height) + abs(width - height)


def _multiples_around(side: float, step: int) -> Sequence[int]:
    """Two multiples on either side of a length."""
    below = int(side // step)
    return [number * step for number in range(max(1, below - 1), below + 3)]


def shown(value: Json) -> str:
    """A value as users write it: `1024x768`, `true`, `png`."""
    if isinstance(value, tuple):
        return "x".join(str(side) for side in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
