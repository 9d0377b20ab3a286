"""Which file lands where: under its own name, beside what others have there, and set aside if it is not whole."""

from __future__ import annotations

import asyncio
import hashlib
import io
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from anymedia import errors
from anymedia.engine import landing
from anymedia.engine.landing import SAME_ENDINGS, Landed, Lander, Target, same_kind
from anymedia.engine.part import spill_bytes
from anymedia.media import MediaFile, Spilled
from anymedia.spec import Pcm
from toys import PICTURE, picture

STEM = "fox-1a"
OTHER = picture("other")
JPEG = picture(output_format="jpeg")


class Place:
    """A folder for outputs, the folders of the state, and a scratch folder, all of them real."""

    def __init__(self, root: Path) -> None:
        self.out, self.home, self.scratch = root / "out", root / "state", root / "scratch"
        self.out.mkdir()
        self.scratch.mkdir()
        self.asked: list[Any] = []

    def lander(self, name: str | None = None, *, overwrite: bool = False, resumed: bool = False) -> Lander:
        target = Target(folder=self.out, stem=STEM, name=name, overwrite=overwrite)
        return Lander(target, home=self.home, scratch=self.scratch, fetch=self.fetch, resumed=resumed)

    async def fetch(self, url: str, folder: Path, stem: str) -> Spilled:
        self.asked.append((url, folder, stem))
        return self.part(OTHER)

    def part(self, content: bytes = PICTURE) -> Spilled:
        return spill_bytes(content, self.out, STEM, self.home / "spool")

    def here(self) -> dict[str, bytes]:
        """What is in the folder for outputs."""
        return {path.name: path.read_bytes() for path in self.out.iterdir()}

    def aside(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self.home / "quarantine").glob("*"))]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def names(landed: Landed) -> list[str]:
    return [Path(file).name for file in landed.files]


# --- Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "index", "extension", "lands"),
    [
        (None, 0, ".png", "fox-1a.png"),
        (None, 1, ".png", "fox-1a-2.png"),
        (None, 2, "", "fox-1a-3"),
        ("fox.png", 0, ".png", "fox.png"),
        ("fox.png", 1, ".png", "fox-2.png"),
        ("fox.PNG", 0, ".png", "fox.PNG"),
        ("fox.jpeg", 0, ".jpg", "fox.jpeg"),
        ("red.fox.png", 1, ".jpg", "red.fox-2.jpg"),
        ("fox", 0, ".png", "fox.png"),
    ],
)
def test_an_output_is_named_by_its_place_and_its_bytes(
    name: str | None, index: int, extension: str, lands: str, tmp_path: Path
) -> None:
    target = Target(folder=tmp_path, stem=STEM, name=name)
    assert target.path(index, extension) == tmp_path / lands


def test_an_unfinished_picture_is_named_after_the_output(tmp_path: Path) -> None:
    assert Target(folder=tmp_path, stem=STEM).preview_path(1, ".png") == tmp_path / "fox-1a.partial-1.png"
    assert Target(folder=tmp_path, stem=STEM, name="a.b.png").preview_path(2, ".jpg") == tmp_path / "a.b.partial-2.jpg"


@pytest.mark.parametrize("facts", [{}, {"name": "fox.png", "overwrite": True, "marks": True}])
def test_a_place_is_read_as_it_was_written(facts: Any, tmp_path: Path) -> None:
    target = Target(folder=tmp_path, stem=STEM, **facts)
    assert Target.of(target.document()) == target
    assert target.document().keys() == {"folder", "stem", "name", "overwrite", "marks"}
    assert (target.overwrite, target.marks) == (bool(facts), bool(facts))


def test_who_lands_says_where_and_whether_with_marks(place: Place) -> None:
    target = Target(folder=place.out, stem=STEM, marks=True)
    marking = Lander(target, home=place.home, scratch=place.scratch, fetch=place.fetch, resumed=False)
    assert (marking.folder, marking.marks, place.lander().marks) == (place.out, True, False)


