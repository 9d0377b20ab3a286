"""Every shipped backend reads damaged replies: what comes out is a result or one of our errors, and nothing else."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from damage import damaged, damaged_reply, is_json
from flows import ANSWERED, STATUSES, Victim, samples_of, victim
from portion import SEED, times

from anymedia.spec import Backend, Reply, Sample

PLAYS = times(100, long=3000)


def spoiled(sample: Sample, replies: list[Reply], chance: random.Random, errors: list[Reply]) -> list[Reply]:
    """The replies with one of them damaged, or refused in damaged words."""
    at = chance.choice([number for number, reply in enumerate(replies) if is_json(reply)])
    if chance.random() < 0.2:
        words = chance.choice(errors)
        return [*replies[:at], replace(words, status=chance.choice(STATUSES))]
    return [*replies[:at], damaged_reply(replies[at], chance), *replies[at + 1 :]]


def refusals(backend: Backend, chance: random.Random) -> list[Reply]:
    """What the provider says when it refuses, and what others say, damaged."""
    own = [reply for sample in backend.samples for reply in sample.replies if reply.status >= 400]
    usual = {
        "error": {"message": "no", "type": "error", "code": "bad", "param": "prompt", "details": [{"reason": "x"}]}
    }
    said = [reply.json for reply in own if reply.json is not None] + [usual, {"detail": {"message": "no"}}]
    return [Reply(content=json.dumps(damaged(chance.choice(said), chance)).encode()) for _ in range(40)]


def play_all(found: Victim, backend: Backend, chance: random.Random) -> None:
    errors, samples = refusals(backend, chance), samples_of(backend)
    chance.shuffle(samples)
    for number in range(PLAYS):
        sample = samples[number % len(samples)]
        replies = spoiled(sample, found.replies_of(sample), chance, errors)
        try:
            found.play(sample, replies)
        except Exception as error:
            error.add_note(f"seed {SEED}, play {number} of {backend.name}, {sample.request!r:.200}, {replies!r:.1500}")
            raise


@pytest.mark.parametrize("backend", ANSWERED, ids=lambda backend: backend.name)
def test_a_damaged_reply_is_a_result_or_one_of_our_errors(backend: Backend, tmp_path: Path) -> None:
    with victim(backend, tmp_path) as found:
        play_all(found, backend, random.Random(f"{SEED} {backend.name}"))
