"""Jobs in pieces: outputs that come one by one, resources that stay at the provider, jobs made of jobs."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from anymedia import ImageRequest, errors
from anymedia.media import MediaFile
from anymedia.spec import (
    Backend,
    Call,
    ChildJobs,
    Created,
    Failed,
    Flow,
    HttpRequest,
    Partial,
    Pending,
    Succeeded,
    delete,
    get,
    post,
)
from anymedia.testing.emulator import Fault
from toys import Provider, breaks, drawn, picture, says, sends, toy
from workplace import Workplace

FIRST, SECOND = picture("first"), picture("second")


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


# --- Outputs one by one ----------------------------------------------------------------------------------------------


def submit_pieces(call: Call) -> Flow:
    response = yield post("/buy", json={}, media_at=("first",))
    return Partial(files=(response.json["first"],), state={"at": 1}, poll_after=0)


def poll_pieces(call: Call, state: Any) -> Flow:
    response = yield get("/rest", media_at=("second",))
    if response.json.get("failed"):
        return Failed(reason="the kiln broke")
    return Succeeded(files=(response.json["second"],))


def pieces(provider: Provider, rest: Any) -> Backend:
    provider.on("POST", "/buy", says({"first": encoded(FIRST)}))
    provider.on("GET", "/rest", rest)
    return toy(provider.url, submit_pieces, poll=poll_pieces)


def test_pieces_come_together_in_order(workplace: Workplace, provider: Provider) -> None:
    result = workplace.draw(pieces(provider, says({"second": encoded(SECOND)})))
    assert [file.read_bytes() for file in result.files] == [FIRST, SECOND]
    assert workplace.files(hidden=True) == []


def test_pieces_survive_a_restart(workplace: Workplace, provider: Provider) -> None:
    backend = pieces(provider, breaks(Fault.no_answer()))
    with pytest.raises(errors.StillRunning):
        workplace.arguments = {"timeouts": {"read": 0.2, "total": 0.2}}
        workplace.draw(backend, wait=0.5)
    result = workplace.run(
        lambda client: client.resume(workplace.row["id"]), pieces(provider, says({"second": encoded(SECOND)}))
    )
    assert [file.read_bytes() for file in result.files] == [FIRST, SECOND]
    assert provider.count("POST", "/buy") == 1


def test_pieces_that_came_before_a_failure_are_given_to_the_user(workplace: Workplace, provider: Provider) -> None:
    error = workplace.failure(pieces(provider, says({"failed": True})))
    assert isinstance(error, errors.PartialResult)
    assert [file.read_bytes() for file in error.result.files] == [FIRST]
    assert "kiln" in str(error)


def test_a_piece_at_a_url_is_never_written_into_a_public_column(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        yield post("/buy", json={})
        file = MediaFile(media_type="image/png", url=f"{provider.url}/one?signature=topsecret")
        return Partial(files=(file,), state={}, poll_after=0)

    seen: list[str] = []

    def poll(call: Call, state: Any) -> Flow:
        seen.append(json.dumps({name: value for name, value in workplace.row.items() if "private" not in name}))
        yield get("/rest")
        return Succeeded()

    provider.on("POST", "/buy", says({}))
    provider.on("GET", "/rest", says({}))
    provider.on("GET", "/one", sends(FIRST))
    result = workplace.draw(toy(provider.url, submit, poll=poll))
    assert result.read_bytes() == FIRST
    assert "topsecret" not in seen[0]
    assert "topsecret" not in str(workplace.row)


# --- Resources -------------------------------------------------------------------------------------------------------


def test_a_created_resource_is_in_the_ledger_before_the_flow_goes_on(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        made = yield HttpRequest(method="POST", path="/voices", effect="creates", json={})
        yield Created(kind="voice", id=made.json["id"], delete=delete(f"/voices/{made.json['id']}"))
        listed.extend(workplace.rows(table="resource"))
        yield Created(kind="voice", id=made.json["id"])
        yield post("/buy", json={})
        return drawn(text="x")

    listed: list[dict[str, Any]] = []
    provider.on("POST", "/voices", says({"id": "v1"}))
    provider.on("POST", "/buy", says({}, 500))
    error = workplace.failure(toy(provider.url, submit))
    assert error.code == "unknown"
    (resource,) = listed
    assert (resource["backend"], resource["kind"], resource["id"]) == ("toy", "voice", "v1")
    assert (resource["job"], resource["deleted_at"]) == (error.job_id, None)
    assert json.loads(resource["delete_request"]) == {"method": "DELETE", "path": "/voices/v1"}
    assert len(workplace.rows(table="resource")) == 1


# --- Jobs of jobs ----------------------------------------------------------------------------------------------------


def family(provider: Provider, names: tuple[str, ...] = ("one", "two")) -> Backend:
    """A parent that asks for children by name; each child buys its own picture."""

    def submit(call: Call) -> Flow:
        prompt = call.body["prompt"]
        if prompt == "parent":
            return Pending(state={}, poll_after=0)
        response = yield post(f"/{prompt}", json={})
        return Succeeded(files=(response.spilled,))

    def poll(call: Call, state: Any) -> Flow:
        results = yield ChildJobs(requests=tuple(ImageRequest(prompt=name) for name in names))
        paths = " ".join(str(result.path) for result in results)
        return Succeeded(
            text=paths, files=tuple(MediaFile(media_type="image/png", data=r.read_bytes()) for r in results)
        )

    for name in names:
        provider.on("POST", f"/{name}", sends(picture(name)))
    return toy(provider.url, submit, poll=poll)


def by_prompt(workplace: Workplace) -> dict[str, dict[str, Any]]:
    return {json.loads(row["request"])["prompt"]: row for row in workplace.rows()}


def test_children_are_jobs_of_their_own_and_their_results_come_in_order(
    workplace: Workplace, provider: Provider
) -> None:
    result = workplace.draw(family(provider), prompt="parent")
    assert [file.read_bytes() for file in result.files] == [picture("one"), picture("two")]
    rows = by_prompt(workplace)
    assert [rows[name]["parent"] for name in ("parent", "one", "two")] == [None, result.job_id, result.job_id]
    assert {row["status"] for row in rows.values()} == {"done"}
    assert {row["run"] for row in rows.values()} == {rows["parent"]["run"]}


def test_children_that_were_bought_are_found_again_after_a_crash(workplace: Workplace, provider: Provider) -> None:
    backend = family(provider)
    result = workplace.draw(backend, prompt="parent")
    workplace.write(
        "UPDATE job SET status='running', private_state='{}', kept_files='[]', result=NULL"
        f" WHERE id='{result.job_id}'"
    )
    again = workplace.run(lambda client: client.resume(result.job_id), backend)
    assert again.job_id == result.job_id
    assert (provider.count("POST", "/one"), provider.count("POST", "/two")) == (1, 1)
    assert len(workplace.rows()) == 3


def test_a_child_that_is_refused_ends_the_parent_with_its_error(workplace: Workplace, provider: Provider) -> None:
    backend = family(provider)
    provider.on("POST", "/two", says({"error": {"message": "not that"}}, 400))
    error = workplace.failure(backend, prompt="parent")
    assert isinstance(error, errors.AnymediaError)
    assert "not that" in str(error)
    rows = by_prompt(workplace)
    assert rows["two"]["status"] == "rejected"
    assert rows["one"]["status"] == "done"
    assert error.job_id == rows["parent"]["id"]
    assert error.charged != "no"  # child one was paid for


def test_a_child_whose_outcome_is_unknown_ends_the_parent_too(workplace: Workplace, provider: Provider) -> None:
    backend = family(provider)
    provider.on("POST", "/two", says({}, 500))
    workplace.failure(backend, prompt="parent")
    with pytest.raises(errors.AnymediaError) as caught:
        workplace.run(lambda client: client.resume(by_prompt(workplace)["parent"]["id"]), backend)
    assert not isinstance(caught.value, errors.StillRunning)
    assert caught.value.charged == "maybe"
    assert by_prompt(workplace)["two"]["id"] in str(caught.value)
    assert by_prompt(workplace)["parent"]["status"] in ("unknown", "failed")
    assert provider.count("POST", "/two") == 1


def test_children_count_against_the_caps_of_their_parent(workplace: Workplace, provider: Provider) -> None:
    workplace.arguments = {"budgets": {"per_run": "0.12"}}
    error = workplace.failure(family(provider), prompt="parent")
    assert isinstance(error, errors.BudgetExceeded | errors.StillRunning)
    assert "capped" in str(error)
    assert provider.count("POST", "/two") == 0


@pytest.mark.parametrize("bought", [True, False])
def test_children_before_the_parent_is_in_the_ledger_are_refused(
    bought: bool, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        if bought:
            yield post("/buy", json={})
        yield ChildJobs(requests=())
        return drawn(text="x")

    provider.on("POST", "/buy", says({}))
    error = workplace.failure(toy(provider.url, submit))
    assert (error.code, error.charged) == ("backend_defect", "maybe" if bought else "no")
