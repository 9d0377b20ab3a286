"""Keeps keys and signed URLs out of everything people and programs can read."""

from __future__ import annotations

import hashlib
import logging
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote

HIDDEN = "[redacted]"
SHORTEST_SECRET = 6
"""Shorter values are not hidden by value: `k` or `test` would eat ordinary words."""

_HEADERS = re.compile(
    r"(?i)\b(authorization|x-api-key|xi-api-key|x-goog-api-key)([\"']?\s*[:=]\s*[\"']?)"
    r"(?:(?:basic|bearer|key|token)\s+)?[^\s\"',}]+"
)
_BEARER = re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]{6,}")
_KEYS = re.compile(r"\b(?:sk|xai|rk|pk)[-_][A-Za-z0-9_-]{16,}|\bAIza[A-Za-z0-9_-]{30,}")
_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_CREDENTIALS = re.compile(
    r"([\"'](?:private_key|refresh_token|access_token|id_token|client_secret)[\"']\s*:\s*[\"'])[^\"']+"
)
"""What files of credentials hold: https://google.aip.dev/auth/4112 and 4113, checked 2026-11-23."""
_GOOGLE_TOKENS = re.compile(r"\bya29\.[A-Za-z0-9._-]{10,}")
_QUERY = re.compile(r"((?:http|ws)s?://[^\s\"'<>?]+\?)[^\s\"'<>]+")


class Redactor:
    """Replaces the secrets it was told of, what looks like a key, and the query of every URL."""

    def __init__(self) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._longest_first: tuple[str, ...] = ()

    def hide(self, secrets: Iterable[str]) -> None:
        """From now on never show these values."""
        new = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET and secret not in self._secrets]
        if new:
            self._secrets |= {form for secret in new for form in _forms(secret)}
            self._longest_first = tuple(sorted(self._secrets, key=len, reverse=True))

    def without_secrets(self, text: str) -> str:
        """Hide the secrets it was told of and nothing else: for words that were asked for, which may hold a URL."""
        if len(text) < SHORTEST_SECRET:  # most words of a transcript
            return text
        for secret in self._longest_first:
            text = text.replace(secret, HIDDEN)
        return text

    def clean(self, text: str) -> str:
        text = _PRIVATE.sub(HIDDEN, self.without_secrets(text))
        text = _CREDENTIALS.sub(rf"\1{HIDDEN}", _GOOGLE_TOKENS.sub(HIDDEN, text))
        text = _HEADERS.sub(rf"\1\2{HIDDEN}", text)
        text = _BEARER.sub(f"Bearer {HIDDEN}", text)
        text = _KEYS.sub(HIDDEN, text)
        return _QUERY.sub(rf"\1{HIDDEN}", text)


def _forms(secret: str) -> Iterator[str]:
    """The secret as it stands in a text, in a URL, and in base64 wherever it begins there."""
    yield from (secret, quote(secret, safe=""))
    for before in range(3):
        encoded = b64encode(bytes(before) + secret.encode()).decode()
        known = encoded[-(-before * 8 // 6) : (before + len(secret.encode())) * 8 // 6]
        yield from (known, known.translate(_URL_SAFE))


_URL_SAFE = str.maketrans("+/", "-_")

REDACTOR = Redactor()
"""One for the process: a secret of one client must not show in the log of another."""


def fingerprint(secret: str) -> str:
    """Eight hexadecimal digits that tell two keys apart and give neither away."""
    return hashlib.sha256(b"anymedia fingerprint\0" + secret.encode()).hexdigest()[:8]


class RedactingFilter(logging.Filter):
    """Renders each record and cleans it before any handler sees it; gives every record a `job_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = REDACTOR.clean(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:  # written out by us, or by a handler that the record went through before
            record.exc_text = REDACTOR.clean(record.exc_text)
        if not hasattr(record, "job_id"):
            record.job_id = None
        return True


def package_logger(name: str) -> logging.Logger:
    """A logger below `anymedia` that redacts. Filters are per logger, so each one carries the filter itself."""
    logger = logging.getLogger(name)
    if not any(isinstance(each, RedactingFilter) for each in logger.filters):
        logger.addFilter(RedactingFilter())
    return logger
