"""What a provider says of its own models, in the words that a declaration is described by."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from .wire import Effect, Outcome

RETIRES = "retires"
PRICE = "price"


@dataclass(frozen=True, kw_only=True)
class ListedModel:
    """One model of the provider's list. `operations` are those it serves, as far as the list tells.

    `says` is what else the list tells: when it `retires` (a date, `2026-12-01`), its `price` as `Price.describe()`
    would say it, and by the names of our parameters what they may be, as `Constraint.describe()` would. `None` says
    that there is none; what is not in `says`, the list does not tell.
    """

    id: str
    operations: tuple[str, ...] = ()
    says: Mapping[str, str | None] = field(default_factory=dict)


Catalogue = Generator[Effect, Outcome, Sequence[ListedModel]]
"""A flow that reads the provider's lists of models, by safe requests only.

A model that the provider serves and never lists is given as well, with its id alone: else it would count as gone.
"""
