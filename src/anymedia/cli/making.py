"""The commands that make media: `image`, `video`, `speech`, `music`, `sound-effect` and `generate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from ..media import Json
from ..operations import OPERATIONS, Request, SpeechRequest
from ..registry import all_backends, operations_made
from .call_options import call_options
from .commands import shows
from .options import noun, parameter_options, parameters_from
from .prompts import read_prompts
from .showing import Screen

if TYPE_CHECKING:
    from .running import Asked

Action = Callable[[Screen, type[Request], tuple[str, ...], dict[str, Json]], int]

CONCURRENT = 4
"""Prompts worked on at the same time, as in the library."""


class MediaCommand(click.Command):
    """Its help shows what can be asked for apart from how the call is made."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        common = {option.name for option in call_options()}
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        first = next(index for index, each in enumerate(options) if each.name in common)
        for title, some in (("What to make", options[:first]), ("Options", options[first:])):
            records = [record for each in some if (record := each.get_help_record(ctx))]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def media_command(name: str) -> click.Command:
    """The command of one operation, with an option for whatever its models serve."""
    from .main import COMMANDS  # which finds this module, and is there before it

    typed = name.replace("-", "_")
    kind = next(each for each in OPERATIONS.values() if typed == (each.verb or each.operation))

    @shows
    def make(screen: Screen, prompts: tuple[str, ...], **options: Json) -> int:
        return _make(screen, kind, prompts, options)

    what = kind.__dataclass_fields__[str(kind.main_input)].metadata["help"]
    makes = f"Make {noun(kind)}." if kind.verb is None else COMMANDS[name][1]
    help_text = f"{makes} PROMPT says {what}; `-` reads it from standard input."
    return _command(name, make, kinds=[kind], help_text=help_text)


def dialogue_command(name: str) -> click.Command:
    """Speech whose turns are lines, each begun by the name of its speaker."""

    @shows
    def make(screen: Screen, prompts: tuple[str, ...], **options: Json) -> int:
        if options.get("speaker_voices") is None:
            raise click.UsageError("A dialogue needs --speaker-voices, such as 'Joe=Kore, Ann=Puck'.")
        return _make(screen, SpeechRequest, prompts, options)

    help_text = "Say a text with several voices. PROMPT is the text, each turn a line such as Joe: Hello; `-` reads it."
    return _command(name, make, kinds=[SpeechRequest], help_text=help_text)


def generate_command(name: str) -> click.Command:
    """The command of every operation: `--mode` says which."""
    return _any_mode(name, _make, "Make any medium. PROMPT says what; `-` reads it from standard input.")


def submit_command(name: str) -> click.Command:
    """The same without waiting for what a provider queues."""
    return _any_mode(
        name,
        _submit,
        "Send requests and print the ids of their jobs as soon as they are accepted; `wait` fetches what they made. "
        "PROMPT says what to make; `-` reads it from standard input.",
    )


def _any_mode(name: str, action: Action, help_text: str) -> click.Command:
    @shows
    def make(screen: Screen, prompts: tuple[str, ...], mode: str, audio_type: str | None, **options: Json) -> int:
        from ..unified import operation_of

        return action(screen, operation_of(mode, audio_type), prompts, options)

    modes = ["audio", *(operation.replace("_", "-") for operation in operations_made(all_backends()))]
    command = _command(name, make, kinds=list(OPERATIONS.values()), help_text=help_text)
    command.params[1:1] = [
        click.Option(["-m", "--mode"], required=True, metavar="MODE", help=f"One of {', '.join(modes)}."),
        click.Option(["--audio-type"], metavar="TYPE", help="With --mode audio: speech, music, sound-effect ..."),
    ]
    return command


def _command(name: str, make: Callable[..., int], *, kinds: Sequence[type[Request]], help_text: str) -> MediaCommand:
    mode = " --mode image" if len(kinds) > 1 else ""
    epilog = f'Example: anymedia {name}{mode} "a red fox in snow" --output-dir made'
    command = click.command(name, cls=MediaCommand, help=help_text, epilog=epilog)(make)
    command.params = [
        click.Argument(["prompts"], nargs=-1, metavar="PROMPT..."),
        *parameter_options(kinds),
        *call_options(),
        max_concurrent_option(),
        dry_run_option(),
        *command.params,
    ]
    return command


def max_concurrent_option() -> click.Option:
    return click.Option(
        ["--max-concurrent"],
        type=click.IntRange(min=1),
        default=CONCURRENT,
        show_default=True,
        metavar="NUMBER",
        help="Prompts worked on at the same time.",
    )


def dry_run_option() -> click.Option:
    words = "Print what would be sent and what it may cost. Needs no key or network."
    return click.Option(["--dry-run"], is_flag=True, help=words)


def _make(screen: Screen, kind: type[Request], prompts: tuple[str, ...], options: dict[str, Json]) -> int:
    max_concurrent, dry_run = options.pop("max_concurrent"), options.pop("dry_run")
    texts = read_prompts(kind, prompts)
    return make(screen, kind, texts, parameters_from(kind, options), max_concurrent=max_concurrent, dry_run=dry_run)


def _submit(screen: Screen, kind: type[Request], prompts: tuple[str, ...], options: dict[str, Json]) -> int:
    from .rehearsing import rehearse
    from .submitting import submit

    max_concurrent, dry_run = options.pop("max_concurrent"), options.pop("dry_run")
    asked = _asked(kind, read_prompts(kind, prompts), parameters_from(kind, options), max_concurrent)
    return rehearse(screen, asked) if dry_run else submit(screen, asked)


def make(
    screen: Screen,
    kind: type[Request],
    prompts: tuple[str, ...],
    parameters: Mapping[str, Json],
    *,
    max_concurrent: int,
    dry_run: bool,
) -> int:
    """Make it, or show what would be sent, and return the exit code."""
    from . import running

    asked = _asked(kind, prompts, parameters, max_concurrent)
    if dry_run:
        from .rehearsing import rehearse

        return rehearse(screen, asked)
    return running.make(screen, asked)


def _asked(kind: type[Request], prompts: tuple[str, ...], parameters: Mapping[str, Json], max_concurrent: int) -> Asked:
    from .running import Asked

    return Asked(kind=kind, prompts=prompts, parameters=parameters, max_concurrent=max_concurrent)
