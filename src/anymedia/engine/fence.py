"""Where the files of a client may be: the one place that says yes or no to a path, before anything is read or sent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..errors import InvalidInput, OutputRefused
from .files import real
from .settings import LARGEST_INPUT


@dataclass(frozen=True, kw_only=True)
class Fence:
    """`roots` are the folders that files may be in; `None`: every path that the user names is its own root.

    Files in the folders `own`, which this package kept or fetched itself, may be used. `largest_input` is in bytes.
    """

    roots: tuple[Path, ...] | None = None
    own: tuple[Path, ...] = ()
    largest_input: int = LARGEST_INPUT

    def check_input(self, path: Path) -> Path:
        """Where the path of an input leads. Raise `InvalidInput` if that is outside."""
        try:
            found = real(path)
        except OSError as error:
            reason = f"The input file {path} cannot be reached: {error.strerror}."
            raise InvalidInput(reason, next="Check the path.") from error
        if not self._holds(found) and not any(found.is_relative_to(real(own)) for own in self.own):
            raise InvalidInput(f"The input file {path} is outside of the folders that may be read.", next=self._advice)
        return found

    def check_output(self, path: Path) -> Path:
        """Where the path of a file or a folder for outputs leads. Raise `OutputRefused` for one outside, or nowhere."""
        try:
            if path.is_symlink() and not path.exists():
                raise OutputRefused(f"{path} is a link that leads nowhere.", next="Remove it, or choose another place.")
            found = real(path)
        except OSError as error:
            raise OutputRefused(f"{path} cannot be reached: {error.strerror}.", next="Choose another place.") from error
        if not self._holds(found):
            raise OutputRefused(f"{path} is outside of the folders that may be written to.", next=self._advice)
        return found

    def _holds(self, found: Path) -> bool:
        return self.roots is None or any(found.is_relative_to(root) for root in self._real_roots)

    @cached_property
    def _real_roots(self) -> tuple[Path, ...]:
        """A root may be a link itself: the user named it. Where it leads is looked up once."""
        return tuple(map(real, self.roots or ()))

    @property
    def _advice(self) -> str:
        if not self.roots:
            return "No folder is allowed: name one in the setting `roots`."
        return f"Use a place in {' or '.join(map(str, self.roots))}, or name another folder in the setting `roots`."
