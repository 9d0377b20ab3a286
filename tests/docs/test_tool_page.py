"""The page for agents: its front matter, that it leaves nothing out, and that its examples do what it says."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path

import pytest
from pages import DOCS, agrees, run, snippets

from anymedia import errors, read_media
from anymedia.documentation.tool_page import ADVICE, render
from anymedia.errors import AnymediaError
from anymedia.operations import OPERATIONS, request_fields
from anymedia.registry import shipped_backends

PAGE = DOCS / "reference" / "TOOL.md"


@pytest.fixture(scope="module")
def text() -> str:
    return PAGE.read_text("utf-8")


def front_matter(text: str) -> dict[str, str]:
    head = text.partition("---\n")[2].partition("\n---\n")[0]
    return dict(line.split(": ", 1) for line in head.splitlines())


def test_the_front_matter_says_what_a_reader_of_tools_looks_for(text: str) -> None:
    assert text.startswith("---\n")
    head = front_matter(text)
    assert list(head) == ["name", "description", "required_env", "optional_env", "keywords"]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", head["name"])
    assert 20 <= len(head["description"]) <= 1024 and ": " not in head["description"]
    assert head["required_env"] == "[]"
    for backend in shipped_backends().values():
        assert all(variable in head["optional_env"] for variable in backend.auth.env)
        assert backend.name in head["keywords"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_parameter_of_an_operation_stands_there_with_all_who_serve_it(operation: str, text: str) -> None:
    kind = OPERATIONS[operation]
    assert f"| `{operation}` |" in text
    section = text.partition(f"## Parameters: {operation.replace('_', ' ')}\n")[2].partition("\n## ")[0]
    for backend in shipped_backends().values():
        served = {name for model in backend.models_for(kind) for name in model.serves}
        for name in served & set(request_fields(kind)):
            row = next(line for line in section.splitlines() if line.startswith(f"| `{name}` |"))
            assert backend.name in row.removesuffix(" |").rpartition("| ")[2].split(", "), name


def test_asking_about_files_has_every_parameter_of_the_call(text: str) -> None:
    section = text.partition("## Asking about files\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    own = {name for name, each in signature(read_media).parameters.items() if each.kind is not each.VAR_KEYWORD}
    assert own <= named <= own | {"adapt"} | set(request_fields(OPERATIONS["describe"]))


def test_every_kind_of_error_says_what_to_do(text: str) -> None:
    kinds = [kind.__name__ for kind in AnymediaError.__subclasses__() if kind.__module__ == errors.__name__]
    assert sorted(ADVICE) == sorted(kinds)
    assert all(advice in text for advice in ADVICE.values())


def test_its_examples_run_and_say_what_it_says(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    outputs = run(PAGE, folder)
    for snippet in snippets(PAGE):
        if snippet.runs and snippet.output is not None:
            assert agrees(outputs[snippet.line], snippet.output), outputs[snippet.line]
    assert (folder / "small.png").exists() and "openai" in (folder / "plan.txt").read_text("utf-8")


def test_it_is_written_from_the_declarations(text: str) -> None:
    assert text == render()
