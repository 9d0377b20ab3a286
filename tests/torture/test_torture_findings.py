"""What the torture found, each in its smallest form. What is not mended yet is marked, with the reason."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from anymedia import errors
from anymedia.testing.emulator import Emulator, Fault
from toys import Provider, queue_backend, says, serve_job
from workplace import GENERATIONS, Workplace


@contextmanager
def refusing_to_write(place: Workplace, status: str) -> Iterator[None]:
    """The ledger fails meanwhile whenever a job is to get that status."""
    failure = "BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END"
    place.write(f"CREATE TRIGGER trouble BEFORE UPDATE ON job WHEN NEW.status='{status}' {failure}")
    try:
        yield
    finally:
        place.write("DROP TRIGGER trouble")


def test_a_ledger_that_fails_after_the_delivery_leaves_a_job_to_be_resumed(
    openai: Workplace, emulator: Emulator
) -> None:
    openai.draw()
    with refusing_to_write(openai, "done"):
        error = openai.failure()
    row = openai.rows()[-1]
    assert isinstance(error, errors.StillRunning)
    assert (row["status"], error.job_id, error.charged) == ("ready", row["id"], "yes")
    result = openai.run(lambda client: client.resume(row["id"]))
    assert result.path in openai.files() and len(openai.files()) == 2
    assert emulator.submits == 2


def test_the_id_of_a_job_is_kept_when_the_ledger_cannot_take_it(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    backend = queue_backend(provider.url)
    workplace.draw(backend)
    provider.on("POST", "/jobs", says({"id": "the-only-trace"}))
    with refusing_to_write(workplace, "running"):
        error = workplace.failure(backend)
    assert (error.charged, workplace.rows()[-1]["status"]) == ("maybe", "unknown")
    assert any("the-only-trace" in path.read_text() for path in workplace.quarantine.iterdir())


def test_the_key_of_a_call_that_the_ledger_stopped_may_be_used_again(openai: Workplace, emulator: Emulator) -> None:
    openai.draw()
    with refusing_to_write(openai, "submitting"):
        error = openai.failure(idempotency_key="mine")
    assert (error.charged, emulator.submits) == ("no", 1)
    assert openai.draw(idempotency_key="mine").path.exists()


def test_what_is_asked_for_again_today_counts_for_today(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.rate_limited(7200), Fault.status(500, billed=True)])
    openai.failure(idempotency_key="mine")
    openai.write("UPDATE job SET created_at = created_at - 86400, reserved_at = reserved_at - 86400")
    assert openai.failure(idempotency_key="mine").code == "unknown"
    reserved = Decimal(openai.row["reserved_nano"]) / 10**9
    openai.arguments = {"budgets": {"per_day": str(reserved * Decimal("1.5"))}}
    assert openai.failure().code == "budget_exceeded"


def test_a_file_that_was_never_on_the_disk_gets_no_final_name(
    openai: Workplace, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def broken(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".part"):  # noqa: PTH115 - it is no path
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", broken)
    assert openai.failure().charged == "yes"
    assert openai.files() == []


def test_a_certificate_that_is_not_trusted_is_named(workplace: Workplace) -> None:
    import ssl

    import trustme

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with Provider(tls=tls) as provider:
        error = workplace.failure(queue_backend(provider.url))
        assert error.next is not None and "certificate" in error.next
        assert provider.meter.connections <= 1
