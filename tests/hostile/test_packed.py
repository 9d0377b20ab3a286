"""Bodies that are packed: unpacked in small pieces, once, and only in a way that was asked for."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from toys import PICTURE, Provider, queue_backend, sends, serve_job
from workplace import Workplace

PACKED = {
    "gzip": gzip.compress(PICTURE),
    "deflate": zlib.compress(PICTURE),
    "GZIP": gzip.compress(PICTURE),
    "identity": PICTURE,
}


@pytest.mark.parametrize("way", PACKED)
def test_a_file_that_is_packed_although_nobody_asked_is_unpacked(
    way: str, workplace: Workplace, provider: Provider
) -> None:
    serve_job(provider)
    provider.on("GET", "/files/1", sends(PACKED[way], content_encoding=way))
    assert workplace.draw(queue_backend(provider.url)).read_bytes() == PICTURE


@pytest.mark.parametrize("way", ["gzip, gzip", "br", "zstd", "compress", "nonsense", "gzip"])
def test_what_cannot_be_unpacked_is_no_file_and_no_lost_job(way: str, workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    provider.on("GET", "/files/1", sends(b"no packing at all", content_encoding=way))
    error = workplace.failure(queue_backend(provider.url), wait=0.3)
    assert (error.code, error.charged) == ("running", "yes")
    assert workplace.files() == []


def test_a_packet_of_a_thousand_times_its_size_never_stands_in_memory(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider)
    workplace.draw(queue_backend(provider.url))  # imports and pools are not the packet's
    serve_job(provider)
    provider.on("GET", "/files/1", sends(gzip.compress(PICTURE + bytes(64 << 20)), content_encoding="gzip"))
    tracemalloc.start()
    error = workplace.failure(queue_backend(provider.url), wait=20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.code == "verify_failed"
    assert peak < 30 << 20
