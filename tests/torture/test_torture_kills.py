"""A real process is killed at every seam of every way of buying, and at random moments; another one goes on."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from killing import Victim, check_after_death
from sample_provider import Purchase, SampleProvider
from share import LONG

from workplace import Workplace

ONE_FOR_EACH = "way" if LONG else "backend"
BACKENDS = 7
"""Drawn for a short run."""
SHARE = 14
"""Seams of each way of buying that die in a short run."""
JOBS_AT_ONCE = 5
RANDOM_RUNS = 40 if LONG else 4
"""With five jobs each, for each way of buying."""


def seams_of(victim: Victim, folder: Path, purchase: Purchase) -> list[str]:
    """The names of the seams that one purchase passes."""
    with SampleProvider(purchase=purchase) as seller:
        return list(victim.buy(Workplace(root=folder / "counting"), seller, at=0)["passed"])


def chosen(seams: list[str], draw: random.Random) -> Iterator[int]:
    """The numbers of the seams to strike: all of them, and on until none is left, or a share."""
    return count(1) if LONG else iter(sorted(draw.sample(range(1, len(seams) + 1), SHARE)))


def test_a_kill_at_any_seam_loses_nothing_and_buys_nothing_twice(
    purchase: Purchase, victim: Victim, tmp_path: Path, draw: random.Random
) -> None:
    seams = seams_of(victim, tmp_path, purchase)
    ended: Counter[str] = Counter()
    for number in chosen(seams, draw):
        place = Workplace(root=tmp_path / f"seam-{number}")
        with SampleProvider(purchase=purchase) as seller:
            died = victim.buy(place, seller, at=number)["died"]
            try:
                ended += check_after_death(place, purchase, seller)
            except AssertionError as error:
                error.add_note(f"killed at seam {number}, about {seams[min(number, len(seams)) - 1]!r}")
                raise
        if not died and number > len(seams) / 2:
            break
    print(f"{purchase.id}: {len(seams)} seams, {dict(ended)}")


def test_a_kill_at_any_moment_loses_nothing_and_buys_nothing_twice(
    purchase: Purchase, victim: Victim, tmp_path: Path, draw: random.Random
) -> None:
    ended: Counter[str] = Counter()
    deaths = 0
    for number in range(RANDOM_RUNS):
        place = Workplace(root=tmp_path / f"run-{number}")
        with SampleProvider(purchase=purchase) as seller:
            deaths += victim.buy(place, seller, jobs=JOBS_AT_ONCE, dies_after=draw.uniform(0.005, 0.25))["died"]
            ended += check_after_death(place, purchase, seller)
    print(f"{purchase.id}: {deaths} deaths in {RANDOM_RUNS} runs, {dict(ended)}")
