"""A machine inside of a canary folder, whose only provider is the emulator; a spy on the sockets; a public host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from public_host import PublicHost, public_host
from watching import Canary, Spy, spying

from anymedia.testing.emulator import Emulator
from toys import KEY
from workplace import Workplace


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    return Canary.build(tmp_path)


@pytest.fixture
def machine(canary: Canary, emulator: Emulator) -> Workplace:
    """A home, an output folder and a ledger below the root; every other path of the test lies around it."""
    environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": emulator.base_url, "TOY_API_KEY": ""}
    machine = Workplace(root=canary.root, environ=environ)
    machine.out.mkdir()
    return machine


@pytest.fixture
def variables(machine: Workplace) -> dict[str, str]:
    """The environment of a program on this machine, and nothing of the one that the tests run on."""
    own = {"HOME": str(machine.root), "ANYMEDIA_HOME": str(machine.state), "PATH": os.environ["PATH"]}
    return {**own, **{name: value for name, value in machine.environ.items() if value}}


@pytest.fixture
def spy() -> Iterator[Spy]:
    with spying() as spy:
        yield spy


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PublicHost]:
    with public_host(tmp_path, monkeypatch) as host:
        yield host
