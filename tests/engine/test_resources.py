"""What a provider keeps is in the ledger before anything else happens; it is listed, named in errors, deleted once."""

from __future__ import annotations

import asyncio
import os
import signal
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from anymedia import KeptResource, errors
from anymedia.operations import VoiceDesignRequest
from anymedia.spec import Backend, Call, Created, Flow, HttpRequest
from anymedia.testing.emulator import Fault
from scribe import recording
from studio import BACKEND, MODELS
from toys import Provider, breaks, says, sends, toy
from workplace import Workplace, arrives

VOICES, PREVIEWS, VOICE = "/voices", "/previews", "/voices/voice_1"
HEARD = says({"sound": b64encode(recording()).decode()})
GONE = says({"error": {"message": "no such voice"}}, 404)


@pytest.fixture
def studio(provider: Provider) -> Backend:
    """A provider that makes the voice `voice_1` and lets it be heard."""
    provider.on("POST", VOICES, says({"id": "voice_1"}))
    provider.on("POST", PREVIEWS, HEARD)
    provider.on("DELETE", VOICE, says({}), GONE)
    return replace(BACKEND, base_url=provider.url)


def design(workplace: Workplace, studio: Backend) -> Any:
    return workplace.run(lambda client: client.design_voice("a warm narrator"), studio)


def failure(workplace: Workplace, studio: Backend) -> errors.AnymediaError:
    with pytest.raises(errors.AnymediaError) as caught:
        design(workplace, studio)
    return caught.value


def listed(workplace: Workplace, studio: Backend, **which: Any) -> tuple[KeptResource, ...]:
    return workplace.run(lambda client: client.resources(**which), studio)


def deleted(workplace: Workplace, studio: Backend, resource_id: str = "voice_1", **which: Any) -> KeptResource:
    return workplace.run(lambda client: client.delete_resource(resource_id, **which), studio)


# --- Listed -------------------------------------------------------------------------------------------------------


def test_a_voice_is_in_the_result_and_in_the_list(workplace: Workplace, studio: Backend) -> None:
    result = design(workplace, studio)
    (kept,) = listed(workplace, studio)
    assert [(each.kind, each.id) for each in result.resources] == [("voice", "voice_1")]
    assert (kept.kind, kept.id, kept.backend, kept.job_id) == ("voice", "voice_1", "studio", result.job_id)
    assert kept.deleted_at is None and result.path.exists()


def test_the_list_is_of_one_kind_or_one_backend(workplace: Workplace, studio: Backend) -> None:
    design(workplace, studio)
    assert len(listed(workplace, studio, kind="voice", backend="Studio")) == 1
    assert listed(workplace, studio, kind="file") == listed(workplace, studio, backend="sketch") == ()
    with pytest.raises(errors.UnknownName, match="There is no backend named 'stodio'"):
        listed(workplace, studio, backend="stodio")


@pytest.mark.parametrize("status, code", [(500, "unknown"), (400, "rejected")])
def test_a_voice_outlives_the_preview_that_failed_and_the_error_names_it(
    workplace: Workplace, studio: Backend, provider: Provider, status: int, code: str
) -> None:
    provider.on("POST", PREVIEWS, says({"error": {"message": "too busy"}}, status))
    error = failure(workplace, studio)
    assert error.code == code and "Studio keeps what it made before: voice voice_1." in error.message
    assert [kept.id for kept in listed(workplace, studio)] == ["voice_1"]
    with pytest.raises(errors.AnymediaError) as again:
        workplace.run(lambda client: client.resume(str(error.job_id)), studio)
    assert str(again.value) == str(error) and provider.count("POST", VOICES) == 1


def test_a_voice_named_in_half_a_reply_to_its_purchase_is_kept(workplace: Workplace, provider: Provider) -> None:
    def buy_voice(call: Call) -> Flow:
        made = yield HttpRequest(method="POST", path=VOICES, effect="pays", json={})
        yield Created(kind="voice", id=made.json["id"])
        raise AssertionError("half a reply is no success")

    broken = breaks(Fault.truncated(24), says({"id": "voice_1", "sample": "x" * 50}))
    provider.on("POST", VOICES, broken)
    designs = next(each for each in MODELS if each.accepts is VoiceDesignRequest)
    backend = toy(provider.url, buy_voice, model=replace(designs, submit=None))
    error = failure(workplace, backend)
    assert error.code == "unknown" and "Toy keeps what it made before: voice voice_1." in error.message
    assert [kept.id for kept in listed(workplace, backend)] == ["voice_1"]


