"""Builds the illustrator's package data from two npm packages; run it again only to change a version.

    python tools/build_sketch_data.py

Needs npm. Writes into src/anymedia/sketch/data/: `picture_sprites.zip` (one SVG per drawing),
`picture_font.ttf`, and the licence texts. The same versions give the same bytes.
"""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

DRAWINGS = "@iconify-json/fluent-emoji@1.2.7"
FONT = "@expo-google-fonts/nunito@0.4.2"
DATA = Path(__file__).parents[1] / "src" / "anymedia" / "sketch" / "data"

SKIN_TONES = re.compile(r"-(light|medium-light|medium|medium-dark|dark)$")
NO_NOUNS = re.compile(
    r"^(flag|keycap|input|person-gesturing|japanese-.*-button|(man|woman|person)-.*(gesturing|shrugging|pouting))"
    r"|(button|arrow|oclock|thirty|facing-right|(?<!stop)-sign|-symbol|-square|-circle|-diamond|blood-type|-note)$"
    r"|^(aries|taurus|gemini|cancer|leo|virgo|libra|scorpio|sagittarius|capricorn|aquarius|pisces|ophiuchus)$"
)
"""Drawings of signs rather than of things."""
SEA = re.compile(r'<path fill="[^"]*" d="M(30|29\.949) 2[34][^"]*"/>')
"""The sea that a boat is drawn with: ours has its own."""
MIT_NOTICE = """The drawings in picture_sprites.zip: Fluent Emoji

MIT License

Copyright (c) Microsoft Corporation.

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawings = json.loads(read(folder, DRAWINGS, "icons.json"))["icons"]
        write_sprites(drawings)
        (DATA / "picture_font.ttf").write_bytes(read(folder, FONT, "800ExtraBold/Nunito_800ExtraBold.ttf"))
        (DATA / "picture_font_LICENSE.txt").write_bytes(read(folder, FONT, "LICENSE_FONT"))
    (DATA / "picture_sprites_LICENSE.txt").write_text(MIT_NOTICE)


def read(folder: Path, package: str, path: str) -> bytes:
    """One file of an npm package."""
    packed = subprocess.run(["npm", "pack", "--json", package], cwd=folder, check=True, capture_output=True)
    archive = folder / json.loads(packed.stdout)[0]["filename"]
    with tarfile.open(archive) as opened:
        member = opened.extractfile(f"package/{path}")
        assert member is not None
        return member.read()


def write_sprites(drawings: dict[str, Any]) -> None:
    names = sorted(name for name in drawings if not SKIN_TONES.search(name) and not NO_NOUNS.search(name))
    with zipfile.ZipFile(DATA / "picture_sprites.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in names:
            add(archive, f"{name}.svg", svg(drawings[name]["body"]))


def svg(body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{SEA.sub("", body)}</svg>'


def add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    """A fixed date keeps the archive's bytes the same."""
    entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text)


if __name__ == "__main__":
    main()
