"""Everything the pages tell a reader to type is typed here, and says what the pages say it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import ROOT, agrees, name_of, pages, run, snippets

RUNNING = [page for page in pages() if any(snippet.runs for snippet in snippets(page))]
TYPED_BY_HAND = ("git clone", "cd ", "make ", "python3 -m venv", ". .venv", "pip install", "eval ", "export ")
"""What begins a line that only a person can type: it changes the machine or the shell."""


@pytest.mark.parametrize("page", RUNNING, ids=name_of)
def test_the_snippets_of_a_page_run_in_order_and_say_what_the_page_says(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    outputs = run(page, folder)
    for snippet in snippets(page):
        if snippet.runs and snippet.output is not None:
            said = outputs[snippet.line]
            assert agrees(said, snippet.output), f"{page.name}:{snippet.line} says:\n{said}"


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_only_what_a_person_must_type_is_not_run(page: Path) -> None:
    for snippet in snippets(page):
        assert snippet.language in ("bash", "python", "text", "console"), f"{page.name}:{snippet.line}"
        if snippet.language == "console":
            assert all(line.startswith(TYPED_BY_HAND) for line in snippet.text.splitlines()), snippet.text


def test_an_output_that_differs_is_noticed() -> None:
    assert agrees("/a/fox.png\n1 of 3\n", "...fox.png\n1 of 3\n")
    assert not agrees("/a/fox.png\n2 of 3\n", "...fox.png\n1 of 3\n")


def test_a_snippet_that_fails_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```bash\ntrue\n```\n\n```python\nimport nothing_of_this_name\n```\n")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(AssertionError, match="nothing_of_this_name"):
        run(page, folder)


def test_the_readme_exists() -> None:
    assert (ROOT / "README.md").stat().st_size > 1000
