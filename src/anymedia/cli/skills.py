"""The command `skills`: lists the shipped skills for agents and copies them to where agents look."""

from __future__ import annotations

from pathlib import Path

import click

from .. import skills
from ..media import Json
from ..results import SCHEMA
from .commands import shows
from .lazy import LazyGroup
from .showing import Screen

PLACES = {
    "list": ("skills:list_command", "List the skills with what each is for."),
    "install": ("skills:install_command", "Copy skills to where agents look for them."),
}
INSTALL_HELP = f"""\
Copy skills into DIR, which is {skills.USUAL_PLACE} unless it is named.

Agents of several makers look there in a project; Claude Code looks into .claude/skills. A file that was changed is
never replaced without --overwrite, and nothing else in DIR is touched."""


def command(name: str) -> click.Command:
    return LazyGroup(name=name, places=PLACES, help="Skills that teach an agent all this.", no_args_is_help=True)


def list_command(name: str) -> click.Command:
    @click.command(name, help=PLACES[name][1])
    @shows
    def run(screen: Screen) -> int:
        found = skills.shipped()
        if screen.json:
            screen.document({"schema": SCHEMA, "skills": [_document(skill) for skill in found]})
            return 0
        for skill in found:
            screen.result(f"{skill.name}: {skill.description}")
        return 0

    return run


def _document(skill: skills.Skill) -> dict[str, Json]:
    return {
        "name": skill.name,
        "description": skill.description,
        "folder": str(skill.folder),
        "files": [file.as_posix() for file in skill.files],
    }


def install_command(name: str) -> click.Command:
    @click.command(name, help=INSTALL_HELP)
    @click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
    @click.option("--skill", "names", multiple=True, metavar="NAME", help="Only this skill; may be repeated.")
    @click.option("--overwrite", is_flag=True, help="Replace files that were changed.")
    @shows
    def run(screen: Screen, folder: Path | None, names: tuple[str, ...], overwrite: bool) -> int:
        into = (skills.USUAL_PLACE if folder is None else folder).absolute()
        done = skills.install(skills.named(names), into, overwrite=overwrite)
        if screen.json:
            screen.document({"schema": SCHEMA, "folder": str(into), "skills": [_outcome(each) for each in done]})
            return 0
        for each in done:
            screen.path(each.folder)
            screen.note(f"{each.skill.name}: {len(each.written)} of {len(each.skill.files)} files written")
        return 0

    return run


def _outcome(installed: skills.Installed) -> dict[str, Json]:
    written = [file.as_posix() for file in installed.written]
    return {"name": installed.skill.name, "folder": str(installed.folder), "written": written}
