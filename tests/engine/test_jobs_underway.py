"""What a job does and tells while it goes on: progress, bytes, pieces, names of jobs, polls that find nothing."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

import toys
from anymedia import Chunk, ImageRequest, Progress, errors
from anymedia.media import MediaFile
from anymedia.spec import (
    Backend,
    Call,
    Created,
    Failed,
    Flow,
    HttpRequest,
    Listing,
    Partial,
    Pending,
    Succeeded,
    compute,
    get,
    post,
)
from toys import RUNNING, Answer, Provider, drawn, picture, poll_job, queue_backend, says, sends, serve_job, toy
from workplace import Workplace

FOX = ImageRequest(prompt="a fox")
FIRST, SECOND = picture("first"), picture("second")
NOT_FOUND = says({"error": {"message": "no such job"}}, 404)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


# --- Told -------------------------------------------------------------------------------------------------------------


def test_progress_is_told_from_the_purchase_to_the_file(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, RUNNING)
    told: list[Progress] = []
    result = workplace.draw(queue_backend(provider.url), on_progress=told.append)
    stages = [(each.stage, each.fraction) for each in told]
    assert stages == [("submitting", None), ("running", None), ("running", 0.5), ("saving", None)]
    assert {each.job_id for each in told} == {result.job_id}


def test_progress_within_a_step_is_told_too(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        path = yield compute(toys.paint, where="thread", prompt="a fox")
        return Succeeded(files=(MediaFile(media_type="image/png", path=path),))

    told: list[Progress] = []
    workplace.draw(toy(provider.url, submit), on_progress=told.append)
    assert {each.fraction for each in told if each.stage == "making"} == {0.25, 0.5, 0.75, 1.0}


def test_who_watches_and_fails_costs_nothing(
    workplace: Workplace, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(progress: Progress) -> None:
        raise ValueError("the screen is off")

    serve_job(provider)
    assert workplace.draw(queue_backend(provider.url), on_progress=fails).path.exists()
    assert "the on_progress function failed" in caplog.text


def two_in_one(provider: Provider, *, kept: int = 2) -> Backend:
    """A reply with two pictures, of which some are outputs."""

    def submit(call: Call) -> Flow:
        response = yield post("/buy", json={}, media_at=("pictures[*]",))
        return Succeeded(files=tuple(response.json["pictures"][:kept]))

    provider.on("POST", "/buy", says({"pictures": [encoded(FIRST), encoded(SECOND)]}))
    return toy(provider.url, submit)


def test_each_output_of_a_reply_is_heard_under_its_number(workplace: Workplace, provider: Provider) -> None:
    heard: list[Chunk] = []
    result = workplace.draw(two_in_one(provider), on_chunk=heard.append)
    by_output = [b"".join(chunk.data for chunk in heard if chunk.output == number) for number in (0, 1)]
    assert by_output == [FIRST, SECOND] == [file.read_bytes() for file in result.files]
    assert {chunk.job_id for chunk in heard} == {result.job_id}


def test_who_listens_and_fails_costs_nothing(
    workplace: Workplace, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(chunk: Chunk) -> None:
        raise ValueError("the loudspeaker is off")

    assert len(workplace.draw(two_in_one(provider), on_chunk=fails).files) == 2
    assert "the on_chunk function failed" in caplog.text


def test_media_of_a_reply_that_is_no_output_is_dropped(workplace: Workplace, provider: Provider) -> None:
    result = workplace.draw(two_in_one(provider, kept=1))
    assert (workplace.files(), workplace.files(hidden=True)) == ([result.path], [])
    assert result.read_bytes() == FIRST


# --- Written down -----------------------------------------------------------------------------------------------------


def test_what_leads_to_a_job_is_written_when_it_changes_and_its_name_stays(
    workplace: Workplace, provider: Provider
) -> None:
    names = iter(["theirs", None, None, "another", None])
    states = iter([1, 1, 2, 2, 2])
    seen: list[Any] = []

    def submit(call: Call) -> Flow:
        yield post("/jobs", json={})
        workplace.write("CREATE TABLE written (created_at, state, name)")
        workplace.write(
            "CREATE TRIGGER written AFTER UPDATE OF private_state ON job WHEN NEW.private_state IS NOT NULL "
            "BEGIN INSERT INTO written VALUES (0, NEW.private_state, NEW.remote_id); END"
        )
        return Pending(state=next(states), id=next(names), poll_after=0)

    def poll(call: Call, state: Any) -> Flow:
        yield get("/jobs/1")
        seen.append((workplace.row["private_state"], workplace.row["remote_id"]))
        return drawn() if len(seen) == 5 else Pending(state=next(states), id=next(names), poll_after=0)

    serve_job(provider)
    workplace.draw(toy(provider.url, submit, poll=poll))
    assert [(row["state"], row["name"]) for row in workplace.rows(table="written")] == [
        ("1", "theirs"),
        ("2", "theirs"),
    ]
    assert seen == [("1", "theirs")] * 2 + [("2", "theirs")] * 3


@pytest.mark.parametrize("status", ["planned", "reserved"])
def test_a_job_that_was_never_begun_is_bought_by_who_resumes_it(
    status: str, workplace: Workplace, provider: Provider
) -> None:
    backend = queue_backend(provider.url)
    serve_job(provider)
    job_id = workplace.run(lambda client: client.open(FOX), backend).job_id
    workplace.write(f"UPDATE job SET status='{status}'")
    assert workplace.run(lambda client: client.resume(job_id), backend).path.exists()
    assert provider.count("POST", "/jobs") == 1


def test_who_resumes_a_job_asks_at_once(workplace: Workplace, provider: Provider) -> None:
    backend = queue_backend(provider.url)
    serve_job(provider, says({"status": "running", "poll_after": 60}))
    job_id = str(workplace.failure(backend, wait=0.5).job_id)
    assert workplace.run(lambda client: client.resume(job_id, wait=0.9), backend).path.exists()


def test_a_list_is_read_from_two_minutes_before_the_purchase(workplace: Workplace, provider: Provider) -> None:
    since: list[float] = []

    def reconcile(call: Call, moment: float) -> Listing:
        since.append(moment)
        yield get("/jobs")
        return []

    provider.on("GET", "/jobs", says({}))
    provider.on("POST", "/jobs", says({}, 500))
    backend = queue_backend(provider.url, reconcile=reconcile)
    job_id = str(workplace.failure(backend).job_id)
    workplace.run(lambda client: client.reconcile(job_id), backend)
    assert since == [workplace.row["submitted_at"] - 120]


# --- Pieces -----------------------------------------------------------------------------------------------------------


def pieces(provider: Provider, rest: HttpRequest, answer: Answer) -> Backend:
    """One picture comes with the purchase, the others with what `rest` answers."""

    def submit(call: Call) -> Flow:
        response = yield post("/buy", json={}, media_at=("first",))
        return Partial(files=(response.json["first"],), state={}, poll_after=0)

    def poll(call: Call, state: Any) -> Flow:
        yield rest
        return Failed(reason="the kiln broke", cost=Decimal("0.01"))

    provider.on("POST", "/buy", says({"first": encoded(FIRST)}))
    provider.on(rest.method, rest.path, answer)
    return toy(provider.url, submit, poll=poll)


def refuses(status: int) -> Answer:
    return says({"error": {"message": "no more"}}, status, retry_after="3600")


MORE = post("/more", json={})
MAKE = HttpRequest(method="POST", path="/make", effect="creates", json={})


@pytest.mark.parametrize(
    ("rest", "status"),
    [(get("/rest"), 400), (MORE, 400), (MORE, 403), (MORE, 404), (MORE, 429)],
    ids=["a poll", "a purchase", "a purchase without the key", "a purchase nowhere", "a purchase that is limited"],
)
def test_what_came_is_delivered_when_the_rest_is_refused(
    rest: HttpRequest, status: int, workplace: Workplace, provider: Provider
) -> None:
    error = workplace.failure(pieces(provider, rest, refuses(status)))
    assert isinstance(error, errors.PartialResult) and "no more" in error.message
    assert [file.read_bytes() for file in error.result.files] == [FIRST]
    assert (workplace.row["status"], workplace.files(hidden=True)) == ("partial", [])


@pytest.mark.parametrize(
    ("rest", "status"),
    [(get("/rest"), 401), (get("/rest"), 403), (get("/rest"), 429), (MAKE, 400), (MAKE, 403), (MAKE, 429)],
    ids=str,
)
def test_what_another_key_or_more_room_may_still_bring_is_waited_for(
    rest: HttpRequest, status: int, workplace: Workplace, provider: Provider
) -> None:
    backend = pieces(provider, rest, refuses(status))
    assert isinstance(workplace.failure(backend, wait=0.3), errors.StillRunning)
    assert (workplace.row["status"], workplace.row["settled_nano"]) == ("running", None)
    provider.on(rest.method, rest.path, says({}))
    with pytest.raises(errors.PartialResult):
        workplace.run(lambda client: client.resume(workplace.row["id"]), backend)
    assert provider.count("POST", "/buy") == 1


def test_what_came_before_a_failure_is_settled_as_the_failure_says(workplace: Workplace, provider: Provider) -> None:
    error = workplace.failure(pieces(provider, get("/rest"), says({})))
    assert isinstance(error, errors.PartialResult) and "the kiln broke" in error.message
    assert (workplace.row["settled_nano"], workplace.row["cost_source"]) == (10_000_000, "the provider's reply")


def test_what_a_provider_keeps_is_in_the_result_of_what_came_before_a_failure(
    workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        response = yield post("/buy", json={}, media_at=("first",))
        yield Created(kind="file", id="f1")
        return Partial(files=(response.json["first"],), state={}, poll_after=0)

    def poll(call: Call, state: Any) -> Flow:
        yield get("/rest")
        return Failed(reason="the kiln broke")

    provider.on("POST", "/buy", says({"first": encoded(FIRST)}))
    provider.on("GET", "/rest", says({}))
    error = workplace.failure(toy(provider.url, submit, poll=poll))
    assert isinstance(error, errors.PartialResult)
    assert [(each.kind, each.id) for each in error.result.resources] == [("file", "f1")]


# --- Polls that find nothing ------------------------------------------------------------------------------------------


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between polls; nobody waits for them."""
    sleep, found = asyncio.sleep, []

    async def at_once(seconds: float) -> None:
        if seconds >= 0.5:
            found.append(seconds)
        await sleep(min(seconds, 0.001))

    monkeypatch.setattr(asyncio, "sleep", at_once)
    return found


