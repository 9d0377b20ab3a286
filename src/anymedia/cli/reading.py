"""The commands that make words: `transcribe` writes a recording down, `describe` answers a question about files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from ..errors import UsageError
from ..media import Json
from ..operations import DescribeRequest, Request, TranscriptionRequest
from .call_options import call_options
from .commands import shows
from .making import MediaCommand, dry_run_option, make
from .options import INPUT_FILES, parameter_options, parameters_from
from .prompts import read_prompts
from .showing import Screen

TRANSCRIBE = "anymedia transcribe talk.mp3 --output talk.srt"
DESCRIBE = 'anymedia describe photo.jpg "What is written on the sign?"'
LEFT_OUT = frozenset({INPUT_FILES, "output_dir"})
"""Options that are arguments here, or that words have no use for: they go into a file only by its name."""


def transcribe_command(name: str) -> click.Command:
    """The command that writes down what is said in one file."""

    @shows
    def transcribe(screen: Screen, files: tuple[str, ...], **options: Json) -> int:
        if len(files) != 1:
            raise UsageError(f"transcribe takes one file, got {len(files)}.", next=f"Such as: {TRANSCRIBE}")
        return _make(screen, TranscriptionRequest, "", {**options, "audio": files[0]})

    help_text = "Write down what is said in FILE, a recording or film. The words go to standard output, or to --output."
    argument = click.Argument(["files"], nargs=-1, type=click.Path(), metavar="FILE")
    return _command(name, transcribe, TranscriptionRequest, argument, help_text=help_text, example=TRANSCRIBE)


def describe_command(name: str) -> click.Command:
    """The command that answers a question about files."""

    @shows
    def describe(screen: Screen, arguments: tuple[str, ...], dry_run: bool, **options: Json) -> int:
        from ..reading import Reading
        from . import rehearsing, running

        how = {each: options.pop(each) for each in ("review", "frames", "max_frames")}
        continued = options.get("continue_from") is not None
        files, question = _files_and_question(arguments, review=how["review"], continued=continued)
        asked = running.Asked(
            kind=DescribeRequest,
            prompts=() if question is None else (question,),
            parameters={},
            max_concurrent=1,
            files=files,
            reading=Reading(parameters=parameters_from(DescribeRequest, options), **how),
        )
        return rehearsing.rehearse(screen, asked) if dry_run else running.make(screen, asked)

    help_text = (
        "Answer QUESTION, the last argument, about every FILE together; `-` reads the question from standard input. "
        "The answer goes to standard output, or to --output. --continue-from needs no file, --review no question."
    )
    argument = click.Argument(["arguments"], nargs=-1, type=click.Path(), metavar="FILE... QUESTION")
    command = _command(name, describe, DescribeRequest, argument, help_text=help_text, example=DESCRIBE)
    command.params[1:1] = reading_options()
    return command


def reading_options() -> list[click.Option]:
    """How files are read, besides what models serve."""
    from ..reading_asked import FRAMES_MAY_BE, MOST_FRAMES, USUAL_FRAMES

    return [
        click.Option(["--review"], is_flag=True, help="Ask for what is wrong with the files, as JSON."),
        click.Option(["--frames"], metavar="TEXT", help=f"Send frames of a film in its place: {FRAMES_MAY_BE}."),
        click.Option(
            ["--max-frames"],
            type=click.INT,
            metavar="NUMBER",
            help=f"The most frames of one film, {USUAL_FRAMES} unless it says otherwise, {MOST_FRAMES} at most.",
        ),
    ]


def _files_and_question(
    arguments: Sequence[str], *, review: bool, continued: bool
) -> tuple[tuple[str, ...], str | None]:
    """Raise `UsageError` where one of both was forgotten: an answer to a file name would be paid for too."""
    if review and arguments and arguments[-1] != "-" and _is_path(arguments[-1]):
        return tuple(arguments), None
    if len(arguments) < (1 if continued else 2):
        raise UsageError("describe takes a file and then a question about it.", next=f"Such as: {DESCRIBE}")
    *files, last = arguments
    if last != "-" and _is_path(last):
        raise UsageError(f"There is no question: the last argument is the path {last}.", next=f"Such as: {DESCRIBE}")
    (question,) = read_prompts(DescribeRequest, (last,))
    return tuple(files), question


def _is_path(argument: str) -> bool:
    from ..engine.inputs import is_address

    try:
        return is_address(argument) or Path(argument).exists()
    except OSError:
        return False  # a question may be longer than any file name


def _command(
    name: str,
    function: Callable[..., int],
    kind: type[Request],
    argument: click.Argument,
    *,
    help_text: str,
    example: str,
) -> MediaCommand:
    command = click.command(name, cls=MediaCommand, help=help_text, epilog=f"Example: {example}")(function)
    options = [each for each in (*parameter_options([kind]), *call_options()) if each.name not in LEFT_OUT]
    command.params = [argument, *options, dry_run_option(), *command.params]
    return command


def _make(screen: Screen, kind: type[Request], prompt: str, options: dict[str, Json]) -> int:
    dry_run = options.pop("dry_run")
    return make(screen, kind, (prompt,), parameters_from(kind, options), max_concurrent=1, dry_run=dry_run)
