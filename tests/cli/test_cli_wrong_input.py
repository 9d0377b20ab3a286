"""What people mistype: each is refused before anything is spent, in words that say what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal import Terminal

from anymedia.testing.emulator import Emulator


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], emulator: Emulator
) -> Terminal:
    terminal = Terminal(tmp_path, monkeypatch, capsys)
    terminal.use(emulator)
    return terminal


WRONG = [
    ("imge fox", 2, "Did you mean 'image'?"),
    ("image fox --sise 10x10", 2, "Did you mean --size"),
    ("image fox --duration 3", 2, "It is a parameter of video, music, sound effect"),
    ("speech -5", 2, "Write `--` before a prompt"),
    ("image", 2, "There is no prompt."),
    ("image fox --n three", 2, "'three' is not a valid integer"),
    ("image fox --n 99", 2, "`--n` must be a whole number from 1 to 10, got 99"),
    ("image fox --quality ultra", 2, "`--quality` must be one of low, medium"),
    ("image fox --size big", 2, "`--size` must be width x height"),
    ("image fox --size 1000x1000", 2, "nearest allowed value is 992x992"),
    ("image fox --backend openia", 2, "Did you mean 'openai'?"),
    ("image fox --model gpt-image-99", 2, "Did you mean 'gpt-image-"),
    ("image fox --input missing.png", 2, "missing.png does not exist"),
    ("image fox --input text.txt", 2, "is no picture, sound or film"),
    ("image fox --output taken.png", 2, "exists.\nnext: Choose another name, or --overwrite."),
    ("image fox --output fox.txt", 2, "ends like text/plain, but this makes image"),
    ("image fox --output fox.mp3", 2, "ends like audio/mpeg, but this makes image"),
    ("image fox --output fox", 2, "or use `--output-dir`"),
    ("image fox --output fox.jpg --output-format png", 2, "Use .png"),
    ("image fox hen --output fox.png", 2, "`--output` is for one prompt, not for 2"),
    ("image fox --continue-from nothing", 2, "--continuable"),
    ("image fox --max-cost much", 2, "`--max-cost` must be an amount of US dollars"),
    ("image fox --wait -1", 2, "not in the range"),
    ("image fox --option openai", 2, "is not BACKEND.FIELD=JSON"),
    ("image fox --option openai.user=me", 2, "Text needs quotes"),
    ("image fox --option openai.n=3", 2, "`--n`"),
    ("image fox --option openia.user=1", 2, "Did you mean 'openai'?"),
    ("image - -", 2, "Standard input can be read once."),
    ("video fox --input a.png --input b.png", 2, "one input file"),
    ("music hello", 3, "--backend sketch"),
    ("generate fox", 2, "--mode"),
    ("generate la --mode sing", 2, "There are: audio, image, video, speech, music, sound_effect, "),
    ("generate fox --mode vidoe", 2, "Did you mean 'video'?"),
    ("generate --mode audio fox --audio-type sing", 2, "There is no audio_type 'sing'"),
    ("generate fox --mode music --voice x", 2, "music has no parameter 'voice'"),
    ("music fox --backend openai", 3, "openai makes no music.\nnext: These do: elevenlabs, google, sketch."),
    ("why imaeg fox", 2, "Did you mean 'image'?"),
    ("why image red fox", 2, "one prompt at a time"),
    ("models --operation imag", 2, "Did you mean 'image'?"),
    ("jobs --since yesterday", 2, "Such as 2026-11-22, 30m, 2h or 7d."),
    ("resume job_of_nobody", 2, "There is no job 'job_of_nobody'"),
    ("resume job_x --all", 2, "either job ids or `--all`"),
    ("config validate missing.toml", 3, "missing.toml cannot be read"),
    ("config init taken.toml", 2, "exists"),
    ("config show --orign", 2, "--origin"),
    ("completion tcsh", 2, "'bash', 'zsh', 'fish'"),
]


@pytest.mark.parametrize(("line", "code", "says"), WRONG, ids=[line for line, _, _ in WRONG])
def test_is_refused_in_words_and_nothing_is_sent(
    terminal: Terminal, emulator: Emulator, line: str, code: int, says: str
) -> None:
    for name in ("text.txt", "taken.png", "taken.toml"):
        Path(name).write_text("not a picture")
    ended = terminal.type(*line.split())
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err
    assert ended.err.startswith("error: ") and "Traceback" not in ended.err
    assert emulator.requests == ()
    assert not terminal.state.exists() or terminal.type("jobs").out == ""


def test_an_error_is_a_document_even_when_the_command_line_makes_no_sense(terminal: Terminal) -> None:
    ended = terminal.type("image", "fox", "--sise", "3", "--json")
    assert (ended.code, ended.document["success"], ended.error["code"]) == (2, False, "usage")


@pytest.mark.parametrize("stdin", [b"", b" \n", b"caf\xe9", b"x" * 5_000_000], ids=["empty", "blank", "latin", "huge"])
def test_standard_input_must_be_a_prompt(terminal: Terminal, emulator: Emulator, stdin: bytes) -> None:
    assert terminal.type("image", "-", stdin=stdin).code == 2
    assert emulator.requests == ()


def test_an_argument_that_is_no_text_is_refused(terminal: Terminal) -> None:
    ended = terminal.type("image", "caf\udce9")
    assert ended.code == 2 and "not UTF-8" in ended.err


def test_a_misspelt_variable_stops_everything_before_it_costs_money(terminal: Terminal) -> None:
    terminal.set("ANYMEDIA_BUDGETS_PER_DAI", "1")
    ended = terminal.type("image", "fox")
    assert ended.code == 3 and "ANYMEDIA_BUDGETS_PER_DAY" in ended.err


def test_a_state_folder_that_cannot_be_made_costs_nothing(terminal: Terminal, emulator: Emulator) -> None:
    Path("file").write_text("")
    terminal.set("ANYMEDIA_HOME", str(terminal.folder / "file" / "state"))
    ended = terminal.type("image", "fox")
    assert (ended.code, emulator.submits) == (3, 0)
    assert "ANYMEDIA_HOME" in ended.err


@pytest.mark.parametrize("group", [(), ("config",), ("why",)], ids=str)
def test_a_group_alone_shows_its_help(terminal: Terminal, group: tuple[str, ...]) -> None:
    ended = terminal.type(*group)
    assert ended.code == 2 and ended.out == ""
    assert ended.err.startswith("Usage: anymedia")
