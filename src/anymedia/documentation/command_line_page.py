"""Writes `docs/reference/command-line.md`: every command with its options, from the commands themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from inspect import cleandoc

import click

from ..operations import OPERATIONS, request_fields
from .tables import bullets, code, codes, link, page, table

COMMAND_LINE = "anymedia.cli.main"
"""Found at run time: both stand on the same floor, and no other module here knows the command line."""
INTRODUCTION = """\
Results go to standard output, everything else to standard error. Options that describe what to make are there because
a shipped backend serves them: `anymedia COMMAND --help` also says which, and what each allows, as does the page
[Backends](backends.md). The exit codes are those of the [errors](errors.md)."""
Record = tuple[str, str]
"""An option as the help shows it: its names, its words."""
SHARED = "Options of several commands"
ANCHOR = "#options-of-several-commands"
OFTEN = 4
"""An option that so many commands share is described once."""
ALLOWED = re.compile(r" ?\[[^\]]*\]")
"""What each backend allows, in the help of an option that a declaration made."""


def render() -> str:
    """The whole page."""
    commands = every_command()
    contents = bullets(f"{code(path)}: {_first_line(command)}" for path, command, _ in commands)
    counted = Counter(record for _, _, inner in commands for record in _records(inner, declared=False))
    shared = {record: None for record, count in counted.items() if count >= OFTEN}
    several = f"## {SHARED}\n\n{_table(shared)}"
    return page("Command line", INTRODUCTION, contents, several, *(_section(*each, shared) for each in commands))


def every_command() -> list[tuple[str, click.Command, click.Context]]:
    """Every command with its path and context."""
    root = import_module(COMMAND_LINE).cli
    return list(_commands(root, root.make_context("anymedia", [], resilient_parsing=True)))


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Those of a group, those inside groups included."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield inner.command_path, command, inner
        if isinstance(command, click.Group):
            yield from _commands(command, inner)


def _first_line(command: click.Command) -> str:
    return _text(command.help).partition("\n")[0].partition(". ")[0].rstrip(".") or "options of its own"


def _text(text: str | None) -> str:
    """Help as one paragraph for each of its paragraphs."""
    paragraphs = cleandoc(text or "").replace("\b\n", "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _section(path: str, command: click.Command, context: click.Context, shared: Mapping[Record, None]) -> str:
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    if isinstance(command, click.Group):  # one that does something by itself; click 8.2 leaves the brackets out
        usage = usage.replace(" COMMAND ", " [COMMAND] ")
    records = list(_records(context))
    parts = [f"## {path}", _text(command.help), f"```text\n{usage}\n```"]
    parts.append(_table(record for record in records if record not in shared))
    if also := [names for names, words in records if (names, words) in shared]:
        parts.append(f"{link('Options of several commands', ANCHOR)}: {codes(also)}.")
    if command.ignore_unknown_options:
        parts.append(f"Its options are its own: {code(f'{path} --help')}.")
    return "\n\n".join(part for part in (*parts, _text(command.epilog)) if part)


def _table(records: Iterable[Record]) -> str:
    return table(("option", "what for"), ((code(names), words) for names, words in records))


def _records(context: click.Context, *, declared: bool = True) -> Iterator[Record]:
    """The options of a command as its help shows them, with or without those that a declaration made."""
    for option in context.command.get_params(context):
        record = option.get_help_record(context)
        if isinstance(option, click.Option) and record is not None:
            names, words = record
            if not _is_declared(option):
                yield names, words
            elif declared:
                yield names, ALLOWED.sub("", words)


def _is_declared(option: click.Parameter) -> bool:
    """Whether the option is a parameter of an operation; `--input` fills one."""
    names = {name for kind in OPERATIONS.values() for name in request_fields(kind)}
    return option.name in names or "--input" in option.opts