def test_endings_of_one_format_stand_for_each_other() -> None:
    assert all(same_kind(one, other.upper()) for group in SAME_ENDINGS for one in group for other in group)
    assert same_kind(".png", ".PNG") and not same_kind(".png", ".jpg") and not same_kind(".jpg", ".ogg")
    assert {ending for group in SAME_ENDINGS for ending in group} == {
        ".jpg", ".jpeg", ".ogg", ".opus", ".oga", ".wav", ".wave", ".mp4", ".m4v", ".m4a", ".tif", ".tiff",
    }  # fmt: skip


# --- Gathered --------------------------------------------------------------------------------------------------------


def gathered(place: Place, *outputs: Any) -> tuple[Any, ...]:
    return asyncio.run(place.lander().gather(outputs))


def test_what_is_gathered_already_or_far_away_is_left_as_it_is(place: Place) -> None:
    part, far = place.part(), MediaFile(media_type="image/png", url="https://toy.example/1")
    within = MediaFile(media_type="image/png", spilled=part)
    assert gathered(place, far, part, within) == (far, part, part)


def test_bytes_and_scratch_files_go_into_part_files_beside_the_target(place: Place) -> None:
    (place.scratch / "drawn.png").write_bytes(OTHER)
    held = MediaFile(media_type="image/png", data=PICTURE)
    drawn = MediaFile(media_type="image/png", path=place.scratch / "drawn.png")
    for found, content in zip(gathered(place, held, drawn), (PICTURE, OTHER), strict=True):
        assert (found.part.parent, found.part.read_bytes()) == (place.out, content)
        assert (found.sha256, found.size, found.problem) == (hashlib.sha256(content).hexdigest(), len(content), None)
        assert found.part.name.startswith(f".{STEM}.")


def test_a_file_that_is_not_in_the_scratch_folder_is_a_defect_of_the_backend(place: Place) -> None:
    place.home.mkdir()
    secret = place.home / "secret.png"
    secret.write_bytes(PICTURE)
    (place.scratch / "link.png").symlink_to(secret)
    for path in (secret, place.scratch / "link.png"):
        with pytest.raises(errors.BackendDefect, match="not in its scratch folder"):
            gathered(place, MediaFile(media_type="image/png", path=path))
    assert place.here() == {}


def samples(count: int, **changes: Any) -> Pcm:
    file = MediaFile(media_type="audio/pcm", data=bytes(count))
    return Pcm(**({"file": file, "rate": 8000, "channels": 1} | changes))


def test_samples_get_their_header_and_what_came_is_gone(place: Place) -> None:
    (found,) = gathered(place, samples(800))
    with wave.open(io.BytesIO(found.part.read_bytes())) as sound:
        assert (sound.getnframes(), sound.getframerate(), sound.getnchannels()) == (400, 8000, 1)
    assert list(place.here()) == [found.part.name]


def test_samples_that_end_inside_one_stay_as_they_came(place: Place) -> None:
    (found,) = gathered(place, samples(801))
    assert found.problem == "the samples end inside one" and found.part.read_bytes() == bytes(801)


def test_samples_that_are_not_here_yet_are_a_defect_of_the_backend(place: Place) -> None:
    far = MediaFile(media_type="audio/pcm", url="https://toy.example/1")
    with pytest.raises(errors.BackendDefect, match="not here yet"):
        gathered(place, samples(0, file=far))


