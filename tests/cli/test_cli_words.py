"""`transcribe` and `describe`: words on standard output or in a named file, and what people mistype."""

from __future__ import annotations

import json
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import KEY, Terminal

from anymedia import registry
from scribe import ANSWERS, TRANSCRIPTIONS, recording
from toys import PICTURE, Provider, says, sends

SUBTITLES = "1\n00:00:00,000 --> 00:00:01,000\nHello there.\n"


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The provider of words as an installed distribution."""
    info = tmp_path / "site" / "scribe-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: scribe\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[anymedia.backends]\nscribe = scribe\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    registry._plugin_modules.cache_clear()
    yield
    registry._plugin_modules.cache_clear()


@pytest.fixture
def terminal(
    plugin: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    provider: Provider,
) -> Terminal:
    """A terminal in a folder with files, whose provider hears and sees something."""
    terminal = Terminal(tmp_path, monkeypatch, capsys)
    terminal.set("TOY_API_KEY", KEY)
    terminal.set("SCRIBE_BASE_URL", provider.url)
    provider.on("POST", TRANSCRIPTIONS, sends(SUBTITLES.encode(), "text/plain; charset=utf-8"))
    provider.on("POST", ANSWERS, says({"answer": "Füchse, two of them."}))
    for name, content in {"talk.wav": recording(), "a.png": PICTURE, "b.png": PICTURE, "words.txt": b"words"}.items():
        Path(name).write_bytes(content)
    return terminal


def sent(provider: Provider, path: str) -> dict[str, list[str]]:
    """The parts of the last form that are no files."""
    form: dict[str, list[str]] = {}
    for part in provider.last(path).parts:
        if part.name not in ("file", "media"):
            form.setdefault(part.name, []).append(part.text)
    return form


# --- Where the words go ----------------------------------------------------------------------------------------------


def test_standard_output_is_the_words_and_nothing_else(terminal: Terminal) -> None:
    ended = terminal.type("transcribe", "talk.wav")
    assert (ended.code, ended.out) == (0, SUBTITLES)
    assert "submitting" in ended.err and "cost 0.01 USD" in ended.err
    assert sorted(path.name for path in Path().iterdir()) == ["a.png", "b.png", "talk.wav", "words.txt"]


def test_quiet_leaves_standard_error_empty(terminal: Terminal) -> None:
    ended = terminal.type("describe", "a.png", "What is this?", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "Füchse, two of them.\n", "")


def test_every_option_arrives(terminal: Terminal, provider: Provider) -> None:
    options = ["--language", "de", "--prompt", "Ada", "--speakers", "2", "--output-format", "srt"]
    assert terminal.type("transcribe", "talk.wav", *options).code == 0
    assert sent(provider, TRANSCRIPTIONS) == {
        "model": ["scribe-timed"], "language": ["de"], "hint": ["Ada"], "speakers": ["2"], "format": ["srt"],
    }  # fmt: skip


def test_the_last_argument_is_the_question_about_all_the_others(terminal: Terminal, provider: Provider) -> None:
    ended = terminal.type("describe", "a.png", "b.png", "Which is sharper?", "--instructions", "one word")
    assert ended.code == 0
    assert sent(provider, ANSWERS) == {
        "model": ["scribe-looking"], "question": ["Which is sharper?"], "manner": ["one word"],
    }  # fmt: skip
    assert [part.data for part in provider.last(ANSWERS).parts if part.name == "media"] == [PICTURE, PICTURE]


def test_a_dash_reads_the_question_from_standard_input(terminal: Terminal, provider: Provider) -> None:
    assert terminal.type("describe", "a.png", "-", stdin="Füchse?\n".encode()).code == 0
    assert sent(provider, ANSWERS)["question"] == ["Füchse?"]


def test_a_question_may_be_longer_than_a_file_name(terminal: Terminal, provider: Provider) -> None:
    question = "why " * 400
    assert terminal.type("describe", "a.png", question).code == 0
    assert sent(provider, ANSWERS)["question"] == [question]


def test_with_an_output_standard_output_is_its_path(terminal: Terminal, provider: Provider) -> None:
    ended = terminal.type("transcribe", "talk.wav", "--output", "talk.srt")
    assert (ended.code, ended.out) == (0, f"{terminal.folder / 'talk.srt'}\n")
    assert Path("talk.srt").read_text() == SUBTITLES
    assert sent(provider, TRANSCRIPTIONS)["format"] == ["srt"]


def test_json_is_one_document_with_the_words_in_it(terminal: Terminal) -> None:
    ended = terminal.type("transcribe", "talk.wav", "--json", "--output", "talk.vtt")
    (result,) = ended.document["results"]
    assert (ended.code, result["text"]) == (0, SUBTITLES)
    assert [file["media_type"] for file in result["files"]] == ["text/vtt"]


def test_what_was_heard_reaches_a_program_whole(terminal: Terminal, provider: Provider) -> None:
    provider.on("POST", ANSWERS, says({"answer": "\x1b[31mred\x07\ttab\n"}))
    assert terminal.type("describe", "a.png", "What?").out == "\x1b[31mred\x07\ttab\n"


def test_what_was_heard_cannot_steer_a_terminal(terminal: Terminal, provider: Provider) -> None:
    provider.on("POST", ANSWERS, says({"answer": "\x1b[31mred\x07 fox"}))
    terminal.set("PYTHONPATH", os.pathsep.join(sys.path))
    ours, theirs = pty.openpty()
    process = terminal.start("describe", "a.png", "What?", stdout=theirs)
    os.close(theirs)
    process.communicate(timeout=20)
    assert os.read(ours, 10_000) == b" [31mred  fox\r\n"
    os.close(ours)
    assert process.returncode == 0


def test_resuming_shows_the_words_again_without_paying(terminal: Terminal, provider: Provider) -> None:
    job_id = terminal.type("transcribe", "talk.wav", "--json").document["results"][0]["job_id"]
    assert terminal.type("resume", job_id).out == SUBTITLES
    assert provider.count("POST", TRANSCRIPTIONS) == 1


def test_a_fault_has_its_exit_code_and_leaves_a_receipt(terminal: Terminal, provider: Provider) -> None:
    provider.on("POST", TRANSCRIPTIONS, says({"error": "broken"}, 500))
    ended = terminal.type("transcribe", "talk.wav")
    assert (ended.code, ended.out) == (6, "")
    assert "charged: maybe" in ended.err


def test_generate_takes_these_modes_too(terminal: Terminal, provider: Provider) -> None:
    ended = terminal.type("generate", "--mode", "transcription", "--input", "talk.wav", "--prompt", "Ada")
    assert (ended.code, ended.out) == (0, SUBTITLES)
    assert sent(provider, TRANSCRIPTIONS)["hint"] == ["Ada"]
    asked = terminal.type("generate", "--mode", "describe", "--input", "a.png", "What?", "Where?")
    assert asked.out == "Füchse, two of them.\n" * 2


# --- Without spending ------------------------------------------------------------------------------------------------


def test_a_dry_run_sends_nothing_and_needs_no_key(terminal: Terminal, provider: Provider) -> None:
    terminal.set("TOY_API_KEY", "")
    line = ["transcribe", "talk.wav", "--backend", "scribe", "--language", "de", "--dry-run", "--json"]
    wire = terminal.type(*line).document["wire"]
    assert wire["form"][0] == ["model", "scribe-plain"] and ["language", "de"] in wire["form"]
    shown = terminal.type("describe", "a.png", "What?", "--backend", "scribe", "--dry-run")
    assert shown.out.startswith(f"POST {provider.url}{ANSWERS}\n") and "at most 0.01 USD" in shown.out
    assert provider.requests == []


def test_why_explains_the_choice(terminal: Terminal, provider: Provider) -> None:
    ended = terminal.type("why", "transcription", "--input", "talk.wav", "--output-format", "srt")
    assert ended.code == 0 and "scribe:scribe-timed would make it, for at most 0.01 USD." in ended.out
    assert "scribe:scribe-looking would" in terminal.type("why", "describe", "What?", "--media", "a.png").out
    assert provider.requests == []


@pytest.mark.parametrize(
    ("command", "shows"),
    [
        ("transcribe", ["FILE", "--language", "--speakers", "anymedia transcribe talk.mp3 --output talk.srt"]),
        ("describe", ["FILE... QUESTION", "--instructions", 'anymedia describe photo.jpg "What']),
    ],
)
def test_help_shows_the_options_and_an_example(terminal: Terminal, command: str, shows: list[str]) -> None:
    said = " ".join(terminal.type(command, "--help").out.split())
    assert all(each in said for each in shows)
    assert not [each for each in ("--audio", "--media", "--input", "--output-dir") if f"{each} " in said]


@pytest.mark.parametrize(
    ("words", "position", "suggests"),
    [
        ("anymedia transc", 1, "transcribe"),
        ("anymedia des", 1, "describe"),
        ("anymedia transcribe --output-format v", 3, "vtt"),
        ("anymedia transcribe --output-f", 2, "--output-format"),
        ("anymedia transcribe ta", 2, "file"),
    ],
)
def test_completion_knows_them(terminal: Terminal, words: str, position: int, suggests: str) -> None:
    assert suggests in terminal.complete(words, position)


def test_without_a_backend_it_says_so(terminal: Terminal, provider: Provider) -> None:
    terminal.set("TOY_API_KEY", "")
    ended = terminal.type("transcribe", "talk.wav")
    assert (ended.code, ended.out) == (3, "") and "TOY_API_KEY" in ended.err
    assert provider.requests == []


# --- Wrong input -----------------------------------------------------------------------------------------------------

WRONG = [
    ("transcribe", 2, "transcribe takes one file, got 0"),
    ("transcribe talk.wav talk.wav", 2, "transcribe takes one file, got 2"),
    ("transcribe missing.wav", 2, "missing.wav does not exist"),
    ("transcribe -", 2, "does not exist"),
    ("transcribe .", 2, "is not a file"),
    ("transcribe words.txt", 2, "is no picture, sound or film"),
    ("transcribe a.png", 2, "got image/png"),
    ("transcribe talk.wav --language fr --backend scribe", 2, "`--language` must be one of de, en, got 'fr'"),
    ("transcribe talk.wav --model scribe-timed --output-format pdf", 2, "`--output-format` must be one of srt"),
    ("transcribe talk.wav --speakers two", 2, "'two' is not a valid integer"),
    (
        "transcribe talk.wav --model scribe-timed --speakers 99",
        2,
        "`--speakers` must be a whole number from 1 to 8, got 99",
    ),
    ("transcribe talk.wav --voice ann", 2, "It is a parameter of speech"),
    ("transcribe talk.wav --langauge de", 2, "Did you mean --language"),
    ("transcribe talk.wav --output-dir made", 2, "There is no option --output-dir"),
    ("transcribe talk.wav --output taken.srt", 2, "exists.\nnext: Choose another name, or --overwrite."),
    ("transcribe talk.wav --output talk", 2, "no file ending"),
    ("transcribe talk.wav --output talk.mp3", 2, "does not end like text"),
    ("transcribe talk.wav --output talk.txt --output-format srt", 2, "Use .srt"),
    ("transcribe talk.wav --model scribe-looking", 2, "scribe-looking"),
    ("transcribe talk.wav --backend sketch", 3, "sketch makes no transcription"),
    ("transcription talk.wav", 2, "Did you mean 'transcribe'?"),
    ("describe", 2, "a file and then a question"),
    ("describe a.png", 2, "a file and then a question"),
    ("describe What?", 2, "a file and then a question"),
    ("describe a.png b.png", 2, "There is no question: the last argument is the path b.png"),
    ("describe missing.png What?", 2, "missing.png does not exist"),
    ("describe a.png words.txt What?", 2, "is no picture, sound or film"),
    ("describe a.png a.png a.png a.png What? --backend scribe", 2, "up to 3 files"),
    ("describe - -", 2, "does not exist"),
    ("describe a.png -", 2, "`prompt` must not be empty"),
    ("describe a.png What? --output answer.srt", 2, "does not end like plain text"),
    ("describe a.png What? --output-format json", 2, "There is no option --output-format"),
    ("generate --mode transcription", 2, "transcription needs `audio`"),
    ("generate --mode transcription words --input talk.wav", 2, "takes no prompt"),
    ("generate --mode describe What? --prompt Where? --input a.png", 2, "`--prompt` is given twice"),
    ("generate --mode transcription --input talk.wav --output-dir made", 2, "leave `--output-dir` out"),
    ("why transcription", 2, "needs `--input`"),
]


@pytest.mark.parametrize(("line", "code", "says_so"), WRONG, ids=[line for line, _, _ in WRONG])
def test_is_refused_in_words_and_nothing_is_sent(
    terminal: Terminal, provider: Provider, line: str, code: int, says_so: str
) -> None:
    Path("taken.srt").write_text("mine")
    ended = terminal.type(*line.split())
    assert (ended.code, ended.out) == (code, "")
    assert says_so in ended.err
    assert ended.err.startswith("error: ") and "Traceback" not in ended.err
    assert provider.requests == []
    assert not terminal.state.exists() or terminal.type("jobs").out == ""
    assert Path("taken.srt").read_text() == "mine" and not Path("made").exists()


def test_an_error_is_a_document_where_that_was_asked_for(terminal: Terminal) -> None:
    ended = terminal.type("transcribe", "missing.wav", "--json")
    assert (ended.code, ended.error["code"], json.loads(ended.out)["success"]) == (2, "invalid_input", False)


def test_a_question_that_is_no_text_is_refused(terminal: Terminal) -> None:
    ended = terminal.type("describe", "a.png", "caf\udce9")
    assert ended.code == 2 and "not UTF-8" in ended.err
