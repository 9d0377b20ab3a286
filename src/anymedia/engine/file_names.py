"""Names of files: what the prompt was about, and which job made it. Nothing that a provider says goes into one."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import unicodedata

LONGEST_SLUG = 60


def slug(text: str, otherwise: str) -> str:
    """A file name of lower-case letters, digits and hyphens that says what the prompt was about."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall("[a-z0-9]+", plain))
    return words[:LONGEST_SLUG].rstrip("-") or otherwise


def file_stem(text: str, operation: str, job_id: str) -> str:
    """`slug-hash`, the hash from the job id, so that no two jobs ever want the same name."""
    return f"{slug(text, operation.replace('_', '-'))}-{hashlib.sha256(job_id.encode()).hexdigest()[:10]}"


def new_job_id() -> str:
    """Sorts by time, and is unguessable."""
    return f"job_{int(time.time() * 1000):012x}{secrets.token_hex(8)}"
