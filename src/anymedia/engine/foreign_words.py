"""Words of others, such as a provider's error text: harmless where they are printed, short where they are kept."""

from __future__ import annotations

import json
import re

from ..media import Json
from .redaction import REDACTOR

QUOTED = 500
"""Characters of a stranger's sentence that are shown."""

READ = 64 * 1024
"""Characters of it that are looked at: what hides secrets need not read megabytes."""

_CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f"  # C0 and C1: move the cursor, ring, recolour, answer for the user
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # reorder the line, or are not seen
    "\U000e0000-\U000e007f]+"  # tags: letters that only machines read
)


def harmless(text: str) -> str:
    """`text` without what a terminal would obey, on however many lines it has. Half a surrogate is `\\udc..`."""
    visible = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return _CONTROL.sub(" ", visible)


def quoted(said: Json, longest: int = QUOTED) -> str:
    """Words of others as part of a sentence of ours: redacted, on one line, harmless, not too long."""
    text = said if isinstance(said, str) else json.dumps(said)  # a sentence that became an object is still a reason
    clean = " ".join(harmless(REDACTOR.clean(text[:READ])).split())
    return clean[:longest].rstrip(".!? ")
