"""Everything that is checked before a release is published, each by name: `python tools/release_check.py [CHECK ...]`.

Without a name all of them run and the files of the release are in `dist`. A check that could not look at anything has
failed: nothing here passes because a service could not be reached.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LARGEST_WHEEL = 8 * 2**20
"""Bytes. It was 5.7 MiB on 2026-11-23, most of it pictures of the sketch engine."""
LARGEST_SDIST = 9 * 2**20
NEEDED = ("anymedia/py.typed", "anymedia/__main__.py", "anymedia/sketch/data/picture_font.ttf",
          "anymedia/sketch/data/picture_words.toml", "anymedia/testing/plugin.py")  # fmt: skip
LICENCES = ("LICENSE", "NOTICE")
UNWANTED = re.compile(
    r"(^|/)(tests?|\.venv[^/]*|node_modules|__pycache__|\.[a-z]+_cache|artefacts|\.git|\.env)(/|$)"
    r"|\.(pyc|pyo|sqlite|part|log|orig|pem|key)$|(^|/)\.DS_Store$"
)
"""Neither belongs into a release. `anymedia/testing` is the suite that is shipped to others."""
EPOCH = "1577836800"
"""The moment that is written into the archives: 2020-01-01, so that the same source gives the same bytes."""


class Failed(Exception):
    """A check that did not pass, in a sentence that says what to do."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the files of the release are, and what is given to checks that read a report."""

    dist: Path
    lock: Path
    report: Path | None


def run(*command: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(environ or {})}, capture_output=True, text=True, check=False
    )


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program of tools/release.lock, which stands beside this Python."""
    program = Path(sys.executable).with_name(name)
    if not program.exists():
        raise Failed(f"{name} is not installed here: run `make release-check`, which installs tools/release.lock.")
    return run(str(program), *arguments)


# --- Build ----------------------------------------------------------------------------------------------------------


def check_build(place: Place) -> str:
    """Wheel and source archive, built twice with the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "first"), Path(folder, "second")
        for where in (first, second):
            built = run(sys.executable, "-m", "hatchling", "build", "-d", str(where),
                        environ={"SOURCE_DATE_EPOCH": EPOCH})  # fmt: skip
            if built.returncode:
                raise Failed(f"The build failed: {built.stderr.strip()}")
        sums = [{path.name: _sha256(path) for path in sorted(where.iterdir())} for where in (first, second)]
        if sums[0] != sums[1]:
            raise Failed("Two builds of the same source differ: something reads the clock or the order of a folder.")
        place.dist.mkdir(parents=True, exist_ok=True)
        for path in first.iterdir():
            shutil.copy(path, place.dist / path.name)
    return f"{', '.join(sums[0])}: the same bytes twice"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _one(place: Place, pattern: str) -> Path:
    found = sorted(place.dist.glob(pattern))
    if len(found) != 1:
        raise Failed(f"{place.dist} holds {len(found)} files {pattern}, and should hold one: empty it and build again.")
    return found[0]