def begun(workplace: Workplace, provider: Provider, backend: Backend, *, seconds_ago: float) -> str:
    """A job that was bought then and is running."""
    serve_job(provider, says({"status": "running", "poll_after": 60}))
    job_id = str(workplace.failure(backend, wait=0.5).job_id)
    workplace.write(f"UPDATE job SET submitted_at = submitted_at - {seconds_ago}")
    return job_id


@pytest.mark.parametrize(
    ("seconds_ago", "answers", "ends"),
    [
        (0, [NOT_FOUND] * 5, "done"),
        (55, [NOT_FOUND] * 5, "done"),
        (60.1, [NOT_FOUND] * 2, "done"),
        (60.1, [NOT_FOUND] * 3, "failed"),
        (9000, [NOT_FOUND, NOT_FOUND, RUNNING, NOT_FOUND, NOT_FOUND], "done"),
        (9000, [NOT_FOUND, says({}, 410), NOT_FOUND], "failed"),
    ],
    ids=["new", "almost new", "missed twice", "missed three times", "missed now and then", "missed in two ways"],
)
def test_a_job_is_lost_when_it_is_old_and_missed_three_times_in_a_row(
    seconds_ago: float,
    answers: Sequence[Answer],
    ends: str,
    workplace: Workplace,
    provider: Provider,
    pauses: list[float],
) -> None:
    def submit(call: Call) -> Flow:
        response = yield post("/jobs", json={})
        return Pending(state=response.json, id=response.json["id"], poll_after=0)

    backend = toy(provider.url, submit, poll=poll_job)
    job_id = begun(workplace, provider, backend, seconds_ago=seconds_ago)
    serve_job(provider, *answers)
    pauses.clear()
    if ends == "done":
        assert workplace.run(lambda client: client.resume(job_id), backend).path.exists()
        return
    with pytest.raises(errors.GenerationFailed, match="no longer knows this job"):
        workplace.run(lambda client: client.resume(job_id), backend)
    row = workplace.row
    assert (row["status"], row["settled_nano"], row["remote_id"], pauses) == ("failed", None, "1", [1.0, 1.0])


