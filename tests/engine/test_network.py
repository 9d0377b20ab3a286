"""The way to a provider: over TLS, through a proxy, and to nobody whose certificate is not trusted."""

from __future__ import annotations

import io
import ssl
from pathlib import Path

import pytest
import trustme
from PIL import Image

from toys import Provider, queue_backend, says, serve_job
from workplace import Workplace


def noise(side: int) -> bytes:
    """A picture that does not compress: it arrives in many pieces."""
    file = io.BytesIO()
    Image.effect_noise((side, side), 99).save(file, "PNG")
    return file.getvalue()


LARGE = noise(800)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def test_a_picture_is_bought_and_fetched_over_tls(
    workplace: Workplace,
    authority: trustme.CA,
    tls: ssl.SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with Provider(tls=tls) as provider:
        serve_job(provider, content=LARGE)
        result = workplace.draw(queue_backend(provider.url))
        assert result.path.read_bytes() == LARGE
        assert provider.url.startswith("https://")


def test_nothing_is_bought_from_a_server_nobody_vouches_for(workplace: Workplace, tls: ssl.SSLContext) -> None:
    with Provider(tls=tls) as provider:
        error = workplace.failure(queue_backend(provider.url))
        assert (error.code, error.charged, error.retryable, provider.requests) == ("not_sent", "no", False, [])


def test_a_proxy_of_the_surroundings_is_used(
    workplace: Workplace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", provider.url)
    elsewhere = "http://127.0.0.1:9"
    serve_job(provider, content=LARGE)
    provider.on("GET", "/jobs/1", says({"status": "done", "urls": [f"{elsewhere}/files/1"]}))

    assert workplace.draw(queue_backend(elsewhere)).path.read_bytes() == LARGE
    assert {request.headers["host"] for request in provider.requests} == {"127.0.0.1:9"}
