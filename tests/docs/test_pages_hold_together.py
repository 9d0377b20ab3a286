"""Links lead somewhere, generated files are fresh, and one more backend changes them by the one command alone."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import DOCS, ROOT, anchors, links, pages, snippets

from anymedia import backends, errors, registry
from anymedia.documentation import backends_page, errors_page, generate, selection_page

WRITTEN = [*pages(), *sorted((DOCS / "reference").glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
ANOTHER = ROOT / "tests" / "conformance" / "polled_backend.py"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for file, anchor in links(page):
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{page.name} links to {file}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {file}#{anchor}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        found = {(page.parent / file).resolve() for file, _ in links(page) if file.endswith(".md")}
        waiting += found - reached
    assert set(WRITTEN) <= reached


def test_an_excerpt_of_a_file_stands_in_it() -> None:
    excerpts = [each for page in pages() for each in snippets(page) if each.title and each.title.startswith("src/")]
    assert excerpts
    for excerpt in excerpts:
        assert excerpt.title is not None and excerpt.text in (ROOT / excerpt.title).read_text("utf-8"), excerpt.title


def test_the_generated_files_are_fresh() -> None:
    assert generate.stale() == []


def test_a_generated_file_that_was_edited_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited = tmp_path / "errors.md"
    edited.write_text(errors_page.render() + "edited\n", "utf-8")
    monkeypatch.setattr(generate, "GENERATED", {edited: errors_page.render})
    assert generate.stale() == [edited]
    assert generate.write() == [edited]
    assert generate.stale() == []


def test_no_page_names_a_place_of_the_machine_it_was_made_on() -> None:
    for page in [*WRITTEN, DOCS / "llms.txt", DOCS / "reference" / "anymedia.schema.json"]:
        assert str(ROOT) not in page.read_text("utf-8"), page
        assert not re.search(r"/(home|root|tmp)/", page.read_text("utf-8")), page


@pytest.fixture
def another_backend(tmp_path: Path) -> Iterator[str]:
    """A house with one more file in its backends."""
    shutil.copy(ANOTHER, tmp_path / "lanterna.py")
    backends.__path__.append(str(tmp_path))
    _forget_backends()
    yield "lanterna"
    backends.__path__.remove(str(tmp_path))
    sys.modules.pop(f"{backends.__name__}.lanterna", None)
    _forget_backends()


def _forget_backends() -> None:
    registry.shipped_backends.cache_clear()
    registry._shipped_modules.cache_clear()


def test_another_backend_has_its_section_with_every_parameter(another_backend: str) -> None:
    page = backends_page.render()
    section = page.partition(f"## {another_backend}\n")[2].partition("\n## ")[0]
    for model in registry.shipped_backends()[another_backend].models:
        assert model.price.describe() in section
        assert all(f"| `{name}` |" in section for name in model.params)


def test_another_backend_stands_in_the_table_of_winners(another_backend: str) -> None:
    video = selection_page.render().partition("## video\n")[2].partition("\n## ")[0]
    row = next(line for line in video.splitlines() if line.startswith(f"| {another_backend}, with or without "))
    assert row.endswith("| `lanterna:lantern-1` |")
    assert video.splitlines()[1].startswith(f"Order: {another_backend} > ")


def test_what_another_backend_says_is_a_reading_until_somebody_proves_it(another_backend: str) -> None:
    pages_of = {path.name: render for path, render in generate.GENERATED.items()}
    assert f"| {another_backend} | video | reading |" in pages_of["evidence.md"]()


def test_every_error_has_its_row() -> None:
    page = errors_page.render()
    kinds = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.AnymediaError)
    ]
    for kind in kinds:
        assert f"`{kind.__name__}` | `{kind.code}` | {kind.exit_code} |" in page


def test_every_dependency_is_accounted_for() -> None:
    page = (DOCS / "explanation" / "dependencies.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    groups = project["dependency-groups"].values()
    for requirement in project["project"]["dependencies"]:
        name, _, lowest = requirement.partition(">=")
        assert re.search(rf"^\| {re.escape(name)} \|.*\| {re.escape(lowest)} \|$", page, re.MULTILINE), requirement
    for requirement in (each for those in (*extras, *groups) for each in those):
        name = re.split(r"[<>=,[]", requirement)[0]
        assert re.search(rf"\b{re.escape(name)}\b", page), requirement
