"""The command `doctor`: whether everything that a call needs is in order, and what to do where it is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from ..client import AsyncClient
from ..configuration import sources
from ..desk import Desk
from ..errors import InvalidConfiguration
from ..results import SCHEMA
from ..spec.backend import Backend
from . import health, ledger_health, machine, state_health
from .commands import shows
from .finding import Finding, State
from .showing import Screen

NOT_IN_ORDER = 3
COLOURS: dict[State, str | None] = {"ok": "green", "note": None, "warning": "yellow", "bad": "red"}


def command(name: str) -> click.Command:
    @click.command(name, help="Check what calls need: keys, configuration, ledger, packages, models, disk, network.")
    @click.option("--rescue", is_flag=True, help="Copy what can be read of a damaged ledger into a new one beside it.")
    @shows
    def doctor(screen: Screen, rescue: bool) -> int:
        if rescue:
            return _rescue(screen, sources.state_folder(os.environ, Path.cwd()))
        findings = list(examine())
        healthy = all(finding.state != "bad" for finding in findings)
        if screen.json:
            screen.document({"schema": SCHEMA, "healthy": healthy, "findings": [asdict(each) for each in findings]})
        else:
            for finding in findings:
                _show(screen, finding)
        return 0 if healthy else NOT_IN_ORDER

    return doctor


def _rescue(screen: Screen, home: Path) -> int:
    """Leave the damaged ledger where it is: the user puts the new one in its place, having looked at it."""
    from ..engine.rescue import rescue

    rescued = home / "rescued.sqlite"
    found = rescue(home / "ledger.sqlite", rescued)
    if screen.json:
        screen.document({"schema": SCHEMA, "rescued": dict(found), "file": str(rescued)})
    else:
        screen.result(str(rescued))
        screen.note(", ".join(f"{count} {table}s" for table, count in found.items()) + " could be read")
        screen.note("what to do with it: docs/how-to/rescue-the-ledger.md")
    return 0


def _show(screen: Screen, finding: Finding) -> None:
    state = click.style(f"{finding.state:<8}", fg=COLOURS[finding.state])
    screen.styled(state, f"{finding.about}: {finding.says}")
    if finding.next is not None:
        screen.result(f"         {finding.next}")


def examine() -> Iterator[Finding]:
    """Everything that can be told without a network, in the order people ask for it."""
    try:
        desk = AsyncClient().desk
        desk.keyed()  # finds a key that can be none
    except InvalidConfiguration as error:
        yield Finding(about="configuration", state="bad", says=error.message, next=error.next)
        yield from _machine()
        yield from _state(sources.state_folder(os.environ, Path.cwd()))
        return
    home, output = desk.configuration.state_folder, Path(desk.configuration.settings.output_dir)
    yield from _configuration(desk)
    yield from _readable_secrets(desk)
    yield from _backends(desk)
    yield _anything_usable(desk)
    yield from _retirements(desk)
    yield from _state(home)
    yield from state_health.output_folder(output)
    yield from state_health.left_over(home, output)
    yield from state_health.disk(home, output)
    yield from _machine()
    yield machine.clock(desk.backends.values(), ledger_health.newest_job(home))


def _state(home: Path) -> Iterator[Finding]:
    folder = list(state_health.state_folder(home))
    yield from folder
    if all(finding.state != "bad" for finding in folder):
        yield from ledger_health.ledger(home)


def _machine() -> Iterator[Finding]:
    yield from machine.versions()
    yield from machine.packages()
    yield machine.certificates()
    yield from machine.proxies()


def _configuration(desk: Desk) -> Iterator[Finding]:
    files = desk.configuration.files
    says = ", ".join(map(str, files)) if files else "no file"
    then = None if files else "`anymedia config init` writes one, if you want to change a default."
    yield Finding(about="configuration", state="ok" if files else "note", says=says, next=then)
    yield from state_health.files_of_configuration(files)


def _readable_secrets(desk: Desk) -> Iterator[Finding]:
    """Files with keys, and the ledger with its prompts, that other users of this machine may read."""
    variables = {name for backend in desk.backends.values() for name in backend.auth.env}
    for path in dict.fromkeys((Path.cwd() / ".env", desk.configuration.state_folder)):
        if health.others_may_read(path) and (path.is_dir() or health.assigns_any(path, variables)):
            says, mode = ("prompts" if path.is_dir() else "keys"), (700 if path.is_dir() else 600)
            yield Finding(
                about=path.name, state="warning", says=f"others may read its {says}", next=f"Run: chmod {mode} {path}"
            )


def _backends(desk: Desk) -> Iterator[Finding]:
    """Keys by source and fingerprint only, the address where it is not the provider's own, what is not installed."""
    for backend in desk.backends.values():
        install = desk.install_line(backend.name)
        if install is not None:
            yield Finding(
                about=backend.name, state="note", says="its packages are not installed", next=f"Run: {install}"
            )
        if (key := health.key_of(desk, backend)) is not None:
            yield Finding(about=backend.name, state="ok", says=key)
            yield from _credentials(desk, backend)
        elif backend.auth.env:
            yield Finding(about=backend.name, state="note", says="no key", next=f"Set {desk.to_set(backend)}.")
        elif backend.unusable is not None:
            yield Finding(about=backend.name, state="warning", says=backend.unusable)
        elif install is None:
            yield Finding(about=backend.name, state="ok", says="needs no key")
        if desk.base_url_of(backend) != desk.declared_url_of(backend):
            yield Finding(about=backend.name, state="note", says=f"is reached at {desk.base_url_of(backend)}")


def _credentials(desk: Desk, backend: Backend) -> Iterator[Finding]:
    problem = health.problem_with_credentials(desk, backend)
    if problem is not None:
        says, advice = f"its credentials give no token: {problem}", "Check the file, or sign in again."
        yield Finding(about=backend.name, state="warning", says=says, next=advice)


def _anything_usable(desk: Desk) -> Finding:
    usable = health.usable_operations(desk)
    if usable:
        return Finding(about="can make", state="ok", says=", ".join(usable))
    advice = 'Set a provider\'s key, or: pip install "anymedia[sketch]"'
    return Finding(about="can make", state="bad", says="nothing yet", next=advice)


def _retirements(desk: Desk) -> Iterator[Finding]:
    for backend, model in health.retiring(desk.backends.values()):
        then = f"Use {model.successor} instead." if model.successor else "`anymedia models` lists the others."
        name = f"{backend.name}:{model.id}"
        yield Finding(about=name, state="warning", says=f"its provider retires it on {model.retires}", next=then)
