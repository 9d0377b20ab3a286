"""What is checked before a release: each check refuses what it is there for, and an audit of nothing is no audit."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from anymedia.skills import shipped

ROOT = Path(__file__).parents[2]


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "release_check.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# --- The files ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of this very source."""
    dist = tmp_path_factory.mktemp("dist")
    ended = check("build", "--dist", str(dist))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return dist


def test_the_same_source_gives_the_same_bytes_and_what_is_needed(built: Path) -> None:
    ended = check("contents", "source", "install", "--dist", str(built))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("passed") == 3


def test_the_wheel_holds_every_file_of_the_skills(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    assert {f"anymedia/skills/{skill.name}/{file.as_posix()}" for skill in shipped() for file in skill.files} <= names


def with_one_more(built: Path, folder: Path, name: str, *, without: str = "nothing") -> str:
    """What is said of a release whose wheel has one more file, or one less."""
    for path in built.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(next(built.glob("*.whl"))) as source, zipfile.ZipFile(wheel, "w") as target:
        for each in source.namelist():
            if each != without:
                target.writestr(each, source.read(each))
        target.writestr(name, "planted")
    ended = check("contents", "--dist", str(folder))
    assert ended.returncode == 1
    return ended.stdout


@pytest.mark.parametrize(
    "name",
    ["anymedia/__pycache__/media.cpython-311.pyc", "tests/test_words.py", "anymedia/.env", "state/ledger.sqlite"],
)
def test_what_is_not_released_is_refused(name: str, built: Path, tmp_path: Path) -> None:
    assert f"holds what is not released: {name}." in with_one_more(built, tmp_path, name)


def test_a_wheel_that_lost_its_types_is_refused(built: Path, tmp_path: Path) -> None:
    assert "lacks anymedia/py.typed" in with_one_more(built, tmp_path, "anymedia/more.py", without="anymedia/py.typed")


# --- The audit ------------------------------------------------------------------------------------------------------


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text("left==1.0 \\\n    --hash=sha256:00\nright==2.0 ; sys_platform != 'none' \\\n    --hash=sha256:00\n"
                    "elsewhere==1.0 ; sys_platform == 'none' \\\n    --hash=sha256:00\n")  # fmt: skip
    return path


def clean(name: str) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": []}


def audited(lock: Path, report: Any) -> str:
    """What is said of a report, and that nothing but a whole and clean one passes."""
    path = lock.with_name("audit.json")
    path.write_text(report if isinstance(report, str) else json.dumps(report))
    ended = check("audit", "--lock", str(lock), "--report", str(path))
    assert (ended.returncode == 0) is ended.stdout.startswith("passed")
    return ended.stdout


def test_a_whole_and_clean_audit_passes(lock: Path) -> None:
    said = audited(lock, {"dependencies": [clean("left"), clean("Right")]})
    assert said == "passed  audit: 2 packages looked at, no known vulnerability\n"


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({"dependencies": []}, "looked at nothing: not one package"),
        ({"dependencies": [{"name": "left", "skip_reason": "not found"}]}, "looked at nothing: not one package"),
        ({"dependencies": [clean("left")]}, "did not look at 1 packages: right"),
        ({"dependencies": [clean("left"), {"name": "right", "skip_reason": "?"}]}, "did not look at 1 packages: right"),
        ({"fixes": []}, "no report that can be read"),
        ("", "no report that can be read"),
        ("No known vulnerabilities found", "no report that can be read"),
    ],
)
def test_an_audit_that_did_not_look_at_everything_has_failed(report: Any, words: str, lock: Path) -> None:
    said = audited(lock, report)
    assert said.startswith("FAILED") and words in said


def test_an_audit_that_left_no_report_has_failed(lock: Path) -> None:
    ended = check("audit", "--lock", str(lock), "--report", str(lock.with_name("none.json")))
    assert ended.returncode == 1 and "nothing was looked at" in ended.stdout


def test_a_known_vulnerability_has_failed_and_says_what_to_do(lock: Path) -> None:
    found = {**clean("right"), "vulns": [{"id": "PYSEC-2026-2", "fix_versions": ["2.1"]}]}
    said = audited(lock, {"dependencies": [clean("left"), found]})
    assert "right: PYSEC-2026-2" in said and "make lock" in said
