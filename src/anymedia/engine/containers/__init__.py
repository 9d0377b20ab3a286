"""What the bytes of a media file really are, and whether the file is whole: read from its structure, never decoded.

A lost end always shows where the format declares an end. It cannot show, and `Found.length_declared` is False, when the
cut falls exactly between two frames, blocks or fragments of: MP3 without a Xing, Info or VBRI count, AAC in ADTS, WebM
of a live stream, WAV of a stream (there between two samples), FLAC of a stream, and MP4 fragments that no index counts.
Damage inside shows only where there are checksums: PNG, Ogg and the last frame of FLAC.
"""

from __future__ import annotations

from .verdict import EXTENSIONS, Found, NotMedia, NotWhole
from .walk import Walk, sniff

__all__ = ["EXTENSIONS", "Found", "NotMedia", "NotWhole", "Walk", "sniff"]
