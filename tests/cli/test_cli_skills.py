"""`anymedia skills`: what it copies where, and that it never replaces what somebody changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal import Terminal

from anymedia.skills import shipped


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, monkeypatch, capsys)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_list_says_what_each_is_for(terminal: Terminal) -> None:
    listed = terminal.type("skills", "list", "--json").document["skills"]
    assert [each["name"] for each in listed] == [skill.name for skill in shipped()]
    assert all(each["files"][0] == "SKILL.md" and Path(each["folder"], each["files"][-1]).is_file() for each in listed)
    assert terminal.type("skills", "list").out.count("Use it ") == len(listed)


def test_install_copies_every_file_to_where_agents_look(terminal: Terminal) -> None:
    ended = terminal.type("skills", "install")
    place = terminal.folder / ".agents" / "skills"
    assert ended.code == 0
    assert ended.out.splitlines() == [str(place / skill.name) for skill in shipped()]
    for skill in shipped():
        wanted = {file.as_posix(): (skill.folder / file).read_bytes() for file in skill.files}
        assert tree(place / skill.name) == wanted


def test_installing_again_writes_nothing(terminal: Terminal) -> None:
    first = terminal.type("skills", "install", "here", "--skill", "code-search", "--json").document
    again = terminal.type("skills", "install", "here", "--skill", "code-search", "--json").document
    assert first["skills"][0]["written"] == ["SKILL.md", "scripts/find_structure.py"]
    assert again["skills"] == [{**first["skills"][0], "written": []}]
    assert again["folder"] == str(terminal.folder / "here")


def test_a_changed_file_is_kept_and_nothing_is_written(terminal: Terminal) -> None:
    terminal.type("skills", "install", "here", "--skill", "code-search")
    mine = terminal.folder / "here" / "code-search" / "SKILL.md"
    mine.write_text("mine")
    before = tree(terminal.folder)
    ended = terminal.type("skills", "install", "here")
    assert ended.code == 2
    assert str(mine) in ended.err and "--overwrite" in ended.err
    assert tree(terminal.folder) == before


def test_overwrite_replaces_what_was_changed_and_leaves_the_rest(terminal: Terminal) -> None:
    terminal.type("skills", "install", "here", "--skill", "code-search")
    folder = terminal.folder / "here" / "code-search"
    (folder / "SKILL.md").write_text("mine")
    (folder / "notes.md").write_text("mine too")
    ended = terminal.type("skills", "install", "here", "--skill", "code-search", "--overwrite", "--json")
    assert ended.document["skills"][0]["written"] == ["SKILL.md"]
    assert (folder / "SKILL.md").read_text("utf-8").startswith("---\nname: code-search\n")
    assert (folder / "notes.md").read_text("utf-8") == "mine too"


def test_a_link_that_leads_nowhere_counts_as_changed(terminal: Terminal) -> None:
    folder = terminal.folder / "here" / "code-search"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").symlink_to(terminal.folder / "elsewhere.md")
    ended = terminal.type("skills", "install", "here", "--skill", "code-search")
    assert ended.code == 2 and "Nothing was written" in ended.err
    assert list(folder.iterdir()) == [folder / "SKILL.md"]
    assert not (terminal.folder / "elsewhere.md").exists()


def test_a_skill_that_does_not_exist_is_told_with_the_nearest_name(terminal: Terminal) -> None:
    ended = terminal.type("skills", "install", "--skill", "image-generator")
    assert ended.code == 2
    assert "Did you mean 'image-generation'?" in ended.err
    assert not list(terminal.folder.iterdir())


def test_a_folder_that_cannot_be_written_is_told_and_leaves_no_part(terminal: Terminal) -> None:
    (terminal.folder / "here").write_text("a file")
    ended = terminal.type("skills", "install", "here", "--skill", "code-search")
    assert ended.code == 2
    assert "cannot be written" in ended.err
    assert tree(terminal.folder) == {"here": b"a file"}
