"""What the bytes of a media file really are, and whether the file is whole: read from its structure, never decoded."""

from __future__ import annotations

from .verdict import EXTENSIONS, Found, NotMedia, NotWhole
from .walk import Walk, sniff

__all__ = ["EXTENSIONS", "Found", "NotMedia", "NotWhole", "Walk", "sniff"]
