"""`backend new` and `backend check` as an author types them: a draft, what is left to do, what the suite says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from anymedia.cli.main import main
from anymedia.errors import InvalidInput, InvalidParameter, OutputRefused, UnknownName
from anymedia.integrator.new.asking import facts_from
from anymedia.integrator.new.curl import read_curl
from anymedia.integrator.new.facts import SHAPES, Facts
from anymedia.integrator.new.openapi import read_openapi
from anymedia.integrator.new.writing import draft, marks, write_file, write_plugin
from anymedia.testing import check as checks

PUBLISHED = Path(__file__).parents[1] / "oracles" / "published"
URL = "https://api.tintype.example/v1"
MAKES = {"bytes": "speech", "text": "transcription", "queue": "video"}
"""An operation for each shape that pictures are not usual for."""


def facts(shape: str, **said: Any) -> Facts:
    operation = MAKES.get(shape, "image")
    return facts_from("tintype", operation, shape=shape, base_url=URL, package="tintype_sdk", **said)


def typed(*words: str, folder: Path) -> tuple[int, str, str]:
    """The exit code of a command, its standard output and its standard error."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "anymedia", "backend", *words]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


# --- Drafts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_a_draft_is_clean_source_that_says_what_is_left_to_its_author(shape: str, tmp_path: Path) -> None:
    path = write_file(facts(shape), tmp_path)
    for tool in (["format", "--check"], ["check", "--select", "E,F,I"]):
        command = [sys.executable, "-m", "ruff", *tool, "--isolated", "--line-length", "120", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    assert any("the price" in what for _, what in marks(path.read_text("utf-8")))


@pytest.mark.parametrize(("operation", "path"), [("image", "/images/generations"), ("video", "/videos")])
def test_a_published_document_becomes_a_backend_that_passes_the_whole_suite(
    operation: str, path: str, tmp_path: Path
) -> None:
    document = str(PUBLISHED / "openai.openapi.json")
    written = typed("new", "tintype", "--operation", operation, "--openapi", document, "--path", path, folder=tmp_path)
    assert (written[0], written[1]) == (0, "tintype.py\n")
    code, said, _ = typed("check", "tintype.py", "--whole", "--json", folder=tmp_path)
    found = json.loads(said)
    assert (code, found["failed"], found["score"], found["findings"]) == (0, 0, 100, [])
    assert found["passed"] > 70 and found["most_paid_submits_of_one_job"] == 1
    assert found["not_run"] == 0
    assert found["kinds"]["submit pays exactly once"]["passed"] >= 1
    assert sum(each.get("passed", 0) for each in found["kinds"].values()) == found["passed"]


def test_a_plugin_brings_its_entry_point_its_tests_and_its_ci(tmp_path: Path) -> None:
    root = write_plugin(facts("base64"), tmp_path)
    assert 'tintype = "anymedia_tintype"' in (root / "pyproject.toml").read_text("utf-8")
    assert os.access(root / ".ci" / "run", os.X_OK)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), *sys.path])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(root / "tests")]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout
    with pytest.raises(OutputRefused, match="there already"):
        write_plugin(facts("base64"), tmp_path)


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    write_file(facts("url"), tmp_path)
    code, _, said = typed("new", "tintype", "--shape", "url", folder=tmp_path)
    assert code == 2 and "tintype.py is there already" in said


# --- Checks -------------------------------------------------------------------------------------------------------


def test_what_is_wrong_is_named_with_its_reason_and_the_way_to_mend_it(tmp_path: Path) -> None:
    source = draft(facts("base64", parameters=("seed=noise:0..9",)))
    forgets = source.replace("**call.body}", "**{name: value for name, value in call.body.items() if value}}")
    (tmp_path / "tintype.py").write_text(forgets, "utf-8")
    code, said, _ = typed("check", "tintype.py", "--whole", folder=tmp_path)
    assert code == 1
    assert "declared parameter reaches the provider  [tintype-default-seed]" in said
    assert "`seed`=0 does not reach the provider" in said and "test values with `is None`" in said
    assert "paid submits: at most 1 for one job" in said


