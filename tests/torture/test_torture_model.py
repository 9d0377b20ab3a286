"""Any sequence of asking, opening, crashing, resuming and new days comes to what a model of one page says."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from invariants import check_files, check_ledger, check_secrets
from share import LONG

from anymedia import AnymediaError, AsyncClient, ImageRequest, Options
from anymedia.engine import drive
from anymedia.testing.emulator import Fault
from toys import PICTURE, Answer, Provider, breaks, queue_backend, says, sends
from workplace import Workplace, arrives

PRICE, CAP = Decimal("0.05"), Decimal("0.22")
KEYS = ("one", "two", "three", "four", "five", "six")
PATIENCE, IMPATIENCE = 10.0, 0.15
"""Seconds of waiting for what comes, and for what does not."""

SALES = {
    "well": says({"id": "1"}),
    "lost": breaks(Fault.close_after_body()),
    "unread": says({"something": "else"}),
    "refused": says({"error": "no"}, 422),
    "limited": says({"error": "slowly"}, 429, retry_after="3600"),
}
POLLS = {
    "well": None,
    "stuck": says({"status": "running", "poll_after": 0.02}),
    "forgotten": says({"error": "no such job"}, 404),
    "failed": says({"status": "failed", "reason": "out of light"}),
}
DOWNLOADS = {"well": sends(PICTURE), "gone": says({}, 404), "stuck": says({}, 503)}
AFTER_SALE = {"lost": "unknown", "unread": "unknown", "refused": "rejected", "limited": "rate_limited"}
AFTER_POLL = {"stuck": "running", "forgotten": "running", "failed": "failed"}
AFTER_DOWNLOAD = {"well": "done", "gone": "expired", "stuck": "ready"}
FREE = frozenset({"rejected", "rate_limited"})
"""States in which a job holds no money."""


@dataclass(frozen=True)
class Mood:
    """How the provider feels about the next requests."""

    sale: str = "well"
    poll: str = "well"
    download: str = "well"

    @property
    def wait(self) -> float:
        return IMPATIENCE if {"stuck", "forgotten"} & {self.poll, self.download} else PATIENCE


@dataclass
class Modelled:
    """One job as it should be. `sold` is how often the provider took its money."""

    status: str = "reserved"
    today: bool = True
    sold: int = 0


class Machine(RuleBasedStateMachine):
    """The real client, engine and ledger against a provider on a socket, and the model beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Workplace(root=Path(mkdtemp()), arguments={"budgets": {"per_day": str(CAP)}})
        self.runner = asyncio.Runner()
        self.provider = Provider()
        self.provider.__enter__()
        self.backend = queue_backend(self.provider.url)
        self.jobs: dict[str, Modelled] = {}
        self.sent = 0
        self.client: AsyncClient | None = None

    @initialize()
    def start(self) -> None:
        self.client = self.place.client(self.backend)

    def teardown(self) -> None:
        self.restart()
        assert self.client is not None
        self.runner.run(self.client.__aexit__(None, None, None))
        self.runner.close()
        self.provider.__exit__(None, None, None)
        shutil.rmtree(self.place.root)

    # --- The model --------------------------------------------------------------------------------------------------

    @property
    def held(self) -> Decimal:
        """Money of today that is spent, reserved, or perhaps spent."""
        counted = [job for job in self.jobs.values() if job.today and job.status not in FREE]
        return PRICE * len(counted)

    @property
    def fits(self) -> bool:
        return self.held + PRICE <= CAP

    def opened(self, key: str) -> bool:
        """Reserve the money of a job that has none; whether there is a job to go on with."""
        job = self.jobs.get(key)
        if job is not None and job.status != "rate_limited":
            return True
        if not self.fits:
            return False
        if job is None:
            self.jobs[key] = Modelled()
        else:
            job.status = "reserved"
        return True

    def went_on(self, key: str, mood: Mood) -> None:
        """What becomes of a job that is run while the provider is in a mood."""
        job = self.jobs[key]
        if job.status == "submitting":
            job.status = "unknown"
        if job.status == "reserved":
            self.sent += 1
            job.sold += mood.sale not in ("refused", "limited")
            job.status = AFTER_SALE.get(mood.sale, "running")
        if job.status == "running":
            job.status = AFTER_POLL.get(mood.poll, "ready")
        if job.status == "ready":
            job.status = AFTER_DOWNLOAD[mood.download]

    # --- The rules --------------------------------------------------------------------------------------------------

    @rule(
        key=st.sampled_from(KEYS),
        mood=st.builds(
            Mood, st.sampled_from(list(SALES)), st.sampled_from(list(POLLS)), st.sampled_from(list(DOWNLOADS))
        ),
    )
    def ask(self, key: str, mood: Mood) -> None:
        self.feel(mood)
        job_is_there = self.opened(key)
        if job_is_there:
            self.went_on(key, mood)
        error = self.run(lambda client: client.generate(ImageRequest(prompt=key), self.options(key, mood)))
        assert (error == "budget_exceeded") == (not job_is_there), error

    @rule(key=st.sampled_from(KEYS))
    def open(self, key: str) -> None:
        job_is_there = self.opened(key)
        error = self.run(lambda client: client.open(ImageRequest(prompt=key), self.options(key, Mood())))
        assert error == (None if job_is_there else "budget_exceeded")

    @rule(key=st.sampled_from(KEYS), poll=st.sampled_from(list(POLLS)))
    def resume(self, key: str, poll: str) -> None:
        mood = Mood(poll=poll)
        found = [row["id"] for row in self.place.rows() if row["idempotency_key"] == key]
        if not found:
            return
        self.feel(mood)
        self.went_on(key, mood)
        self.run(lambda client: client.resume(found[0], wait=mood.wait))

    @rule(key=st.sampled_from(KEYS))
    def crash_while_buying(self, key: str) -> None:
        if self.jobs.get(key, Modelled()).status not in ("reserved", "rate_limited") or not self.opened(key):
            return
        self.provider.on("POST", "/jobs", breaks(Fault.no_answer()))
        self.sent += 1
        self.jobs[key].sold += 1
        self.jobs[key].status = "submitting"
        self.crash(key, lambda: len(self.provider.requests) > 0)

    @rule(key=st.sampled_from(KEYS))
    def crash_while_waiting(self, key: str) -> None:
        if self.jobs.get(key, Modelled()).status not in ("reserved", "rate_limited", "running") or not self.opened(key):
            return
        self.feel(Mood(poll="stuck"))
        self.went_on(key, Mood(poll="stuck"))
        self.crash(key, lambda: self.provider.count("GET", "/jobs/1") > 0)

    @rule()
    def restart(self) -> None:
        assert self.client is not None
        self.runner.run(self.client.__aexit__(None, None, None))
        self.client = self.place.client(self.backend)

    @rule()
    def a_day_passes(self) -> None:
        """Nothing is left that could be opened anew: what that counts as is a test of its own."""
        if self.jobs and not any(job.status == "rate_limited" for job in self.jobs.values()):
            self.place.write("UPDATE job SET created_at = created_at - 86400, reserved_at = reserved_at - 86400")
            for job in self.jobs.values():
                job.today = False

    # --- What must hold ---------------------------------------------------------------------------------------------

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        found = {row["idempotency_key"]: row["status"] for row in self.place.rows()}
        assert found == {key: job.status for key, job in self.jobs.items()}

    @invariant()
    def nothing_is_bought_twice(self) -> None:
        assert all(job.sold <= 1 for job in self.jobs.values())
        assert self.sales == self.sent

    @invariant()
    def no_more_is_held_than_the_cap(self) -> None:
        assert self.held <= CAP

    @invariant()
    def money_is_given_back_only_when_none_was_taken(self) -> None:
        for row in self.place.rows():
            sold = self.jobs[row["idempotency_key"]].sold
            assert (row["settled_nano"] == 0) == (row["status"] in FREE)
            assert not (sold and row["settled_nano"] == 0)

    @invariant()
    def files_are_whole_and_secrets_are_kept(self) -> None:
        rows = self.place.rows()
        check_ledger(self.place)
        check_files(self.place, rows)
        check_secrets(self.place, rows)
        assert len(self.place.files()) == sum(job.status == "done" for job in self.jobs.values())

    # --- Doing it ---------------------------------------------------------------------------------------------------

    sales = 0
    """Purchases that arrived at the provider."""

    def count_sales(self) -> None:
        self.sales += self.provider.count("POST", "/jobs")
        self.provider.requests.clear()

    def feel(self, mood: Mood) -> None:
        done: Answer = says({"status": "done", "urls": [f"{self.provider.url}/files/1"]})
        self.provider.on("POST", "/jobs", SALES[mood.sale])
        self.provider.on("GET", "/jobs/1", POLLS[mood.poll] or done)
        self.provider.on("GET", "/files/1", DOWNLOADS[mood.download])

    def options(self, key: str, mood: Mood) -> Options:
        return Options(backend="toy", idempotency_key=key, wait=mood.wait)

    def run(self, work: Callable[[AsyncClient], Any]) -> str | None:
        """The code of the error that it ends with, if it does."""
        assert self.client is not None
        try:
            self.runner.run(work(self.client))
        except AnymediaError as error:
            return error.code
        finally:
            self.count_sales()
        return None

    def crash(self, key: str, when: Callable[[], bool]) -> None:
        """Stop in the middle: what is on the disk at that moment is all that is left."""
        client = self.client
        assert client is not None
        kept = self.place.root.with_suffix(".kept")

        async def until_then() -> None:
            asking = client.generate(ImageRequest(prompt=key), self.options(key, Mood()))
            running = asyncio.ensure_future(asking)
            await arrives(when)
            await client.desk.ledger.call(lambda connection: shutil.copytree(self.place.state, kept))
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            await client.__aexit__(None, None, None)

        self.runner.run(until_then())
        self.count_sales()
        shutil.rmtree(self.place.state)
        kept.rename(self.place.state)
        self.client = self.place.client(self.backend)


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash waits for no answer."""
    monkeypatch.setattr(drive, "GRACE", 0.02)


TestSequences = Machine.TestCase
TestSequences.settings = settings(
    max_examples=400 if LONG else 12,
    stateful_step_count=30 if LONG else 15,
    derandomize=not LONG,
    phases=list(Phase) if LONG else [Phase.generate],  # making a failure small takes minutes
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
