"""How things look: colours, terminals, safe text; and how little `--help` loads."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import GENERATIONS, Terminal

from anymedia.cli.showing import one_line, safe
from anymedia.testing.emulator import Emulator, Fault

HEAVY = ("asyncio", "httpx2", "msgspec", "numpy", "opentelemetry", "pybase64", "sqlite3", "anymedia.registry")
WHAT_HELP_LOADS = """
import sys
from anymedia.cli.main import main
main(["--help"])
print(*sys.modules, sep="\\n", file=sys.stderr)
"""


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, monkeypatch, capsys)


def test_safe_text_keeps_lines_and_loses_controls() -> None:
    assert safe("a\nb\x1b]0;title\x07c\x9bd\u202ee\r") == "a\nb ]0;title c d e "
    assert safe("naïve 雪 🦊") == "naïve 雪 🦊"
    assert safe("caf\udce9") == "caf\\udce9"


def test_one_line_is_one_line_of_limited_length() -> None:
    assert one_line("a\n  b\tc") == "a b c"
    assert one_line("x" * 50, 10) == "xxxxxxx..."


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=str,
)
def test_colours_are_for_terminals_and_for_those_who_force_them(
    terminal: Terminal, variables: dict[str, str], coloured: bool
) -> None:
    for name, value in variables.items():
        terminal.set(name, value)
    assert ("\x1b[31m" in terminal.type("imge").err) is coloured


def test_a_terminal_gets_one_line_that_updates_itself(terminal: Terminal, emulator: Emulator) -> None:
    terminal.use(emulator)
    emulator.script(GENERATIONS, [Fault.slow(0.6)])
    ours, theirs = pty.openpty()
    process = terminal.start("image", "a red fox", stderr=theirs)
    os.close(theirs)
    assert process.stdout is not None
    (path,) = process.stdout.read().splitlines()
    process.stdout.close()
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert process.wait(timeout=20) == 0 and Path(path).exists()
    assert shown.count("\r\x1b[Ksubmitting") >= 2
    assert "\n" not in shown.split("made by")[0]


def on_the_screen(shown: str) -> list[str]:
    """The states of the screen, each as its lines joined, as a terminal makes them of what it is sent."""
    states, lines, row = [], [""], 0
    for piece in re.findall(r"\x1b\[\d*[A-Z]|\r|\n|[^\x1b\r\n]+", re.sub(r"\x1b\[\d+m", "", shown)):
        match piece:
            case "\r":
                continue
            case "\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            case "\x1b[K":
                lines[row] = ""
            case "\x1b[J":
                lines[row:] = [""]
                states.append("\n".join(lines))
            case _ if piece.endswith("A"):
                states.append("\n".join(lines))
                row -= int(piece[2:-1])
            case _:
                lines[row] += piece
    return [*states, "\n".join(lines)]


def test_each_prompt_of_a_batch_has_a_line_of_its_own_that_updates_itself(
    terminal: Terminal, emulator: Emulator
) -> None:
    terminal.use(emulator)
    refused = Fault.status(400, billed=False)
    emulator.script(GENERATIONS, [refused, Fault.slow(0.6), Fault.slow(0.6)])
    ours, theirs = pty.openpty()
    prompts = ["a red fox", "an owl in a tree that is far too high to be seen whole", "a hare"]
    process = terminal.start("image", *prompts, "--max-concurrent", "1", stderr=theirs)
    os.close(theirs)
    assert process.stdout is not None
    paths = process.stdout.read().splitlines()
    process.stdout.close()
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert process.wait(timeout=20) == 9 and len(paths) == 2
    states = on_the_screen(shown)
    middle = "1/3 a red fox: failed\n2/3 an owl in a tree that is far too high...: submitting\n3/3 a hare: waiting"
    assert middle in states
    assert any(state.endswith("3/3 a hare: submitting") for state in states)
    assert "submitting" not in states[-1] and "error:" in states[-1] and "made by" in states[-1]


def test_without_a_terminal_each_prompt_of_a_batch_has_a_line_when_it_is_over(
    terminal: Terminal, emulator: Emulator
) -> None:
    terminal.use(emulator)
    emulator.script(GENERATIONS, [Fault.status(400, billed=False)])
    ended = terminal.type("image", "a red fox", "an owl", "--max-concurrent", "1")
    told = [line for line in ended.err.splitlines() if re.match(r"\d/2 ", line)]
    assert told == ["1/2 a red fox: failed", "2/2 an owl: done"]


def test_help_loads_nothing_heavy(terminal: Terminal) -> None:
    command = [sys.executable, "-c", WHAT_HELP_LOADS]
    loaded = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert "sound-effect" in loaded.stdout
    assert set(loaded.stderr.split()).isdisjoint(HEAVY)


def test_the_version_is_the_package_s(terminal: Terminal) -> None:
    import anymedia

    assert terminal.type("--version").out == f"anymedia {anymedia.__version__}\n"


def test_the_emulator_is_a_command_with_options_of_its_own(terminal: Terminal) -> None:
    with pytest.raises(SystemExit) as ended:
        terminal.type("emulator", "--port", "nowhere")
    assert ended.value.code == 2


def test_a_defect_of_ours_is_called_one_and_shown_with_its_traceback(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "plugins"
    (folder / "broken-1.0.dist-info").mkdir(parents=True)
    (folder / "broken-1.0.dist-info" / "METADATA").write_text("Name: broken\nVersion: 1.0\n")
    (folder / "broken-1.0.dist-info" / "entry_points.txt").write_text("[anymedia.backends]\nbroken = broken\n")
    (folder / "broken.py").write_text("from types import SimpleNamespace\nBACKEND = SimpleNamespace(name='broken')\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    process = terminal.start("models", "-v")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert "This is a bug in anymedia" in err and "report it" in err and "Traceback" in err
