"""Fixtures for every test: a machine of one's own, OpenAI's emulator, a toy provider."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from anymedia import sync_client
from anymedia.testing.emulator import Emulator, MediaAsked
from anymedia.testing.emulator.pictures import draw
from anymedia.testing.emulator.sounds import MAKERS as SOUNDS
from toys import KEY, PICTURE, Provider
from workplace import Workplace

MEMORY = Path("/dev/shm")
"""Where Linux lets programs have files in memory."""
ROOM = 4 << 30


def pytest_configure() -> None:
    """Put the folders of tests into memory where there is room: a third of the time would be waiting for a disk."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return Workplace(root=tmp_path)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


def media(asked: MediaAsked) -> bytes:
    """The same small picture every time; other media as they are asked for."""
    return draw(asked) if asked.output_format in {*SOUNDS, "mp4"} else PICTURE


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(media=media) as emulator:
        yield emulator


@pytest.fixture
def openai(workplace: Workplace, emulator: Emulator) -> Workplace:
    """A workplace whose only key is OpenAI's, and whose OpenAI is the emulator."""
    workplace.environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": emulator.base_url, "TOY_API_KEY": ""}
    return workplace


@pytest.fixture
def shell(openai: Workplace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    """The environment of a user who has only OpenAI's key. What the module-level calls keep ends with it."""
    for name, value in {"HOME": str(openai.root), "ANYMEDIA_HOME": str(openai.state), **openai.environ}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(openai.root / "config"))
    monkeypatch.delenv("TOY_API_KEY")
    openai.out.mkdir()
    monkeypatch.chdir(openai.out)
    yield openai
    if sync_client._client_for.cache_info().currsize:
        sync_client.default_client().close()
        sync_client._client_for.cache_clear()  # another test may be given a folder of the same name
