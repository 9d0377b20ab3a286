"""Says whether what is public still fits the version: `python -m anymedia.documentation.versions`.

What was promised last is in `docs/reference/public-api-promised.txt`; `--promise` writes it anew, before a release.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .. import __version__
from .generate import REFERENCE, ROOT
from .public_facts import facts, parsed, text_of

PROMISED = REFERENCE / "public-api-promised.txt"
HEADING = "# What version {version} promises. Written by `make promise`. Do not edit.\n"
MADE_BY_CALLERS = re.compile(r"python anymedia\.(\w+Request|Options)\.\w+$|python [\w.]+\(\w+\)$|option ")
"""What a caller writes: something new that is required here breaks every call there is."""
WHERE = "docs/explanation/versions.md says what counts."


@dataclass(frozen=True, kw_only=True)
class Change:
    """One fact that is not what was promised. `was` or `now` is `None` where it is new or gone."""

    name: str
    was: str | None
    now: str | None
    breaks: bool

    @property
    def word(self) -> str:
        """The word that the change log must have: the last of the name."""
        return str(re.findall(r"-{0,2}\w[\w-]*", self.name)[-1])

    def __str__(self) -> str:
        match self.was, self.now:
            case None, now:
                return f"`{self.name}` is new: {now}"
            case _, None:
                return f"`{self.name}` is gone"
            case was, now:
                return f"`{self.name}` was {was!r} and is {now!r}"


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What a version promised, and whether it was released: then it is kept."""

    version: str
    released: bool
    facts: Mapping[str, str]


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """Every fact that differs, and whether it breaks programs that rely on it."""
    names = sorted({*before, *after})
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return [
        Change(name=name, was=was, now=now, breaks=_breaks(name, was, now, before))
        for name, was, now in pairs
        if was != now
    ]


def _breaks(name: str, was: str | None, now: str | None, before: Mapping[str, str]) -> bool:
    if now is None:
        return True
    if was is None:
        return "required" in now and bool(MADE_BY_CALLERS.match(name)) and _owner(name) in before
    return not (MADE_BY_CALLERS.match(name) or name.startswith("keyword ")) or not _takes_all_it_took(was, now)


def _owner(name: str) -> str:
    """What a parameter, field or option belongs to."""
    if name.startswith("option "):
        return f"command {name.removeprefix('option ').rpartition(' ')[0]}"
    return name.partition("(")[0] if "(" in name else name.rpartition(".")[0]


def _takes_all_it_took(was: str, now: str) -> bool:
    """Whether a parameter only takes more than it did: one more type, or it need not be given any more."""
    old, new = (dict(zip(("types", "given", "place"), each.split("; "), strict=False)) for each in (was, now))
    if old.get("place") != new.get("place") or not set(old["types"].split(" | ")) <= set(new["types"].split(" | ")):
        return False
    return old.get("given") == new.get("given") or (
        old.get("given") == "required" and new.get("given", "default").startswith("default")
    )


def complaints(promise: Promise, after: Mapping[str, str], version: str, log: str) -> Iterator[str]:
    """Why this version may not differ from the promise as it does, each with what to do."""
    found = changes(promise.facts, after)
    breaking = [change for change in found if change.breaks]
    needed = _next_version(promise.version, breaks=bool(breaking))
    if promise.released and found and _numbers(version) < _numbers(needed):
        worst = (breaking or found)[0]
        yield f"{worst}. Undo that, or raise the version from {version} to {needed} or more. {WHERE}"
    for change in breaking:
        if not re.search(rf"`[^`\n]*(?<![\w-]){re.escape(change.word)}(?![\w-])[^`\n]*`", _unreleased(log, version)):
            yield f"{change}. Undo that, or say it in CHANGELOG.md with `{change.word}`. {WHERE}"


def _next_version(version: str, *, breaks: bool) -> str:
    """The lowest version after that one. Before 1.0 the second number counts as the first, the third as the second."""
    major, minor, patch = _numbers(version)
    if major == 0:
        return f"0.{minor + 1}.0" if breaks else f"0.{minor}.{patch + 1}"
    return f"{major + 1}.0.0" if breaks else f"{major}.{minor + 1}.0"


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def _unreleased(log: str, version: str) -> str:
    """What the change log says of changes that are not released yet, or released with this very version."""
    sections = re.split(r"^(?=## )", log, flags=re.MULTILINE)
    return "".join(each for each in sections if each.startswith(("## [Unreleased]", f"## [{version}]")))


def is_released(version: str, log: str) -> bool:
    """Whether the change log has a dated heading for it."""
    return bool(re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", log, re.MULTILINE))


def promised(text: str, log: str) -> Promise:
    found = re.search(r"version (\d+\.\d+\.\d+)", text.partition("\n")[0])
    version = found[1] if found else "0.0.0"
    return Promise(version=version, released=is_released(version, log), facts=parsed(text))


def main(arguments: list[str]) -> int:
    log, now = (ROOT / "CHANGELOG.md").read_text("utf-8"), facts()
    promise = promised(PROMISED.read_text("utf-8") if PROMISED.exists() else "", log)
    found = list(complaints(promise, now, __version__, log))
    if "--promise" in arguments and not (promise.released and found):
        PROMISED.write_text(HEADING.format(version=__version__) + text_of(now), "utf-8")
        print(f"version {__version__} promises {len(now)} facts")
        return 0
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
