"""Real small disks that are full or cannot be written: refused before paying, or said, and never paid twice."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from invariants import check_money, check_secrets
from sample_provider import Purchase, SampleProvider
from share import LONG

from anymedia import AnymediaError, AsyncClient, Options
from workplace import Workplace

ONE_FOR_EACH = "way" if LONG else "backend"
ROOM = 64 << 20
"""Bytes of a disk: more than a job asks to be free, little enough to be filled at once."""


class Disks:
    """Small disks of one test, in memory."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def mount(self, folder: Path) -> None:
        folder.mkdir()
        _run("mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder))
        self._stack.callback(_run, "umount", "--lazy", str(folder))

    def forbid_writing(self, folder: Path) -> None:
        _run("mount", "-o", "remount,ro", str(folder))

    def allow_writing(self, folder: Path) -> None:
        _run("mount", "-o", "remount,rw", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disks]:
    with ExitStack() as stack:
        disks = Disks(stack)
        try:
            disks.mount(tmp_path_factory.mktemp("probe") / "disk")
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            pytest.skip(f"small disks cannot be mounted here: {error}")
        yield disks


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Nothing fits on the disk of a folder meanwhile."""
    ballast = folder / ".ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * (1 << 16)):
                pass
        except OSError:
            pass
    try:
        yield
    finally:
        ballast.unlink()


@pytest.fixture(autouse=True)
def makes_files(purchase: Purchase) -> None:
    """Words go to no disk unless a file is named for them."""
    if purchase.request.makes == "text":
        pytest.skip("words that are only told need no room")


def attempt(place: Workplace, purchase: Purchase, seller: SampleProvider) -> AnymediaError | None:
    place.environ = seller.environ
    options = Options(
        backend=purchase.backend.name, model=purchase.sample.model, wait=5.0, idempotency_key="mine", allow_retired=True
    )
    return _failure(place, purchase, lambda client: client.generate(purchase.request, options))


def go_on(place: Workplace, purchase: Purchase) -> AnymediaError | None:
    job_id = place.row["id"]
    return _failure(place, purchase, lambda client: client.resume(job_id, wait=5))


def _failure(place: Workplace, purchase: Purchase, work: Callable[[AsyncClient], object]) -> AnymediaError | None:
    try:
        place.run(work, purchase.hurried)  # type: ignore[arg-type]
    except AnymediaError as error:
        return error
    return None


FOLDERS = {"output": ("out",), "state": ("state",), "both": ("out", "state")}


@pytest.mark.parametrize("which", FOLDERS)
def test_a_disk_that_cannot_be_written_is_refused_before_paying(
    which: str, purchase: Purchase, seller: SampleProvider, place: Workplace, disks: Disks
) -> None:
    for name in FOLDERS[which]:
        disks.mount(place.root / name)
        disks.forbid_writing(place.root / name)
    error = attempt(place, purchase, seller)
    assert error is not None and error.code in ("output_refused", "ledger")
    assert (error.charged, seller.submits) == ("no", 0)
    for name in FOLDERS[which]:
        disks.allow_writing(place.root / name)
    assert attempt(place, purchase, seller) is None
    assert seller.billed == 1


@pytest.mark.parametrize("which", FOLDERS)
def test_a_disk_that_is_full_is_refused_before_paying(
    which: str, purchase: Purchase, seller: SampleProvider, place: Workplace, disks: Disks
) -> None:
    for name in FOLDERS[which]:
        disks.mount(place.root / name)
    with ExitStack() as stack:
        for name in FOLDERS[which]:
            stack.enter_context(filled(place.root / name))
        error = attempt(place, purchase, seller)
    assert error is not None and error.code in ("output_refused", "ledger")
    assert (error.charged, seller.submits) == ("no", 0)
    assert attempt(place, purchase, seller) is None
    assert seller.billed == 1


# A disk with an open ledger on it cannot be made read-only from outside.
@pytest.mark.parametrize("trouble, which", [*(("full", which) for which in FOLDERS), ("read-only", "output")])
def test_a_disk_that_fills_up_is_said_and_nothing_is_bought_twice(
    trouble: str, which: str, purchase: Purchase, seller: SampleProvider, place: Workplace, disks: Disks
) -> None:
    """It happens while the provider works: when the purchase has arrived and is not answered yet."""
    for name in FOLDERS[which]:
        disks.mount(place.root / name)
    with ExitStack() as stack:

        def spoil() -> None:
            for name in FOLDERS[which]:
                if trouble == "full":
                    stack.enter_context(filled(place.root / name))
                else:
                    disks.forbid_writing(place.root / name)
                    stack.callback(disks.allow_writing, place.root / name)

        seller.before_selling = spoil
        error = attempt(place, purchase, seller)
        assert seller.submits == 1
        if error is not None:
            assert error.charged != "no", f"{error!r} denies a purchase"
            assert error.job_id == place.row["id"] and error.next
    go_on(place, purchase)
    assert (seller.submits, seller.billed) == (1, 1)
    check_money(place.rows(), billed=1)
    check_secrets(place, place.rows())
    if which != "output":
        return
    assert place.row["status"] == "done"
