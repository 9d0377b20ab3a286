"""What is forgotten is in no byte of the state folder any more; what is paid for is never lost, nor paid for twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from anymedia import AsyncClient, Client, Options, SpeechRequest, errors
from anymedia.configuration import load
from anymedia.media import MediaFile
from anymedia.results import Forgotten
from anymedia.testing.emulator import Emulator, Fault
from studio import BACKEND
from toys import KEY, PICTURE, RUNNING, Provider, picture, queue_backend, says, sends, serve_job
from workplace import EDITS, GENERATIONS, RESPONSES, Workplace

WORD = "Zibeline"
"""A word that stands nowhere but in what was asked for."""
PROMPT = f"a {WORD} fox"


def forgotten(place: Workplace, job_id: str, **how: Any) -> Forgotten:
    return place.run(lambda client: client.forget(job_id, **how))


def refused(place: Workplace, job_id: str) -> errors.AnymediaError:
    with pytest.raises(errors.AnymediaError) as caught:
        forgotten(place, job_id)
    return caught.value


def traces(folder: Path, word: str = WORD) -> list[Path]:
    """The files whose name or content still has the word, in either case."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in found if word.lower().encode() in bytes(path).lower() + path.read_bytes().lower()]


def test_the_prompt_is_in_no_byte_of_the_ledger_or_its_log_while_others_have_it_open(
    openai: Workplace, emulator: Emulator
) -> None:
    made = openai.draw(prompt=PROMPT, input_images=[MediaFile(media_type="image/png", data=picture("mask"))])
    with closing(sqlite3.connect(openai.state / "ledger.sqlite")) as other:
        other.execute("SELECT COUNT(*) FROM job").fetchone()
        assert traces(openai.state)
        said = forgotten(openai, made.job_id)
        assert (said.jobs, said.wiped, dict(said.left)) == ((made.job_id,), True, {made.path: said.left[made.path]})
        assert traces(openai.state) == []
        assert made.files[0].sha256.encode() not in (openai.state / "ledger.sqlite").read_bytes()
    assert list((openai.state / "blobs").rglob("?" * 64)) == []
    assert made.path.read_bytes() == PICTURE


def test_its_money_stays_and_it_says_that_it_was_forgotten(openai: Workplace, emulator: Emulator) -> None:
    made = openai.draw(prompt=PROMPT)

    async def sums(client: AsyncClient) -> Any:
        report = replace(await client.report(), adapted=())
        return await client.spending(), report

    before = openai.run(sums)
    forgotten(openai, made.job_id)
    assert openai.run(sums) == before
    job = openai.run(lambda client: client.job(made.job_id))
    assert job.cost == made.cost and job.status == "done" and job.forgotten_at is not None
    assert job.document()["request"] == {"operation": "image"}
    for ask in ("resume", "wait", "send_again"):
        with pytest.raises(errors.UsageError, match=r"was forgotten on|is done"):
            openai.run(lambda client, ask=ask: getattr(client, ask)(made.job_id))


@pytest.mark.parametrize("fault", [None, Fault.status(400, billed=False), Fault.no_outputs()])
def test_its_key_still_protects_from_paying_twice(fault: Fault | None, openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [fault] if fault else [])
    with suppress(errors.AnymediaError):
        openai.draw(prompt=PROMPT, idempotency_key="mine")
    forgotten(openai, openai.row["id"])
    assert traces(openai.state) == []
    with pytest.raises(errors.UsageError, match="was forgotten on"):
        openai.draw(prompt=PROMPT, idempotency_key="mine")
    assert emulator.submits == 1


def test_files_go_only_if_asked_for_and_only_if_they_are_what_was_made(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [])
    made = openai.draw(prompt=PROMPT, n=2, marks=True)
    changed, whole = (file.path for file in made.files)
    changed.write_bytes(b"retouched")
    said = forgotten(openai, made.job_id, files=True)
    assert "not what was made" in said.left[changed] and whole in said.removed
    assert {path.name for path in openai.files()} == {changed.name, f"{changed.name}.marks.json"}


def test_unfinished_pictures_go_with_the_files_if_their_name_is_of_this_job_alone(
    openai: Workplace, emulator: Emulator
) -> None:
    own = openai.draw(prompt=PROMPT, partial_images=1)
    (preview,) = openai.out.glob("*.partial-1*")
    assert preview in forgotten(openai, own.job_id, files=True).removed
    named = openai.draw(prompt=PROMPT, partial_images=1, output=openai.out / "fox.png")
    said = forgotten(openai, named.job_id, files=True)
    assert "perhaps of another job" in said.left[openai.out / "fox.partial-1.png"]


