"""Where a value was written, so that an error can name its key, its source and the remedy. Reads no files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..errors import InvalidConfiguration, did_you_mean
from ..media import Json
from .names import BackendNames

Key = tuple[str, ...]
Layer = Literal["user file", "project file", "named file", "environment", "argument"]

LONGEST_SHOWN = 60
"""Characters of a wrong value that an error repeats."""
SECRET_WORDS = ("key", "token", "secret", "password", "credential")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file, one environment variable or the arguments. Relative folders in it start at `folder`."""

    origin: str
    layer: Layer
    folder: Path
    home: Path

    @property
    def remedy(self) -> str:
        match self.layer:
            case "environment":
                return "Correct the variable or unset it."
            case "argument":
                return "Correct the argument."
            case _:
                return "Correct the file; `anymedia config schema` describes every key."


@dataclass(frozen=True, kw_only=True)
class Place:
    """One key in one source. `names` knows the backends, for values that name one."""

    key: Key
    source: Source
    names: BackendNames

    def inside(self, name: str) -> Place:
        return replace(self, key=(*self.key, name))

    def refusal(self, must: str, got: Json = None, *, next: str | None = None) -> InvalidConfiguration:
        """The error to raise: this key `must` ..., with the value it has unless that is `None`."""
        shown = "" if got is None else f", got {_shown(got)}"
        return InvalidConfiguration(
            f"`{dotted(self.key)}` {must}{shown}{_whose(self.source)}.", next=next or self.source.remedy
        )

    def unknown(self, name: str, known: Iterable[str], elsewhere: Iterable[str] = ()) -> InvalidConfiguration:
        """The error for a key that does not exist here. `elsewhere` are dotted keys of the whole file."""
        full = dotted((*self.key, name))
        namesakes = [key for key in elsewhere if key.endswith(f".{name}")]
        advice = f"Did you mean {namesakes[0]!r}?" if namesakes else did_you_mean(name, known)
        if not namesakes and any(word in name.lower() for word in SECRET_WORDS):
            advice = "Keys of providers never stand in a file: set the provider's own variable, or `key_env`."
        return InvalidConfiguration(f"There is no setting `{full}`{_whose(self.source)}.", next=advice)


def dotted(key: Key) -> str:
    """The key as TOML writes it: `budgets.per_agent."my agent"`."""
    return ".".join(part if _is_bare(part) else f'"{part}"' for part in key)


def _is_bare(part: str) -> bool:
    return part.isascii() and part.replace("-", "_").isidentifier()


def _whose(source: Source) -> str:
    return f" (in {source.origin})" if source.layer.endswith("file") else f" ({source.origin})"


def expanded(text: str, home: Path) -> Path:
    """The path with a leading `~` replaced by the home folder."""
    return home / text[2:] if text == "~" or text.startswith("~/") else Path(text)


def _shown(value: Json) -> str:
    """A wrong value, short, without anything that looks like a key."""
    from ..engine.redaction import REDACTOR

    if isinstance(value, bool):
        return str(value).lower()
    try:
        shown = REDACTOR.clean(repr(value) if isinstance(value, str) else str(value))
    except ValueError:  # Python writes no integer of more than 4300 digits
        return "a number too long to show"
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."
