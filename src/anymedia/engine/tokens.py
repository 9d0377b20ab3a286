"""Tokens that a backend fetches and the engine refreshes. They are kept in memory and shown nowhere."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import AnymediaError, AuthenticationRejected, InvalidConfiguration, MissingDependency, NotSent
from ..spec.wire import compute
from .redaction import REDACTOR
from .secret import Secret

if TYPE_CHECKING:
    from ..spec.backend import ApiKey, Backend, Token
    from .workers import Workers

LEEWAY = 300.0
"""Seconds before it expires that a token is replaced: it has to outlive the request that it goes with."""
FETCHED_WITHIN = 60.0
"""Seconds that fetching one may take."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]*")
"""What a setting may be: it becomes a part of an address."""


@dataclass(kw_only=True)
class HeldToken:
    """The token of one backend for one client: fetched at its first use, replaced before it expires."""

    backend: Backend
    declared: Token
    file: Path
    value: Secret | None = field(default=None, init=False)
    expires_at: float = field(default=0.0, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False, init=False)

    async def fresh(self, workers: Workers, scratch: Path) -> Secret:
        """The token, fetched if there is none that lasts. Calls that wait for it at the same time share one.

        Raise `AuthenticationRejected` if the file of credentials gives none, `NotSent` if nobody could be asked.
        """
        async with self._lock:
            if self.value is None or self.expires_at < time.time() + LEEWAY:
                self.value, self.expires_at = await self._fetched(workers, scratch)
            return self.value

    def forget(self, value: Secret | None) -> None:
        """The provider did not take this one: the next request fetches another."""
        if self.value == value:
            self.value = None

    async def _fetched(self, workers: Workers, scratch: Path) -> tuple[Secret, float]:
        effect = compute(self.declared.fetch, file=str(self.file))
        try:
            async with asyncio.timeout(FETCHED_WITHIN):
                value, expires_at = await workers.run(effect, scratch, lambda fraction: None)
                return Secret(value), expires_at
        except Exception as error:  # noqa: BLE001 - whatever a library raises is one of our errors from here on
            refusal = self._refusal(error)
        raise refusal  # here, so that it does not bring along the library's frames, which hold the credentials

    def _refusal(self, error: Exception) -> AnymediaError:
        said = REDACTOR.clean(" ".join(str(error).split()))[:300].rstrip(".") or type(error).__name__
        title = self.backend.title
        match error:
            case ModuleNotFoundError():
                extra = f'Install it: pip install "anymedia[{self.declared.extra}]".'
                return MissingDependency(f"{title} needs the package {error.name!r} for a token.", next=extra)
            case OSError():
                then = "Nothing was charged. Check the network and ask again."
                return NotSent(f"No token for {title} could be fetched: {said}.", next=then)
        return AuthenticationRejected(
            f"The credentials in {self.file} give no token for {title}: {said}.",
            next="Check the file, or sign in again and let it be written anew.",
        )


def credentials_file(declared: Token, environ: Mapping[str, str]) -> Path | None:
    """The first of the declared places where there is a file. A place whose variable is not set is passed over."""
    for place in declared.files:
        path = _expanded(place, environ)
        if path is not None and path.is_file():
            return path
    return None


def problem_with_file(token: HeldToken) -> str | None:
    """Why no token will come of its file of credentials, as far as the content tells."""
    try:
        content = token.file.read_bytes()
        if token.declared.check is not None:
            token.declared.check(content)
    except (OSError, ValueError) as error:
        return str(error)
    return None


def to_set(auth: ApiKey, environ: Mapping[str, str]) -> str:
    """What is left to set for a key or a token, in words: a token that was begun names only what it still lacks."""
    if auth.otherwise is None:
        return auth.to_set
    missing = [*_missing_file(auth.otherwise, environ), *_missing_settings(auth.otherwise, environ)]
    return f"{' or '.join(auth.env)}, or {' and '.join(missing)}"


def _missing_file(declared: Token, environ: Mapping[str, str]) -> list[str]:
    if credentials_file(declared, environ) is not None:
        return []
    variable, named = declared.files[0].removeprefix("$"), _expanded(declared.files[0], environ)
    return [variable if named is None else f"{variable} to a file ({named} is none)"]


def _missing_settings(declared: Token, environ: Mapping[str, str]) -> list[str]:
    needed = [variable for variable, default in declared.settings.values() if default is None]
    unset = [variable for variable in needed if not environ.get(variable, "").strip()]
    file = credentials_file(declared, environ)
    return unset if file is None else [f"{variable} for the credentials in {file}" for variable in unset]


def _expanded(place: str, environ: Mapping[str, str]) -> Path | None:
    first, _, rest = place.partition("/")
    if first == "~":
        return Path(environ.get("HOME", "").strip() or Path.home()) / rest
    value = environ.get(first.removeprefix("$"), "").strip()
    return Path(value) / rest if value else None


def settings_with_token(declared: Token, environ: Mapping[str, str]) -> dict[str, str] | None:
    """The settings that a token goes with, or `None` if one that has no default is not set."""
    found = {}
    for name, (variable, default) in declared.settings.items():
        value = environ.get(variable, "").strip() or default
        if value is None:
            return None
        if not _PLAIN.fullmatch(value):
            raise InvalidConfiguration(f"The environment variable {variable} is no plain name: {value!r:.80}.")
        found[name] = value
    return found
