"""Fixtures for hostile tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from public_host import PublicHost, public_host


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PublicHost]:
    with public_host(tmp_path, monkeypatch) as host:
        yield host
