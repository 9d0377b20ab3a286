"""What `doctor` says of one thing that it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "warning", "bad"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at. Only `bad` means that calls cannot work; `next` says what to do."""

    about: str
    state: State
    says: str
    next: str | None = None
