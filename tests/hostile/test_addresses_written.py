"""Which addresses are taken for public ones, by how they are written and by their numbers; nothing is connected to."""

from __future__ import annotations

import asyncio
import json
import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from name_server import serving

from anymedia.engine.addresses import (
    CLOSED_IPV4,
    CLOSED_IPV6,
    AddressRefused,
    is_public,
    problem_with_host,
    problem_with_url,
    public_addresses,
)

CORPUS = json.loads(Path(__file__).with_name("urls.json").read_text())
LONGEST_NAME = ".".join(["a" * 62] * 4) + ".a"
WELL_WRITTEN = [
    *(each["url"] for each in CORPUS["fetched"]),
    "https://files.public.example",
    "https://files.public.example?a",
    "https://files.public.example:1024/a",
    "https://files.public.example:65535/a",
    f"https://{'a' * 63}.example/",
    f"https://{LONGEST_NAME}/",
    "https://files.public.example/".ljust(16 * 1024, "a"),
    "https://xn--bcher-kva.example/",
    "https://1.0x.example/",
]


@pytest.mark.parametrize("url", WELL_WRITTEN, ids=lambda url: url[:60])
def test_a_public_address_that_is_written_plainly_is_taken(url: str) -> None:
    assert problem_with_url(url) is None


INNER = [
    *("localhost", "localdomain", "local", "internal", "intranet", "private", "CORP", "home", "lan"),
    *("arpa", "onion", "test", "invalid", "alt"),
]
ODDLY_WRITTEN = [
    ("https://files.public.example/".ljust(16 * 1024 + 1, "a"), "characters"),
    ("https://files.public.example:1023/", "port"),
    ("https://files.public.example:65536/", "port"),
    ("https://files.public.example:7/", "port"),
    ("https://files.public.example:100000/", "plain https"),
    ("https://files.public.example/\x1f", "plain https"),
    (f"https://{'a' * 64}.example/", "no host can have"),
    (f"https://a{LONGEST_NAME}/", "no host can have"),
    ("https://file\u017f.example/", "plain https"),
    ("https://files.examp\u212ae/", "plain https"),
    ("https://router/", "private"),
    ("https://files.example.0x7f/", "a number"),
    ("https://files.example.127/", "a number"),
    ("https://[1:2]/", "a number"),
    ("https://[a.b]/", "a number"),
    ("https://files.public.localhost/", "private"),
    *((f"https://files.{last}/", "private") for last in INNER),
]


@pytest.mark.parametrize(("url", "problem"), ODDLY_WRITTEN, ids=lambda each: each[:60])
def test_what_is_odd_about_an_address_is_said(url: str, problem: str) -> None:
    assert problem in (problem_with_url(url) or "")


def test_every_address_of_the_corpus_that_is_refused_without_a_look_is_refused_by_how_it_is_written() -> None:
    looked_up = {f"https://{name}/a.png" for name in CORPUS["names"]}
    written = [each["url"] for each in CORPUS["refused"] if each["url"] not in looked_up]
    assert len(written) > 100
    assert [url for url in written if problem_with_url(url) is None] == []


@pytest.mark.parametrize("host", ["", "[1:2", "a:b.example", "files..example", ".example"])
def test_a_name_that_is_none_is_no_host(host: str) -> None:
    assert problem_with_host(host) is not None


def test_each_closed_network_is_closed_up_to_its_ends_and_open_beyond_them() -> None:
    beyond = {
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "126.255.255.255",
        "128.0.0.0",
        "172.32.0.0",
        "223.255.255.255",
    }
    for network in (*CLOSED_IPV4, *CLOSED_IPV6):
        assert not is_public(network[0]) and not is_public(network[-1])
    assert all(is_public(ip_address(each)) for each in beyond | {"2001:200::", "2003::", "3ffe::", "64:ff9b::b00:1"})
    inside = {"4000::", "1fff::", "64:ff9b::a00:1", "64:ff9b::1:808:808", "2606:4700::1%lo"}
    assert not any(is_public(ip_address(each)) for each in inside)


def test_a_name_has_eight_numbers_at_most_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [f"93.184.216.{last}" for last in (1, 1, 2, 3, 4, 5, 6, 7, 8, 9)]
    names = {
        "many.public.example": [numbers],
        "none.public.example": [[]],
        "inner.public.example": [["93.184.216.34", "10.0.0.1"]],
    }
    with serving(monkeypatch, names):
        assert asyncio.run(public_addresses("many.public.example", 443)) == numbers[1:9]
        with pytest.raises(OSError):
            asyncio.run(public_addresses("none.public.example", 443))
        for host in ("inner.public.example", "router"):
            with pytest.raises(AddressRefused, match="private"):
                asyncio.run(public_addresses(host, 443))


@pytest.mark.parametrize("found", [[], UnicodeError()], ids=["nothing", "no name"])
def test_a_look_up_without_a_number_is_no_address(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*asked: Any, **named: Any) -> Any:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(AddressRefused):
        asyncio.run(public_addresses("files.public.example", 443))
