"""Runs mypy and pyright over what users write and reads the lines they object to."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

USER_CODE = Path(__file__).with_name("user_code")

Objections = dict[str, dict[int, list[str]]]
"""File name, line, what was said about it."""


def mypy(folder: Path) -> Objections:
    """mypy --strict, without any configuration of ours."""
    options = ["--strict", "--config-file=", f"--cache-dir={folder}", "--no-error-summary", "--hide-error-context"]
    done = _run("mypy", *options, *map(str, sorted(USER_CODE.glob("*.py"))))
    assert done.returncode in (0, 1), done.stderr
    found = re.findall(r"^(.+?):(\d+): error: (.+)$", done.stdout, re.MULTILINE)
    return _by_line((path, int(line), message) for path, line, message in found)


def pyright(folder: Path) -> Objections:
    """basedpyright, which is pyright with its own node, in pyright's strict mode."""
    configuration = folder / "pyrightconfig.json"
    configuration.write_text(json.dumps({"typeCheckingMode": "strict", "include": [str(USER_CODE)]}))
    done = _run("basedpyright", "--outputjson", "--pythonpath", sys.executable, "--project", str(configuration))
    assert done.returncode in (0, 1), done.stderr
    found = [each for each in json.loads(done.stdout)["generalDiagnostics"] if each["severity"] == "error"]
    return _by_line((each["file"], each["range"]["start"]["line"] + 1, each["message"]) for each in found)


def expected(name: str) -> list[int]:
    """The lines of a file that say they are wrong."""
    lines = (USER_CODE / name).read_text("utf-8").splitlines()
    return [number for number, line in enumerate(lines, start=1) if line.endswith("# wrong")]


def _run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)


def _by_line(found: Iterable[tuple[str, int, str]]) -> Objections:
    result: Objections = {}
    for path, line, message in found:
        result.setdefault(Path(path).name, {}).setdefault(line, []).append(message)
    return result
