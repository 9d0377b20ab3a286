"""A text parameter whose values have a shape: one of a few options, or what a pattern matches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ..media import Json


@dataclass(frozen=True, kw_only=True)
class ShapedText:
    """One of `options`, or text that `pattern` matches whole. `means` is such a text in words, `such_as` examples.

    `in_any_case`: the options are names that `encode` finds however they are written.
    """

    pattern: str
    means: str
    such_as: tuple[str, ...]
    options: tuple[str, ...] = ()
    in_any_case: bool = False

    def problem_with(self, value: Json) -> str | None:
        fits = isinstance(value, str) and (self.is_option(value) or re.fullmatch(self.pattern, value) is not None)
        return None if fits else f"must be {self.describe()}"

    def is_option(self, value: Json) -> bool:
        """Whether the value is one of the options, in the case that is asked for."""
        return value in self.options or (self.in_any_case and str(value).lower() in map(str.lower, self.options))

    def describe(self) -> str:
        means = f"{self.means}, such as {self.such_as[0]}"
        return f"one of {', '.join(self.options)}, or {means}" if self.options else means

    def nearest(self, value: Json) -> Json:
        same = (name for name in self.options if name.lower() == str(value).lower())
        return next(same, next(iter(get_close_matches(str(value), self.options, n=1)), None))

    def valid_examples(self) -> Sequence[Json]:
        return (*self.options, *self.such_as)

    def invalid_examples(self) -> Sequence[Json]:
        return ("", "not of this shape!", 7)

    def schema(self) -> dict[str, Json]:
        shape = {"type": "string", "pattern": f"^(?:{self.pattern})$"}
        return {"anyOf": [{"enum": list(self.options)}, shape]} if self.options else shape
