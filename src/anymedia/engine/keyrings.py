"""Keys in the system's keyring. Which backends have one there is written in a file beside the ledger, so that a keyring
is opened only for a key that is in it. That it cannot be opened is no error for other sources of keys."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType

from ..errors import ConfigurationError, InvalidConfiguration, MissingDependency
from .files import private_folder, write_whole
from .secret import Secret, without_frames

SERVICE = "anymedia"
"""The name under which a keyring lists our keys."""
INSTALL = 'pip install "anymedia[keyring]"'


class Keyring:
    """The keys that `anymedia auth set` has put into the keyring for this state folder."""

    def __init__(self, home: Path) -> None:
        self._index = home / "keyring.json"
        self._asked: dict[str, Secret | None] = {}
        self._problems: dict[str, str] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The backends that have a key in the keyring. Raise `InvalidConfiguration` for a list that is none."""
        try:
            names = json.loads(self._index.read_text("utf-8"))
        except OSError:
            return ()  # there is none; what is wrong with the folder, the ledger says
        except ValueError:
            names = None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InvalidConfiguration(f"{self._index} cannot be read.", next="Remove it, and set the keys again.")
        return tuple(names)

    def key_of(self, name: str) -> Secret | None:
        """The key of a backend. `None` if there is none, or it cannot be had; then `problem_with` says why."""
        if name in self.names and name not in self._asked:
            try:
                self._asked[name] = self._read(name)
            except ConfigurationError as error:
                self._asked[name] = None
                self._problems[name] = error.message
        return self._asked.get(name)

    def problem_with(self, name: str) -> str | None:
        """Why the keyring did not give the key that was put into it."""
        return self._problems.get(name)

    def set(self, name: str, key: Secret) -> None:
        """Put a key into the keyring. Raise `ConfigurationError` if there is none, or it does not keep it."""
        library = _library()
        try:
            library.set_password(SERVICE, name, key.reveal())
            kept = library.get_password(SERVICE, name)
        except Exception as error:  # noqa: BLE001 - every keyring has errors of its own
            refusal = _refusal(error)
        else:
            if kept == key.reveal():
                self._write({*self.names, name})
                self._asked[name] = key
                return
            refusal = ConfigurationError(f"The keyring {_title(library)} did not keep the key.", next=_ELSEWHERE)
        raise refusal

    def remove(self, name: str) -> None:
        """Take a key out of the keyring. Raise `ConfigurationError` if it cannot be opened."""
        library = _library()
        try:
            if library.get_password(SERVICE, name) is not None:
                library.delete_password(SERVICE, name)
        except Exception as error:  # noqa: BLE001 - every keyring has errors of its own
            raise _refusal(error) from without_frames(error)
        self._write(set(self.names) - {name})
        self._asked.pop(name, None)

    def _read(self, name: str) -> Secret:
        library = _library()
        try:
            key = library.get_password(SERVICE, name)
        except Exception as error:  # noqa: BLE001 - every keyring has errors of its own
            raise _refusal(error) from without_frames(error)
        if not key:
            raise ConfigurationError(f"The keyring {_title(library)} has no key for {name} any more.")
        return Secret(key)

    def _write(self, names: Collection[str]) -> None:
        write_whole(json.dumps(sorted(names)).encode(), private_folder(self._index.parent) / self._index.name)
        self.__dict__.pop("names", None)


_ELSEWHERE = "Set the backend's variable, or name a file of keys with `env_file`."


def _library() -> ModuleType:
    try:
        return import_module("keyring")
    except ModuleNotFoundError:
        raise MissingDependency("The system's keyring needs the package 'keyring'.", next=f"Run: {INSTALL}") from None


def _title(library: ModuleType) -> str:
    return str(library.get_keyring().name)


def _refusal(error: Exception) -> ConfigurationError:
    said = " ".join(str(error).split())[:400].rstrip(".") or type(error).__name__
    return ConfigurationError(f"This machine's keyring cannot be used: {said}.", next=_ELSEWHERE)
