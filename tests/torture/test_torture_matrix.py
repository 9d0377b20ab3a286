"""Every fault of the matrix against every way of buying: one purchase at most, and everything said of it is true."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import trustme
from fault_matrix import DONE, NOT_SENT, Ending, Row
from invariants import check_everything, check_receipt
from sample_provider import Purchase, SampleProvider

from anymedia import AnymediaError, AsyncClient, Options, Result
from anymedia.operations import ImageRequest
from canary import holds_key
from toys import Provider, queue_backend, says
from workplace import Workplace


def buy(place: Workplace, purchase: Purchase, *, wait: float = 10.0) -> Result | AnymediaError:
    """What one purchase comes to."""
    options = Options(backend=purchase.backend.name, model=purchase.sample.model, wait=wait, allow_retired=True)
    return _outcome(place, purchase, lambda client: client.generate(purchase.request, options))


def resume(place: Workplace, purchase: Purchase) -> Result | AnymediaError:
    """What going on with the only job comes to, in another client."""
    job_id = place.row["id"]
    return _outcome(place, purchase, lambda client: client.resume(job_id, wait=10))


def _outcome(place: Workplace, purchase: Purchase, work: Any) -> Result | AnymediaError:
    try:
        found: Result = place.run(work, purchase.hurried)
        return found
    except AnymediaError as error:
        return error


def ending_of(outcome: Result | AnymediaError, row: Mapping[str, Any]) -> Ending:
    failed = isinstance(outcome, AnymediaError)
    return Ending(
        code=outcome.code if failed else None,
        status=row["status"],
        charged=outcome.charged if failed else "yes",
        money=money_of(row),
        exit_code=outcome.exit_code if failed else 0,
    )


def money_of(row: Mapping[str, Any]) -> str:
    """What became of the worst case, which may be unknown itself: then as much is reserved as can be."""
    if row["settled_nano"] is None:
        return "reserved"
    return "settled" if row["settled_nano"] else "released"


BILLED = ("maybe", "yes", "settled")
"""Where nobody else could know whether it was charged, the provider may have said so, and how much."""


def same(found: Ending, expected: Ending) -> bool:
    money = expected.money == found.money or (expected.money == "kept" and found.money in ("reserved", "settled"))
    told = expected.charged == found.charged or (expected.charged, found.charged, found.money) == BILLED
    others = ("code", "status", "exit_code")
    return money and told and all(getattr(found, name) == getattr(expected, name) for name in others)


@pytest.fixture
def discreet(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing that is printed or logged, by us or by the libraries, however much they say, holds a key."""
    caplog.set_level(logging.DEBUG)
    yield
    told = [message for message in caplog.text.splitlines() if holds_key(message)]
    assert told == [] and not holds_key("".join(capfd.readouterr()))


@pytest.mark.usefixtures("discreet")
def test_a_fault_costs_what_it_must_and_is_told_truly(
    row: Row, purchase: Purchase, place: Workplace, seller: SampleProvider
) -> None:
    place.environ, place.arguments = seller.environ, dict(row.settings)
    seller.fail(row.meets, row.faults)
    seller.held |= {row.held}
    outcome = buy(place, purchase, wait=row.wait)

    assert seller.submits == row.submits
    assert seller.billed <= 1
    check_everything(place, billed=seller.billed)
    if isinstance(outcome, AnymediaError):
        check_receipt(outcome, place.rows())
    found = ending_of(outcome, place.row)
    if row.resumed is not None:
        seller.forgive()
        assert same(ending_of(resume(place, purchase), place.row), row.resumed)
        assert seller.submits == row.submits
        check_everything(place, billed=seller.billed)
    if row.known_gap and not same(found, row.ends):
        pytest.xfail(row.known_gap)
    assert not row.known_gap, "this gap is closed: take its mark away"
    assert same(found, row.ends), f"{found}, not {row.ends}"


# --- Over the command line --------------------------------------------------------------------------------------------


