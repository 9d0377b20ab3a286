"""A server of files over TLS that counts as public for a while, so that there is something to reach."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from name_server import serving

from anymedia.engine import addresses
from toys import Provider

NAMES = ("files.public.example", "other.public.example")


@dataclass
class PublicHost:
    """Where it is, and the names it was asked by in the handshake."""

    url: str
    server: Provider
    greeted: list[str | None] = field(default_factory=list)

    def __str__(self) -> str:
        return self.url


@contextmanager
def public_host(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PublicHost]:
    """Loopback is taken out of the closed networks; all others stay closed."""
    opened = tuple(each for each in addresses.CLOSED_IPV4 if each != IPv4Network("127.0.0.0/8"))
    monkeypatch.setattr(addresses, "CLOSED_IPV4", opened)
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*NAMES).configure_cert(tls)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    greeted: list[str | None] = []
    tls.sni_callback = lambda connection, name, context: greeted.append(name)
    with Provider(tls=tls) as server, serving(monkeypatch, {name: [["127.0.0.1"]] for name in NAMES}):
        yield PublicHost(f"https://files.public.example:{urlsplit(server.url).port}", server, greeted)
