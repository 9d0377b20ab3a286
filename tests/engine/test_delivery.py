"""What was delivered is written down before it is landed: what fails afterwards costs nothing but another look."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.media import MediaFile
from anymedia.spec import Backend, Call, Continuation, Flow, Partial, Succeeded, get, post
from toys import PICTURE, Answer, Provider, picture, says, sends, toy, toy_model
from workplace import Workplace

OTHER = picture("other")
HELD = MediaFile(media_type="image/png", data=PICTURE)
KEPT = Continuation(state="history", how="a toy", lives="for ever")


def delivering(provider: Provider, **facts: Any) -> Backend:
    """A backend that buys once and delivers a picture, and what else is said."""

    def submit(call: Call) -> Flow:
        yield post("/buy", json={})
        return Succeeded(**{"files": (HELD,), **facts})

    provider.on("POST", "/buy", says({}))
    return toy(provider.url, submit, model=toy_model(continuation=KEPT))


def failing(workplace: Workplace, backend: Backend, **parameters: Any) -> errors.AnymediaError:
    async def work(client: AsyncClient) -> errors.AnymediaError:
        with pytest.raises(errors.AnymediaError) as caught:
            await client.image("a fox", **parameters)
        return caught.value

    return workplace.run(work, backend)


def resumed(workplace: Workplace, backend: Backend, error: errors.AnymediaError) -> Any:
    return workplace.run(lambda client: client.resume(str(error.job_id)), backend)


@pytest.mark.parametrize(
    ("facts", "nano", "source"),
    [
        ({}, 50_000_000, "a toy, checked 2026-11-22"),
        ({"cost": Decimal("0.25")}, 250_000_000, "the provider's reply"),
        ({"cost": Decimal(0)}, 0, "the provider's reply"),
    ],
    ids=["by the price", "by the reply", "for nothing"],
)
def test_what_the_provider_says_of_the_cost_counts_and_else_the_price(
    facts: Any, nano: int, source: str, workplace: Workplace, provider: Provider
) -> None:
    workplace.draw(delivering(provider, **facts))
    assert (workplace.row["settled_nano"], workplace.row["cost_source"]) == (nano, source)


def test_words_beside_a_picture_are_in_the_result_and_in_no_file(workplace: Workplace, provider: Provider) -> None:
    result = workplace.draw(delivering(provider, text="A fox."), output=workplace.out / "fox.png")
    assert (workplace.files(), result.text, len(result.files)) == ([workplace.out / "fox.png"], "A fox.", 1)


def test_a_picture_whose_state_names_a_file_that_is_gone_is_kept_without_it(
    workplace: Workplace, provider: Provider
) -> None:
    gone = MediaFile(media_type="image/png", path=workplace.root / "gone.png")
    result = workplace.draw(delivering(provider, continuation={"turns": [gone]}), continuable=True)
    assert (result.read_bytes(), result.continuation_id) == (PICTURE, None)


def test_a_place_that_is_taken_meanwhile_leaves_the_job_to_be_resumed(workplace: Workplace, provider: Provider) -> None:
    target, backend = workplace.out / "fox.png", delivering(provider)

    def taking(progress: Any) -> None:
        if progress.stage == "saving":
            target.mkdir()

    error = failing(workplace, backend, output=target, overwrite=True, on_progress=taking)
    assert isinstance(error, errors.StillRunning) and error.charged == "yes"
    assert f"{workplace.out} cannot take the file: Is a directory." in error.message
    assert error.next is not None and "Free some space." in error.next
    assert (workplace.row["status"], workplace.row["settled_nano"]) == ("ready", 50_000_000)
    target.rmdir()
    assert resumed(workplace, backend, error).path == target
    assert (target.read_bytes(), provider.count("POST", "/buy")) == (PICTURE, 1)


def stop_at(workplace: Workplace, status: str) -> None:
    """Let the ledger take no job into this status, as if the disk were full just then."""
    refuse = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    workplace.write(f"CREATE TRIGGER full BEFORE UPDATE ON job WHEN NEW.status='{status}' {refuse}")


def test_a_ledger_that_is_full_once_it_has_what_came_leaves_the_job_to_be_resumed(
    workplace: Workplace, provider: Provider
) -> None:
    backend = delivering(provider)
    workplace.draw(backend, prompt="a bear")
    stop_at(workplace, "done")
    error = failing(workplace, backend)
    assert isinstance(error, errors.StillRunning) and "database or disk is full" in error.message
    assert (workplace.rows()[-1]["status"], workplace.rows()[-1]["settled_nano"]) == ("ready", 50_000_000)
    workplace.write("DROP TRIGGER full")
    assert resumed(workplace, backend, error).read_bytes() == PICTURE
    assert provider.count("POST", "/buy") == 2


@pytest.mark.parametrize("came", [(), (PICTURE,), (PICTURE, OTHER)], ids=["nothing", "a picture", "two pictures"])
def test_a_ledger_that_is_full_before_it_has_what_came_names_where_it_is(
    came: tuple[bytes, ...], workplace: Workplace, provider: Provider
) -> None:
    workplace.draw(delivering(provider), prompt="a bear")
    stop_at(workplace, "ready")
    backend = delivering(provider, files=tuple(replace(HELD, data=content) for content in came))
    error = failing(workplace, backend)
    assert isinstance(error, errors.LedgerError) and error.charged == "maybe"
    assert (workplace.rows()[-1]["status"], workplace.rows()[-1]["settled_nano"]) == ("unknown", None)
    kept = sorted(workplace.quarantine.glob("*"))
    assert [path.read_bytes() for path in kept] == list(came)
    where = f" These outputs had arrived: {', '.join(map(str, kept))}." if came else "database or disk is full."
    assert error.message.endswith(where)
    assert workplace.files(hidden=True) == []


@pytest.mark.parametrize("answer", [sends(PICTURE), says({}, 410)], ids=["there", "gone"])
def test_a_ledger_that_is_full_before_it_has_an_address_has_the_output_fetched(
    answer: Answer, workplace: Workplace, provider: Provider
) -> None:
    workplace.draw(delivering(provider), prompt="a bear")
    stop_at(workplace, "ready")
    provider.on("GET", "/one", answer)
    error = failing(workplace, delivering(provider, files=(at_url(provider),)))
    assert isinstance(error, errors.LedgerError) and error.charged == "maybe"
    kept = list(workplace.quarantine.glob("*.part"))
    where = [f" These outputs had arrived: {path}." for path in kept] or ["database or disk is full."]
    assert [path.read_bytes() for path in kept] == ([PICTURE] if answer.reply.status == 200 else [])
    assert error.message.endswith(where[0])


def at_url(provider: Provider) -> MediaFile:
    return MediaFile(media_type="image/png", url=f"{provider.url}/one")


@pytest.mark.parametrize("far", [True, False])
def test_a_job_that_can_be_asked_for_again_keeps_its_part_files(
    far: bool, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        yield post("/buy", json={})
        return Partial(files=(HELD,), state={}, poll_after=0)

    def poll(call: Call, state: Any) -> Flow:
        yield get("/rest")
        return Succeeded(files=(at_url(provider) if far else replace(HELD, data=OTHER),))

    provider.on("GET", "/rest", says({}))
    provider.on("GET", "/one", sends(OTHER))
    workplace.draw(delivering(provider), prompt="a bear")
    stop_at(workplace, "ready")
    backend = toy(provider.url, submit, poll=poll)
    error = failing(workplace, backend)
    assert isinstance(error, errors.StillRunning) and "database or disk is full" in error.message
    workplace.write("DROP TRIGGER full")
    result = resumed(workplace, backend, error)
    assert [file.read_bytes() for file in result.files] == [PICTURE, OTHER]
    assert (workplace.files(hidden=True), provider.count("POST", "/buy")) == ([], 2)


def test_a_ledger_that_cannot_be_read_any_more_takes_no_bytes_away(workplace: Workplace, provider: Provider) -> None:
    def breaking(progress: Any) -> None:
        if progress.stage == "saving":
            workplace.write("ALTER TABLE job RENAME TO lost")

    error = failing(workplace, delivering(provider), on_progress=breaking)
    assert isinstance(error, errors.LedgerError) and error.charged == "maybe"
    assert str(workplace.state / "ledger.sqlite") in error.message
    assert [path.read_bytes() for path in workplace.files(hidden=True)] == [PICTURE]
