"""What a folder with a pipeline holds, told from its files alone: nothing is imported, no weight is loaded."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from ...errors import InvalidConfiguration
from ...media import Json

INDEX = "model_index.json"
LARGEST_INDEX = 10**6
LARGEST_HEADER = 10**8
"""Bytes; the second is what the format itself allows
(https://docs.rs/safetensors/0.4.2/safetensors/tensor/enum.SafeTensorError.html, checked 2026-11-23)."""
LIBRARIES = frozenset({"diffusers", "transformers", "stable_diffusion"})
"""Where parts of a pipeline come from. The last is the place of the safety checker inside diffusers; whatever else an
index names would be imported."""
PICKLES = ("*.bin", "*.ckpt", "*.pt", "*.pth", "*.pkl")
VARIANT = re.compile(r"[\w-]+\.([a-z]\w*)(-\d+-of-\d+)?\.safetensors")
"""The name of weights in a variant, such as model.fp16.safetensors."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Where the weights are and how they are used. `index` is the SHA-256 of the index that was read."""

    folder: Path
    device: str | None
    dtype: str
    index: str

    def arguments(self) -> dict[str, Json]:
        """As JSON, to be shown before anything is computed."""
        return {**asdict(self), "folder": str(self.folder)}

    @classmethod
    def of(cls, arguments: Mapping[str, Json]) -> Self:
        return cls(**{**arguments, "folder": Path(arguments["folder"])})


@dataclass(frozen=True, kw_only=True)
class Index:
    """What `model_index.json` says: the class of the pipeline, and the library and class of each part."""

    pipeline: str
    parts: Mapping[str, tuple[str, str]]
    digest: str


def index_of(folder: Path) -> Index:
    """Raise `InvalidConfiguration` if the folder holds no pipeline, or one with code of its own."""
    try:
        with (folder / INDEX).open("rb") as file:
            content = file.read(LARGEST_INDEX)
        document = json.loads(content)
    except OSError as error:
        raise unusable(folder, f"{INDEX} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise unusable(folder, f"{INDEX} is not JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("_class_name"), str):
        raise unusable(folder, f"{INDEX} does not name one class of diffusers")
    parts = {name: part for name, part in document.items() if isinstance(part, list) and part != [None, None]}
    return Index(
        pipeline=document["_class_name"],
        parts={name: part_of(folder, name, part) for name, part in parts.items()},
        digest=hashlib.sha256(content).hexdigest(),
    )


def part_of(folder: Path, name: str, part: Json) -> tuple[str, str]:
    match part:
        case [str(library), str(kind)] if library in LIBRARIES and name.isidentifier() and kind.isidentifier():
            return library, kind
    raise unusable(folder, f"{INDEX} asks for code that is not of diffusers or transformers for {name!r}")


def unusable(folder: Path, problem: str) -> InvalidConfiguration:
    return InvalidConfiguration(
        f"{folder} holds no pipeline that can be used: {problem}.",
        next=f"Name the folder that {INDEX} and the folders of its parts are in, with safetensors.",
    )


# --- In the worker process --------------------------------------------------------------------------------------
# Everything that can be told without loading is told first: loading takes minutes, and a pickle runs what it likes.


def stamp_of(weights: Weights) -> Json:
    """What changes when the weights do. Raise `InvalidConfiguration` for what must not or cannot be loaded."""
    index = index_of(weights.folder)
    if index.digest != weights.index:
        raise unusable(weights.folder, f"{INDEX} has changed since it was read; ask again")
    refuse_code(weights.folder)
    files = [file for name in index.parts for file in files_of(weights.folder, name)]
    for file in files:
        refuse_cut(weights.folder, file)
    return tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files)


def refuse_code(folder: Path) -> None:
    for file in (*folder.glob("*.py"), *folder.glob("*/*.py")):
        raise unusable(folder, f"{file.relative_to(folder)} is code, and none is run")
    for file in folder.glob("*/*config.json"):
        if b'"auto_map"' in file.read_bytes():
            raise unusable(folder, f"{file.relative_to(folder)} asks for code of its own")


def files_of(folder: Path, name: str) -> list[Path]:
    """The weights of a part; a tokenizer has none."""
    if not (folder / name).is_dir():
        raise unusable(folder, f"the folder of its {name!r} is missing")
    found = sorted((folder / name).glob("*.safetensors"))
    pickled = [file.name for pattern in PICKLES for file in (folder / name).glob(pattern)]
    if pickled and not found:
        raise unusable(folder, f"{name}/{pickled[0]} is a pickle, which could run code, and there are no safetensors")
    return found


def refuse_cut(folder: Path, file: Path) -> None:
    """Raise for weights that are shorter or longer than their own header says."""
    said, size = length_of(file), file.stat().st_size
    if said != size:
        told = "it has no header" if said is None else f"{size:,} of {said:,} bytes"
        raise unusable(folder, f"{file.relative_to(folder)} is not whole: {told}")


def length_of(file: Path) -> int | None:
    """The length that the header tells, or `None` if it cannot be read."""
    with file.open("rb") as content:
        length = int.from_bytes(content.read(8), "little")
        header = content.read(length) if length <= LARGEST_HEADER else b""
    try:
        tensors = [each for name, each in json.loads(header).items() if name != "__metadata__"]
        return 8 + length + max((each["data_offsets"][1] for each in tensors), default=0)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def variant_of(folder: Path) -> str | None:
    """The variant that all weights are in, such as `fp16`; `None` where there are others."""
    found = set(variants(folder))
    return found.pop() if len(found) == 1 else None


def variants(folder: Path) -> Iterator[str | None]:
    for file in folder.glob("*/*.safetensors"):
        match = VARIANT.fullmatch(file.name)
        yield None if match is None else match[1]
