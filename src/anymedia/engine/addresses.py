"""Which addresses that others name are fetched: public hosts, over https, at the very number that was looked at.

A reply names where its files are, and a user where an input is. Both could name a machine that only this one reaches:
a router, a database, the cloud's own service that hands out credentials. `network.py` connects to nothing else than
what `public_addresses` gave it, so a name that changes its mind in between gains nothing.
"""

from __future__ import annotations

import asyncio
import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

LONGEST_URL = 16 * 1024
"""Characters. Signed addresses have one or two thousand."""
HTTPS = 443
FIRST_FREE_PORT = 1024
"""Below it are the services of machines, such as mail and remote shells; https is the only one that has files."""
MOST_ADDRESSES = 8
"""Of one name; more are not tried."""

_URL = re.compile(
    r"https://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?#][^\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]*)?",
    re.IGNORECASE | re.ASCII,  # else the long s and the Kelvin sign are letters of ours
)
"""The only way an address may be written: no user name, no odd digits, nothing that two readers read differently."""

# IANA's registries of special-purpose addresses, https://www.iana.org/assignments/iana-ipv4-special-registry and
# iana-ipv6-special-registry, checked 2026-11-23. The standard library's `is_global` is none of it: it lets through
# 6to4, NAT64 and multicast, and what it knows depends on the version of Python.
CLOSED_IPV4 = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # of carriers, and Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's wire server, a public number: learn.microsoft.com, checked 2026-11-23
        "169.254.0.0/16",  # link-local, and the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocols, and Oracle's metadata
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
OPEN_IPV6 = IPv6Network("2000::/3")
"""All that is given out to the public so far."""
CLOSED_IPV6 = tuple(
    IPv6Network(each)
    for each in (
        "2001::/23",  # protocols: Teredo, benchmarks, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
)
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64: networks without IPv4 reach it through here; the last four bytes are the address that is meant."""

_INNER_NAMES = frozenset(
    {
        *("localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan"),
        *("arpa", "onion", "test", "invalid", "alt"),
    }
)
"""Last labels of names that no public name server answers for."""


class AddressRefused(Exception):
    """An address that is never fetched. The text says what it is."""


def problem_with_url(url: str) -> str | None:
    """Say what a URL is that may not be fetched, or `None`. Asks no name server."""
    if len(url) > LONGEST_URL:
        return f"an address of {len(url):,} characters"
    found = _URL.fullmatch(url)
    if found is None:
        return "an address that is not plain https (https://host/path, the host in ASCII)"
    port = int(found["port"] or HTTPS)
    if (port < FIRST_FREE_PORT and port != HTTPS) or port > 65535:
        return "a port that serves no files"
    return problem_with_host(found["host"])


def problem_with_host(host: str) -> str | None:
    """Say what a host is that may not be reached, by how it is written."""
    number = _number(host)
    if number is not None:
        return None if is_public(number) else "a host inside a private network"
    labels = host.lower().split(".")
    if ":" in host or host.startswith("[") or re.fullmatch("[0-9]+|0x[0-9a-f]*", labels[-1]):
        return "a number that is not written as one"
    if len(labels) == 1 or labels[-1] in _INNER_NAMES:
        return "a host inside a private network"
    if len(host) > 253 or not all(0 < len(label) < 64 for label in labels):
        return "a name that no host can have"
    return None


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether everybody can reach it: then it gives away nothing that is ours."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in CLOSED_IPV4)
    if address.scope_id is not None:
        return False
    if address in _TRANSLATED:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in OPEN_IPV6 and not any(address in network for network in CLOSED_IPV6)


async def public_addresses(host: str, port: int) -> list[str]:
    """The numbers of a host, to connect to these and no others.

    Raise `AddressRefused` if one of them is not public, `OSError` if the name cannot be looked up now.
    """
    if problem := problem_with_host(host):
        raise AddressRefused(problem)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise AddressRefused("a name that no host can have") from error
    numbers = [str(entry[4][0]) for entry in found]
    if not numbers or not all(is_public(ip_address(number)) for number in numbers):
        raise AddressRefused("a host inside a private network")
    return list(dict.fromkeys(numbers))[:MOST_ADDRESSES]
