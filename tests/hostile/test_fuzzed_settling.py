"""Answers to cancelling, and lists of what was made, are damaged too: nothing is bought, nothing is taken for ours."""

from __future__ import annotations

import json
import random
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from damage import damaged, damaged_reply, is_json
from flows import SHIPPED, STATUSES, Victim, victim
from portion import LONG, SEED, times

from anymedia import AnymediaError, AsyncClient
from anymedia.backends.openai import backends
from anymedia.configuration.settings import Server
from anymedia.engine import run
from anymedia.errors import BackendDefect, OutcomeUnknown
from anymedia.spec import Backend, Reply, Sample
from anymedia.testing.conformance.subjects import CancellableSubject, cancellable
from anymedia.testing.emulator import Fault
from toys import Answer, Provider, breaks, sends
from workplace import Workplace

CANCELLABLE = [subject for backend in SHIPPED for subject in cancellable(backend)]
CHOSEN = CANCELLABLE if LONG else sorted(random.Random(SEED).sample(CANCELLABLE, 3), key=lambda subject: subject.id)
CANCELLED = times(25, long=1000)
LISTED = times(60, long=3000)


def spoiled(replies: list[Reply], chance: random.Random) -> list[Reply]:
    """The replies with one of them damaged, or refused."""
    at = chance.choice([number for number, reply in enumerate(replies) if is_json(reply)])
    reply = damaged_reply(replies[at], chance)
    if chance.random() < 0.3:
        reply = Reply(
            status=chance.choice(STATUSES), content=json.dumps(damaged({"error": {"code": "x"}}, chance)).encode()
        )
    return [*replies[:at], reply, *replies[at + 1 :]]


def later_replies(found: Victim, sample: Sample) -> list[Reply]:
    return [*found.replies_of(sample)[1:], Reply(json={})]


@pytest.mark.parametrize("subject", CHOSEN, ids=lambda subject: subject.id)
def test_a_damaged_answer_to_cancelling_ends_as_one_of_our_errors(subject: CancellableSubject, tmp_path: Path) -> None:
    chance, tried = random.Random(f"{SEED} {subject.id}"), 0
    with victim(subject.backend, tmp_path) as found:
        for number in range(CANCELLED):
            replies = spoiled(later_replies(found, subject.sample), chance)
            try:
                tried += found.cancel(subject.sample, replies) is not None
            except Exception as error:
                error.add_note(f"seed {SEED}, play {number} of {subject.id}, {replies!r:.1500}")
                raise
    assert tried == CANCELLED


# --- Lists --------------------------------------------------------------------------------------------------------


def darkroom(provider: Provider) -> Backend:
    """A server of one's own that makes films and lists them."""
    server = Server(
        base_url=f"{provider.url}/v1",
        key_env="TOY_API_KEY",
        models={"video": ("plate",)},
        prices={"video": Decimal("0.1")},
    )
    (backend,) = backends({"servers": {"darkroom": server}})
    return backend


def listed(chance: random.Random) -> Answer:
    """A page of films, one of which is like ours, damaged."""
    ours = {"id": "film_1", "object": "video", "status": "queued", "model": "plate", "prompt": "a fox"}
    film = {**ours, "created_at": int(time.time()), "seconds": "4", "size": "1280x720", "progress": 0}
    page = {"object": "list", "data": [film, {**film, "id": "film_2", "prompt": "a bear"}], "has_more": False}
    content = json.dumps(damaged(page, chance)).encode()
    return sends(content, "application/json", status=200 if chance.random() < 0.8 else chance.choice(STATUSES))


def test_a_damaged_list_finds_the_job_or_leaves_it_unknown(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "LISTING_SECONDS", 0.2)
    chance, backend = random.Random(f"{SEED} lists"), darkroom(provider)
    provider.on("POST", "/v1/videos", breaks(Fault.reset_after_body()))
    statuses: set[Any] = set()

    async def work(client: AsyncClient) -> None:
        with pytest.raises(OutcomeUnknown) as caught:
            await client.video("a fox", backend="darkroom", model="plate")
        job_id = str(caught.value.job_id)
        for number in range(LISTED):
            provider.on("GET", "/v1/videos", listed(chance))
            try:
                job = await client.reconcile(job_id)
            except AnymediaError as error:
                assert not isinstance(error, BackendDefect), f"seed {SEED}, play {number}: {error!r}"
                continue
            statuses.add(job.status)
            if job.status == "running":
                assert job.remote_id
                workplace.write("UPDATE job SET status = 'unknown', remote_id = NULL, private_state = NULL")

    workplace.run(work, backend)
    assert statuses == {"unknown", "running"}
    assert provider.count("POST", "/v1/videos") == 1
