"""Words instead of media: `transcribe` and `describe` through every Python door, and what their results turn into."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from anymedia import AnymediaError, AsyncClient, Batch, Client, Result, TranscriptionRequest, errors
from anymedia.configuration import load
from anymedia.unified import make
from scribe import ANSWERS, BACKEND, TRANSCRIPTIONS, recording
from toys import KEY, PICTURE, Provider, picture, says, sends
from workplace import Workplace


@pytest.fixture
def scribe(workplace: Workplace, provider: Provider) -> Workplace:
    """A workplace with files to look at, whose provider hears `Hello there.` and sees a fox."""
    provider.on("POST", TRANSCRIPTIONS, sends(b"Hello there.", "text/plain"))
    provider.on("POST", ANSWERS, says({"answer": "A <b>fox</b>."}))
    (workplace.root / "talk.wav").write_bytes(recording())
    (workplace.root / "a.png").write_bytes(PICTURE)
    return workplace


def ask(scribe: Workplace, provider: Provider, work: Any) -> Any:
    """What `work(client)` gives, with a client that knows the provider of words."""
    return scribe.run(work, replace(BACKEND, base_url=provider.url))


def transcribe(scribe: Workplace, provider: Provider, audio: Any = None, **parameters: Any) -> Result:
    audio = scribe.root / "talk.wav" if audio is None else audio
    result = ask(scribe, provider, lambda client: client.transcribe(audio, **parameters))
    assert isinstance(result, Result)
    return result


def sent(provider: Provider, path: str = TRANSCRIPTIONS) -> dict[str, list[Any]]:
    """The form of the last request: for each name its texts, or its bytes where they are a file."""
    form: dict[str, list[Any]] = {}
    for part in provider.last(path).parts:
        form.setdefault(part.name, []).append(part.data if part.name in ("file", "media") else part.text)
    return form


# --- What is sent ----------------------------------------------------------------------------------------------------


def test_a_recording_is_written_down(scribe: Workplace, provider: Provider) -> None:
    result = transcribe(scribe, provider)
    assert (result.text, result.files, result.operation) == ("Hello there.", (), "transcription")
    assert sent(provider) == {"model": ["scribe-plain"], "file": [recording()]}
    assert scribe.row["status"] == "done" and scribe.row["settled_nano"] == 10_000_000


def test_every_parameter_of_a_transcription_arrives(scribe: Workplace, provider: Provider) -> None:
    transcribe(scribe, provider, language="de", prompt="Ada, Grace", speakers=2, output_format="vtt")
    assert sent(provider) == {
        "model": ["scribe-timed"], "file": [recording()], "language": ["de"], "hint": ["Ada, Grace"],
        "speakers": ["2"], "format": ["vtt"],
    }  # fmt: skip


@pytest.mark.parametrize("kind", [str, Path, Path.read_bytes], ids=["str", "path", "bytes"])
def test_a_recording_may_be_a_path_or_bytes(kind: Any, scribe: Workplace, provider: Provider) -> None:
    transcribe(scribe, provider, kind(scribe.root / "talk.wav"))
    assert sent(provider)["file"] == [recording()]


def test_a_question_about_several_files_is_one_request(scribe: Workplace, provider: Provider) -> None:
    media = [scribe.root / "a.png", picture("b")]
    result = ask(scribe, provider, lambda client: client.describe(media, "Which is sharper?", instructions="one word"))
    assert (result.text, result.operation) == ("A <b>fox</b>.", "describe")
    assert sent(provider, ANSWERS) == {
        "model": ["scribe-looking"], "media": [PICTURE, picture("b")], "question": ["Which is sharper?"],
        "manner": ["one word"],
    }  # fmt: skip


def test_a_question_about_one_file_needs_no_list(scribe: Workplace, provider: Provider) -> None:
    ask(scribe, provider, lambda client: client.describe(str(scribe.root / "a.png"), "What is this?"))
    assert sent(provider, ANSWERS)["media"] == [PICTURE]


def test_the_blocking_client_does_the_same(scribe: Workplace, provider: Provider) -> None:
    environ = {"HOME": str(scribe.root), "ANYMEDIA_HOME": str(scribe.state), "TOY_API_KEY": KEY}
    with Client(configuration=load(environ=environ, folder=scribe.root), environ=environ) as client:
        client.asynchronous.desk.backends = {"scribe": replace(BACKEND, base_url=provider.url)}
        assert client.transcribe(scribe.root / "talk.wav", language="en").text == "Hello there."
        assert client.describe(scribe.root / "a.png", "What is this?").text == "A <b>fox</b>."
    assert sent(provider)["language"] == ["en"]


# --- By mode ---------------------------------------------------------------------------------------------------------


def by_mode(scribe: Workplace, provider: Provider, mode: str, **parameters: Any) -> Any:
    prompt, prompts = parameters.pop("prompt", None), parameters.pop("prompts", None)

    async def work(client: AsyncClient) -> Result | Batch:
        facts: dict[str, Any] = {"audio_type": None, "max_concurrent": 1, "parameters": parameters}
        return await make(client, prompt, prompts=prompts, mode=mode, **facts)

    return ask(scribe, provider, work)


def test_the_prompt_of_a_transcription_is_a_parameter_and_not_dropped(scribe: Workplace, provider: Provider) -> None:
    by_mode(scribe, provider, "transcription", audio=recording(), prompt="Ada")
    assert sent(provider)["hint"] == ["Ada"]


def test_several_questions_about_one_file_are_a_batch(scribe: Workplace, provider: Provider) -> None:
    batch = by_mode(scribe, provider, "describe", prompts=["What?", "Where?"], media=scribe.root / "a.png")
    assert [result.text for result in batch] == ["A <b>fox</b>."] * 2
    assert provider.count("POST", ANSWERS) == 2


@pytest.mark.parametrize(
    ("mode", "parameters", "says_so"),
    [
        ("transcription", {"prompts": ["a", "b"], "audio": recording()}, "`prompts`"),
        ("transcription", {}, "needs `audio`"),
        ("transcription", {"audio": recording(), "seed": 1}, "'seed'"),
        ("audio_isolation", {"prompt": "x", "audio": recording()}, "'prompt'"),
        ("describe", {"media": recording()}, "`prompt`"),
        ("describe", {"prompt": "What?", "media": []}, "`media` is empty"),
        ("describe", {"prompt": "What?", "media": PICTURE, "output_format": "json"}, "'output_format'"),
    ],
)
def test_what_a_mode_has_no_use_for_is_refused(
    mode: str, parameters: dict[str, Any], says_so: str, scribe: Workplace, provider: Provider
) -> None:
    with pytest.raises(AnymediaError, match=says_so):
        by_mode(scribe, provider, mode, **parameters)
    assert (provider.requests, scribe.rows()) == ([], [])


# --- Wrong input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says_so"),
    [
        ("missing.wav", None, "does not exist"),
        ("folder", None, "is not a file"),
        ("empty.wav", b"", "empty"),
        ("words.wav", b"words", "no picture, sound or film"),
        ("photo.wav", PICTURE, "got image/png"),
    ],
)
def test_what_is_no_recording_is_refused_before_anything_is_sent(
    name: str, content: bytes | None, says_so: str, scribe: Workplace, provider: Provider
) -> None:
    (scribe.root / "folder").mkdir()
    if content is not None:
        (scribe.root / name).write_bytes(content)
    with pytest.raises(errors.UsageError, match=says_so) as caught:
        transcribe(scribe, provider, scribe.root / name)
    assert caught.value.charged == "no"
    assert (provider.requests, scribe.rows()) == ([], [])


def test_words_are_no_input_file(scribe: Workplace, provider: Provider) -> None:
    words = transcribe(scribe, provider)
    with pytest.raises(errors.InvalidParameter, match="made none"):
        transcribe(scribe, provider, words)


def test_a_recording_that_changes_after_it_was_checked_is_not_bought(scribe: Workplace, provider: Provider) -> None:
    async def work(client: AsyncClient) -> Any:
        from anymedia.requests import request_from

        request, _ = request_from(TranscriptionRequest, None, {"audio": scribe.root / "talk.wav"})
        opened = await client.open(request)
        (scribe.root / "talk.wav").write_bytes(recording(0.2))
        return await client.finish(opened.job_id)

    with pytest.raises(errors.InvalidInput, match="changed"):
        ask(scribe, provider, work)
    assert provider.requests == []


# --- What a result turns into ----------------------------------------------------------------------------------------


def test_a_result_of_words_prints_as_its_words_and_a_receipt(scribe: Workplace, provider: Provider) -> None:
    result = transcribe(scribe, provider)
    assert str(result) == f"Hello there.\n(by scribe:scribe-plain, cost 0.01 USD, {result.job_id})"
    silent = replace(result, text="")
    assert str(silent).startswith("no words\n(by ")


def test_a_notebook_shows_the_words_escaped(scribe: Workplace, provider: Provider) -> None:
    result = ask(scribe, provider, lambda client: client.describe(PICTURE, "What is this?"))
    shown = '<pre style="white-space:pre-wrap">A &lt;b&gt;fox&lt;/b&gt;.</pre>'
    assert result._repr_mimebundle_()["text/html"] == shown
    assert Batch(operation="describe", outcomes=(result,))._repr_html_() == shown


def test_the_document_of_words_has_text_and_no_file(scribe: Workplace, provider: Provider) -> None:
    (entry,) = transcribe(scribe, provider).document()["results"]
    assert (entry["text"], entry["files"], entry["success"]) == ("Hello there.", [], True)


def test_words_without_an_output_have_no_path_and_say_why(scribe: Workplace, provider: Provider) -> None:
    with pytest.raises(ValueError, match="`output`"):
        _ = transcribe(scribe, provider).path


def test_the_coroutine_of_a_transcription_can_be_gathered(scribe: Workplace, provider: Provider) -> None:
    async def work(client: AsyncClient) -> list[Result]:
        audio = scribe.root / "talk.wav"
        return await asyncio.gather(client.transcribe(audio), client.transcribe(audio, language="de"))

    assert [result.text for result in ask(scribe, provider, work)] == ["Hello there."] * 2
