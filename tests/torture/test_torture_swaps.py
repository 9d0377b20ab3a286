"""A thread swaps folders and files for links all the time: nothing lands outside, and nothing outside is read."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Self

import pytest
from share import LONG

from anymedia.engine import files
from anymedia.engine.part import spill_bytes
from toys import PICTURE, picture

SWAPS, ROUNDS = (500_000, 10_000) if LONG else (10_000, 2_000)
"""How often something is swapped at least, and how often everything that is done with paths is done."""
SECRET = picture("what is outside")


@dataclass(frozen=True)
class Ground:
    """A folder for outputs and one for inputs, and one outside of both, to which the links lead."""

    root: Path

    def __post_init__(self) -> None:
        for name in ("out", "inputs", "outside", "spool"):
            (self.root / name).mkdir()
        (self.root / "inputs" / "fox.png").write_bytes(PICTURE)
        (self.root / "outside" / "fox.png").write_bytes(SECRET)

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.root / folder).iterdir())


class Swapper(threading.Thread):
    """Exchanges folders and a file with links that lead outside, and back, as fast as it can."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(daemon=True)
        self.swaps = 0
        self._over = threading.Event()
        places = [ground.root / "out", ground.root / "inputs", ground.root / "inputs" / "fox.png"]
        self._pairs = [(place, ground.root / f"lure {number}") for number, place in enumerate(places)]
        for place, lure in self._pairs:
            lure.symlink_to(ground.root / "outside" / ("fox.png" if place.suffix else ""))

    def run(self) -> None:
        while not self._over.is_set():
            for place, lure in self._pairs:
                exchange(place, lure)
                self.swaps += 1
                exchange(place, lure)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


LIBRARY = ctypes.CDLL(None, use_errno=True)
HERE, EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of Linux."""


def exchange(one: Path, other: Path) -> None:
    """Let two names stand for each other's things, in one step: there never is nothing in a place."""
    if LIBRARY.renameat2(HERE, bytes(one), HERE, bytes(other), EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "not exchanged", str(one))


@pytest.fixture
def ground() -> Iterator[Ground]:
    """In memory where that is possible: a disk that is flushed for every file would see few swaps."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
    yield Ground(root=folder)
    shutil.rmtree(folder)


def make(ground: Ground, number: int) -> str:
    """Bring one output to its name by all the ways there are, and say how it ended."""
    out, spool = ground.root / "out", ground.root / "spool"
    spilled = spill_bytes(PICTURE, out, str(number), spool)
    spooled = spool / spilled.part.name
    if spooled.exists():
        spilled = replace(spilled, part=spooled)
    try:
        files.land(spilled, out / f"{number}.png", overwrite=bool(number % 2))
        ended = "landed"
    except OSError:
        ended = "kept"
    with suppress(OSError):
        files.write_whole(b"{}", out / f"{number}.json", private=False)
    with suppress(OSError):
        files.remove(out / f"{number}.json")
    with suppress(OSError):
        files.move(spilled.part, spool / f"{number}.part")
    return ended


def look(ground: Ground) -> str:
    try:
        with files.open_plain(ground.root / "inputs" / "fox.png") as file:
            content = file.read()
    except OSError:
        return "refused"
    return "read" if content == PICTURE else "READ WHAT IS OUTSIDE"


def race(ground: Ground) -> Counter[str]:
    """What happened while everything was swapped."""
    ended: Counter[str] = Counter()
    with Swapper(ground) as swapper:
        for number in count():
            ended[make(ground, number)] += 1
            ended[look(ground)] += 1
            if not swapper.is_alive() or (swapper.swaps >= SWAPS and number >= ROUNDS):
                break
    ended["swaps"] = swapper.swaps
    print(dict(ended))
    return ended


def test_nothing_escapes_while_folders_and_files_are_swapped_for_links(ground: Ground) -> None:
    assert files.HAS_HANDLES
    ended = race(ground)
    assert ended["READ WHAT IS OUTSIDE"] == 0
    assert ground.names("outside") == ["fox.png"] and (ground.root / "outside" / "fox.png").read_bytes() == SECRET
    assert ended["swaps"] >= SWAPS
    assert min(ended["landed"], ended["kept"], ended["read"], ended["refused"]) > 50, "the race was none"
    landed = [name for name in ground.names("out") if name.endswith(".png")]
    assert len(landed) == ended["landed"]
    assert all((ground.root / "out" / name).read_bytes() == PICTURE for name in landed)
    whole = [path for name in ("out", "spool") for path in (ground.root / name).iterdir() if path.suffix != ".json"]
    assert all(path.read_bytes() == PICTURE for path in whole), "what was paid for is whole, wherever it is"
    assert len(whole) == ended["landed"] + ended["kept"]


@pytest.mark.skipif(not LONG, reason="a count, which only a long run needs")
def test_without_handles_a_race_can_be_lost_but_nothing_is_overwritten(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths are checked before and after each use then; how often the moment between was hit is printed."""
    monkeypatch.setattr(files, "HAS_HANDLES", False)
    ended = race(ground)
    escaped = [path.stat().st_size for path in (ground.root / "outside").iterdir() if path.name != "fox.png"]
    print(f"outside: {len(escaped)} files, {sum(escaped)} bytes")
    assert (ground.root / "outside" / "fox.png").read_bytes() == SECRET and ended["swaps"] >= SWAPS
