"""`run_job` may be called at least once, by anybody: what was bought is never lost and never bought again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from anymedia import AsyncClient, ImageRequest, errors
from anymedia.spec import Call, Flow, Pending, get, post
from anymedia.testing.emulator import Fault
from toys import RUNNING, Answer, Provider, breaks, drawn, queue_backend, says, serve_job, toy, toy_model
from workplace import Workplace, arrives

WORKING = says({"status": "running", "poll_after": 60})


def submitted(workplace: Workplace, provider: Provider, **changes: Any) -> str:
    """A job that was bought and is waited for no longer."""
    serve_job(provider, WORKING)
    with pytest.raises(errors.StillRunning) as caught:
        workplace.draw(queue_backend(provider.url, **changes), wait=0.5)
    assert (workplace.row["status"], caught.value.exit_code, caught.value.charged) == ("running", 75, "yes")
    assert caught.value.job_id == workplace.row["id"]
    return str(workplace.row["id"])


def test_the_end_of_the_wait_is_not_the_end_of_the_job(workplace: Workplace, provider: Provider) -> None:
    job_id = submitted(workplace, provider)
    serve_job(provider, RUNNING)
    result = workplace.run(lambda client: client.resume(job_id), queue_backend(provider.url))
    assert (workplace.files(), provider.count("POST", "/jobs")) == ([result.path], 1)


def test_a_job_goes_on_from_the_last_state_that_it_returned(workplace: Workplace, provider: Provider) -> None:
    def poll(call: Call, state: Any) -> Flow:
        yield get(f"/steps/{state}")
        return drawn() if state else Pending(state=1, poll_after=60)

    def submit(call: Call) -> Flow:
        yield post("/jobs", json={})
        return Pending(state=0, poll_after=0)

    for path in ("/steps/0", "/steps/1"):
        provider.on("GET", path, says({}))
    provider.on("POST", "/jobs", says({}))
    backend = toy(provider.url, submit, poll=poll)
    job_id = str(workplace.failure(backend, wait=5).job_id)
    assert workplace.run(lambda client: client.resume(job_id), backend).files
    assert [provider.count("GET", path) for path in ("/steps/0", "/steps/1")] == [1, 1]


def test_a_done_job_gives_the_same_result_without_a_request(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    backend = queue_backend(provider.url)
    first = workplace.draw(backend)
    asked = len(provider.requests)
    second = workplace.run(lambda client: client.resume(first.job_id), backend)
    assert second == first
    assert len(provider.requests) == asked


def test_two_calls_of_one_process_work_on_a_job_once(workplace: Workplace, provider: Provider) -> None:
    job_id = submitted(workplace, provider)
    serve_job(provider, RUNNING, RUNNING)

    async def work(client: AsyncClient) -> Any:
        return await asyncio.gather(*(client.resume(job_id) for _ in range(5)))

    results = workplace.run(work, queue_backend(provider.url))
    assert all(result == results[0] for result in results)
    assert (provider.count("POST", "/jobs"), provider.count("GET", "/files/1")) == (1, 1)


def test_a_long_purchase_stays_with_the_one_who_makes_it(workplace: Workplace, provider: Provider) -> None:
    """A purchase may take fifteen minutes; nobody may call it lost while its process is alive."""
    serve_job(provider)
    provider.on("POST", "/jobs", breaks(Fault.slow(1.0), says({"id": "1"})))
    backend = queue_backend(provider.url)

    async def work(client: AsyncClient) -> tuple[Any, Any]:
        opened = await client.open(ImageRequest(prompt="a fox"))
        first = asyncio.ensure_future(client.resume(opened.job_id))
        await arrives(lambda: provider.count("POST", "/jobs") == 1)
        workplace.write("UPDATE job SET lease_until = lease_until - 3600")
        return await asyncio.gather(first, client.resume(opened.job_id), return_exceptions=True)

    first, second = workplace.run(work, backend)
    assert not isinstance(first, BaseException)
    assert first == second
    assert provider.count("POST", "/jobs") == 1


def test_a_process_without_the_key_leaves_the_job_to_one_that_has_it(workplace: Workplace, provider: Provider) -> None:
    job_id = submitted(workplace, provider)
    with pytest.raises(errors.AnymediaError) as caught:
        workplace.run(lambda client: client.resume(job_id), queue_backend(provider.url), environ={"TOY_API_KEY": ""})
    assert caught.value.charged != "no"
    assert_still_resumable(workplace, provider, job_id)


def test_a_process_without_the_backend_leaves_the_job_to_one_that_has_it(
    workplace: Workplace, provider: Provider
) -> None:
    job_id = submitted(workplace, provider)
    with pytest.raises(errors.AnymediaError) as caught:
        workplace.run(lambda client: client.resume(job_id))
    assert caught.value.charged != "no"
    assert_still_resumable(workplace, provider, job_id)


def test_a_backend_without_the_model_leaves_the_job_to_one_that_has_it(
    workplace: Workplace, provider: Provider
) -> None:
    job_id = submitted(workplace, provider)

    other = queue_backend(provider.url, model=toy_model(id="toy-2"))
    with pytest.raises(errors.AnymediaError) as caught:
        workplace.run(lambda client: client.resume(job_id), other)
    assert caught.value.charged != "no"
    assert_still_resumable(workplace, provider, job_id)


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_poll_that_is_refused_does_not_lose_the_job(status: int, workplace: Workplace, provider: Provider) -> None:
    job_id = submitted(workplace, provider)
    provider.on("GET", "/jobs/1", says({"error": {"message": "not now"}}, status))
    with pytest.raises(errors.AnymediaError) as caught:
        workplace.run(lambda client: client.resume(job_id, wait=0.5), queue_backend(provider.url))
    assert caught.value.charged != "no"
    assert_still_resumable(workplace, provider, job_id)


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_job_the_provider_does_not_know_any_more_was_still_paid_for(
    status: int, workplace: Workplace, provider: Provider
) -> None:
    job_id = submitted(workplace, provider)
    provider.on("GET", "/jobs/1", says({"error": {"message": "no such job"}}, status))
    with pytest.raises(errors.AnymediaError) as caught:
        workplace.run(lambda client: client.resume(job_id, wait=0.5), queue_backend(provider.url))
    assert caught.value.charged != "no"
    assert "Nothing was charged" not in str(caught.value)
    assert workplace.row["settled_nano"] != 0


@pytest.mark.parametrize(
    "trouble",
    [
        says({}, 500),
        says({}, 502),
        says({}, 429, retry_after="0"),
        says({}, 408),
        breaks(Fault.close_after_body()),
        breaks(Fault.reset_after_body()),
        breaks(Fault.truncated(3), says({"status": "running"})),
    ],
    ids=["500", "502", "429", "408", "closed", "reset", "cut"],
)
def test_trouble_while_polling_is_lived_through(trouble: Answer, workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, trouble, RUNNING)
    result = workplace.draw(queue_backend(provider.url))
    assert result.path.exists()
    assert provider.count("POST", "/jobs") == 1


def test_a_poll_that_nobody_understands_leaves_the_job_for_a_mended_backend(
    workplace: Workplace, provider: Provider
) -> None:
    job_id = submitted(workplace, provider)
    provider.on("GET", "/jobs/1", says({"state": "running"}))
    with pytest.raises(errors.AnymediaError) as caught:
        workplace.run(lambda client: client.resume(job_id), queue_backend(provider.url))
    assert caught.value.charged != "no"
    assert_still_resumable(workplace, provider, job_id)


def test_a_silent_provider_does_not_hold_the_caller_past_the_wait(workplace: Workplace, provider: Provider) -> None:
    job_id = submitted(workplace, provider)
    provider.on("GET", "/jobs/1", breaks(Fault.no_answer()))

    async def work(client: AsyncClient) -> None:
        async with asyncio.timeout(5):
            await client.resume(job_id, wait=0.3)

    with pytest.raises(errors.StillRunning):
        workplace.run(work, queue_backend(provider.url))
    assert_still_resumable(workplace, provider, job_id)


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        ("failed", errors.GenerationFailed, "failed"),
        ("refused", errors.Refused, "refused"),
        ("expired", errors.Expired, "expired"),
        ("cancelled", errors.Cancelled, "cancelled"),
        ("empty_output", errors.EmptyOutput, "failed"),
    ],
)
def test_a_failed_job_says_what_the_provider_said(
    kind: str, error: type[errors.AnymediaError], status: str, workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider, says({"status": "failed", "reason": "the\nkiln\x1b[31m is cold", "kind": kind}))
    caught = workplace.failure(queue_backend(provider.url))
    assert type(caught) is error
    assert "the kiln" in caught.message and "\x1b" not in caught.message
    assert caught.charged in ("maybe", "yes")
    row = workplace.row
    assert (row["status"], row["private_state"], row["settled_nano"]) == (status, None, None)
    assert row["reserved_nano"] > 0


def test_an_unknown_job_is_an_unknown_name(workplace: Workplace) -> None:
    with pytest.raises(errors.UnknownName):
        workplace.run(lambda client: client.resume("job_none"))


def assert_still_resumable(workplace: Workplace, provider: Provider, job_id: str) -> None:
    """The job is where it was, and a process that has everything finishes it."""
    assert workplace.row["status"] == "running"
    assert workplace.row["settled_nano"] is None
    serve_job(provider)
    assert workplace.run(lambda client: client.resume(job_id), queue_backend(provider.url)).path.exists()
    assert provider.count("POST", "/jobs") == 1


def test_a_status_that_goes_backwards_buys_and_fetches_nothing_again(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, RUNNING, says({"status": "running", "fraction": 0.1}))
    whole = provider.answer_at("GET", "/files/1")
    provider.on("GET", "/files/1", says({}, 503))
    with pytest.raises(errors.StillRunning) as caught:
        workplace.draw(queue_backend(provider.url), wait=0.5)
    assert workplace.row["status"] == "ready"
    provider.on("GET", "/jobs/1", RUNNING)  # it was finished before
    provider.on("GET", "/files/1", whole)
    asked = provider.count("GET", "/jobs/1")
    result = workplace.run(lambda client: client.resume(str(caught.value.job_id)), queue_backend(provider.url))
    assert (workplace.files(), provider.count("POST", "/jobs")) == ([result.path], 1)
    assert provider.count("GET", "/jobs/1") == asked


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_gone_at_a_provider_that_forgot_the_job_has_expired(
    status: int, workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider)
    provider.on("GET", "/files/1", says({}, 503))
    backend = queue_backend(provider.url)
    with pytest.raises(errors.StillRunning):
        workplace.draw(backend, wait=0.5)
    provider.on("GET", "/files/1", says({}, 410))
    provider.on("GET", "/jobs/1", says({}, status))
    with pytest.raises(errors.Expired) as caught:
        workplace.run(lambda client: client.resume(workplace.row["id"]), backend)
    assert (caught.value.charged, workplace.row["status"]) == ("yes", "expired")


def test_a_file_that_is_gone_while_the_key_is_wrong_waits_for_the_right_key(
    workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider)
    provider.on("GET", "/files/1", says({}, 503))
    backend = queue_backend(provider.url)
    with pytest.raises(errors.StillRunning):
        workplace.draw(backend, wait=0.5)
    provider.on("GET", "/files/1", says({}, 410))
    provider.on("GET", "/jobs/1", says({}, 401))
    with pytest.raises(errors.StillRunning):
        workplace.run(lambda client: client.resume(workplace.row["id"]), backend)
    assert workplace.row["status"] == "ready"
