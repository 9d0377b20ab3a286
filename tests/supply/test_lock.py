"""What is installed is what was locked: pinned, hashed, from no particular index, for every Python that is served."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
DEPENDENCIES = (ROOT / "docs" / "explanation" / "dependencies.md").read_text("utf-8")
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("linux", "darwin", "win32")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pinned(text: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Every requirement of a lock file with what is written behind it."""
    for block in re.split(r"\n(?=\S)", text.strip()):
        first, *rest = (line.strip().rstrip("\\").strip() for line in block.splitlines())
        yield Requirement(first), rest


PINNED = list(pinned(LOCK))
RELEASE_TOOLS = (ROOT / "tools" / "release.lock").read_text("utf-8")
DIFFUSERS = (ROOT / "tools" / "diffusers.lock").read_text("utf-8")
ELSEWHERE = "diffusers"
"""The extra that is not in `requirements.lock`: PyTorch is too large for everybody."""
TORCH = Requirement((ROOT / "tools" / "torch.txt").read_text("utf-8").strip())
locks = pytest.mark.parametrize(
    "lock", [LOCK, RELEASE_TOOLS, DIFFUSERS], ids=["everything", "release tools", "diffusers"]
)


@locks
def test_every_requirement_is_one_version_with_its_hashes_and_nothing_else(lock: str) -> None:
    found = list(pinned(lock))
    assert len(found) > 50
    for requirement, rest in found:
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), f"{requirement} is not one version"
        assert rest and all(HASH.fullmatch(line) for line in rest), f"{requirement.name} has something but hashes"
        assert requirement.url is None


@locks
def test_the_lock_names_no_registry_no_address_and_no_path(lock: str) -> None:
    words = (":/", "git+", "--index", "--extra-index", "-i ", "-f ", "--find-links", "--trusted", "-e ", "@", "/")
    assert [word for word in words if word in lock] == []


def test_the_lock_of_the_release_tools_holds_what_is_asked_for() -> None:
    asked = (ROOT / "tools" / "release.in").read_text("utf-8").split()
    versions = {canonicalize_name(each.name): str(each.specifier)[2:] for each, _ in pinned(RELEASE_TOOLS)}
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(versions[requirement.name])


def test_pytorch_is_in_no_lock_and_what_the_extra_needs_besides_is_in_its_own() -> None:
    held = {canonicalize_name(each.name): str(each.specifier)[2:] for each, _ in pinned(DIFFUSERS)}
    asked = {each.name: each for each in map(Requirement, EXTRAS[ELSEWHERE])}
    assert asked.pop(TORCH.name).specifier.contains(str(TORCH.specifier)[2:])
    assert all(each.specifier.contains(held[canonicalize_name(each.name)]) for each in asked.values())
    everything = {each.name for each, _ in PINNED} | held.keys()
    assert [name for name in everything if name == TORCH.name or name.startswith(("nvidia", "triton"))] == []


def applying(name: str, python: str, platform: str) -> list[Requirement]:
    """What the lock installs of a package there."""
    place = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": platform, "extra": ""}
    return [
        each
        for each, _ in PINNED
        if canonicalize_name(each.name) == canonicalize_name(name) and (not each.marker or each.marker.evaluate(place))
    ]


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_holds_what_pyproject_asks_for_on_every_python_and_platform(python: str) -> None:
    extras = [lines for extra, lines in EXTRAS.items() if extra != ELSEWHERE]
    groups = [PROJECT["project"]["dependencies"], *extras, PROJECT["dependency-groups"]["development"]]
    for asked in [Requirement(line) for group in groups for line in group]:
        for platform in PLATFORMS:
            (found,) = applying(asked.name, python, platform)
            version = str(found.specifier).removeprefix("==")
            assert asked.specifier.contains(version), f"{asked} is locked as {version}"


def test_every_python_that_is_said_to_be_served_is_looked_at() -> None:
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"


# --- What the page of dependencies says -----------------------------------------------------------------------------


def rows(heading: str) -> dict[str, list[str]]:
    """The table under a heading, by the first word of its first cell."""
    section = DEPENDENCIES.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {each[0].split()[0]: each for each in cells[2:]}


def test_the_floors_of_the_core_are_those_that_the_page_says_are_tested() -> None:
    floors = {each.name: str(each.specifier).removeprefix(">=") for each in map(Requirement, core())}
    assert {name: cells[-1] for name, cells in rows("The core").items()} == floors
    assert re.search(
        r"`make lowest` runs\s+the same suite .* it last passed on \d{4}-\d\d-\d\d", DEPENDENCIES, re.DOTALL
    )


def core() -> list[str]:
    found: list[str] = PROJECT["project"]["dependencies"]
    return found


def test_the_exact_versions_of_sketch_are_those_of_the_page() -> None:
    exact = {f"{each.name} {str(each.specifier)[2:]}" for each in map(Requirement, EXTRAS["sketch"])
             if str(each.specifier).startswith("==")}  # fmt: skip
    assert {cells[0] for cells in rows("`anymedia[sketch]`").values() if " " in cells[0]} == exact


def test_every_extra_and_every_package_of_one_has_its_place_on_the_page() -> None:
    for extra, lines in EXTRAS.items():
        section = DEPENDENCIES.split(f"\n## `anymedia[{extra}]`\n")[1].split("\n## ")[0]
        for line in lines:
            assert re.search(rf"\b{re.escape(Requirement(line).name)}\b", section), f"{extra}: {line}"


def test_the_lowest_versions_are_tested_with_those_floors() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = makefile.split("\nlowest:")[1].split("\n\n")[0]
    for words in ("--resolution lowest-direct", "$(EXTRAS)", "-m pytest"):
        assert words in recipe
    named = re.search(r"^EXTRAS := \$\(addprefix --extra ,(.*)\)$", makefile, re.MULTILINE)
    assert named is not None and set(named[1].split()) == EXTRAS.keys() - {ELSEWHERE}
    for line in (*core(), *(line for group in EXTRAS.values() for line in group)):
        assert re.fullmatch(r"(<[\d.]+,)?[><=]=[\d.]+", str(Requirement(line).specifier)), (
            f"{line} has no floor, or more than one"
        )
