"""The command `auth`: where keys come from, shown by fingerprint alone, and keys for the system's keyring."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click

from ..client import AsyncClient
from ..credentials import key_from
from ..desk import Desk
from ..engine.secret import Secret
from ..errors import AnymediaError, UsageError
from ..registry import find_backend
from ..results import SCHEMA
from ..spec.backend import ApiKey, Backend
from .commands import shows
from .lazy import LazyGroup
from .showing import Screen

PLACES = {
    "status": ("auth:status_command", "Show for every backend where its key comes from, or what to set."),
    "set": (
        "auth:set_command",
        "Put a key into the system's keyring. It is typed unseen, or read from standard input.",
    ),
    "remove": ("auth:remove_command", "Take a key out of the system's keyring."),
}
LONGEST_KEY = 2**16


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where the key of one backend comes from. `to_set` says in words what is missing, if anything is."""

    backend: str
    source: str | None = None
    fingerprint: str | None = None
    to_set: str | None = None
    problem: str | None = None


def command(name: str) -> click.Command:
    return LazyGroup(name=name, places=PLACES, help="Show where keys come from; put them into the system's keyring.")


def status_command(name: str) -> click.Command:
    @click.command(name, help=PLACES[name][1])
    @shows
    def status(screen: Screen) -> int:
        desk = AsyncClient().desk
        found = [_standing(desk, backend) for backend in desk.backends.values() if isinstance(backend.auth, ApiKey)]
        file = desk.configuration.settings.env_file
        if screen.json:
            keys = [asdict(each) for each in found]
            screen.document({"schema": SCHEMA, "env_file": None if file is None else str(file), "keys": keys})
            return 0
        for line in _lines(found):
            screen.result(line)
        if file is not None and not file.exists():
            screen.note(f"there is no file of keys {file}")
        return 0

    return status


def _standing(desk: Desk, backend: Backend) -> Standing:
    try:
        found, token = desk.key_of(backend), desk.token_of(backend)
    except AnymediaError as error:
        return Standing(backend=backend.name, problem=str(error))
    if found is not None:
        return Standing(backend=backend.name, source=found.source, fingerprint=found.secret.fingerprint)
    problem = desk.keyring.problem_with(backend.name)
    if token is not None:
        return Standing(backend=backend.name, source=f"a token with {token.file}", problem=problem)
    return Standing(backend=backend.name, to_set=desk.to_set(backend), problem=problem)


def _lines(found: list[Standing]) -> Iterator[str]:
    width = max(len(each.backend) for each in found)
    for each in found:
        if each.source is not None:
            shown = "" if each.fingerprint is None else f", fingerprint {each.fingerprint}"
            yield f"{each.backend:<{width}}  key from {each.source}{shown}"
        elif each.to_set is not None:
            yield f"{each.backend:<{width}}  no key: set {each.to_set}"
        else:
            yield f"{each.backend:<{width}}  {each.problem}"


def set_command(name: str) -> click.Command:
    @click.command(name, help=PLACES[name][1])
    @click.argument("backend")
    @click.argument("key", nargs=-1, metavar="")
    @shows
    def set_key(screen: Screen, backend: str, key: tuple[str, ...]) -> int:
        if key:
            raise UsageError(
                "A key is no argument: other users see the arguments of a program, and the shell keeps them.",
                next="Leave it out and type it when asked, or give it on standard input. That one may be known now.",
            )
        desk = AsyncClient().desk
        chosen = _keyed(desk, backend)
        secret = _typed(chosen)
        desk.keyring.set(chosen.name, secret)
        return _said(
            screen, chosen, f"the keyring has the key of {chosen.name}, fingerprint {secret.fingerprint}", secret
        )

    return set_key


def _keyed(desk: Desk, name: str) -> Backend:
    backend = find_backend(name, desk.backends)
    if not isinstance(backend.auth, ApiKey):
        raise UsageError(f"{backend.title} needs no key.")
    return backend


def _typed(backend: Backend) -> Secret:
    """The key, from a prompt that does not show it, or from standard input."""
    if sys.stdin.isatty():
        return key_from(Secret(click.prompt(f"Key of {backend.title}", hide_input=True, err=True)), "the prompt")
    return key_from(Secret(sys.stdin.read(LONGEST_KEY)), "standard input")


def _said(screen: Screen, backend: Backend, text: str, secret: Secret | None) -> int:
    if screen.json:
        screen.document(
            {"schema": SCHEMA, "backend": backend.name, "fingerprint": None if secret is None else secret.fingerprint}
        )
    else:
        screen.note(text)
    return 0


def remove_command(name: str) -> click.Command:
    @click.command(name, help=PLACES[name][1])
    @click.argument("backend")
    @shows
    def remove(screen: Screen, backend: str) -> int:
        desk = AsyncClient().desk
        chosen = _keyed(desk, backend)
        if chosen.name not in desk.keyring.names:
            raise UsageError(f"The keyring has no key of {chosen.name} from here.", next="`anymedia auth status`")
        desk.keyring.remove(chosen.name)
        return _said(screen, chosen, f"the keyring has no key of {chosen.name} any more", None)

    return remove