def check_contents(place: Place) -> str:
    """What is in the archives: everything that is needed, nothing that is not, within their size."""
    wheel, sdist = _one(place, "*.whl"), _one(place, "*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    with tarfile.open(sdist) as archive:
        source = [member.name.partition("/")[2] for member in archive.getmembers()]
    for file, held, needed, limit in (
        (wheel, names, NEEDED, LARGEST_WHEEL),
        (sdist, source, ("pyproject.toml", *(f"src/{name}" for name in NEEDED)), LARGEST_SDIST),
    ):
        if unwanted := [name for name in held if UNWANTED.search(name)]:
            raise Failed(f"{file.name} holds what is not released: {', '.join(unwanted[:5])}.")
        if missing := set(needed) - set(held):
            raise Failed(f"{file.name} lacks {', '.join(sorted(missing))}.")
        if file.stat().st_size > limit:
            raise Failed(f"{file.name} is {file.stat().st_size} bytes, more than {limit}. Is all of it needed?")
    if lacking := [name for name in LICENCES if not any(each.endswith(f"licenses/{name}") for each in names)]:
        raise Failed(f"{wheel.name} lacks {', '.join(lacking)}.")
    return f"{len(names)} files in the wheel of {wheel.stat().st_size} bytes, {len(source)} in the source archive"


def check_source(place: Place) -> str:
    """The wheel that others build from the source archive is the one that is published."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(_one(place, "*.tar.gz")) as archive:
            archive.extractall(folder, filter="data")
        (source,) = Path(folder).iterdir()
        built = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", f"{folder}/wheel"],
            cwd=source, env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if built.returncode:
            raise Failed(f"The source archive cannot be built: {built.stderr.strip()}")
        (wheel,) = Path(folder, "wheel").iterdir()
        if _sha256(wheel) != _sha256(_one(place, "*.whl")):
            raise Failed("The wheel that is built from the source archive is another one.")
    return "it gives the same wheel"


def check_install(place: Place) -> str:
    """The wheel, unpacked alone, is what is imported, and says its version."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(_one(place, "*.whl")) as archive:
            archive.extractall(folder)
        said = run(sys.executable, "-c", "import anymedia; print(anymedia.__file__, anymedia.__version__)",
                   environ={"PYTHONPATH": folder})  # fmt: skip
        if said.returncode or not said.stdout.startswith(folder):
            raise Failed(f"The wheel cannot be imported: {said.stderr.strip() or said.stdout.strip()}")
        return f"version {said.stdout.split()[-1]}"


def check_description(place: Place) -> str:
    """What a registry shows of it."""
    said = tool("twine", "check", "--strict", str(_one(place, "*.whl")), str(_one(place, "*.tar.gz")))
    if said.returncode:
        raise Failed(f"twine refuses the description: {(said.stdout + said.stderr).strip()}")
    return "the description can be shown"


# --- Version --------------------------------------------------------------------------------------------------------


def check_version(place: Place) -> str:
    """One version everywhere, with a dated heading in the change log; what is public is what is promised."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if f'__version__ = "{version}"' not in (ROOT / "src" / "anymedia" / "__init__.py").read_text("utf-8"):
        raise Failed(f"pyproject.toml says {version}, src/anymedia/__init__.py says something else.")
    log = (ROOT / "CHANGELOG.md").read_text("utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", log, re.MULTILINE):
        raise Failed(f"CHANGELOG.md has no heading `## [{version}] - YYYY-MM-DD`: move what is unreleased under it.")
    if log.split("## [Unreleased]")[-1].split("\n## ")[0].strip():
        raise Failed("CHANGELOG.md still has lines under `## [Unreleased]`.")
    now, promised = (_facts(name) for name in ("public-api.txt", "public-api-promised.txt"))
    if now[1:] != promised[1:] or f"version {version} " not in promised[0]:
        raise Failed(f"What version {version} promises is not written down: run `make promise`.")
    return version


def _facts(name: str) -> list[str]:
    return (ROOT / "docs" / "reference" / name).read_text("utf-8").splitlines()


# --- Audit and bill of materials ------------------------------------------------------------------------------------


def pinned(lock: Path) -> Iterator[Requirement]:
    for line in lock.read_text("utf-8").splitlines():
        if line[:1].isalnum():
            yield Requirement(line.rstrip("\\ "))


def check_audit(place: Place) -> str:
    """Whether a known vulnerability is in anything that is locked. An audit of nothing has failed."""
    report = place.report or place.dist / "audit.json"
    if place.report is None:
        place.dist.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)
        said = tool("pip-audit", "--strict", "--disable-pip", "--require-hashes", "--requirement", str(place.lock),
                    "--format", "json", "--output", str(report), "--progress-spinner", "off")  # fmt: skip
        if not report.exists():
            last = (said.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise Failed(f"The audit looked at nothing: {last}. It needs the network; a release waits for it.")
    return judged(report, place.lock)


def judged(report: Path, lock: Path) -> str:
    """What an audit found. Every package that the lock installs here must have been looked at."""
    try:
        dependencies = json.loads(report.read_text("utf-8"))["dependencies"]
        looked_at = {canonicalize_name(each["name"]): each["vulns"] for each in dependencies if "vulns" in each}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failed(f"The audit left no report that can be read ({error}): nothing was looked at.") from error
    if not looked_at:
        raise Failed("The audit looked at nothing: not one package is in its report.")
    wanted = {canonicalize_name(each.name) for each in pinned(lock) if not each.marker or each.marker.evaluate()}
    if skipped := sorted(wanted - set(looked_at)):
        raise Failed(f"The audit did not look at {len(skipped)} packages: {', '.join(skipped[:5])}.")
    if found := [f"{name}: {each['id']}" for name, vulns in sorted(looked_at.items()) for each in vulns]:
        raise Failed(f"Known vulnerabilities: {', '.join(found)}. Raise the floor, run `make lock`, test, try again.")
    return f"{len(looked_at)} packages looked at, no known vulnerability"


def check_materials(place: Place) -> str:
    """The bill of materials: every package of the lock, with its hashes, as CycloneDX JSON."""
    place.dist.mkdir(parents=True, exist_ok=True)
    file = place.dist / "sbom.cdx.json"
    said = tool("cyclonedx-py", "requirements", str(place.lock), "--pyproject", str(ROOT / "pyproject.toml"),
                "--output-reproducible", "--output-format", "JSON", "--output-file", str(file))  # fmt: skip
    if said.returncode or not file.exists():
        raise Failed(f"No bill of materials was written: {said.stderr.strip()}")
    components: list[Any] = json.loads(file.read_text("utf-8")).get("components", [])
    named = {canonicalize_name(each["name"]) for each in components}
    wanted = {canonicalize_name(each.name) for each in pinned(place.lock)}
    if named != wanted or not all(each.get("version") for each in components):
        raise Failed(f"The bill names {len(named)} packages, the lock {len(wanted)}.")
    return f"{len(components)} components in {file.name}"


def check_sums(place: Place) -> str:
    """The hashes of everything that is published."""
    files = sorted(path for path in place.dist.iterdir() if path.name != "SHA256SUMS")
    text = "".join(f"{_sha256(path)}  {path.name}\n" for path in files)
    (place.dist / "SHA256SUMS").write_text(text, "utf-8")
    return f"{len(files)} files"


CHECKS: Mapping[str, Callable[[Place], str]] = {
    "version": check_version,
    "build": check_build,
    "contents": check_contents,
    "source": check_source,
    "install": check_install,
    "description": check_description,
    "materials": check_materials,
    "audit": check_audit,
    "sums": check_sums,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    parser.add_argument("--dist", type=Path, default=ROOT / "dist")
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.lock")
    parser.add_argument("--report", type=Path, help="judge this report of pip-audit instead of making one")
    given = parser.parse_args()
    place = Place(dist=given.dist, lock=given.lock, report=given.report)
    wrong = 0
    for name in given.checks or CHECKS:
        try:
            print(f"passed  {name}: {CHECKS[name](place)}", flush=True)
        except Failed as failed:
            wrong += 1
            print(f"FAILED  {name}: {failed}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
