"""Names, fences and files at their edges, without a provider: the last that is done, and the first that is refused."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from anymedia import errors
from anymedia.engine import files
from anymedia.engine.fence import Fence
from anymedia.engine.file_names import file_stem, new_job_id, slug
from anymedia.engine.files import NotPlain, Root
from anymedia.media import Spilled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(os.path.realpath(tmp_path))


# --- Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A Fox, in Snow!", "a-fox-in-snow"),
        ("crème 20%", "creme-20"),
        ("火", "otherwise"),
        ("(in brackets)", "in-brackets"),
        ("x" * 61, "x" * 60),
        ("y" * 59 + " z", "y" * 59),
    ],
)
def test_a_name_says_what_the_prompt_was_about(text: str, name: str) -> None:
    assert slug(text, "otherwise") == name


def test_a_stem_ends_in_ten_digits_that_belong_to_the_job() -> None:
    assert file_stem("a fox", "generate_image", "job_1") == f"a-fox-{hashlib.sha256(b'job_1').hexdigest()[:10]}"
    assert file_stem("", "generate_image", "job_1").startswith("generate-image-")


def test_ids_of_jobs_sort_by_the_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anymedia.engine.file_names.time.time", lambda: 1_800_000_000.0015)
    first, second = new_job_id(), new_job_id()
    assert first != second
    assert {each[:16] for each in (first, second)} == {f"job_{1_800_000_000_001:012x}"}
    assert [len(each) for each in (first, second)] == [32, 32]


# --- Fences -----------------------------------------------------------------------------------------------------------


def test_without_roots_any_place_may_be_used(folder: Path) -> None:
    assert Fence().check_input(folder / "a") == Fence().check_output(folder / "a") == folder / "a"


def test_an_empty_fence_holds_nothing_but_our_own_files(folder: Path) -> None:
    fence = Fence(roots=(), own=(folder / "none", folder / "own"))
    assert fence.check_input(folder / "own" / "a") == folder / "own" / "a"
    with pytest.raises(errors.InvalidInput, match="No folder is allowed"):
        fence.check_input(folder / "a")
    with pytest.raises(errors.OutputRefused, match="No folder is allowed"):
        fence.check_output(folder / "own" / "a")


def test_a_link_leads_where_it_leads_and_that_must_be_inside(folder: Path) -> None:
    (folder / "one").mkdir()
    (folder / "two").mkdir()
    (folder / "there").symlink_to(folder / "two")
    fence = Fence(roots=(folder / "none", folder / "there"))
    assert fence.check_output(folder / "there") == folder / "two"
    assert fence.check_input(folder / "two" / "a") == fence.check_output(folder / "there" / "a") == folder / "two" / "a"
    (folder / "two" / "out").symlink_to(folder / "one")
    with pytest.raises(errors.InvalidInput, match=f"{folder / 'none'} or {folder / 'there'}"):
        fence.check_input(folder / "two" / "out" / "a")
    with pytest.raises(errors.OutputRefused, match="outside"):
        fence.check_output(folder / "two" / "out" / "a")


def test_a_way_that_leads_nowhere_is_refused(folder: Path) -> None:
    (folder / "nowhere").symlink_to(folder / "gone")
    assert Fence().check_input(folder / "nowhere") == folder / "gone"
    for path, words in ((folder / "nowhere", "leads nowhere"), (folder / "a\0", "cannot be reached")):
        with pytest.raises(errors.OutputRefused, match=words):
            Fence().check_output(path)
    with pytest.raises(errors.InvalidInput, match="cannot be reached"):
        Fence().check_input(folder / "a\0")


# --- Files ------------------------------------------------------------------------------------------------------------


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - as many as there are


def part_in(folder: Path, content: bytes = b"new") -> Path:
    descriptor = files.open_new(folder / ".a.part")
    os.write(descriptor, content)
    os.close(descriptor)
    return folder / ".a.part"


def test_a_new_file_is_private_and_takes_nobodys_place(folder: Path) -> None:
    assert mode_of(part_in(folder / "made" / "below")) == 0o600
    with pytest.raises(FileExistsError):
        part_in(folder / "made" / "below")
    (folder / ".a.part").symlink_to(folder / "elsewhere")
    with pytest.raises(FileExistsError):
        part_in(folder)
    assert not (folder / "elsewhere").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/a", "a\0"])
def test_a_name_that_leads_out_of_the_folder_is_none(name: str, folder: Path) -> None:
    with Root(folder) as root, pytest.raises(OSError) as caught:
        root.stat(name)
    assert caught.value.errno == errno.EINVAL


def test_nothing_but_a_plain_file_is_opened_and_each_is_called_what_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "a folder").mkdir()
    (folder / "a link").symlink_to(folder / "plain")
    os.mkfifo(folder / "a pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a socket")  # no absolute path: it must be short
    (folder / "plain").write_bytes(b"plain")
    before = open_descriptors()
    for kind in ("a folder", "a link", "a pipe", "a socket"):
        with pytest.raises(NotPlain, match=f"is {kind}"):
            files.open_plain(folder / kind)
        assert files.size_of(folder / kind) is None
    with pytest.raises(NotPlain, match="is a device"):
        files.open_plain(Path("/dev/null"))
    with files.open_plain(folder / "plain") as file:
        assert file.read() == b"plain"
    assert open_descriptors() == before


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_file_that_is_swapped_after_the_look_is_neither_followed_nor_waited_for(
    kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a").write_bytes(b"ours")
    (folder / "theirs").write_bytes(b"theirs")
    whole = os.stat

    def swapped(*arguments: Any, **named: Any) -> os.stat_result:
        monkeypatch.setattr(os, "stat", whole)
        found = whole(*arguments, **named)
        (folder / "a").unlink()
        os.mkfifo(folder / "a") if kind == "pipe" else (folder / "a").symlink_to(folder / "theirs")
        return found

    with Root(folder) as root:
        monkeypatch.setattr(os, "stat", swapped)
        with pytest.raises(OSError) as caught:
            root.open_plain("a")
    assert caught.value.errno == errno.ELOOP


def test_a_folder_that_is_reached_through_a_link_is_not_entered(folder: Path) -> None:
    (folder / "real" / "below").mkdir(parents=True)
    (folder / "link").symlink_to(folder / "real")
    (folder / "file").write_bytes(b"")
    before = open_descriptors()
    with pytest.raises(NotPlain, match=f"{folder / 'link'} is a link"):
        Root(folder / "link" / "below")
    with pytest.raises(NotADirectoryError):
        Root(folder / "file" / "below")
    with pytest.raises(FileNotFoundError):
        Root(folder / "gone")
    assert open_descriptors() == before and not (folder / "gone").exists()


def test_a_folder_that_somebody_else_makes_meanwhile_is_entered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.mkdir

    def taken(*arguments: Any, **named: Any) -> None:
        whole(*arguments, **named)
        whole(*arguments, **named)

    monkeypatch.setattr(os, "mkdir", taken)
    root = Root(folder / "made", create=True)
    for _ in range(2):  # the second time there is nothing to let go
        root.__exit__()
    assert (folder / "made").is_dir()


def test_a_folder_held_open_stays_the_one_that_was_entered(folder: Path) -> None:
    (folder / "entered").mkdir()
    (folder / "outside").mkdir()
    with Root(folder / "entered") as root:
        (folder / "entered").rename(folder / "away")
        (folder / "entered").symlink_to(folder / "outside")
        os.close(root.open_new("a"))
        assert root.names() == ["a"]
    assert (folder / "away" / "a").exists() and list((folder / "outside").iterdir()) == []


def test_without_handles_a_folder_that_became_a_link_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "HAS_HANDLES", False)
    (folder / "outside").mkdir()
    Root(folder / "made" / "entered", create=True)
    with Root(folder / "made" / "entered", create=True) as root:
        os.close(root.open_new("a"))
        assert root.names() == ["a"]
        (folder / "made").rename(folder / "away")
        (folder / "made").symlink_to(folder / "outside")
        with pytest.raises(NotPlain, match="reached through a link"):
            root.open_new("b")
    with pytest.raises(NotPlain, match="reached through a link"):
        Root(folder / "made")
    Root(folder / "away" / "gone")
    assert not (folder / "away" / "gone").exists() and list((folder / "outside").iterdir()) == []


@pytest.mark.parametrize("new", [True, False])
def test_without_handles_what_was_opened_somewhere_else_is_let_go(
    new: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "HAS_HANDLES", False)
    (folder / "entered").mkdir()
    (folder / "outside").mkdir()
    (folder / "entered" / "a").write_bytes(b"ours")
    (folder / "outside" / "a").write_bytes(b"theirs")
    whole = os.open

    def swapped(*arguments: Any, **named: Any) -> int:
        monkeypatch.setattr(os, "open", whole)
        found = whole(*arguments, **named)
        (folder / "entered").rename(folder / "away")
        (folder / "entered").symlink_to(folder / "outside")
        return found

    with Root(folder / "entered") as root:
        before = open_descriptors()
        monkeypatch.setattr(os, "open", swapped)
        with pytest.raises(NotPlain, match="reached through a link"):
            root.open_new("b") if new else root.open_plain("a")
        assert open_descriptors() == before


def test_a_new_name_is_flushed_to_the_disk_with_its_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[os.stat_result] = []
    part_in(folder)
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor)))
    with Root(folder) as root:
        root.publish(".a.part", "a.png", overwrite=False)
    assert any(os.path.samestat(each, folder.stat()) for each in flushed)


def test_what_is_gone_has_no_size_and_can_be_removed_again(folder: Path) -> None:
    (folder / "a").write_bytes(b"12")
    assert files.size_of(folder / "a") == 2
    for path in (folder / "a", folder / "a", folder / "gone" / "a"):
        files.remove(path)
        assert files.size_of(path) is None
    (folder / "a").write_bytes(b"")
    files.remove(folder / "a" / "below")
    assert files.size_of(folder / "a" / "below") is None and files.size_of(folder / "a") == 0


def test_a_file_moves_over_whatever_has_the_name(folder: Path) -> None:
    (folder / "there").mkdir()
    (folder / "a").write_bytes(b"new")
    (folder / "there" / "b").write_bytes(b"old")
    assert files.move(folder / "a", folder / "there" / "b") == folder / "there" / "b"
    assert (folder / "there" / "b").read_bytes() == b"new" and not (folder / "a").exists()
    assert files.sha256_of(folder / "there" / "b") == hashlib.sha256(b"new").hexdigest()


@pytest.mark.parametrize("taken", [False, True])
def test_a_whole_file_appears_with_the_usual_permissions(taken: bool, folder: Path) -> None:
    part_in(folder)
    if taken:
        (folder / "a.png").write_bytes(b"old")
    before = open_descriptors()
    with Root(folder) as root:
        root.publish(".a.part", "a.png", overwrite=taken)
        assert root.names() == ["a.png"]
        root.remove("gone")
    assert open_descriptors() == before
    assert (folder / "a.png").read_bytes() == b"new" and mode_of(folder / "a.png") == 0o666 & ~files._UMASK


def test_a_taken_name_stays_with_who_has_it_and_the_part_file_is_kept(folder: Path) -> None:
    part_in(folder)
    (folder / "a.png").write_bytes(b"old")
    with Root(folder) as root, pytest.raises(FileExistsError):
        root.publish(".a.part", "a.png", overwrite=False)
    assert (folder / "a.png").read_bytes() == b"old" and (folder / ".a.part").read_bytes() == b"new"


@pytest.mark.parametrize("refusal", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_where_a_disk_has_no_second_names_the_first_is_changed(
    refusal: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", lambda *a, **k: (_ for _ in ()).throw(OSError(refusal, os.strerror(refusal))))
    part_in(folder)
    with Root(folder) as root:
        root.publish(".a.part", "a.png", overwrite=False)
        assert root.names() == ["a.png"]
        part_in(folder, b"another")
        with pytest.raises(FileExistsError):
            root.publish(".a.part", "a.png", overwrite=False)
    assert (folder / "a.png").read_bytes() == b"new" and (folder / ".a.part").read_bytes() == b"another"


def test_another_refusal_of_a_second_name_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", lambda *a, **k: (_ for _ in ()).throw(OSError(errno.EIO, os.strerror(errno.EIO))))
    part_in(folder)
    with Root(folder) as root, pytest.raises(OSError) as caught:
        root.publish(".a.part", "a.png", overwrite=False)
    assert caught.value.errno == errno.EIO and not (folder / "a.png").exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_part_file_that_is_swapped_on_its_way_is_not_taken_for_ours(
    overwrite: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = part_in(folder)
    (folder / "theirs").write_bytes(b"theirs")
    name = "replace" if overwrite else "link"
    whole = getattr(os, name)

    def swapped(*arguments: Any, **named: Any) -> None:
        monkeypatch.setattr(os, name, whole)
        (folder / "theirs").replace(part)
        whole(*arguments, **named)

    monkeypatch.setattr(os, name, swapped)
    with Root(folder) as root, pytest.raises(NotPlain, match="another file now"):
        root.publish(".a.part", "a.png", overwrite=overwrite)
    assert (folder / "a.png").exists() is overwrite  # what was there before is gone either way; a free name stays free


@pytest.mark.parametrize("private", [True, False])
def test_a_small_file_is_there_whole_or_not_at_all(
    private: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (b"older", b"old"):
        files.write_whole(content, folder / "a.json", private=private)
    assert mode_of(folder / "a.json") == (0o600 if private else 0o666 & ~files._UMASK)

    def fails(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError):
        files.write_whole(b"new", folder / "a.json", private=private)
    with pytest.raises(OSError):
        files.land(spilled(part_in(folder / "kept")), folder / "b.png", overwrite=False)
    assert (folder / "kept" / ".a.part").read_bytes() == b"new"
    files.remove_tree(folder / "kept")
    assert (folder / "a.json").read_bytes() == b"old" and os.listdir(folder) == ["a.json"]  # noqa: PTH208


def test_all_that_is_written_is_on_the_disk_before_it_has_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    part = part_in(folder / "kept")
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.fstat(descriptor).st_size))
    files.write_whole(b"written", folder / "a.json")
    files.land(spilled(part), folder / "out" / "a.png", overwrite=False)
    assert flushed[:2] == [len(b"written"), len(b"new")]


def spilled(part: Path) -> Spilled:
    content = hashlib.sha256(b"new").hexdigest()
    measured: dict[str, Any] = {"width": 2, "height": 3, "duration": 4.0}
    return Spilled(part=part, size=3, sha256=content, media_type="image/png", extension=".png", **measured)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_was_spilled_lands_under_its_name_and_leaves_nothing(elsewhere: bool, folder: Path) -> None:
    part = part_in(folder / "kept" if elsewhere else folder / "out")
    landed = files.land(spilled(part), folder / "out" / "a.png", overwrite=False)
    assert (landed.path, landed.size, landed.width, landed.height, landed.duration) == (
        folder / "out" / "a.png",
        *(3, 2, 3, 4.0),
    )
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["a.png"]
    assert (folder / "out" / "a.png").read_bytes() == b"new"


def test_what_cannot_land_is_kept_where_it_was_and_its_copy_is_not(folder: Path) -> None:
    part = part_in(folder / "kept")
    (folder / "out").mkdir()
    (folder / "out" / "a.png").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        files.land(spilled(part), folder / "out" / "a.png", overwrite=False)
    with pytest.raises(OSError):
        files.land(spilled(folder / "kept" / "gone.part"), folder / "out" / "b.png", overwrite=False)
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [".a.part", "a.png"]
    assert (folder / "out" / "a.png").read_bytes() == b"old"


def test_a_folder_of_ours_goes_with_all_that_is_in_it_and_nothing_that_is_linked(folder: Path) -> None:
    (folder / "ours" / "below").mkdir(parents=True)
    (folder / "theirs").mkdir()
    (folder / "theirs" / "a").write_bytes(b"theirs")
    (folder / "ours" / "link").symlink_to(folder / "theirs")
    for _ in range(2):  # the second time it is gone, which is no fault
        files.remove_tree(folder / "ours")
    assert [path.name for path in folder.rglob("*")] == ["theirs", "a"]


def test_a_private_folder_is_private_with_its_new_parents_and_no_others(folder: Path) -> None:
    folder.chmod(0o755)
    mask = os.umask(0o777)
    try:
        assert files.private_folder(folder / "a" / "b") == folder / "a" / "b"
    finally:
        os.umask(mask)
    assert [mode_of(each) for each in (folder / "a" / "b", folder / "a", folder)] == [0o700, 0o700, 0o755]
    (folder / "a").chmod(0o750)
    files.private_folder(folder / "a" / "b")
    assert mode_of(folder / "a") == 0o750


def test_a_folder_needs_the_room_that_is_asked_for_and_no_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("anymedia.engine.files.shutil.disk_usage", lambda place: usage)
    files.prepare_folder(folder / "made", needed_bytes=1000)
    assert (folder / "made").is_dir()
    with pytest.raises(errors.OutputRefused, match=r"1.0 kB free; this needs 1.0 kB"):
        files.prepare_folder(folder / "made", needed_bytes=1001)
    (folder / "file").write_bytes(b"")
    with pytest.raises(errors.OutputRefused, match="cannot be created"):
        files.prepare_folder(folder / "file" / "made", needed_bytes=0)


def test_a_folder_that_takes_no_files_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda place, mode: mode != os.W_OK | os.X_OK)  # root may write everywhere
    with pytest.raises(errors.OutputRefused, match="cannot be written to"):
        files.prepare_folder(folder, needed_bytes=0)
