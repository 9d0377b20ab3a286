"""Folders that cannot take files: found out before anything is paid, survived when it happens afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.engine import part
from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from toys import PICTURE, Answer, Provider, picture, queue_backend, serve_job
from workplace import GENERATIONS, Workplace, arrives

needs_mount = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="mounting needs root")


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small file system of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def refused(workplace: Workplace, emulator: Emulator, **parameters: Any) -> errors.AnymediaError:
    error = workplace.failure(**parameters)
    assert (type(error), error.charged) == (errors.OutputRefused, "no")
    assert error.next
    assert (emulator.submits, workplace.rows()) == (0, [])
    return error


def test_a_folder_that_is_a_file_is_refused(openai: Workplace, emulator: Emulator) -> None:
    (openai.root / "taken").write_text("mine")
    refused(openai, emulator, output_dir=openai.root / "taken")
    refused(openai, emulator, output_dir=openai.root / "taken" / "below")
    refused(openai, emulator, output=openai.root / "taken" / "fox.png")


@needs_mount
def test_a_read_only_disk_is_refused(openai: Workplace, emulator: Emulator) -> None:
    with mounted(openai.root / "disk", "size=64m,ro") as disk:
        refused(openai, emulator, output_dir=disk)
        refused(openai, emulator, output_dir=disk / "below")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(openai: Workplace, emulator: Emulator) -> None:
    (openai.root / "locked").mkdir(mode=0o500)
    refused(openai, emulator, output_dir=openai.root / "locked")


@needs_mount
def test_a_disk_too_small_is_refused_and_says_how_much_is_needed(openai: Workplace, emulator: Emulator) -> None:
    with mounted(openai.root / "disk", "size=256k") as disk:
        error = refused(openai, emulator, output_dir=disk)
        assert "4.0 MB" in str(error)
        assert list(disk.iterdir()) == []


@needs_mount
def test_a_disk_that_is_full_when_the_answer_comes_loses_no_money_silently(
    openai: Workplace, emulator: Emulator
) -> None:
    with mounted(openai.root / "disk", "size=5m") as disk:

        def fill(asked: MediaAsked) -> bytes:
            (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free))
            return picture()

        with Emulator(media=fill) as filling:
            openai.environ["OPENAI_BASE_URL"] = filling.base_url
            error = openai.failure(output_dir=disk)
            assert filling.submits == 1
        assert error.charged in ("yes", "maybe")
        assert openai.row["settled_nano"] != 0
        assert [path.name for path in disk.iterdir() if path.suffix == ".png"] == []


@needs_mount
def test_a_disk_that_is_full_during_a_download_is_resumed_when_there_is_room(
    workplace: Workplace, provider: Provider
) -> None:
    with mounted(workplace.root / "disk", "size=5m") as disk:
        serve_job(provider)
        plain = provider.answer_at("GET", "/files/1").reply

        def fill(request: Any) -> Any:
            (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free))
            return plain

        provider.on("GET", "/files/1", Answer(fill), Answer(plain))
        error = workplace.failure(queue_backend(provider.url), output_dir=disk, wait=0.5)
        assert error.charged != "no"
        (disk / "ballast").unlink()
        result = workplace.run(lambda client: client.resume(workplace.row["id"]), queue_backend(provider.url))
        assert result.read_bytes() == PICTURE
        assert provider.count("POST", "/jobs") == 1


@needs_mount
def test_a_ledger_that_cannot_be_written_after_the_answer_does_not_deny_the_purchase(
    openai: Workplace, emulator: Emulator
) -> None:
    with mounted(openai.state, "size=1m") as disk:

        def fill(asked: MediaAsked) -> bytes:
            (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free))
            return picture()

        with Emulator(media=fill) as filling:
            openai.environ["OPENAI_BASE_URL"] = filling.base_url
            error = openai.failure()
            assert filling.submits == 1
        assert error.charged != "no"


def deleted_meanwhile(workplace: Workplace, emulator: Emulator, **parameters: Any) -> Any:
    """The output folder is deleted while the provider is at work."""
    emulator.script(GENERATIONS, [Fault.slow(0.2)])

    async def work(client: AsyncClient) -> Any:
        drawing = asyncio.ensure_future(client.image("a fox"))
        await arrives(lambda: emulator.submits == 1)
        shutil.rmtree(workplace.out)
        return await asyncio.gather(drawing, return_exceptions=True)

    return workplace.run(work)[0]


def test_bytes_survive_when_the_folder_is_deleted_meanwhile(openai: Workplace, emulator: Emulator) -> None:
    outcome = deleted_meanwhile(openai, emulator)
    kept = [path for path in openai.root.rglob("*") if path.is_file() and path.read_bytes() == PICTURE]
    assert kept, "the picture was paid for and thrown away"
    if isinstance(outcome, BaseException):
        assert isinstance(outcome, errors.AnymediaError)
        assert outcome.charged != "no"
        assert str(kept[0].name) in str(outcome)


def test_a_finished_file_has_the_usual_permissions(openai: Workplace, emulator: Emulator) -> None:
    """A picture is for the user's other programs too; only the state folder is private."""
    mask = os.umask(0o022)
    try:
        mode = stat.S_IMODE(openai.draw().path.stat().st_mode)
    finally:
        os.umask(mask)
    assert mode == 0o644


def test_a_refused_request_leaves_no_folder_behind(openai: Workplace, emulator: Emulator) -> None:
    openai.failure(n=99)
    openai.failure(max_cost="0.000001")
    assert not openai.out.exists()


def test_what_a_disk_refused_to_keep_is_no_litter_once_the_file_is_there(
    workplace: Workplace, provider: Provider, monkeypatch: Any
) -> None:
    fails = iter([OSError(errno.EROFS, os.strerror(errno.EROFS))])
    whole = os.fsync

    def fsync(descriptor: int) -> None:
        if ".part" in str(Path(f"/proc/self/fd/{descriptor}").readlink()) and (error := next(fails, None)):
            raise error
        whole(descriptor)

    serve_job(provider)
    monkeypatch.setattr(part.os, "fsync", fsync)
    error = workplace.failure(queue_backend(provider.url))
    assert error.charged == "yes"
    result = workplace.run(lambda client: client.resume(workplace.row["id"]), queue_backend(provider.url))
    assert (workplace.files(), workplace.files(hidden=True)) == ([result.path], [])
