"""The entry point: finds the command that was typed, runs it, and turns whatever comes of it into an exit code.

Every command is imported when it is asked for, so that `anymedia --help` stays cheap.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from .lazy import LazyGroup

INTERRUPTED = 130

COMMANDS = {
    "image": ("making:media_command", "Draw a picture, or edit one."),
    "video": ("making:media_command", "Film something, from words or from a picture."),
    "speech": ("making:media_command", "Say a text."),
    "dialogue": ("making:dialogue_command", "Say a text with several voices, each turn a line."),
    "music": ("making:media_command", "Compose and play music."),
    "sound-effect": ("making:media_command", "Make a sound."),
    "design-voice": ("making:media_command", "Make a voice from words."),
    "clone-voice": ("working:working_command", "Make a voice from recordings of it."),
    "convert-voice": ("working:working_command", "Say a recording again with another voice."),
    "isolate": ("working:working_command", "Free a recording of everything but the voice."),
    "separate-stems": ("working:working_command", "Take music apart."),
    "dub": ("working:working_command", "Say a recording or film in another language."),
    "transcribe": ("reading:transcribe_command", "Write down what is said in a recording or film."),
    "describe": ("reading:describe_command", "Ask something about pictures, recordings or films."),
    "align": ("working:working_command", "Find out when each word is spoken in a recording."),
    "generate": ("making:generate_command", "Make any medium: --mode says which."),
    "models": ("models:command", "What every model can do, what it costs, whether you can use it."),
    "why": ("why:command", "Explain which backend would be chosen. Spends nothing."),
    "submit": ("making:submit_command", "Send requests and come back as soon as they are accepted."),
    "wait": ("jobs:wait_command", "Wait for submitted jobs and fetch what they made."),
    "jobs": ("jobs:jobs_command", "List the jobs of the ledger."),
    "resume": ("jobs:resume_command", "Finish what was begun, without paying again."),
    "cancel": ("settling:cancel_command", "Cancel jobs."),
    "reconcile": ("settling:reconcile_command", "Look for unknown jobs in their providers' lists."),
    "settle": ("settling:settle_command", "Write down what became of an unknown job."),
    "send-again": ("settling:send_again_command", "Send an unknown or failed request once more."),
    "forget": ("forgetting:forget_command", "Remove what is kept of jobs, except their cost."),
    "resources": ("resources:resources_command", "List or delete what providers keep, such as voices."),
    "spend": ("accounts:spend_command", "What was spent, with the source of each figure."),
    "report": ("accounts:report_command", "How the jobs of a period went."),
    "auth": ("auth:command", "Show where keys come from; put them into the system's keyring."),
    "doctor": ("doctor:command", "Check keys, configuration, ledger and installed extras."),
    "config": ("config:command", "Show, begin or check the configuration."),
    "backend": ("backend:command", "Help to add a backend: write, check and audit one."),
    "skills": ("skills:command", "Skills for agents: list them, install them."),
    "completion": ("completion:command", "Print the completion script of a shell."),
    "emulator": ("emulator:command", "Run a provider that costs nothing, for rehearsals."),
}
EXAMPLES = """\
\b
Examples:
  anymedia image "an astronaut riding a horse on the moon"
  anymedia speech "Hello there." --output hello.mp3
  anymedia transcribe talk.mp3 --output talk.srt
  echo "a red fox in snow" | anymedia image - --json
  anymedia image "a red fox" --dry-run

Results go to standard output, everything else to standard error.
"""


def _show_version(ctx: click.Context, option: click.Parameter, asked: bool) -> None:
    if asked:
        from .. import __version__

        click.echo(f"anymedia {__version__}")
        ctx.exit()


cli = LazyGroup(
    name="anymedia",
    places=COMMANDS,
    help="One call makes an image, a video or audio with whichever backend you have. It never pays twice.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version and exit.",
        )
    ],
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code: 0, that of the error, or 130 after Ctrl-C."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = cli.main(arguments, prog_name="anymedia", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted: `anymedia resume` finishes what was submitted.", err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  the outermost handler: every failure becomes words and an exit code
        from .failing import report

        return report(error, arguments)
