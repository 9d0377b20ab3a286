"""Which base URLs a configuration may name: https, or http to this machine."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit

from ..media import Json

HTTPS_OR_LOOPBACK = (
    r"^(https://[^\s/?#@]+|http://localhost(:[0-9]+)?|http://127\.[0-9.]+(:[0-9]+)?"
    r"|http://\[::1\](:[0-9]+)?)(/[^\s?#]*)?$"
)
"""The same for editors, as a pattern of JSON Schema."""
HTTP_OR_HTTPS = r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"

_WRITTEN = re.compile(HTTP_OR_HTTPS)


def problem_with_url(value: Json, *, allow_http: bool) -> str | None:
    """Say what a base URL must be, or `None` if this is one. A password or a query in it is refused."""
    if not isinstance(value, str):
        return A_URL
    return _problem_with_text(value, allow_http)


A_URL = "must be a URL such as https://example.org/v1, without user name, password, query or fragment"


@lru_cache(maxsize=256)
def _problem_with_text(value: str, allow_http: bool) -> str | None:
    """There are few base URLs, and each is asked about at every request."""
    if not _WRITTEN.fullmatch(value) or not _can_be_reached(value):
        return A_URL
    if value.startswith("http://") and not allow_http and not is_loopback(value):
        return "must begin with https:// (plain http only for this machine, such as http://127.0.0.1:8000)"
    return None


def is_loopback(url: str) -> bool:
    """Whether a URL points to this machine by its name or number, without asking the network."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _can_be_reached(url: str) -> bool:
    """Whether it has a host, and a port that exists."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
