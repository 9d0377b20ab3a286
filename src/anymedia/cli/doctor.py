"""The command `doctor`: whether everything that a call needs is in order, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click

from ..client import AsyncClient
from ..desk import Desk
from ..errors import InvalidConfiguration
from ..results import SCHEMA
from ..spec.backend import Backend
from . import health
from .commands import shows
from .showing import Screen

NOT_IN_ORDER = 3
State = Literal["ok", "note", "warning", "bad"]
COLOURS: dict[State, str | None] = {"ok": "green", "note": None, "warning": "yellow", "bad": "red"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at. Only `bad` means that calls cannot work; `next` says what to do."""

    about: str
    state: State
    says: str
    next: str | None = None


def command(name: str) -> click.Command:
    @click.command(name, help="Check keys, addresses, configuration, ledger, extras, retirements and disk space.")
    @shows
    def doctor(screen: Screen) -> int:
        findings = list(examine())
        healthy = all(finding.state != "bad" for finding in findings)
        if screen.json:
            screen.document({"schema": SCHEMA, "healthy": healthy, "findings": [asdict(each) for each in findings]})
        else:
            for finding in findings:
                _show(screen, finding)
        return 0 if healthy else NOT_IN_ORDER

    return doctor


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
        return
    yield from _configuration(desk)
    yield from _readable_secrets(desk)
    yield from _backends(desk)
    yield _anything_usable(desk)
    yield from _retirements(desk)
    yield from _ledger(desk.configuration.state_folder)
    yield from _disk(desk.configuration.state_folder, Path(desk.configuration.settings.output_dir))


def _configuration(desk: Desk) -> Iterator[Finding]:
    files = desk.configuration.files
    says = ", ".join(map(str, files)) if files else "no file"
    then = None if files else "`anymedia config init` writes one, if you want to change a default."
    yield Finding(about="configuration", state="ok" if files else "note", says=says, next=then)


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


def _ledger(home: Path) -> Iterator[Finding]:
    problem = health.folder_problem(home)
    if problem is not None:
        advice = "Set ANYMEDIA_HOME to a local folder that can be written."
        yield Finding(about="state folder", state="bad", says=f"{home} {problem}", next=advice)
        return
    yield Finding(about="state folder", state="ok", says=str(home))
    file = home / "ledger.sqlite"
    if not file.exists():
        yield Finding(about="ledger", state="note", says="none yet; the first job begins it")
        return
    if (damage := health.ledger_damage(file)) is not None:
        yield Finding(about="ledger", state="bad", says=damage, next=f"Keep a copy of {file}, then move it away.")
        return
    yield from _jobs(health.job_counts(file))


def _jobs(counts: dict[str, int]) -> Iterator[Finding]:
    yield Finding(about="ledger", state="ok", says=f"whole, {sum(counts.values())} jobs")
    if open_jobs := sum(counts.get(status, 0) for status in ("submitting", "running", "ready")):
        yield Finding(about="ledger", state="note", says=f"{open_jobs} jobs are open", next="`anymedia resume`")
    if unknown := counts.get("unknown", 0):
        advice = "Look at the provider's dashboard; `anymedia jobs --status unknown` lists them."
        says = f"of {unknown} jobs nobody knows whether they were charged"
        yield Finding(about="ledger", state="warning", says=says, next=advice)


def _disk(*folders: Path) -> Iterable[Finding]:
    for folder in dict.fromkeys(Path.cwd() / each for each in folders):
        free, enough = health.free_space(folder)
        advice = None if enough else "Free some, or write elsewhere with --output-dir."
        yield Finding(about="disk", state="ok" if enough else "warning", says=f"{free} free for {folder}", next=advice)
