"""What a request costs: the worst case before it is sent, and the truth afterwards. Amounts are US dollars.

Every price names its source and the day it was checked. An unknown price is `None`, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal
from math import ceil
from typing import Literal, Protocol

from ..media import Json, MediaFile
from ..operations import Request

Unit = Literal["image", "second", "minute", "1k characters", "generation"]


class Price(Protocol):
    """How a model is billed."""

    @property
    def source(self) -> str:
        """Where the price was read, as a URL or a sentence."""

    @property
    def checked(self) -> date: ...

    def worst_case(self, request: Request) -> Decimal | None:
        """The most this request can cost, or `None` if nobody can tell."""

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        """What it did cost by the usage the provider reported, or `None` if that cannot be told."""

    def describe(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Free:
    """Costs nothing: it runs on the user's own machine."""

    source: str = "runs on your own machine"
    checked: date = date(2026, 11, 22)

    def worst_case(self, request: Request) -> Decimal | None:
        return Decimal(0)

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        return Decimal(0)

    def describe(self) -> str:
        return "free"


@dataclass(frozen=True, kw_only=True)
class UnknownPrice:
    """Nobody published a price, or it cannot be told in advance. Counts as over any cap."""

    source: str
    checked: date

    def worst_case(self, request: Request) -> Decimal | None:
        return None

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        return None

    def describe(self) -> str:
        return "unknown"


COUNTED_IN: Mapping[Unit, int] = {"minute": 60, "1k characters": 1000}
"""How many of what a provider reports are one of the unit."""


@dataclass(frozen=True, kw_only=True)
class PerUnit:
    """So many dollars for each image, second, minute, thousand characters or generation.

    `reported_at` is the dotted path of the billed seconds or characters in the usage, where the provider reports them.
    """

    amount: Decimal
    unit: Unit
    source: str
    checked: date
    reported_at: str | None = None

    def worst_case(self, request: Request) -> Decimal | None:
        units = _units(self.unit, request)
        return None if units is None else _billed(self.amount * units)

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        count = None if self.reported_at is None else _at(usage, self.reported_at)
        if count is None or type(count) not in (int, float) or count < 0:
            return self.worst_case(request)
        return _billed(self.amount * Decimal(str(count)) / COUNTED_IN.get(self.unit, 1))

    def describe(self) -> str:
        return f"${self.amount:f} per {self.unit}"


def _units(unit: Unit, request: Request) -> Decimal | None:
    match unit:
        case "image":
            count = getattr(request, "n", None)
            return Decimal(1 if count is None else count)
        case "second" | "minute":
            seconds = _seconds(request)
            return None if seconds is None else seconds / (60 if unit == "minute" else 1)
        case "1k characters":
            text = getattr(request, request.main_input or "", "")
            return Decimal(len(text)) / 1000
        case "generation":
            return Decimal(1)


def _seconds(request: Request) -> Decimal | None:
    """The length that is asked for, else that of the recording, begun seconds counted whole."""
    duration: float | None = getattr(request, "duration", None)
    if duration is not None:
        return Decimal(str(duration))
    recording: MediaFile | None = getattr(request, "audio", None)
    return None if recording is None or recording.duration is None else Decimal(ceil(recording.duration))


def _billed(amount: Decimal) -> Decimal:
    """An amount in the grain of the ledger, billionths, rounded up."""
    return amount.quantize(Decimal("1e-9"), rounding=ROUND_UP).normalize() + Decimal(0)


@dataclass(frozen=True, kw_only=True)
class PriceFormula:
    """A price that depends on several parameters, such as size and pictures that go in.

    `dollars` is the most that a request can cost, or `None` where nobody can tell. It is also what a job is settled at
    whose reply does not say what it cost. `words` say the formula to users.
    """

    dollars: Callable[[Request], Decimal | None]
    words: str
    source: str
    checked: date

    def worst_case(self, request: Request) -> Decimal | None:
        return self.dollars(request)

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        return self.dollars(request)

    def describe(self) -> str:
        return self.words


MILLION = Decimal(1_000_000)


@dataclass(frozen=True, kw_only=True)
class TokenRate:
    """Dollars per million tokens of one kind. `reported_at` is the dotted path of their count in the usage."""

    kind: str
    dollars: Decimal
    reported_at: str


@dataclass(frozen=True, kw_only=True)
class TokenPrice:
    """A rate for each kind of token. `at_most` bounds one request in dollars, or says `None` where nothing does."""

    rates: tuple[TokenRate, ...]
    at_most: Callable[[Request], Decimal | None]
    source: str
    checked: date

    def worst_case(self, request: Request) -> Decimal | None:
        return self.at_most(request)

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        counts = [_at(usage, rate.reported_at) for rate in self.rates]
        if any(type(count) is not int or count < 0 for count in counts):
            return None
        return sum((rate.dollars * n / MILLION for rate, n in zip(self.rates, counts, strict=True)), Decimal(0))

    def describe(self) -> str:
        return f"per 1M tokens: {', '.join(f'{rate.kind} ${rate.dollars:f}' for rate in self.rates)}"


def _at(usage: Json, dotted: str) -> Json:
    for key in dotted.split("."):
        usage = usage.get(key) if isinstance(usage, Mapping) else None
    return usage