def test_when_the_time_is_up_every_kind_was_tried_before_a_second_of_a_kind_and_the_rest_is_counted() -> None:
    kinds = {"prices": 3, "names": 1, "keys": 2}
    tests = [(kind, f"{kind} {number}") for kind, many in kinds.items() for number in range(many)]
    ordered = [name.partition(" ")[0] for name in checks.broadly(tests)]
    assert ordered == ["prices", "names", "keys", "prices", "keys", "prices"]
    checked = checks.check("openai", seconds=0.0)
    assert checked.findings == () and checked.not_run > 1000
    assert checked.document()["not_run"] == checked.not_run


def test_a_check_that_ran_out_of_time_says_so_where_the_score_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "QUICK", 0.0)
    assert main(["backend", "check", "luma", "--quiet"]) == 1, "nothing was tried: that is no pass"
    assert "0 of 0 tests passed" in (said := capsys.readouterr().out) and "with --whole" in said


@pytest.mark.parametrize(
    ("target", "reason"),
    [("nothere.py", "no backend file"), ("nosuch", "no backend named"), ("empty.py", "offers no backend")],
)
def test_a_target_that_is_none_is_said_to_be_none(target: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("", "utf-8")
    code, _, said = typed("check", target, folder=tmp_path)
    assert code == 2 and reason in said and "Traceback" not in said


# --- What is read -------------------------------------------------------------------------------------------------


def test_a_curl_command_tells_the_address_the_key_and_the_parameters() -> None:
    command = """curl --location https://api.dagger.example/v2/tts/bytes \\
      -H "X-API-Key: $DAGGER_KEY" -H 'Content-Type: application/json' \\
      -d '{"model": "d-1", "transcript": "hi", "speed": 1.0, "mood": "sad"}'"""
    read = facts_from("dagger", "speech", curl=command, shape="bytes")
    assert (read.base_url, read.path, read.model) == ("https://api.dagger.example/v2", "/tts/bytes", "d-1")
    assert (read.key, read.header, read.prefix) == ("DAGGER_KEY", "X-API-Key", "")
    assert [(each.ours, each.wire_name) for each in read.parameters] == [("text", "transcript"), ("speed", "speed")]
    assert read.unmapped == ("mood",)


def test_what_the_author_says_of_a_field_is_not_left_to_the_author() -> None:
    command = """curl https://api.halide.example/v1/renders -d '{"engine": "h-2", "noise": 7, "grain": 1}'"""
    read = facts_from("halide", "image", curl=command, shape="url", parameters=("seed=noise:0..9",), model_at="engine")
    assert read.unmapped == ("grain",) and read.model_at == "engine"


@pytest.mark.parametrize(
    "command", ["wget https://a.example", "curl", "curl 'https://a", "curl https://a.example -d {"]
)
def test_what_is_no_curl_command_is_refused(command: str) -> None:
    with pytest.raises(InvalidParameter):
        read_curl(command)


def test_limits_of_a_document_become_constraints() -> None:
    read = facts_from("tintype", "image", openapi=PUBLISHED / "openai.openapi.json", path="/images/generations")
    allowed = {each.ours: each.allows for each in read.parameters}
    assert allowed["n"] == "Between(1, 10)" and allowed["output_format"] == 'one_of("png", "jpeg", "webp")'
    assert "size" not in allowed and "size" in read.unmapped
    assert (read.shape, read.found_at) == ("base64", "data[*].b64_json")


def test_a_document_with_many_paths_asks_which(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="which is meant"):
        read_openapi(PUBLISHED / "openai.openapi.json", None)
    (tmp_path / "no.json").write_text("[", "utf-8")
    with pytest.raises(InvalidInput):
        read_openapi(tmp_path / "no.json", None)


@pytest.mark.parametrize(
    ("name", "said", "kind"),
    [
        ("Tin Type", {}, InvalidParameter),
        ("class", {}, InvalidParameter),
        ("tintype", {"shape": None}, InvalidParameter),
        ("tintype", {"shape": "text"}, InvalidParameter),
        ("tintype", {"parameters": ("sed=x",)}, UnknownName),
        ("tintype", {"parameters": ("seed=x:a..b",)}, InvalidParameter),
        ("tintype", {"parameters": ("size",)}, InvalidParameter),
    ],
)
def test_facts_that_cannot_be_written_are_refused(name: str, said: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        facts_from(name, "image", **{"shape": "url", **said})
