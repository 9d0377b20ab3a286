"""The command `backend`: what helps to add one, here or elsewhere."""

from __future__ import annotations

import click

from .lazy import LazyGroup

PLACES = {
    "new": ("beginning:new_command", "Write the first draft of a backend."),
    "check": ("checking:check_command", "Try a backend against its own declaration and against faults."),
    "record": ("recording:record_command", "Make real calls, once each, and write down what was said."),
    "audit": ("audit:audit_command", "Find what was forgotten where a backend is registered in many places."),
}


def command(name: str) -> click.Command:
    return LazyGroup(name=name, places=PLACES, help="Help to add a backend.", no_args_is_help=True)