def test_a_voice_that_the_ledger_cannot_take_is_kept_in_the_quarantine(
    workplace: Workplace, studio: Backend, provider: Provider
) -> None:
    design(workplace, studio)
    provider.on("POST", VOICES, says({"id": "the-only-trace"}))
    workplace.write("CREATE TRIGGER full BEFORE INSERT ON resource BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    assert isinstance(failure(workplace, studio), errors.LedgerError)
    assert any("the-only-trace" in path.read_text() for path in workplace.quarantine.iterdir())


# --- Deleted ------------------------------------------------------------------------------------------------------


def test_deleting_asks_the_provider_once_and_is_remembered(
    workplace: Workplace, studio: Backend, provider: Provider
) -> None:
    design(workplace, studio)
    first, second = deleted(workplace, studio), deleted(workplace, studio)
    assert first == second and first.deleted_at is not None
    assert (provider.count("DELETE", VOICE), listed(workplace, studio)) == (1, ())
    assert listed(workplace, studio, deleted=True) == (first,)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param((GONE,), id="gone before"),
        pytest.param((says({}, 410),), id="gone for good"),
        pytest.param((breaks(Fault.reset_after_body()), GONE), id="the answer was lost"),
        pytest.param((says({}, 503), sends(b"", status=204)), id="busy at first"),
    ],
)
def test_what_is_gone_counts_as_deleted(
    workplace: Workplace, studio: Backend, provider: Provider, answers: tuple[Any, ...]
) -> None:
    design(workplace, studio)
    provider.on("DELETE", VOICE, *answers)
    assert deleted(workplace, studio).deleted_at is not None
    assert listed(workplace, studio) == ()


def test_what_the_provider_will_not_delete_stays_in_the_list(
    workplace: Workplace, studio: Backend, provider: Provider
) -> None:
    design(workplace, studio)
    provider.on("DELETE", VOICE, says({"error": {"message": "it is in use"}}, 400))
    with pytest.raises(errors.Rejected, match="it is in use"):
        deleted(workplace, studio)
    assert [kept.id for kept in listed(workplace, studio)] == ["voice_1"]


def test_what_cannot_be_deleted_or_is_not_known_is_said(
    workplace: Workplace, studio: Backend, provider: Provider
) -> None:
    design(workplace, studio)
    with pytest.raises(errors.UnknownName, match="There is no resource 'voice_2'"):
        deleted(workplace, studio, "voice_2")
    with pytest.raises(errors.MissingCredentials, match="made with another key"):
        workplace.run(lambda client: client.delete_resource("voice_1"), studio, environ={"TOY_API_KEY": "sk-another"})
    workplace.write("UPDATE resource SET delete_request = NULL")
    with pytest.raises(errors.UsageError, match="Studio offers no way to delete the voice voice_1"):
        deleted(workplace, studio)
    assert provider.count("DELETE", VOICE) == 0


def test_one_id_at_two_providers_needs_the_backend(workplace: Workplace, studio: Backend, provider: Provider) -> None:
    other = replace(studio, name="annex", title="Annex")
    for name in ("studio", "annex"):
        workplace.run(lambda client, name=name: client.design_voice("a voice", backend=name), studio, other)
    with pytest.raises(errors.InvalidParameter, match="voice of annex, voice of studio"):
        workplace.run(lambda client: client.delete_resource("voice_1"), studio, other)
    gone = workplace.run(lambda client: client.delete_resource("voice_1", backend="annex"), studio, other)
    assert (gone.backend, len(listed(workplace, studio))) == ("annex", 1)


# --- Processes ----------------------------------------------------------------------------------------------------


def test_a_kill_between_the_voice_and_the_end_loses_neither(
    workplace: Workplace, studio: Backend, provider: Provider
) -> None:
    """The process dies while it waits for the preview; another one lists the voice, and the job names it."""
    provider.on("POST", PREVIEWS, breaks(Fault.slow(30), HEARD))
    victim = workplace.start("studio", provider.url)
    asyncio.run(arrives(lambda: provider.count("POST", PREVIEWS) == 1))
    os.kill(victim.pid, signal.SIGKILL)
    victim.communicate()
    (kept,) = listed(workplace, studio)
    assert (kept.id, workplace.row["status"]) == ("voice_1", "submitting")
    with pytest.raises(errors.OutcomeUnknown, match=r"keeps what it made before: voice voice_1\."):
        workplace.run(lambda client: client.resume(kept.job_id), studio)
    assert provider.count("POST", VOICES) == provider.count("POST", PREVIEWS) == 1
    assert deleted(workplace, studio).deleted_at is not None
