"""The command `completion`: the script that teaches a shell our options, values included."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_ANYMEDIA_COMPLETE"


def command(name: str) -> click.Command:
    @click.command(name, help='Print the completion script of a shell. Bash: eval "$(anymedia completion bash)"')
    @click.argument("shell", type=click.Choice(SHELLS))
    def print_script(shell: str) -> int:
        from .main import cli

        completion = get_completion_class(shell)
        assert completion is not None
        click.echo(completion(cli, {}, "anymedia", VARIABLE).source())
        return 0

    return print_script