def test_the_pause_after_a_miss_is_not_shorter_than_the_last_one(
    workplace: Workplace, provider: Provider, pauses: list[float]
) -> None:
    serve_job(provider, says({"status": "running", "poll_after": 3}), NOT_FOUND)
    assert workplace.draw(queue_backend(provider.url)).path.exists()
    assert pauses == [3, 3]


def test_pieces_of_a_job_that_is_lost_are_delivered(
    workplace: Workplace, provider: Provider, pauses: list[float]
) -> None:
    backend = pieces(provider, get("/rest"), NOT_FOUND)
    workplace.failure(backend, wait=0.5)
    workplace.write("UPDATE job SET submitted_at = submitted_at - 61")
    with pytest.raises(errors.PartialResult) as caught:
        workplace.run(lambda client: client.resume(workplace.row["id"]), backend)
    assert [file.read_bytes() for file in caught.value.result.files] == [FIRST]


def test_a_job_that_bought_nothing_is_lost_as_soon_as_it_is_missed_three_times(
    workplace: Workplace, provider: Provider, pauses: list[float]
) -> None:
    def submit(call: Call) -> Flow:
        yield get("/ready")
        return Pending(state={"id": "1"}, poll_after=0)

    provider.on("GET", "/ready", says({}))
    provider.on("GET", "/jobs/1", NOT_FOUND)
    assert workplace.failure(toy(provider.url, submit, poll=poll_job)).code == "failed"
    assert provider.count("GET", "/jobs/1") == 3


