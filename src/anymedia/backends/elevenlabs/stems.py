"""Stems: music taken apart. They come as one archive, which is unpacked here: its sizes and names are not trusted."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...media import MediaFile
from ...operations import StemSeparationRequest
from ...spec import (
    Call,
    Control,
    Failed,
    Flow,
    HttpRequest,
    Model,
    OneFile,
    Param,
    Reply,
    Sample,
    Succeeded,
    UnknownPrice,
    compute,
    one_of,
)
from ...spec.tiny import MP3
from .common import (
    CHECKED,
    DOCS,
    LARGEST_RECORDING,
    PRICING,
    RECORDING_TYPES,
    SEEN,
    as_parts,
    format_param,
    split_format,
    usage_of,
)
from .samples import RECORDED

VARIATIONS = {2: "two_stems_v1", 6: "six_stems_v1"}


def encode_variation(stems: int) -> str:
    return VARIATIONS[stems]


PARAMS: Mapping[str, Param] = {
    "audio": Param(wire_name="file", allows=OneFile(media_types=RECORDING_TYPES, bytes_each=LARGEST_RECORDING)),
    "stems": Param(wire_name="stem_variation_id", allows=one_of(*VARIATIONS), encode=encode_variation),
    "output_format": format_param("mp3", "opus"),
}
MOST_STEMS = 12
LARGEST_STEM = 10**9
"""Bytes. An archive may say that it holds more than anybody could keep."""
PIECE = 1 << 20


def submit(call: Call) -> Flow:
    """What cannot be unpacked is set aside as it came, and said to be not whole."""
    fields, query = split_format(call.body)
    response = yield HttpRequest(
        method="POST", path="/v1/music/stem-separation", effect="pays", query=query, parts=as_parts(fields)
    )
    if response.spilled is None:
        return Failed(reason="the reply is no archive", kind="empty_output")
    usage = usage_of(response.headers)
    names = yield compute(unpack, archive=response.spilled.part)
    if not names:
        return Succeeded(files=(response.spilled,), usage=usage)
    files = tuple(MediaFile(media_type="audio/mpeg", path=Path(path)) for path, _ in names)
    return Succeeded(files=files, usage=usage, metadata={"stems": [name for _, name in names]})


def unpack(control: Control, *, archive: Path) -> list[tuple[str, str]]:
    """The path and the name of every stem; none at all if the archive is not whole or not what it should be."""
    control.scratch.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            return list(_unpacked(opened, control.scratch))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return []  # the library has no common error; the archive itself is kept


def _unpacked(opened: zipfile.ZipFile, folder: Path) -> Iterator[tuple[str, str]]:
    entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    if not 0 < len(entries) <= MOST_STEMS:
        raise ValueError("an archive of so many files is none of stems")
    for number, entry in enumerate(entries):
        path = folder / f"stem-{number}"
        with opened.open(entry) as source, path.open("wb") as target:
            while piece := source.read(PIECE):
                if target.tell() + len(piece) > LARGEST_STEM:
                    raise ValueError("a stem is larger than any music")
                target.write(piece)
        yield str(path), _shown(entry.filename)


def _shown(name: str) -> str:
    """What the stem is, from a name that anybody may have written."""
    return re.sub(r"[^\w -]+", "", name.replace("\\", "/").rpartition("/")[2].partition(".")[0])[:40]


MODELS = (
    Model(
        id="stem_separation",
        accepts=StemSeparationRequest,
        params=PARAMS,
        price=UnknownPrice(source=PRICING, checked=CHECKED),
        typical_bytes=5_000_000,
        max_outputs=MOST_STEMS,
        submit=submit,
        source=f"{DOCS}/music/separate-stems",
    ),
)
"""The route takes no model; the name is ours."""


def packed(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), MP3)
    return file.getvalue()


SAMPLES = (
    Sample(
        request=StemSeparationRequest(audio=RECORDED, stems=2),
        replies=(Reply(content=packed("vocals.mp3", "instrumental.mp3"), media_type="application/zip"),),
        source=SEEN,
    ),
    Sample(
        request=StemSeparationRequest(audio=RECORDED),
        replies=(Reply(json={}),),
        expects="failed",
        source="no such reply is documented; money must not be lost to it in silence",
    ),
)
