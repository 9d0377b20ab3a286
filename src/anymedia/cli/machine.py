"""What `doctor` can tell of the machine: versions, packages, certificates, proxies, the clock. Reads only."""

from __future__ import annotations

import platform
import re
import sqlite3
import ssl
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from urllib.parse import urlsplit

from .. import __version__
from ..errors import InvalidConfiguration
from ..spec.backend import Backend
from .finding import Finding
from .options import today

__all__ = ["certificates", "clock", "packages", "proxies", "versions"]

OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables: https://www.sqlite.org/stricttables.html, checked 2026-11-23."""
CLOCK_SLACK = 300.0
"""Seconds that two clocks of one machine may be apart."""
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[.*?\])?(?P<relation>>=|==)(?P<floor>[\d.]+)")
_EXTRA = re.compile(r"extra == ['\"](?P<extra>[\w-]+)['\"]")


def versions() -> Iterator[Finding]:
    says = f"anymedia {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info >= OLDEST_SQLITE:
        yield Finding(about="versions", state="ok", says=says)
        return
    oldest = ".".join(map(str, OLDEST_SQLITE))
    advice = f"The ledger needs SQLite {oldest} or newer: use a Python that brings one."
    yield Finding(about="versions", state="bad", says=says, next=advice)


# --- Packages -------------------------------------------------------------------------------------------------------


def packages() -> Iterator[Finding]:
    """One finding for what the package itself needs, one for each extra. Nothing is imported."""
    try:
        asked = requires("anymedia") or []
    except PackageNotFoundError:
        advice = "pip install anymedia; from a checkout: pip install -e ."
        yield Finding(about="packages", state="note", says="anymedia is not installed as a package", next=advice)
        return
    groups: dict[str | None, list[str]] = {None: []}
    for line in asked:
        extra = _EXTRA.search(line)
        groups.setdefault(extra["extra"] if extra else None, []).append(line)
    for name, lines in groups.items():
        yield _group(name, lines)


def _group(extra: str | None, lines: Iterable[str]) -> Finding:
    """What is missing or too old of the packages that are needed, or that one extra brings."""
    wrong, missing, there = [], [], []
    for line in lines:
        if (found := _REQUIREMENT.match(line)) is None:
            continue
        name, installed = found["name"], _installed(found["name"])
        if installed is None:
            missing.append(name)
        elif not _fits(installed, found["relation"], found["floor"]):
            wrong.append(f"{name} {installed} is installed, {found['relation']}{found['floor']} is needed")
        else:
            there.append(name)
    about = "packages" if extra is None else f"extra {extra}"
    install = "pip install --upgrade anymedia" if extra is None else f'pip install --upgrade "anymedia[{extra}]"'
    if wrong or (missing and extra is None):
        says = "; ".join([*wrong, *(f"{name} is missing" for name in missing)])
        return Finding(about=about, state="bad" if extra is None else "warning", says=says, next=f"Run: {install}")
    if missing:
        return Finding(about=about, state="note", says=f"not installed: {', '.join(missing)}", next=f"Run: {install}")
    return Finding(about=about, state="ok", says=f"{len(there)} packages installed, none too old")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _fits(installed: str, relation: str, floor: str) -> bool:
    has, needs = _numbers(installed), _numbers(floor)
    return has >= needs if relation == ">=" else has == needs


def _numbers(text: str) -> tuple[int, ...]:
    """The release of a version: `2.16.0rc1` is (2, 16), because zeros at the end say nothing."""
    numbers = [int(part) for part in re.match(r"[\d.]*", text)[0].split(".") if part]  # type: ignore[index]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


# --- The way to the network -----------------------------------------------------------------------------------------


def certificates() -> Finding:
    """Whether the certificates that calls trust can be read; it is the very same function that reads them there."""
    from ..engine.network import tls_context

    try:
        context = tls_context()
    except InvalidConfiguration as error:
        return Finding(about="certificates", state="bad", says=error.message, next=error.next)
    with suppress(NotImplementedError):  # where the system itself checks, it counts nothing
        if context.cert_store_stats()["x509_ca"] == 0 and not _looked_up():
            advice = "Install your system's certificates, or name a file of them in SSL_CERT_FILE."
            return Finding(about="certificates", state="bad", says="no server is trusted", next=advice)
    return Finding(about="certificates", state="ok", says="those that the system trusts")


def _looked_up() -> bool:
    """Whether there is a folder in which certificates are looked up one by one, when they are needed."""
    return ssl.get_default_verify_paths().capath is not None


def proxies() -> Iterator[Finding]:
    """Which proxies the surroundings name. A password in an address is not shown."""
    for scheme, address in sorted(urllib.request.getproxies().items()):
        if scheme != "no":
            yield Finding(about="proxy", state="note", says=f"{scheme} requests go through {_shown(address)}")


def _shown(address: str) -> str:
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        place = parts.hostname or "", parts.port
    except ValueError:
        return "an address that is none"
    return place[0] if place[1] is None else f"{place[0]}:{place[1]}"


# --- The clock ------------------------------------------------------------------------------------------------------


def clock(backends: Iterable[Backend], newest_job: float | None) -> Finding:
    """Whether the clock can be right: not before the day a price was checked, nor before the newest job."""
    now = datetime.now().astimezone()
    checked = max((model.price.checked for each in backends for model in each.models), default=date.min)
    advice = "Set the clock: retirements, daily budgets and signatures depend on it."
    if today() < checked:
        says = f"it says {today()}, and prices were checked on {checked}"
        return Finding(about="clock", state="warning", says=says, next=advice)
    if newest_job is not None and newest_job > now.timestamp() + CLOCK_SLACK:
        says = f"it says {now:%Y-%m-%d %H:%M}, and the ledger has a job of a later time"
        return Finding(about="clock", state="warning", says=says, next=advice)
    return Finding(about="clock", state="ok", says=f"{now:%Y-%m-%d %H:%M %Z}")