def test_the_command_line_ends_in_the_same_way(
    typed_row: Row, purchase: Purchase, place: Workplace, seller: SampleProvider
) -> None:
    """One fault for each ending, for what a prompt alone asks for."""
    (prompt,) = purchase.request.asked_for().values()
    seller.fail(typed_row.meets, typed_row.faults)
    kind = type(purchase.request)
    said = typed(place, seller, (kind.verb or kind.operation).replace("_", "-"), prompt)
    assert same(ending_of_command(said, place.row), typed_row.ends), said
    assert seller.submits == typed_row.submits
    check_everything(place, billed=seller.billed)


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a command ended."""

    code: int
    document: Any


def typed(place: Workplace, seller: SampleProvider, operation: str, prompt: str) -> Said:
    environ = {"PATH": os.environ["PATH"], "HOME": str(place.root), "ANYMEDIA_HOME": str(place.state), **seller.environ}
    place.out.mkdir()
    name, model = seller.purchase.backend.name, seller.purchase.sample.model
    words = [sys.executable, "-m", "anymedia", operation, prompt, "--backend", name, "--json"]
    words += ["--model", model] if model else []
    done = subprocess.run(words, env=environ, cwd=place.out, capture_output=True, text=True, timeout=30)
    assert not holds_key(done.stdout + done.stderr)
    return Said(code=done.returncode, document=json.loads(done.stdout))


def ending_of_command(said: Said, row: Mapping[str, Any]) -> Ending:
    error = said.document["results"][0]["error"]
    return Ending(
        code=error["code"], status=row["status"], charged=error["charged"], money=money_of(row), exit_code=said.code
    )


# --- Connections that never come about --------------------------------------------------------------------------------


def refused_at(place: Workplace, purchase: Purchase, url: str) -> AnymediaError:
    """The error of a purchase at an address where nobody takes it."""
    place.environ = {**purchase.environ, **purchase.leading_to(url)}
    outcome = buy(place, purchase, wait=3)
    assert isinstance(outcome, AnymediaError)
    assert same(ending_of(outcome, place.row), NOT_SENT)
    check_everything(place, billed=0)
    check_receipt(outcome, place.rows())
    return outcome


def test_nobody_by_that_name(purchase: Purchase, place: Workplace) -> None:
    refused_at(place, purchase, "https://nowhere.invalid")


def test_nobody_at_the_address(purchase: Purchase, place: Workplace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refused_at(place, purchase, f"http://127.0.0.1:{port}")


def test_a_certificate_that_is_not_trusted(purchase: Purchase, place: Workplace) -> None:
    tls = _context("127.0.0.1")
    with Provider(tls=tls) as provider:
        refused_at(place, purchase, provider.url)
        assert provider.requests == []


def _context(host: str) -> Any:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(host).configure_cert(context)
    return context


def test_a_connection_that_is_never_taken(purchase: Purchase, place: Workplace) -> None:
    place.arguments = {"timeouts": {"connect": 0.1}}
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        callers = [_calling(deaf.getsockname()) for _ in range(4)]  # what waits to be accepted fills the queue
        try:
            refused_at(place, purchase, f"http://127.0.0.1:{deaf.getsockname()[1]}")
        finally:
            for caller in callers:
                caller.close()


def _calling(address: Any) -> socket.socket:
    caller = socket.socket()
    caller.setblocking(False)
    caller.connect_ex(address)
    return caller


def test_a_storm_of_rate_limits_is_not_fed(workplace: Workplace, provider: Provider) -> None:
    jobs, quota, cost = 200, 500, 5
    provider.on("POST", "/jobs", says({"error": "slowly"}, 429, retry_after="0"))

    async def storm(client: AsyncClient) -> None:
        drawing = [client.generate(ImageRequest(prompt=f"fox {number}")) for number in range(jobs)]
        await asyncio.gather(*drawing, return_exceptions=True)

    workplace.run(storm, queue_backend(provider.url))
    assert {row["status"] for row in workplace.rows()} == {"rate_limited"}
    assert provider.count("POST", "/jobs") <= jobs + quota // cost


def test_without_a_fault_everything_is_bought_once(
    purchase: Purchase, place: Workplace, seller: SampleProvider
) -> None:
    place.environ = seller.environ
    outcome = buy(place, purchase)
    assert same(ending_of(outcome, place.row), DONE), outcome
    assert (seller.submits, seller.billed) == (1, 1)
    check_everything(place, billed=1)
