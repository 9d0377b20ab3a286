"""The skills for agents that are shipped, one folder each in the form of agentskills.io, and how they are copied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..engine.files import write_whole
from ..errors import InvalidInput, OutputRefused, UnknownName, did_you_mean

FOLDER = Path(__file__).parent
ENTRY = "SKILL.md"
USUAL_PLACE = Path(".agents", "skills")
"""Where agents of several makers look in a project: agentskills.io, "Integrating skills", checked 2026-11-23."""


@dataclass(frozen=True, kw_only=True)
class Skill:
    """One shipped skill. `files` are relative to its folder, the entry first."""

    name: str
    description: str
    folder: Path
    files: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What became of one skill. `written` are the files that were not there, or not like this, before."""

    skill: Skill
    folder: Path
    written: tuple[Path, ...]


def shipped() -> tuple[Skill, ...]:
    """Every shipped skill, by name."""
    return tuple(_read(entry.parent) for entry in sorted(FOLDER.glob(f"*/{ENTRY}")))


def named(names: Iterable[str]) -> tuple[Skill, ...]:
    """The skills of these names, or all where none is named. Raise `UnknownName`."""
    every = {skill.name: skill for skill in shipped()}
    for name in (names := tuple(dict.fromkeys(names))):
        if name not in every:
            raise UnknownName(f"There is no skill {name!r}.", next=did_you_mean(name, list(every)))
    return tuple(every[name] for name in names or every)


def _read(folder: Path) -> Skill:
    """A skill from its folder. Its front matter is ours: each value stands on one line, as it is."""
    head = (folder / ENTRY).read_text("utf-8").partition("---\n")[2].partition("\n---\n")[0]
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    found = sorted(path.relative_to(folder) for path in folder.rglob("*") if _is_shipped(path))
    files = (Path(ENTRY), *(path for path in found if path != Path(ENTRY)))
    return Skill(name=facts["name"], description=facts["description"], folder=folder, files=files)


def _is_shipped(path: Path) -> bool:
    return path.is_file() and path.suffix != ".pyc"


def install(skills: Sequence[Skill], into: Path, *, overwrite: bool = False) -> tuple[Installed, ...]:
    """Copy skills into a folder, each into a folder of its name. What else is there stays as it is.

    Raise `OutputRefused`, before anything is written, where a file is there with other content and `overwrite` is
    false.
    """
    plans = [Installed(skill=each, folder=into / each.name, written=_differing(each, into)) for each in skills]
    if not overwrite:
        _refuse_changed([plan.folder / file for plan in plans for file in plan.written])
    for plan in plans:
        for file in plan.written:
            _write(plan.folder / file, (plan.skill.folder / file).read_bytes())
    return tuple(plans)


def _differing(skill: Skill, into: Path) -> tuple[Path, ...]:
    wanted = ((file, (skill.folder / file).read_bytes()) for file in skill.files)
    return tuple(file for file, content in wanted if _content(into / skill.name / file) != content)


def _content(path: Path) -> bytes | None:
    """What is there, or `None`."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None


def _refuse_changed(paths: Sequence[Path]) -> None:
    changed = [path for path in paths if path.is_symlink() or path.exists()]
    if changed:
        others = f", and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise OutputRefused(
            f"{changed[0]}{others}: changed since it was installed, or of another version. Nothing was written.",
            next="Move it away, name another folder, or replace it with --overwrite.",
        )


def _write(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(content, path, private=False)
    except OSError as error:
        raise OutputRefused(f"{path} cannot be written: {error.strerror}.") from None
