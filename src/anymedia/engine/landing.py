"""From what a backend delivered to whole files under their final names. What is not whole goes to quarantine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import BackendDefect
from ..media import Json, MediaFile, Spilled
from ..spec.wire import Pcm
from .files import PART_ENDING, Root, land, move, private_folder, real, remove, remove_tree, sha256_of, size_of
from .part import SPOOL, spill_bytes, spill_file, spill_text
from .samples import spill_samples

Fetch = Callable[[str, Path, str], Awaitable[Spilled]]
"""Downloads a URL into a part file: `fetch(url, folder, stem)`."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where the files of a job go: a folder, and a stem (`slug-hash`) or an explicit file name.

    `marks`: whether a file beside each says who made it.
    """

    folder: Path
    stem: str
    name: str | None = None
    overwrite: bool = False
    marks: bool = False

    def path(self, index: int, extension: str) -> Path:
        """The name of output `index`. An explicit name keeps its ending only if the bytes are of that kind."""
        stem, ending = (Path(self.name).stem, Path(self.name).suffix) if self.name else (self.stem, "")
        number = "" if index == 0 else f"-{index + 1}"
        return self.folder / f"{stem}{number}{ending if same_kind(ending, extension) else extension}"

    def preview_path(self, number: int, extension: str) -> Path:
        """The name of the unfinished picture `number`, counted from 1."""
        stem = Path(self.name).stem if self.name else self.stem
        return self.folder / f"{stem}.partial-{number}{extension}"

    def document(self) -> Json:
        named = {"name": self.name, "overwrite": self.overwrite}
        return {"folder": str(self.folder), "stem": self.stem, **named, "marks": self.marks}

    @classmethod
    def of(cls, document: Json) -> Target:
        return cls(**{**document, "folder": Path(document["folder"])})


SAME_ENDINGS = (
    {".jpg", ".jpeg"},
    {".ogg", ".opus", ".oga"},
    {".wav", ".wave"},
    {".mp4", ".m4v", ".m4a"},
    {".tif", ".tiff"},
)


def same_kind(ending: str, extension: str) -> bool:
    """Whether two file endings stand for the same format."""
    one, other = ending.lower(), extension.lower()
    return one == other or any({one, other} <= group for group in SAME_ENDINGS)


@dataclass(frozen=True, kw_only=True)
class Landed:
    """What came of the delivered files: whole ones in place, and a sentence for every other."""

    files: tuple[MediaFile, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Lander:
    """Brings the outputs of one job to their final names. Folders of `home` take what is not whole, or has no room."""

    def __init__(self, target: Target, *, home: Path, scratch: Path, fetch: Fetch, resumed: bool) -> None:
        self._untidy = resumed
        self._target = target
        self._quarantine, self._spare = home / "quarantine", home / SPOOL
        self._scratch = scratch
        self._fetch = fetch

    @property
    def folder(self) -> Path:
        """Where the files go."""
        return self._target.folder

    @property
    def marks(self) -> bool:
        """Whether files are to be marked."""
        return self._target.marks

    async def gather(self, outputs: Sequence[MediaFile | Spilled | Pcm]) -> tuple[MediaFile | Spilled, ...]:
        """Bring every output that is only in memory or in the scratch folder into a part file beside its target."""
        return tuple([await self._gather_one(output) for output in outputs])

    async def gather_text(self, text: str | None) -> tuple[Spilled, ...]:
        """Bring the words into a part file too, if the caller named a file for them."""
        if text is None or self._target.name is None:
            return ()
        ending = Path(self._target.name).suffix.lower()
        folder, stem = self._target.folder, self._target.stem
        return (await asyncio.to_thread(spill_text, text, folder, stem, ending),)

    async def _gather_one(self, output: MediaFile | Spilled | Pcm) -> MediaFile | Spilled:
        if isinstance(output, Pcm):
            return await self._gather_samples(output)
        if isinstance(output, Spilled) or output.url is not None:
            return output
        if output.spilled is not None:
            return output.spilled
        folder, stem = self._target.folder, self._target.stem
        if output.data is not None:
            return await asyncio.to_thread(spill_bytes, output.data, folder, stem, self._spare)
        return await asyncio.to_thread(self._take_from_scratch, Path(output))

    async def _gather_samples(self, samples: Pcm) -> Spilled:
        raw = await self._gather_one(samples.file)
        if not isinstance(raw, Spilled):
            raise BackendDefect("A backend returned samples that are not here yet. Fetch them in the flow.")
        return await asyncio.to_thread(self._with_header, self._located(raw), samples)

    def _with_header(self, raw: Spilled, samples: Pcm) -> Spilled:
        written = spill_samples(raw, samples, self._target.folder, self._target.stem, self._spare)
        if written.part != raw.part:
            try:
                remove(raw.part)
            except OSError:
                self._untidy = True
        return written

    def _take_from_scratch(self, path: Path) -> Spilled:
        if not real(path).is_relative_to(real(self._scratch)):
            raise BackendDefect(f"A backend returned the file {path}, which is not in its scratch folder.")
        return spill_file(real(path), self._target.folder, self._target.stem)

    async def fetched(self, outputs: Sequence[MediaFile | Spilled | Pcm]) -> list[Spilled]:
        """Download every output that is not on this machine yet."""
        gathered = await self.gather(outputs)
        return [output if isinstance(output, Spilled) else await self._download(output) for output in gathered]

    def land_each(self, spilled: Sequence[Spilled]) -> Landed:
        """Land every output, in order. Never raises for one that is not whole."""
        files: list[MediaFile] = []
        problems: list[str] = []
        warnings: list[str] = []
        for index, each in enumerate(map(self._located, spilled)):
            if problem := each.problem or self._lost(index, each):
                problems.append(self._problem(index, each, problem))
                continue
            file = self._land_one(index, each)
            files.append(file)
            warnings += self._remarks(index, file)
        remove_tree(self._scratch)
        if self._untidy and not problems:
            self._tidy()
        return Landed(files=tuple(files), problems=tuple(problems), warnings=tuple(warnings))

    def land_preview(self, number: int, spilled: Spilled) -> MediaFile | None:
        """Name an unfinished picture beside the output it will be; `None` if it is not even whole."""
        spilled = self._located(spilled)
        if spilled.problem is not None or self._lost(number, spilled):
            self.set_aside(number, spilled)
            return None
        path = self._target.preview_path(number, spilled.extension)
        wanted, copy = path, 2
        while True:
            try:
                return land(spilled, path, overwrite=False)
            except FileExistsError:
                path, copy = wanted.with_name(f"{wanted.stem}-{copy}{wanted.suffix}"), copy + 1

    def _located(self, spilled: Spilled) -> Spilled:
        """The output where its bytes are: in the spare folder, if the output folder could not take them."""
        spare = self._spare / spilled.part.name
        return spilled if size_of(spare) is None else replace(spilled, part=spare)

    async def _download(self, output: MediaFile) -> Spilled:
        if output.url is None:
            raise BackendDefect("An output must be gathered before it is landed.")
        return await self._fetch(output.url, self._target.folder, self._target.stem)

    def _land_one(self, index: int, spilled: Spilled) -> MediaFile:
        wanted = self._target.path(index, spilled.extension)
        own = (
            self._target.name is None or size_of(spilled.part) is None
        )  # only this job's own name, or a crash, says so
        if own and size_of(wanted) == spilled.size and sha256_of(wanted) == spilled.sha256:
            remove(spilled.part)
            return _landed_before(wanted, spilled)
        path, number = wanted, 2
        overwrite = self._target.overwrite and self._was_named(wanted)
        while True:
            try:
                return land(spilled, path, overwrite=overwrite)
            except FileExistsError:
                path = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
                number += 1

    def _was_named(self, path: Path) -> bool:
        """Whether the user named this very file, so that `overwrite` speaks of it."""
        return self._target.name is not None and path.suffix == Path(self._target.name).suffix

    def _remarks(self, index: int, file: MediaFile) -> list[str]:
        asked = Path(self._target.name).suffix if self._target.name else ""
        path = Path(file)
        if asked and not same_kind(asked, path.suffix):
            return [f"The provider sent {file.media_type}, so the file is {path.name}, not {self._target.name}."]
        if self._target.name and index == 0 and path.name != self._target.name:
            return [f"{self._target.name} appeared while this was being made; the file is {path.name}."]
        return []

    def _tidy(self) -> None:
        """Remove what this job left behind on its way; what it was for is whole now."""
        with suppress(FileNotFoundError, NotADirectoryError), Root(self._target.folder) as root:
            for left in root.names():
                if left.startswith(f".{self._target.stem}.") and PART_ENDING in left:
                    root.remove(left)

    def _lost(self, index: int, spilled: Spilled) -> str | None:
        """Say what is missing of a part file, unless it has its final name already."""
        size = size_of(spilled.part)
        if size is None:
            landed = size_of(self._target.path(index, spilled.extension))
            return "its bytes are gone" if landed is None else None
        return None if size == spilled.size else f"only {size:,} bytes could be written"

    def _problem(self, index: int, spilled: Spilled, problem: str) -> str:
        kept, size = self.set_aside(index, spilled), f"{spilled.size:,} bytes"
        return f"Output {index + 1} is set aside ({problem}); the {size} that came are in {kept}."

    def set_aside(self, index: int, spilled: Spilled) -> Path:
        """Move bytes that cannot be an output to the quarantine folder, and say where they are."""
        part = self._located(spilled).part
        try:
            private_folder(self._quarantine)
            return move(part, self._quarantine / f"{self._target.stem}-{index + 1}{part.suffix}")
        except OSError:
            return part  # another file system, or a full one: it stays where it is


def _landed_before(path: Path, spilled: Spilled) -> MediaFile:
    """The file is there, and it is the one: a crash came between the rename and the commit."""
    file = MediaFile(media_type=spilled.media_type, path=path, size=spilled.size, sha256=spilled.sha256)
    return replace(file, width=spilled.width, height=spilled.height, duration=spilled.duration)
