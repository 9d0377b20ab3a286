"""The suite as people run it: on a file, on a module, on a wrong name; and nothing of it leaves this machine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from anymedia.errors import UsageError
from anymedia.testing.conformance.audit import LeftTheMachine, spying, staying_here
from anymedia.testing.conformance.targets import backends_named

HERE = Path(__file__).parent


def run_suite(target: str, *options: str, folder: Path, **environ: str) -> str:
    command = [sys.executable, "-m", "pytest", "--pyargs", "anymedia.testing.conformance", "--anymedia-backend", target]
    command += ["-p", "no:cacheprovider", *options]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_a_file_outside_any_package_is_tested_whole(tmp_path: Path) -> None:
    output = run_suite(str(HERE / "polled_backend.py"), "-q", "--tb=line", folder=tmp_path)
    assert " passed" in output and " failed" not in output and " error" not in output, output


@pytest.mark.parametrize("target", ["named_server.py", "named_agent.py"])
def test_what_the_configuration_names_is_a_whole_backend(target: str, tmp_path: Path) -> None:
    output = run_suite(str(HERE / target), "-q", "--tb=line", folder=tmp_path)
    assert " passed" in output and " failed" not in output and " error" not in output, output


def test_pipelines_are_whole_backends_where_nothing_can_run_them(tmp_path: Path) -> None:
    """`make test-diffusers` does the same with weights, and its samples run."""
    for name in ("StableDiffusionPipeline", "LTXPipeline"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model_index.json").write_text(json.dumps({"_class_name": name}), "utf-8")
    options = ("-q", "--tb=line", "-k", "not test_sample_runs_to_its_declared_end")
    target = f"{HERE / 'named_pipelines.py'}"
    output = run_suite(target, *options, folder=tmp_path, ANYMEDIA_TEST_PIPELINES=str(tmp_path))
    assert " passed" in output and " failed" not in output and " error" not in output, output


def test_ids_of_derived_tests_are_readable(tmp_path: Path) -> None:
    output = run_suite("anymedia.backends.openai:BACKEND", "--collect-only", "-q", folder=tmp_path)
    assert "test_declared_parameter_reaches_the_provider[openai-gpt-image-2-quality]" in output


def test_module_and_attribute_name_a_backend() -> None:
    assert [backend.name for backend in backends_named(["anymedia.backends.openai:BACKEND"])] == ["openai"]


def test_name_of_the_registry_names_a_backend() -> None:
    assert [backend.name for backend in backends_named(["OpenAI"])] == ["openai"]


def test_without_a_target_every_shipped_backend_is_tested() -> None:
    assert {"openai", "sketch"} <= {backend.name for backend in backends_named([])}


def test_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no backend file"):
        backends_named([str(tmp_path / "nothing.py")])


def test_file_named_like_a_known_module_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("BACKEND = None", "utf-8")
    with pytest.raises(UsageError, match="Another module is named 'json'"):
        backends_named([str(tmp_path / "json.py")])


def test_plugin_imports_nothing_until_the_suite_is_asked_for() -> None:
    program = "import sys, anymedia.testing.plugin; print(sorted(name for name in sys.modules if 'anymedia' in name))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['anymedia', 'anymedia.testing', 'anymedia.testing.plugin']"


def test_connection_to_another_machine_is_refused() -> None:
    with staying_here(), pytest.raises(LeftTheMachine), socket.socket() as plug:
        plug.connect(("192.0.2.1", 443))


def test_name_of_another_machine_is_not_looked_up() -> None:
    with staying_here(), pytest.raises(LeftTheMachine):
        socket.getaddrinfo("api.lanterna.example", 443)


def test_spy_sees_own_io_and_overlooks_imports(tmp_path: Path) -> None:
    seen: list[str] = []
    with spying(seen):
        (tmp_path / "notes.txt").write_text("hello", "utf-8")
    assert [line.partition(" ")[0] for line in seen] == ["open"]