def test_safe_to_repeat(openai: Workplace, emulator: Emulator) -> None:
    made = openai.draw(prompt=PROMPT)
    forgotten(openai, made.job_id)
    again = forgotten(openai, made.job_id, files=True)
    assert (again.jobs, again.removed, dict(again.left)) == ((made.job_id,), (), {})
    assert made.path.exists()


# --- What is not settled --------------------------------------------------------------------------------------------


def test_a_job_that_runs_is_not_forgotten(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, RUNNING)
    provider.on("GET", "/jobs/1", RUNNING)
    workplace.failure(queue_backend(provider.url), wait=0.2)
    error = refused(workplace, workplace.row["id"])
    assert "is running" in error.message and "anymedia wait" in str(error.next)
    assert workplace.row["forgotten_at"] is None


def test_a_job_whose_outcome_is_unknown_is_not_forgotten_until_it_is_settled(
    openai: Workplace, emulator: Emulator
) -> None:
    emulator.script(GENERATIONS, [Fault.status(500, billed=True)])
    openai.failure(prompt=PROMPT)
    job_id = openai.row["id"]
    assert "anymedia settle" in str(refused(openai, job_id).next)
    openai.run(lambda client: client.settle(job_id, made=True, cost=Decimal("0.25")))
    forgotten(openai, job_id)
    assert traces(openai.state) == []
    assert openai.row["settled_nano"] == 250_000_000


def test_a_job_that_was_never_sent_is_not_forgotten_before_it_is_cancelled(openai: Workplace) -> None:
    async def opened(client: AsyncClient) -> str:
        return (await client.open(SpeechRequest(text=PROMPT), Options(backend="openai"))).job_id

    job_id = openai.run(opened)
    assert "anymedia cancel" in str(refused(openai, job_id).next)
    openai.run(lambda client: client.cancel(job_id))
    forgotten(openai, job_id)
    assert traces(openai.state) == []


# --- What belongs to it ---------------------------------------------------------------------------------------------


@pytest.fixture
def speaker() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def test_the_parts_of_a_long_text_are_forgotten_with_it(workplace: Workplace, speaker: Emulator) -> None:
    workplace.environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": speaker.base_url}
    text = f"The rain has stopped, and the {WORD} street is drying. " * 100
    asked = {"backend": "openai", "model": "tts-1", "output_format": "wav"}
    made = workplace.run(lambda client: client.speech(text, **asked))
    part = next(row for row in workplace.rows() if row["parent"])
    assert made.job_id in refused(workplace, part["id"]).message
    assert (workplace.state / "parts" / made.job_id).exists()
    said = forgotten(workplace, made.job_id, files=True)
    assert len(said.jobs) == len(workplace.rows()) > 2
    assert traces(workplace.root) == [] and list((workplace.state / "parts").iterdir()) == []
    assert workplace.files() == []


