"""Makes the values of arguments.jsonl that JSON cannot write: numbers that are none, bytes, cycles, hostile objects."""

from __future__ import annotations

import array
import datetime
import decimal
import fractions
import pathlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from corpus import Row

BIG = 10 * 2**20


def refuse(*arguments: object) -> NoReturn:
    raise RuntimeError("this object answers nothing")


class Mute:
    """An object that cannot be shown, hashed or compared."""

    __repr__ = __str__ = __eq__ = __hash__ = __format__ = __bool__ = __len__ = __iter__ = __fspath__ = refuse


class MuteText(str):
    """Text that cannot be shown."""

    __repr__ = __str__ = __format__ = refuse  # type: ignore[assignment]


class MutePath:
    """A path that does not say which."""

    __fspath__ = refuse


class PathOfBytes:
    """A path in bytes, which is allowed to be one."""

    def __fspath__(self) -> bytes:
        return b"fox\xff.png"


class PathOfNumbers:
    """A path that is none."""

    def __fspath__(self) -> int:
        return 7


class Chatty:
    """An object whose name is long and speaks to the terminal."""

    def __repr__(self) -> str:
        return "\x1b[31m" + "x" * BIG


class Endless(Mapping[str, Any]):
    """An object that never runs out of keys."""

    def __getitem__(self, name: str) -> Any:
        return self

    def __iter__(self) -> Iterator[str]:
        yield from map(str, range(10**9))

    def __len__(self) -> int:
        return 10**9


class Whole(int):
    """A number that counts as one."""

    def __repr__(self) -> str:
        return "seven"


def cyclic_list() -> list[Any]:
    inner: list[Any] = []
    inner.append(inner)
    return inner


def cyclic_object() -> dict[str, Any]:
    inner: dict[str, Any] = {}
    inner["openai"] = {"user": inner}
    return inner


def deep_list() -> list[Any]:
    outer: list[Any] = []
    for _ in range(100_000):
        outer = [outer]
    return outer


def deep_options() -> dict[str, Any]:
    return {"openai": {"user": deep_list()}}


MAKERS: dict[str, Callable[[], Any]] = {
    "not a number": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "minus infinity": lambda: float("-inf"),
    "whole of 5000 digits": lambda: 10**5000,
    "minus zero": lambda: -0.0,
    "complex": lambda: 1 + 2j,
    "decimal that is none": lambda: decimal.Decimal("sNaN"),
    "decimal": lambda: decimal.Decimal("1E+999999"),
    "fraction": lambda: fractions.Fraction(1, 3),
    "bytes": lambda: b"\x00\xff",
    "no bytes": lambda: b"",
    "10 MB of bytes": lambda: b"x" * BIG,
    "byte array": lambda: bytearray(b"fox"),
    "memory": lambda: memoryview(b"fox"),
    "array": lambda: array.array("d", [1.0]),
    "cyclic list": cyclic_list,
    "cyclic object": cyclic_object,
    "deep list": deep_list,
    "deep options": deep_options,
    "set": lambda: {1, 2},
    "generator": lambda: (each for each in "fox"),
    "range": lambda: range(10**9),
    "function": lambda: refuse,
    "type": lambda: int,
    "module": lambda: pathlib,
    "exception": lambda: ValueError("fox"),
    "lock": threading.Lock,
    "day": lambda: datetime.date(2026, 11, 23),
    "ellipsis": lambda: ...,
    "mute object": Mute,
    "mute text": lambda: MuteText("fox"),
    "mute path": MutePath,
    "path of bytes": PathOfBytes,
    "path of numbers": PathOfNumbers,
    "chatty object": Chatty,
    "list of mutes": lambda: [Mute(), Mute()],
    "endless object": Endless,
    "number with a name": lambda: Whole(7),
    "path": lambda: pathlib.Path("missing.png"),
    "path with a zero byte": lambda: pathlib.Path("a\0.png"),
}


def value_of(row: Row) -> Any:
    """The value of an entry, made anew."""
    return MAKERS[row["make"]]() if "make" in row else row["value"]
