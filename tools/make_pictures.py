"""Makes the pictures of the documentation from real runs: a terminal session and a contact sheet.

    python tools/make_pictures.py

Needs anymedia[sketch]. Writes docs/images/session.svg and docs/images/contact-sheet.jpg.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import wrap

import av
from PIL import Image, ImageDraw, ImageFont

import anymedia
import anymedia.sketch

IMAGES = Path(__file__).parents[1] / "docs" / "images"

# --- The terminal session ---------------------------------------------------------------------------------------

COMMANDS = (
    'anymedia image "an astronaut riding a horse on the moon" --output moon.png --quiet',
    'anymedia speech "Nobody paid for this sentence." --output hello.mp3 --quiet',
    'anymedia image "a fox" --backend openai --quality low --dry-run',
    'anymedia image "a fox" --quality hihg --backend openai',
    "anymedia jobs",
)
COLUMNS, LINE, CHARACTER = 116, 19, 7.83
NO_BREAK = "\u00a0"
"""Spaces that no viewer of SVG runs together."""
COLOURS = {"typed": "#f0ebe3", "said": "#9fd3a5", "aside": "#b8aea2"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the terminal, and who wrote it: `typed`, `said` (standard output) or `aside` (standard error)."""

    text: str
    who: str


def session(folder: Path) -> Iterator[Line]:
    """Run the commands as a user without any key would."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = {"HOME": str(folder), "PATH": path, "LANG": "C.UTF-8", "TERM": "dumb"}
    for command in COMMANDS:
        yield Line(text=f"$ {command}", who="typed")
        done = subprocess.run(shlex.split(command), cwd=folder, env=environ, capture_output=True, text=True)
        for text, who in ((done.stdout, "said"), (done.stderr, "aside")):
            for line in text.replace(f"{folder}/", "").splitlines():
                yield from (Line(text=part, who=who) for part in wrap(line, COLUMNS, drop_whitespace=False) or [""])
        yield Line(text="", who="typed")


def as_svg(lines: list[Line]) -> str:
    """A picture of a terminal; text stays text."""
    width, height = round(COLUMNS * CHARACTER) + 40, len(lines) * LINE + 50
    rows = "\n".join(as_text(line, 45 + number * LINE) for number, line in enumerate(lines))
    dots = "".join(
        f'<circle cx="{22 + 18 * place}" cy="18" r="5.5" fill="{colour}"/>'
        for place, colour in enumerate(("#d96c5f", "#dcb35c", "#7fb36b"))
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<title>A terminal session with anymedia</title>
<rect width="100%" height="100%" rx="10" fill="#221f1b"/>
{dots}
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13">
{rows}
</g>
</svg>
"""


def as_text(line: Line, y: int) -> str:
    words = escape(line.text).replace(" ", NO_BREAK)
    return f'<text x="20" y="{y}" fill="{COLOURS[line.who]}">{words}</text>'


# --- The contact sheet ------------------------------------------------------------------------------------------

PROMPTS = (
    "an astronaut riding a horse on the moon",
    "a red bicycle on a beach at sunset",
    "three cats in a snowy forest at night",
    "a castle in the mountains, oil painting",
    "a sailboat on the ocean under a starry night, van gogh",
    "two dolphins and a purple octopus underwater",
)
FILM = "a hot air balloon over a green field at sunrise"
CELL, CAPTION, GAP = (400, 225), 30, 12


def contact_sheet(folder: Path) -> Image.Image:
    """Six pictures and three frames of a film, each with its words."""
    cells: list[tuple[str, Image.Image]] = [(words, Image.open(picture(words, folder))) for words in PROMPTS]
    cells += [(f"film, {second} s: {FILM}", frame) for second, frame in frames(folder)]
    columns = 3
    width = columns * CELL[0] + (columns + 1) * GAP
    height = (len(cells) // columns) * (CELL[1] + CAPTION) + GAP
    sheet = Image.new("RGB", (width, height), "#faf7f2")
    font = ImageFont.truetype(str(Path(anymedia.sketch.__path__[0]) / "data" / "picture_font.ttf"), 14)
    for number, (words, image) in enumerate(cells):
        left, top = GAP + number % columns * (CELL[0] + GAP), GAP + number // columns * (CELL[1] + CAPTION)
        sheet.paste(image.convert("RGB").resize(CELL, Image.Resampling.LANCZOS), (left, top))
        ImageDraw.Draw(sheet).text((left + 2, top + CELL[1] + 4), words, fill="#4a443c", font=font)
    return sheet


def picture(prompt: str, folder: Path) -> Path:
    made = anymedia.generate_media(prompt, mode="image", backend="sketch", size="800x450", output_dir=folder)
    return made.path


def frames(folder: Path) -> Iterator[tuple[int, Image.Image]]:
    """The beginning, the middle and the end of a film."""
    film = anymedia.generate_media(
        FILM, mode="video", backend="sketch", size="800x450", duration=4.0, output_dir=folder
    )
    with av.open(str(film.path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in (0, 48, 95):
                yield round(number / 24), frame.to_image()  # type: ignore[no-untyped-call]


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["ANYMEDIA_HOME"] = str(folder / "state")
        contact_sheet(folder).save(IMAGES / "contact-sheet.jpg", quality=82, optimize=True)
    with tempfile.TemporaryDirectory() as name:
        (IMAGES / "session.svg").write_text(as_svg(list(session(Path(name)))), "utf-8")


if __name__ == "__main__":
    main()
