"""The shipped skills keep to the format of agentskills.io, stand on their own feet, and need nothing but themselves."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from anymedia.documentation import skills_pages
from anymedia.skills import ENTRY, FOLDER, Skill, shipped

ISSUED = {
    "image-generation",
    "video-generation",
    "audio-generation",
    "media-backend-integrator",
    "llm-backend-integrator",
    "code-search",
}
ALLOWED = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}
"""The keys of the specification, https://agentskills.io/specification, checked 2026-11-23; so are the limits below."""
NEEDS_QUOTES = re.compile(r"""^[\s'"&*!|>%@`{\[#,?:-]|: | #|:$""")
"""What makes a value something else than its own text in YAML."""
EVERY = pytest.mark.parametrize("skill", shipped(), ids=lambda skill: skill.name)


def front_matter(skill: Skill) -> dict[str, str]:
    text = (skill.folder / ENTRY).read_text("utf-8")
    assert text.startswith("---\n")
    return dict(line.split(": ", 1) for line in text.partition("---\n")[2].partition("\n---\n")[0].splitlines())


def body(skill: Skill) -> str:
    return (skill.folder / ENTRY).read_text("utf-8").partition("\n---\n")[2]


def test_the_six_skills_are_there() -> None:
    assert {skill.name for skill in shipped()} == ISSUED


@EVERY
def test_the_front_matter_is_what_the_specification_allows(skill: Skill) -> None:
    head = front_matter(skill)
    assert {"name", "description"} <= head.keys() <= ALLOWED
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", head["name"]) and len(head["name"]) <= 64
    assert head["name"] == skill.folder.name == skill.name
    assert 1 <= len(head["description"]) <= 1024 and "Use it " in head["description"]
    assert len(head["compatibility"]) <= 500
    assert not any(NEEDS_QUOTES.search(value) for value in head.values())


@EVERY
def test_the_entry_is_short_and_every_reference_is_named_in_it(skill: Skill) -> None:
    text = body(skill)
    assert len(text.splitlines()) < 500 and len(text) < 5000 * 3, "more than is read at once"
    for file in skill.files[1:]:
        assert file.as_posix() in text, f"nobody would find {file}"


@EVERY
def test_a_skill_links_to_nothing_outside_itself(skill: Skill) -> None:
    for file in skill.files:
        if file.suffix == ".md":
            for target in re.findall(r"\]\(([^)\s]+)\)", (skill.folder / file).read_text("utf-8")):
                assert target.startswith("https://") or (skill.folder / file.parent / target).is_file(), target


def test_every_reference_is_generated() -> None:
    written = {path for path in FOLDER.rglob("*.md") if path.name != ENTRY}
    assert written == skills_pages.renders().keys()


def test_no_skill_says_by_hand_what_the_declarations_know() -> None:
    for skill in shipped():
        prose = re.sub(r"^```.*?^```$", "", body(skill), flags=re.MULTILINE | re.DOTALL)
        assert not re.search(r"\$\d|\bgpt-|\bveo-|gemini-\d|eleven_", prose), skill.name


def find(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = FOLDER / "code-search" / "scripts" / "find_structure.py"
    return subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True, check=False)


def test_the_search_for_structures_finds_calls_and_no_words(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("# run(1)\nrun(\n    2,\n)\n")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "b.py").write_text("run(3)\n")
    (tmp_path / "c.js").write_text("run(4)\n")
    found = find("python", "run($A)", str(tmp_path))
    assert (found.returncode, found.stdout) == (0, f"{tmp_path / 'a.py'}:2: run(\n")
    assert find("javascript", "run($A)", str(tmp_path)).stdout == f"{tmp_path / 'c.js'}:1: run(4)\n"


def test_the_search_for_structures_ends_as_grep_does(tmp_path: Path) -> None:
    assert find("python", "run($A)", str(tmp_path)).returncode == 1
    assert find("cobol", "run($A)").returncode == 2
