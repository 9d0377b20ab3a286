"""Prices as OpenRouter lists them. What a request did cost stands in its reply, and that is what is settled."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ...media import Json
from ...operations import Request, VideoRequest
from .common import CHECKED

MILLION = Decimal(1_000_000)


def plain(amount: Decimal) -> str:
    """An amount without an exponent and without zeros at its end."""
    return f"{amount.normalize():f}"


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One entry of a model's price list: what is billed, by what unit, and of which variant."""

    billable: str
    unit: str
    dollars: Decimal
    variant: str | None = None

    @property
    def words(self) -> str:
        what = self.billable.replace("_", " ") + (f" {self.variant}" if self.variant else "")
        if self.unit == "token":
            return f"{what} ${plain(self.dollars * MILLION)} per 1M tokens"
        return f"{what} ${plain(self.dollars)} per {self.unit}"


def words_of(rates: tuple[Rate, ...]) -> str:
    """The same words for the same rates, in whatever order they are listed."""
    return ", ".join(sorted({rate.words for rate in rates}))


@dataclass(frozen=True, kw_only=True)
class RatesListed:
    """The rates of a model of pictures. `at_most` bounds one request in dollars, or says `None` where nothing does."""

    rates: tuple[Rate, ...]
    at_most: Callable[[Request], Decimal | None]
    source: str
    checked: date = CHECKED

    def worst_case(self, request: Request) -> Decimal | None:
        return self.at_most(request)

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        return None

    def describe(self) -> str:
        return words_of(self.rates)


# --- Films ------------------------------------------------------------------------------------------------------

SECOND = re.compile(
    r"(?:duration_seconds|(?P<cents>cents_per_(?:second_output|video_output_second)))"
    r"(?:_(?P<audio>with|without)_audio)?(?:_(?P<resolution>\w+))?"
)
CONTINUED = re.compile(r"cents_per_second_video_continuation(?:_(?P<resolution>\w+))?")
"""Names of prices for a second of film, as the list of video models gave them on 2026-10-09."""


@dataclass(frozen=True, kw_only=True)
class SecondsListed:
    """Prices of a model of films under the names of OpenRouter's list. `longest` is the longest film in seconds.

    A film for which a price of another kind may count has no worst case: what is not understood is not guessed.
    """

    prices: Mapping[str, str]
    longest: int
    source: str
    checked: date = CHECKED

    def worst_case(self, request: Request) -> Decimal | None:
        """The dearest price that may be meant: where sound or resolution is not asked for, the provider decides."""
        assert isinstance(request, VideoRequest)
        is_known = all(SECOND.fullmatch(name) or CONTINUED.fullmatch(name) for name in self.prices)
        rates = self._rates(request) if is_known else []
        seconds = Decimal(str(self.longest if request.duration is None else request.duration))
        return max(rates) * seconds if rates else None

    def _rates(self, request: VideoRequest) -> list[Decimal]:
        pattern = SECOND if request.continue_from is None else CONTINUED
        found = [
            (match, Decimal(dollars)) for name, dollars in self.prices.items() if (match := pattern.fullmatch(name))
        ]
        wanted = resolution_of(request)
        if wanted is not None:
            of_its_own = [pair for pair in found if pair[0]["resolution"] == wanted]
            found = of_its_own or [pair for pair in found if pair[0]["resolution"] is None] or found
        return [_in_dollars(match, amount) for match, amount in found if _may_sound(match, request)]

    def settle(self, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
        return None

    def describe(self) -> str:
        return ", ".join(sorted(second_in_words(name, dollars) for name, dollars in self.prices.items()))


def second_in_words(name: str, price: str) -> str:
    """A price of the list in words; one of another kind as it is listed."""
    match = SECOND.fullmatch(name) or CONTINUED.fullmatch(name)
    if match is None:
        return f"{name.replace('_', ' ')} {price}"
    told = match.groupdict()
    audio = f" {told['audio']} audio" if told.get("audio") else ""
    resolution = f" at {told['resolution']}" if told["resolution"] else ""
    going_on = "" if match.re is SECOND else " of a continuation"
    return f"${plain(_in_dollars(match, Decimal(price)))} per second{going_on}{audio}{resolution}"


def resolution_of(request: VideoRequest) -> str | None:
    """The resolution that is asked for, as the names of prices have it: its own name, or that of a size."""
    if request.resolution is not None:
        return request.resolution.lower()
    if request.size is None:
        return None
    return "4k" if min(request.size) == 2160 else f"{min(request.size)}p"


def _may_sound(match: re.Match[str], request: VideoRequest) -> bool:
    audio = match.groupdict().get("audio")
    return audio is None or request.generate_audio is None or (audio == "with") is request.generate_audio


def _in_dollars(match: re.Match[str], amount: Decimal) -> Decimal:
    return amount / 100 if match[0].startswith("cents") else amount