def test_a_later_job_that_went_on_from_it_can_no_longer_be_continued(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(prompt=PROMPT, continuable=True)
    second = openai.draw(prompt="bluer", continue_from=first.continuation_id)
    other = openai.draw(prompt="an owl", continuable=True)
    said = forgotten(openai, first.job_id)
    assert said.not_continuable == (second.job_id,)
    assert [row["job"] for row in openai.rows(table="continuation")] == [other.job_id]
    assert traces(openai.state) == []
    openai.draw(prompt="at night", continue_from=other.continuation_id)
    with pytest.raises(errors.UnknownName):
        openai.draw(prompt="bluer", continue_from=second.continuation_id)


def test_bytes_that_another_job_needs_stay(openai: Workplace, emulator: Emulator) -> None:
    mask = MediaFile(media_type="image/png", data=picture("mask"))
    first = openai.draw(prompt=PROMPT, input_images=[mask])
    second = openai.draw(prompt="an owl", input_images=[mask])
    blobs = openai.state / "blobs"
    forgotten(openai, first.job_id)
    assert len(list(blobs.rglob("?" * 64))) == 1
    forgotten(openai, second.job_id)
    assert list(blobs.rglob("?" * 64)) == []
    assert emulator.requests[-1].path == EDITS


def test_the_attempts_at_one_purchase_are_forgotten_together(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(prompt="an owl", continuable=True)
    emulator.script(RESPONSES, [Fault.status(400, billed=False, code="previous_response_not_found")])
    second = openai.draw(prompt=PROMPT, continue_from=first.continuation_id)
    said = forgotten(openai, second.job_id)
    assert len(said.jobs) == 2 and first.job_id not in said.jobs
    assert traces(openai.state) == []


def test_a_reply_that_nobody_understood_goes_with_its_job(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/jobs", says({"said": PROMPT}))
    workplace.failure(queue_backend(provider.url), prompt=PROMPT)
    job_id = workplace.row["id"]
    workplace.run(lambda client: client.settle(job_id, made=False))
    assert traces(workplace.quarantine)
    said = forgotten(workplace, job_id)
    assert traces(workplace.state) == [] and said.removed == (workplace.quarantine / f"{job_id}-reply.json",)


def test_what_is_not_whole_goes_with_its_job(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, content=PICTURE[:-9])
    workplace.failure(queue_backend(provider.url), prompt=PROMPT, wait=3)
    assert list(workplace.quarantine.iterdir())
    forgotten(workplace, workplace.row["id"])
    assert list(workplace.quarantine.iterdir()) == [] and traces(workplace.root) == []


def test_what_the_provider_keeps_is_named_and_can_still_be_deleted(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/voices", says({"id": "voice_1"}))
    provider.on("POST", "/previews", sends(b"no sound", "audio/wav"))
    provider.on("DELETE", "/voices/voice_1", says({}))
    studio = replace(BACKEND, base_url=provider.url)
    with pytest.raises(errors.AnymediaError):
        workplace.run(lambda client: client.design_voice(PROMPT), studio)
    job_id = workplace.row["id"]
    if workplace.row["status"] == "unknown":
        workplace.run(lambda client: client.settle(job_id, made=False), studio)
    (kept,) = forgotten(workplace, job_id).resources
    assert kept.id == "voice_1" and traces(workplace.state) == []
    workplace.run(lambda client: client.delete_resource("voice_1"), studio)
    assert provider.count("DELETE", "/voices/voice_1") == 1


# --- By age ---------------------------------------------------------------------------------------------------------


def grow_old(place: Workplace, job_id: str, days: int = 40) -> None:
    columns = ("created_at", "submitted_at", "finished_at")
    place.write(f"UPDATE job SET {', '.join(f'{each}={each}-{days * 86400}' for each in columns)} WHERE id='{job_id}'")


def test_what_is_older_than_the_configuration_keeps_it_is_forgotten_at_the_next_opening(
    openai: Workplace, emulator: Emulator
) -> None:
    old, new = openai.draw(prompt=PROMPT), openai.draw(prompt="an owl")
    grow_old(openai, old.job_id)
    openai.arguments = {"privacy": {"keep_prompts": "30d"}}
    jobs = openai.run(lambda client: client.jobs())
    assert {job.id for job in jobs if job.forgotten_at is not None} == {old.job_id}
    assert traces(openai.state) == []
    assert old.path.exists() and new.path.exists()


def test_a_job_that_a_newer_one_goes_on_from_is_kept_as_long_as_that(openai: Workplace, emulator: Emulator) -> None:
    first = openai.draw(prompt=PROMPT, continuable=True)
    second = openai.draw(prompt="bluer", continue_from=first.continuation_id)
    grow_old(openai, first.job_id)
    month = timedelta(days=30)
    assert openai.run(lambda client: client.forget_older(month)) == ()
    grow_old(openai, second.job_id)
    found = openai.run(lambda client: client.forget_older(month))
    assert [each.job_id for each in found] == [first.job_id, second.job_id]


def test_what_is_not_settled_is_kept_however_old_it_is(openai: Workplace, emulator: Emulator) -> None:
    emulator.script(GENERATIONS, [Fault.status(500, billed=True)])
    openai.failure(prompt=PROMPT)
    grow_old(openai, openai.row["id"])
    assert openai.run(lambda client: client.forget_older(timedelta(days=1))) == ()
    assert PROMPT in openai.row["request"]


def test_while_another_program_reads_it_says_that_the_file_is_not_wiped(openai: Workplace, emulator: Emulator) -> None:
    made = openai.draw(prompt=PROMPT)
    with closing(sqlite3.connect(openai.state / "ledger.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM job").fetchone()
        assert not forgotten(openai, made.job_id).wiped
    assert forgotten(openai, made.job_id).wiped
    assert traces(openai.state) == []


def test_the_blocking_client_forgets_too(openai: Workplace, emulator: Emulator) -> None:
    environ = {"HOME": str(openai.root), "ANYMEDIA_HOME": str(openai.state), **openai.environ}
    found = load(environ=environ, folder=openai.root, arguments={"output_dir": str(openai.out)})
    with Client(configuration=found, environ=environ) as client:
        made = client.image(PROMPT)
        assert client.forget(made.job_id, files=True).removed == (made.path,)
        assert client.forget_older(timedelta(days=1)) == ()