def test_samples_that_cannot_be_removed_are_tidied_away_when_the_sound_lands(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(path: Path) -> None:
        raise OSError(16, "Device or resource busy")

    lander = place.lander()
    with monkeypatch.context() as patched:
        patched.setattr(landing, "remove", busy)
        (found,) = asyncio.run(lander.gather([samples(800)]))
    assert len(place.here()) == 2
    assert names(lander.land_each([found])) == list(place.here()) == ["fox-1a.wav"]


def test_words_go_into_a_file_only_if_one_was_named(place: Place) -> None:
    (found,) = asyncio.run(place.lander("talk.SRT").gather_text("Ähm."))
    assert (found.part.read_text("utf-8"), found.extension, found.part.parent) == ("Ähm.", ".srt", place.out)
    assert asyncio.run(place.lander("talk.SRT").gather_text(None)) == ()
    assert asyncio.run(place.lander().gather_text("Ähm.")) == ()


def test_what_is_far_away_is_fetched_in_its_turn(place: Place) -> None:
    held, far = (MediaFile(media_type="image/png", **where) for where in ({"data": PICTURE}, {"url": "https://x/1"}))
    found = asyncio.run(place.lander().fetched([far, held]))
    assert [each.part.read_bytes() for each in found] == [OTHER, PICTURE]
    assert place.asked == [("https://x/1", place.out, STEM)]


# --- Landed ----------------------------------------------------------------------------------------------------------


def test_whole_outputs_land_in_order_and_the_scratch_folder_goes(place: Place) -> None:
    first, second = place.part(), place.part(OTHER)
    landed = place.lander().land_each([first, second])
    assert place.here() == {"fox-1a.png": PICTURE, "fox-1a-2.png": OTHER}
    assert (names(landed), landed.problems, landed.warnings) == (["fox-1a.png", "fox-1a-2.png"], (), ())
    for spilled, file in zip((first, second), landed.files, strict=True):
        facts = ("media_type", "size", "sha256", "width", "height", "duration")
        assert all(getattr(file, name) == getattr(spilled, name) for name in facts)
    assert not place.scratch.exists()


def test_what_is_not_whole_is_set_aside_and_the_others_keep_their_numbers(place: Place) -> None:
    cut, short, gone, whole = place.part(PICTURE[:-20]), place.part(), place.part(), place.part(OTHER)
    short.part.write_bytes(b"fives")
    gone.part.unlink()
    landed = place.lander(resumed=True).land_each([cut, short, gone, whole])
    assert (place.here(), names(landed), landed.warnings) == ({"fox-1a-4.png": OTHER}, ["fox-1a-4.png"], ())
    assert place.aside() == [PICTURE[:-20], b"fives"]
    assert oct((place.home / "quarantine").stat().st_mode & 0o777) == oct(0o700)
    size, kept = f"{len(PICTURE):,} bytes", place.home / "quarantine" / "fox-1a-2.part"
    assert landed.problems[0].startswith(f"Output 1 is set aside ({cut.problem}); ")
    assert landed.problems[1:] == (
        f"Output 2 is set aside (only 5 bytes could be written); the {size} that came are in {kept}.",
        f"Output 3 is set aside (its bytes are gone); the {size} that came are in {gone.part}.",
    )


def test_what_the_folder_could_not_take_lands_from_the_spare_one(place: Place) -> None:
    spilled = place.part()
    spare = place.home / "spool" / spilled.part.name
    spare.parent.mkdir(parents=True)
    spilled.part.rename(spare)
    assert names(place.lander().land_each([spilled])) == ["fox-1a.png"]
    assert (place.here(), spare.exists()) == ({"fox-1a.png": PICTURE}, False)


@pytest.mark.parametrize("name", [None, "fox.png"])
def test_what_landed_before_a_crash_is_found_again(name: str | None, place: Place) -> None:
    spilled = replace(place.part(), duration=1.5)
    first = place.lander(name).land_each([spilled])
    assert place.lander(name).land_each([spilled]) == first
    assert (len(place.here()), first.files[0].duration, first.files[0].width) == (1, 1.5, 16)


def test_a_part_of_what_landed_before_is_removed(place: Place) -> None:
    first = place.lander().land_each([place.part()])
    assert place.lander().land_each([place.part()]) == first
    assert place.here() == {"fox-1a.png": PICTURE}


@pytest.mark.parametrize(
    ("name", "taken", "lands", "warns"),
    [
        (None, {"fox-1a.png": OTHER}, "fox-1a-2.png", None),
        (None, {"fox-1a.png": PICTURE[:-1] + b"x"}, "fox-1a-2.png", None),
        ("fox.png", {"fox.png": OTHER}, "fox-2.png", "fox.png appeared while this was being made"),
        ("fox.png", {"fox.png": PICTURE}, "fox-2.png", "fox.png appeared while this was being made"),
        ("fox.png", {"fox.png": OTHER, "fox-2.png": OTHER}, "fox-3.png", "fox.png appeared"),
        ("fox.jpg", {}, "fox.png", "The provider sent image/png, so the file is fox.png, not fox.jpg."),
        ("fox.jpg", {"fox.png": OTHER}, "fox-2.png", "The provider sent image/png, so the file is fox-2.png"),
    ],
)
def test_nobodys_file_is_replaced(name: str | None, taken: Any, lands: str, warns: str | None, place: Place) -> None:
    for each, content in taken.items():
        (place.out / each).write_bytes(content)
    landed = place.lander(name).land_each([place.part()])
    assert place.here() == {**taken, lands: PICTURE} and names(landed) == [lands]
    assert len(landed.warnings) == (warns is not None)
    assert warns is None or landed.warnings[0].startswith(warns)


def test_what_was_named_is_replaced_if_that_was_asked_for_and_nothing_else(place: Place) -> None:
    for name in ("fox.png", "fox-2.png", "fox-1a.png", "hare.jpg"):
        (place.out / name).write_bytes(b"mine")
    first = place.lander("fox.png", overwrite=True).land_each([place.part(), place.part(OTHER)])
    unnamed = place.lander(overwrite=True).land_each([place.part()])
    unlike = place.lander("hare.png", overwrite=True).land_each([place.part(JPEG)])
    assert place.here() == {
        "fox.png": PICTURE,
        "fox-2.png": OTHER,
        "fox-1a.png": b"mine",
        "fox-1a-2.png": PICTURE,
        "hare.jpg": b"mine",
        "hare-2.jpg": JPEG,
    }
    assert (names(first), first.warnings) == (["fox.png", "fox-2.png"], ())
    assert (names(unnamed), unnamed.warnings) == (["fox-1a-2.png"], ())
    assert unlike.warnings == ("The provider sent image/jpeg, so the file is hare-2.jpg, not hare.png.",)


def test_a_second_output_takes_another_name_without_a_word(place: Place) -> None:
    (place.out / "fox-2.png").write_bytes(b"mine")
    landed = place.lander("fox.png").land_each([place.part(), place.part(OTHER)])
    assert (names(landed), landed.warnings) == (["fox.png", "fox-2-2.png"], ())


# --- Tidied ----------------------------------------------------------------------------------------------------------

LITTER = (".fox-1a.77aa.part", ".fox-1a.77aa.part.old")
OTHERS = (".fox-1a.png", ".fox-2b.77aa.part", "fox-1a.part")


@pytest.mark.parametrize(
    ("resumed", "whole", "tidies"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_a_job_that_was_interrupted_removes_its_litter_once_it_is_whole(
    resumed: bool, whole: bool, tidies: bool, place: Place
) -> None:
    for name in LITTER + OTHERS:
        (place.out / name).write_bytes(b"")
    place.lander(resumed=resumed).land_each([place.part(PICTURE if whole else PICTURE[:-20])])
    left = place.here().keys() - {"fox-1a.png"}
    assert left == set(OTHERS if tidies else LITTER + OTHERS)


def test_a_folder_that_is_not_there_needs_no_tidying(place: Place) -> None:
    place.out.rmdir()
    assert place.lander(resumed=True).land_each([]) == Landed()
    place.out.write_text("a file")
    assert place.lander(resumed=True).land_each([]) == Landed()


# --- Unfinished pictures ---------------------------------------------------------------------------------------------


def test_unfinished_pictures_take_names_of_their_own(place: Place) -> None:
    lander = place.lander("fox.png", overwrite=True)
    found = [lander.land_preview(1, place.part(content)) for content in (PICTURE, OTHER, JPEG)]
    assert [None if each is None else Path(each).name for each in found] == [
        "fox.partial-1.png",
        "fox.partial-1-2.png",
        "fox.partial-1.jpg",
    ]
    lander.land_preview(1, place.part())
    assert place.here()["fox.partial-1-3.png"] == PICTURE


def test_unfinished_pictures_that_are_not_whole_are_set_aside(place: Place) -> None:
    cut, short = place.part(PICTURE[:-20]), place.part()
    short.part.write_bytes(b"fives")
    assert [place.lander().land_preview(number, each) for number, each in enumerate((cut, short))] == [None, None]
    assert (place.here(), place.aside()) == ({}, [PICTURE[:-20], b"fives"])


def test_an_unfinished_picture_lands_from_the_spare_folder_too(place: Place) -> None:
    spilled = place.part()
    (place.home / "spool").mkdir(parents=True)
    spilled.part.rename(place.home / "spool" / spilled.part.name)
    found = place.lander().land_preview(1, spilled)
    assert found is not None and found.read_bytes() == PICTURE
