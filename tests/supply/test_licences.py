"""Every locked package has a licence that is known, accepted and written down, and the program that says so works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"


def differs() -> str | None:
    """A package that is installed in another version than the locked one, as in `make lowest`."""
    for name, locked in re.findall(r"^([\w.-]+)==(\S+)", LOCK.read_text("utf-8"), re.MULTILINE):
        try:
            if name != "numpy" and version(name) != locked:
                return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return None


def check(*arguments: str, packages: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "licences.py"), "--check", *arguments]
    environ = {**os.environ, "PYTHONPATH": str(packages or "")}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.skipif(differs() is not None, reason="other versions than the locked ones are installed")
def test_every_locked_package_has_a_licence_that_is_known_accepted_and_on_the_page() -> None:
    ended = check()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert int(ended.stdout.split()[0]) > 50


def planted(tmp_path: Path, *lines: str, library: str = "planted.py") -> subprocess.CompletedProcess[str]:
    """A package with this metadata, locked alone."""
    metadata = tmp_path / "planted-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("\n".join(("Metadata-Version: 2.4", "Name: planted", "Version: 1.0", *lines)))
    (metadata / "RECORD").write_text(f"planted.libs/{library},,\n")
    lock = tmp_path / "requirements.lock"
    lock.write_text("planted==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    return check("--lock", str(lock), packages=tmp_path)


def test_a_package_that_says_no_licence_is_refused(tmp_path: Path) -> None:
    ended = planted(tmp_path)
    assert ended.returncode == 1 and "planted: its licence is not known" in ended.stderr


def test_a_licence_that_is_not_accepted_is_refused(tmp_path: Path) -> None:
    ended = planted(tmp_path, "License-Expression: MIT AND AGPL-3.0-only")
    assert ended.returncode == 1 and "MIT AND AGPL-3.0-only is not among" in ended.stderr


def test_a_library_under_the_gpl_inside_a_wheel_is_found(tmp_path: Path) -> None:
    ended = planted(tmp_path, "License-Expression: MIT", library="libx264-d6533a8d.so.165")
    assert ended.returncode == 1 and "planted: its wheel holds x264" in ended.stderr
