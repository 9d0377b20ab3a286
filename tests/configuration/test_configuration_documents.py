"""What is written about the settings agrees with what the loader does; and what loading costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from machine import EVERYTHING, Machine

from anymedia.configuration import Settings, documents
from anymedia.engine.settings import Timeouts
from anymedia.errors import OutputRefused

# What is written about the settings


def test_the_schema_is_valid_and_agrees_with_the_loader(machine: Machine) -> None:
    schema = documents.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(tomllib.loads(EVERYTHING), schema)
    jsonschema.validate(tomllib.loads(documents.example()), schema)


@pytest.mark.parametrize(
    "text",
    [
        "outptu_dir = 'x'",
        "offline = 'yes'",
        "budgets.per_cal = 1",
        "budgets.per_call = -1",
        "budgets.per_call = '$5'",
        "timeouts.read = 0",
        "prefer.images = ['openai']",
        "servers.mine.key_env = 'K'",
        "servers.mine = {base_url = 'https://x.org', api_key = 'k'}",
        "base_urls.openai = 'http://x.org'",
    ],
)
def test_schema_and_loader_refuse_the_same(machine: Machine, text: str) -> None:
    machine.refusal(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), documents.json_schema())


def test_every_part_of_the_schema_is_described() -> None:
    def described(properties: Mapping[str, Any]) -> None:
        for part in properties.values():
            assert part["description"]
            described(part.get("properties", {}) if "operation" not in part["description"] else {})

    described(documents.json_schema()["properties"])


def test_the_example_changes_nothing_as_it_is(machine: Machine) -> None:
    machine.project_file.write_text(documents.example())
    found = machine.load()
    assert found.settings == Settings()
    assert set(found.origins.values()) == {"default"}


def test_the_example_holds_every_setting_once_uncommented(machine: Machine) -> None:
    text = "\n".join(
        line[1:] if line.startswith("#") and not line.startswith("# ") else line
        for line in documents.example().splitlines()
    )
    machine.user_file.write_text(text.replace('output_dir = "."', 'output_dir = "/made"'))
    found = machine.load()
    assert set(found.origins.values()) == {str(machine.user_file)}
    assert found.timeouts() == Timeouts()


def test_the_example_is_written_once(machine: Machine) -> None:
    path = machine.home / "new" / "anymedia.toml"
    documents.write_example(path)
    assert path.read_text() == documents.example()
    path.write_text("offline = true")
    with pytest.raises(OutputRefused, match="exists"):
        documents.write_example(path)
    assert path.read_text() == "offline = true"


def test_an_example_that_cannot_be_written_leaves_nothing(machine: Machine) -> None:
    (machine.home / "file").write_text("")
    with pytest.raises(OutputRefused, match="cannot be written"):
        documents.write_example(machine.home / "file" / "anymedia.toml")


def test_the_reference_has_every_key_and_variable(machine: Machine) -> None:
    text = documents.reference_markdown()
    for key in machine.load().origins:
        assert f"| `{key}" in text
    for variable in ("ANYMEDIA_OUTPUT_DIR", "ANYMEDIA_BUDGETS_PER_DAY", "ANYMEDIA_PREFER_<OPERATION>", "ANYMEDIA_HOME"):
        assert variable in text


def test_the_document_is_json_and_holds_no_key(machine: Machine) -> None:
    machine.project_file.write_text(EVERYTHING)
    shown = machine.load(OPENAI_API_KEY="sk-1234567890abcdefghij").document()
    text = json.dumps(shown)
    assert "abcdefghij" not in text
    assert shown["settings"]["budgets"]["per_day"] == "10.25"
    assert shown["settings"]["output_dir"] == str(machine.project / "made")
    assert shown["origins"]["servers.my_server"] == str(machine.project_file)
    assert shown["files"] == [str(machine.project_file)]


# Cost


def test_loading_without_files_imports_nothing_of_third_parties(machine: Machine) -> None:
    program = (
        "import sys, os, pathlib, anymedia.configuration as c\n"
        "c.load(environ=os.environ, folder=pathlib.Path.cwd(), arguments={'offline': True})\n"
        "heavy = {'msgspec', 'platformdirs', 'httpx2', 'click', 'sqlite3', 'tomllib', 'anymedia.registry'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    environ = {**machine.environ, "PATH": os.environ["PATH"], "ANYMEDIA_OUTPUT_DIR": "made"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, cwd=machine.project, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
