"""Processes of this machine: whether one that is named still is the one that was meant."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def process_start(process_id: int) -> str | None:
    """When a process of this machine started, in a form that only equals itself; `None` if it does not run."""
    try:
        # Fields 3 and 22, counted after the command's name, which may hold anything: proc_pid_stat(5).
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]  # a zombie is dead; only its parent has not looked yet
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _alive_elsewhere(process_id)
    except OSError:
        return "unknown"


def _alive_elsewhere(process_id: int) -> str | None:
    """The same where there is no /proc: only whether it runs can be told."""
    if sys.platform == "win32":
        return "unknown"
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return "unknown"
    return "unknown"
