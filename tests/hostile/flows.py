"""Runs the flows of shipped backends against replies that are not what they expect, and says what may come of it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from damage import is_json
from portion import LONG, SEED
from watching import Canary, deadline, port_of, spying

from anymedia import AnymediaError
from anymedia.errors import BackendDefect, StillRunning
from anymedia.registry import shipped_backends
from anymedia.results import document
from anymedia.spec import Backend, Reply, Sample
from anymedia.testing.conformance.targets import backends_named
from anymedia.testing.conformance.workbench import Made, Workbench, moved_reply

STATUSES = (400, 401, 402, 403, 404, 409, 413, 422, 429, 451, 500, 503)
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal obeys or shows in another order."""
LONGEST = 5000
"""Characters of an error and its advice."""
WAIT = 1.0
"""Seconds that a job may take whose provider never comes to an end."""


def samples_of(backend: Backend) -> list[Sample]:
    """The samples in whose replies there is JSON."""
    return [sample for sample in backend.samples if any(map(is_json, sample.replies))]


NAMED = backends_named([str(Path(__file__).parents[1] / "conformance" / "named_server.py")])
SHIPPED = [backend for backend in (*shipped_backends().values(), *NAMED) if samples_of(backend)]
ANSWERED = SHIPPED if LONG else sorted(random.Random(SEED).sample(SHIPPED, 6), key=lambda backend: backend.name)
"""The backends that are tried: in `make test` six of them, drawn anew every week."""


class Victim:
    """One backend on the real engine. `play` raises for everything that must not happen."""

    def __init__(self, bench: Workbench, canary: Canary) -> None:
        self._bench, self._canary = bench, canary
        self._before = canary.state()

    @property
    def url(self) -> str:
        return self._bench.server.url

    @property
    def key(self) -> str:
        return self._bench.key

    def replies_of(self, sample: Sample) -> list[Reply]:
        """The replies of a sample, its addresses leading to the server of the test."""
        return [moved_reply(reply, self.url) for reply in sample.replies]

    def play(self, sample: Sample, replies: Sequence[Reply]) -> Made:
        """Make what the sample asks for with these replies."""
        engine = self._bench.impatient_engine
        with self._watched(sample):
            made = self._bench.play(sample, replies=tuple(replies), wait=WAIT, engine=engine)
        self._check(made)
        return made

    @contextmanager
    def _watched(self, sample: Sample) -> Iterator[None]:
        """Raise if it hangs, or connects to anybody but the servers of the test."""
        with spying() as spy, deadline(f"{sample.request.operation} of {self._bench.backend.name}"):
            yield
        strangers = spy.strangers(*map(port_of, (self._bench.server, self._bench.elsewhere)))
        assert not strangers, f"it connected to {strangers}"

    def cancel(self, sample: Sample, replies: Sequence[Reply]) -> Made | None:
        """Cancel what the sample asks for, as another process would: its submit is answered, all else with these."""
        begun = self._bench.play(sample, wait=-1.0)
        if not isinstance(begun.error, StillRunning):
            return None
        self._bench.wish_cancelled(str(begun.job_id))
        with self._watched(sample):
            made = self._bench.resume(str(begun.job_id), replies=tuple(replies), wait=WAIT)
        self._check(made)
        assert not any(flow.purchases for flow in made.flows), "cancelling bought something"
        return made

    def _check(self, made: Made) -> None:
        error = made.error
        if error is not None and (not isinstance(error, AnymediaError) or isinstance(error, BackendDefect)):
            raise AssertionError(f"what came out is {error!r:.300}") from error
        ending = error or made.result
        assert ending is not None
        told = json.dumps(document(operation=None, outcomes=[ending]), allow_nan=False)
        assert self._bench.key not in told, "the key is told"
        said = "" if error is None else f"{error} {error.next or ''}"
        assert not UNFIT.search(said) and len(said) < LONGEST, f"this is no sentence for a terminal: {said!r:.200}"
        assert made.job_id is None or self._bench.status(made.job_id) != "submitting"

    def check_surroundings(self) -> None:
        """Raise if anything outside of the root changed."""
        assert self._canary.state() == self._before


@contextmanager
def victim(backend: Backend, folder: Path) -> Iterator[Victim]:
    canary = Canary.build(folder)
    with Workbench(backend, canary.root) as bench:
        found = Victim(bench, canary)
        yield found
        found.check_surroundings()
