"""The key goes to the provider and nowhere else: not to other hosts, not into the ledger, logs or errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...spec.backend import ApiKey, Reply
from ..emulator.messages import ReceivedRequest
from .subjects import AnsweredSampleSubject, BackendSubject
from .workbench import Made, Workbench


def test_key_reaches_the_provider_in_its_header(answered: AnsweredSampleSubject, bench: Workbench) -> None:
    auth = answered.backend.auth
    if not isinstance(auth, ApiKey):
        return
    for request in bench.played(answered.sample).arrived[:1]:
        assert request.headers.get(auth.header.lower()) == auth.prefix + bench.key, (
            f"{answered.id}: {request.method} {request.path} came without the key in {auth.header}. Let Backend.auth "
            f"place it."
        )
        assert bench.key not in request.target, f"{answered.id}: the key is in the address. Keys go into headers."


def test_key_goes_to_no_other_host(answered: AnsweredSampleSubject, bench: Workbench) -> None:
    """Every address in the replies leads to another server: it may be asked, but it never sees the key."""
    made = bench.play(answered.sample, links_lead_elsewhere=True, wait=2.0)
    for request in made.arrived_elsewhere:
        assert not _shows(request, bench.key), (
            f"{answered.id}: {request.method} {request.path} took the key to a foreign host. Do not send it yourself."
        )


def _shows(request: ReceivedRequest, key: str) -> bool:
    return (
        key in request.target or key.encode() in request.body or any(key in text for text in request.headers.values())
    )


def test_key_stays_out_of_errors_logs_and_the_ledger(answered: AnsweredSampleSubject, bench: Workbench) -> None:
    """A provider that repeats the key in its error, and in a reply that nobody understands. Without a key it cannot."""
    if not isinstance(answered.backend.auth, ApiKey):
        return
    for reply in _echoes(bench.key):
        before = {*_files_with(bench)}
        made = bench.play(answered.sample, replies=(reply,), wait=0.0)
        leaks = [*_leaks(made, bench), *sorted({*_files_with(bench)} - before)]
        assert not leaks, (
            f"{answered.id}: a reply of status {reply.status} that repeats the key left it in {', '.join(leaks)}. Do "
            f"not "
            f"copy replies into errors, metadata or states; quote the provider's own sentence only."
        )


def _echoes(key: str) -> Iterator[Reply]:
    yield Reply(status=401, json={"error": {"message": f"The key {key} is not valid.", "code": f"bad {key}"}})
    yield Reply(status=500, json={"error": {"message": f"Authorization: Bearer {key}"}})
    yield Reply(status=400, content=f"<html>{key}</html>".encode(), media_type="text/html")
    yield Reply(json={"echo": f"Bearer {key}"})


def _leaks(made: Made, bench: Workbench) -> Iterator[str]:
    error = made.error
    if bench.key in f"{error} {error!r} {getattr(error, 'document', dict)()}":
        yield "the error"
    if any(bench.key in line for line in bench.logs.lines):
        yield "the log"


def _files_with(bench: Workbench) -> Iterator[str]:
    """The files of the state folder that hold the key."""
    for path in bench.home.rglob("*"):
        if path.is_file() and _holds(path, bench.key):
            yield str(path.relative_to(bench.home))


def _holds(path: Path, key: str) -> bool:
    try:
        return key.encode() in path.read_bytes()
    except FileNotFoundError:
        return False


def test_backend_keeps_no_key(whole: BackendSubject) -> None:
    assert whole.backend.auth.env or not isinstance(whole.backend.auth, ApiKey), (
        "ApiKey.env is empty: name the environment variable the key comes from."
    )