# --- Addresses that grew old ------------------------------------------------------------------------------------------


def mixed(provider: Provider, *addresses: Sequence[str]) -> Backend:
    """A finished job: one picture is in the reply, the others at addresses, which are others at each poll."""

    def poll(call: Call, state: Any) -> Flow:
        response = yield get("/jobs/1", media_at=("first",))
        if "first" not in response.json:
            return Pending(state=state, poll_after=0)
        urls = [MediaFile(media_type="image/png", url=provider.url + path) for path in response.json["urls"]]
        return Succeeded(files=(response.json["first"], *urls))

    serve_job(provider)
    replies = [says({"first": encoded(FIRST), "urls": list(paths)} if paths else {}) for paths in addresses]
    provider.on("GET", "/jobs/1", *replies)
    provider.on("GET", "/old", says({}, 410))
    provider.on("GET", "/new", sends(SECOND))
    return toy(provider.url, toys.submit_job, poll=poll)


def test_only_what_is_not_here_is_fetched_from_a_new_address(workplace: Workplace, provider: Provider) -> None:
    result = workplace.draw(mixed(provider, ["/old"], ["/new"]))
    assert [file.read_bytes() for file in result.files] == [FIRST, SECOND]
    assert (len(workplace.files()), workplace.files(hidden=True)) == (2, [])


@pytest.mark.parametrize("later", [["/new", "/new"], []], ids=["more files than before", "not finished any more"])
def test_another_answer_than_before_brings_no_new_address(
    later: Sequence[str], workplace: Workplace, provider: Provider
) -> None:
    error = workplace.failure(mixed(provider, ["/old"], later))
    assert (error.code, error.charged, provider.count("GET", "/new")) == ("expired", "yes", 0)


def test_a_job_whose_new_addresses_need_another_key_stays_ready(workplace: Workplace, provider: Provider) -> None:
    backend = mixed(provider, ["/old"], ["/new"])
    first = provider.answer_at("GET", "/jobs/1")
    provider.on("GET", "/jobs/1", first, says({"error": {"message": "no"}}, 401))
    error = workplace.failure(backend)
    assert (error.code, workplace.row["status"], workplace.row["owner"]) == ("running", "ready", None)
    provider.on("GET", "/old", sends(SECOND))
    result = workplace.run(lambda client: client.resume(workplace.row["id"]), backend)
    assert [file.read_bytes() for file in result.files] == [FIRST, SECOND]
    assert provider.count("POST", "/jobs") == 1


def test_without_a_way_to_ask_again_a_file_that_is_gone_has_expired(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield post("/jobs", json={})
        return Succeeded(files=(MediaFile(media_type="image/png", url=f"{provider.url}/old"),))

    provider.on("POST", "/jobs", says({}))
    provider.on("GET", "/old", says({}, 410))
    for backend in (toy(provider.url, submit), toy(provider.url, submit, poll=poll_job)):
        assert workplace.failure(backend).code == "expired"
