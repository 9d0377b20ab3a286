"""Replies of a hostile provider: every entry of replies.jsonl, in a reply of every backend that has the shape."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from corpus import Row, rows
from damage import is_json
from flows import ANSWERED, Victim, samples_of, victim
from grafts import grafted
from portion import LONG

from anymedia.spec import Backend, Reply, Sample

FEWEST = 25
"""Entries that every backend has a place for."""


def hostile(found: Victim, row: Row, sample: Sample) -> Iterator[list[Reply]]:
    """The replies of a sample with the entry in one of them, for each that has a place for it."""
    replies = found.replies_of(sample)
    for at, reply in enumerate(replies):
        spoiled = grafted(row, reply, found.key) if is_json(reply) else None
        if spoiled is not None:
            yield [*replies[:at], spoiled, *replies[at + 1 :]]


def plays_of(found: Victim, row: Row, backend: Backend) -> Iterator[tuple[Sample, list[Reply]]]:
    """The first sample with a place for it, in an order drawn by its name; all of them in the long run."""
    samples = samples_of(backend)
    random.Random(row["id"]).shuffle(samples)
    plays = ((sample, replies) for sample in samples for replies in hostile(found, row, sample))
    yield from plays if LONG else islice(plays, 1)


@pytest.mark.parametrize("backend", ANSWERED, ids=lambda backend: backend.name)
def test_no_reply_crashes_hangs_leads_elsewhere_or_speaks_to_the_terminal(backend: Backend, tmp_path: Path) -> None:
    tried = 0
    with victim(backend, tmp_path) as found:
        for row in rows("replies"):
            for sample, replies in plays_of(found, row, backend):
                tried += 1
                try:
                    found.play(sample, replies)
                except Exception as error:
                    error.add_note(f"{row['id']}, {sample.request!r:.300}")
                    raise
    assert tried >= FEWEST
