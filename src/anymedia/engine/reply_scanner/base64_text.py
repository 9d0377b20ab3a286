"""Base64 inside a JSON string, decoded into a sink however the string is cut."""

from __future__ import annotations

import json
import re
from typing import Final, Protocol

import pybase64

_CUT_ESCAPE: Final = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_LONGEST_CUT_ESCAPE: Final = 5
_WHITESPACE: Final = b" \t\r\n\f\v"
_PADDING: Final = ord("=")


class Sink(Protocol):
    """Where the decoded bytes of one media string go. It is ended once, by `close` or by `abandon`."""

    def declare(self, media_type: str) -> None:
        """Told at most once, before any `write`, what a `data:` URL calls its content: a claim, not a fact."""

    def write(self, data: bytes, /) -> object:
        """Takes the next decoded bytes; the answer is not looked at."""

    def close(self) -> object:
        """All bytes came. The answer takes the string's place in the document."""

    def abandon(self) -> None:
        """The bytes so far are all there will be, and they are not whole."""


class NotBase64(Exception):
    """The text of a media string is not base64."""


class Base64Text:
    """Decodes the inside of a JSON string into a sink. Plain base64 is copied once at most; escapes and whitespace are
    looked for only in pieces that turn out not to be plain."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self._carry = b""
        self._padded = False

    def write(self, text: bytes | memoryview) -> None:
        """Decodes whole groups of four; raises `NotBase64`."""
        if self._carry:
            text = self._carry + text
        whole = len(text) & ~3
        if self._decoded(text, whole):
            self._carry = bytes(text[whole:])
        else:
            self._write_cleaned(bytes(text))

    def _write_cleaned(self, text: bytes) -> None:
        cut = _CUT_ESCAPE.search(text, max(0, len(text) - _LONGEST_CUT_ESCAPE))
        end = cut.start() if cut else len(text)
        cleaned = _unescaped(text[:end])
        whole = len(cleaned) & ~3
        if not self._decoded(cleaned, whole):
            raise NotBase64
        self._carry = cleaned[whole:] + text[end:]

    def end(self) -> None:
        """Decodes what is left; padding may be missing."""
        rest = _unescaped(self._carry)
        rest += b"=" * (-len(rest) % 4)
        if not self._decoded(rest, len(rest)):
            raise NotBase64

    def _decoded(self, text: bytes | memoryview, whole: int) -> bool:
        if not whole:
            return True
        if self._padded:
            return False
        try:
            data = pybase64.b64decode(memoryview(text)[:whole], validate=True)
        except ValueError:
            return False
        self._padded = text[whole - 1] == _PADDING
        self.sink.write(data)
        return True


def _unescaped(text: bytes) -> bytes:
    """What the inside of a JSON string means, without whitespace; raises `NotBase64`."""
    try:
        plain: str = json.loads(f'"{text.decode("ascii")}"')
        return plain.encode("ascii").translate(None, _WHITESPACE)
    except ValueError as error:
        raise NotBase64 from error
