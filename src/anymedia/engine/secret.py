"""Keeps keys out of what people and programs are shown of our variables: in tracebacks, debuggers and logs."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from typing import NoReturn, TypeVar

from .redaction import REDACTOR, fingerprint

E = TypeVar("E", bound=BaseException)


class Secret:
    """A key or a token. Whatever shows it shows its fingerprint; only `reveal` gives it, where the header is made."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        REDACTOR.hide([value])
        self._value = value

    def reveal(self) -> str:
        return self._value

    @property
    def fingerprint(self) -> str:
        return fingerprint(self._value)

    def __repr__(self) -> str:
        return f"Secret({self.fingerprint})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not pickled.")


class Discreet(Mapping[str, str]):
    """The same mapping, such as an environment. Whatever shows it shows its names."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values: Mapping[str, str] = values._values if isinstance(values, Discreet) else values

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Discreet({', '.join(sorted(self._values))})"


def without_frames(error: E) -> E:
    """The same error without where it came from: the variables of a library's frames hold the key it was given."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
