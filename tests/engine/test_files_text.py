"""Words in a file: only where a file is named, at that name, whole, of the asked format, and never lost."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from anymedia import Options, Result, TranscriptionRequest, errors
from anymedia.requests import request_from
from anymedia.spec import Call, Flow, Succeeded, form
from scribe import ANSWERS, BACKEND, TRANSCRIPTIONS, parts_of, recording
from toys import KEY, PICTURE, Answer, Provider, says, sends
from workplace import Workplace

SUBTITLES = "1\n00:00:00,000 --> 00:00:01,000\nÄhm.\n"


@pytest.fixture
def scribe(workplace: Workplace, provider: Provider) -> Workplace:
    hears(provider, SUBTITLES)
    provider.on("POST", ANSWERS, says({"answer": "A fox."}))
    return workplace


def hears(provider: Provider, text: str) -> None:
    provider.on("POST", TRANSCRIPTIONS, sends(text.encode(), "text/plain; charset=utf-8"))


def ask(scribe: Workplace, provider: Provider, work: Any) -> Any:
    return scribe.run(work, replace(BACKEND, base_url=provider.url))


def transcribe(scribe: Workplace, provider: Provider, **parameters: Any) -> Result:
    result = ask(scribe, provider, lambda client: client.transcribe(recording(), **parameters))
    assert isinstance(result, Result)
    return result


def refusal(scribe: Workplace, provider: Provider, **parameters: Any) -> errors.AnymediaError:
    """The error of a call for which nothing may have been sent."""
    with pytest.raises(errors.AnymediaError) as caught:
        transcribe(scribe, provider, **parameters)
    assert (provider.requests, scribe.rows()) == ([], [])
    return caught.value


# --- Without a file --------------------------------------------------------------------------------------------------


def test_words_without_an_output_touch_no_folder(scribe: Workplace, provider: Provider) -> None:
    assert transcribe(scribe, provider).text == SUBTITLES
    assert not scribe.out.exists()


def test_words_without_an_output_need_no_folder_that_takes_files(scribe: Workplace, provider: Provider) -> None:
    scribe.out.write_text("a file in place of the folder")
    assert transcribe(scribe, provider).text == SUBTITLES


def test_only_words_in_a_file_need_space_on_the_disk(scribe: Workplace, provider: Provider) -> None:
    large = tuple(replace(each, typical_bytes=10**18) for each in BACKEND.models)
    backend = replace(BACKEND, base_url=provider.url, models=large)
    assert scribe.run(lambda client: client.transcribe(recording()), backend).text == SUBTITLES
    with pytest.raises(errors.OutputRefused, match="free"):
        scribe.run(lambda client: client.transcribe(recording(), output=scribe.root / "talk.txt"), backend)


def test_a_folder_for_words_is_refused_and_not_ignored(scribe: Workplace, provider: Provider) -> None:
    error = refusal(scribe, provider, output_dir=scribe.root / "words")
    assert isinstance(error, errors.OutputRefused) and "`output`" in str(error.next)
    assert not (scribe.root / "words").exists()


# --- At its name -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters", "media_type"),
    [
        ("talk.txt", {}, "text/plain"),
        ("talk.txt", {"output_format": "text"}, "text/plain"),
        ("Talk & Äh.SRT", {"output_format": "srt"}, "application/x-subrip"),
        ("talk.vtt", {"output_format": "vtt"}, "text/vtt"),
        ("talk.json", {"output_format": "json"}, "application/json"),
        ("talk.txt", {"output_format": "karaoke"}, "text/plain"),
    ],
)
def test_the_words_are_where_they_were_asked_for(
    name: str, parameters: dict[str, Any], media_type: str, scribe: Workplace, provider: Provider
) -> None:
    target = scribe.root / "deep" / name
    result = transcribe(scribe, provider, output=target, **parameters)
    content = SUBTITLES.encode()
    (file,) = result.files
    assert (result.path, target.read_bytes(), result.text) == (target, content, SUBTITLES)
    facts = (file.media_type, file.size, file.sha256)
    assert facts == (media_type, len(content), hashlib.sha256(content).hexdigest())
    (kept,) = json.loads(scribe.row["kept_files"])
    assert (kept["media_type"], kept["size"], kept["sha256"]) == facts
    assert list(target.parent.iterdir()) == [target]
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("ending", "model"), [("srt", "scribe-timed"), ("VTT", "scribe-timed"), ("txt", "scribe-plain")]
)
def test_the_ending_of_the_file_asks_for_its_format(
    ending: str, model: str, scribe: Workplace, provider: Provider
) -> None:
    assert transcribe(scribe, provider, output=scribe.root / f"talk.{ending}").model == model
    formats = [part.text for part in provider.last(TRANSCRIPTIONS).parts if part.name == "format"]
    assert formats == ([] if ending == "txt" else [ending.lower()])


def test_the_ending_counts_for_a_request_that_was_built_by_hand(scribe: Workplace, provider: Provider) -> None:
    request, _ = request_from(TranscriptionRequest, None, {"audio": recording()})
    options = Options(output=scribe.root / "talk.srt")
    result = ask(scribe, provider, lambda client: client.generate(request, options))
    assert (result.model, result.path.read_text()) == ("scribe-timed", SUBTITLES)


def test_the_answer_to_a_question_goes_into_its_file(scribe: Workplace, provider: Provider) -> None:
    target = scribe.root / "fox.txt"
    ask(scribe, provider, lambda client: client.describe(PICTURE, "What is this?", output=target))
    assert target.read_text() == "A fox."


def test_silence_is_an_empty_file(scribe: Workplace, provider: Provider) -> None:
    hears(provider, "")
    result = transcribe(scribe, provider, output=scribe.root / "talk.txt")
    assert (result.text, result.files[0].size, result.path.read_bytes()) == ("", 0, b"")


def test_what_has_no_utf8_is_written_so_that_nothing_is_lost(scribe: Workplace, provider: Provider) -> None:
    provider.on("POST", ANSWERS, says({"answer": "half \ud83e a fox"}))
    target = scribe.root / "fox.txt"
    result = ask(scribe, provider, lambda client: client.describe(PICTURE, "What is this?", output=target))
    assert (result.text, target.read_text()) == ("half \ud83e a fox", "half \\ud83e a fox")


def test_overwriting_replaces_the_file_that_was_named(scribe: Workplace, provider: Provider) -> None:
    target = scribe.root / "talk.srt"
    target.write_text("mine")
    assert transcribe(scribe, provider, output=target, overwrite=True).path == target
    assert target.read_text() == SUBTITLES


def test_the_same_key_gives_the_same_words_and_file_once(scribe: Workplace, provider: Provider) -> None:
    target = scribe.root / "talk.srt"
    first, second = (transcribe(scribe, provider, output=target, idempotency_key="talk") for _ in range(2))
    assert (first, provider.count("POST", TRANSCRIPTIONS)) == (second, 1)


# --- Refused beforehand ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters", "says_so"),
    [
        ("taken.srt", {}, "exists"),
        ("folder.txt", {"overwrite": True}, "is a folder"),
        ("talk", {}, "no file ending"),
        ("talk.mp3", {}, "does not end like text"),
        ("talk.html", {}, "does not end like text"),
        ("talk.txt", {"output_format": "srt"}, "asked format srt"),
        ("talk.srt", {"output_format": "vtt"}, "asked format vtt"),
        ("talk.srt", {"output_format": "text"}, "asked format text"),
        ("talk.srt", {"model": "scribe-plain"}, "scribe-plain has no `output_format`"),
        ("x" * 300 + ".txt", {}, "cannot be used"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_anything_is_sent(
    name: str, parameters: dict[str, Any], says_so: str, scribe: Workplace, provider: Provider
) -> None:
    (scribe.root / "taken.srt").write_text("mine")
    (scribe.root / "folder.txt").mkdir()
    error = refusal(scribe, provider, output=scribe.root / name, **parameters)
    assert says_so in error.message and error.next and error.charged == "no"
    assert (scribe.root / "taken.srt").read_text() == "mine"


def test_an_answer_in_plain_text_is_not_called_subtitles(scribe: Workplace, provider: Provider) -> None:
    with pytest.raises(errors.OutputRefused, match="plain text"):
        ask(scribe, provider, lambda client: client.describe(PICTURE, "What?", output=scribe.root / "fox.srt"))
    assert provider.requests == []


# --- Whatever happens ------------------------------------------------------------------------------------------------


def test_a_file_that_appears_meanwhile_is_left_alone(scribe: Workplace, provider: Provider) -> None:
    target = scribe.root / "talk.srt"

    def answer(request: Any) -> Any:
        target.write_text("mine")
        return sends(SUBTITLES.encode(), "text/plain").reply

    provider.on("POST", TRANSCRIPTIONS, Answer(answer))
    result = transcribe(scribe, provider, output=target)
    assert (target.read_text(), result.path) == ("mine", scribe.root / "talk-2.srt")
    assert result.path.read_text() == SUBTITLES and "appeared" in result.warnings[0]


def test_words_whose_folder_is_gone_are_in_the_result_all_the_same(scribe: Workplace, provider: Provider) -> None:
    folder = scribe.root / "deep"

    def answer(request: Any) -> Any:
        folder.rmdir()
        folder.write_text("a file in place of the folder")
        return sends(SUBTITLES.encode(), "text/plain").reply

    provider.on("POST", TRANSCRIPTIONS, Answer(answer))
    with pytest.raises(errors.PartialResult) as caught:
        transcribe(scribe, provider, output=folder / "talk.srt")
    assert (caught.value.result.text, caught.value.charged) == (SUBTITLES, "yes")
    assert scribe.row["status"] == "partial"


def test_a_key_that_the_provider_repeats_is_hidden_and_all_other_words_stay(
    scribe: Workplace, provider: Provider
) -> None:
    hears(provider, f"The sign says https://fox.example/?id=7, Bearer of news, and {KEY}.")
    result = transcribe(scribe, provider, output=scribe.root / "talk.txt")
    assert result.text == "The sign says https://fox.example/?id=7, Bearer of news, and [redacted]."
    assert result.path.read_text() == result.text
    assert not [path for path in scribe.root.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_words_that_are_not_all_of_them_are_kept_and_said_to_be_incomplete(
    scribe: Workplace, provider: Provider
) -> None:
    def half(call: Call) -> Flow:
        response = yield form(TRANSCRIPTIONS, parts=parts_of(call), reads="text")
        return Succeeded(text=response.text, missing=("The second half was not understood.",))

    backend = replace(BACKEND, base_url=provider.url, models=tuple(replace(m, submit=half) for m in BACKEND.models))
    with pytest.raises(errors.PartialResult, match="second half") as caught:
        scribe.run(lambda client: client.transcribe(recording()), backend)
    assert (caught.value.result.text, caught.value.charged) == (SUBTITLES, "yes")


def ready_again(scribe: Workplace, result: Result, part: Path) -> None:
    """Put the ledger back to where a crash after the commit of `ready` left it: the words in this part file."""
    spilled = {
        "part": str(part), "size": result.files[0].size, "sha256": result.files[0].sha256,
        "media_type": "application/x-subrip", "extension": ".srt", "width": None, "height": None, "duration": None,
        "problem": None,
    }  # fmt: skip
    step = {
        "files": [{"spilled": spilled}], "missing": [], "text": SUBTITLES, "resources": [], "continuation": None,
        "usage": {}, "warnings": [], "metadata": {},
    }  # fmt: skip
    text = json.dumps(step).replace("'", "''")
    scribe.write(f"UPDATE job SET status='ready', result=NULL, kept_files='[]', private_step='{text}'")


@pytest.mark.parametrize("landed", [True, False], ids=["after the rename", "before the rename"])
def test_a_crash_around_the_landing_lands_the_same_words(landed: bool, scribe: Workplace, provider: Provider) -> None:
    target = scribe.root / "talk.srt"
    result = transcribe(scribe, provider, output=target)
    part = target.with_name(".talk.part")
    if not landed:
        target.rename(part)
    ready_again(scribe, result, part)
    again = ask(scribe, provider, lambda client: client.resume(result.job_id))
    assert (again.path, again.text, again.files) == (target, SUBTITLES, result.files)
    assert (target.read_text(), part.exists()) == (SUBTITLES, False)
    assert provider.count("POST", TRANSCRIPTIONS) == 1
