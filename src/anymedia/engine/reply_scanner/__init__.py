"""Reads one JSON reply as it arrives: media in it streams decoded into sinks and is never text in memory."""

from __future__ import annotations

from .base64_text import Sink
from .scanner import BadReply, ReplyScanner

__all__ = ["BadReply", "ReplyScanner", "Sink"]
