"""Make an image, a spoken sentence, a song, a sound effect and a video, with no key and no network.

    python examples/demo.py                       # or: make demo
    python examples/demo.py "a fox in a forest"   # or: make demo PROMPT="a fox in a forest"

Everything goes into the folder `demo`, its ledger included; `demo/index.html` shows it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from demo_page import Shown, page

import anymedia
from anymedia import AnymediaError, AsyncClient, Progress, Result
from anymedia.errors import InvalidParameter

FOLDER = Path("demo").absolute()
STATE = FOLDER / "state"
BACKEND = "sketch"
"""Asked for by name, so that the demo never spends money, whatever keys are set."""


WIDTH = 76
"""Columns of a line of progress, so that a shorter one covers the one before."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One thing to make: with which mode, from what words, into which file."""

    title: str
    mode: str
    prompt: str
    file: str
    parameters: dict[str, Any]


DEFAULTS = (
    Piece(
        title="An image",
        mode="image",
        prompt="an astronaut riding a horse on the moon",
        file="image.png",
        parameters={"size": "1280x720"},
    ),
    Piece(
        title="A spoken sentence",
        mode="speech",
        prompt="Hello! Nobody paid for this sentence, and nothing left this machine.",
        file="speech.mp3",
        parameters={},
    ),
    Piece(
        title="A song",
        mode="music",
        prompt="a gentle waltz in D minor for piano and strings",
        file="song.mp3",
        parameters={"duration": 20.0},
    ),
    Piece(
        title="A sound effect",
        mode="sound_effect",
        prompt="rain and distant thunder",
        file="sound-effect.mp3",
        parameters={"duration": 6.0},
    ),
    Piece(
        title="A video",
        mode="video",
        prompt="a sailboat on the ocean at sunset",
        file="video.mp4",
        parameters={"size": "1280x720", "duration": 4.0},
    ),
)


def pieces(prompt: str | None) -> Iterator[Piece]:
    """The five pieces, from the default prompts or from the one that was given."""
    for piece in DEFAULTS:
        if prompt is None:
            yield piece
        elif piece.mode == "music":
            # Genre, mood and tempo come from the words; the instruments stand in when they say nothing of music.
            yield replace(piece, prompt=f"{prompt}, for piano and strings")
        else:
            yield replace(piece, prompt=prompt)


async def make_or_fall_back(client: AsyncClient, piece: Piece, default: Piece) -> Shown:
    """The piece; where its engine refuses the words of the user, the default piece and a note that says so."""
    try:
        return Shown(title=piece.title, prompt=piece.prompt, result=await make(client, piece))
    except InvalidParameter as refused:
        if piece == default:
            raise
        note = f"Not made from your words, but from the default: {refused.message}."
        tell(piece, "cannot be made from these words; making the default", end="\n")
    return Shown(title=default.title, prompt=default.prompt, result=await make(client, default), note=note)


async def make(client: AsyncClient, piece: Piece) -> Result:
    """Call the method of the client that is named like the mode, and show how far it is."""
    method: Callable[..., Awaitable[Result]] = getattr(client, piece.mode)
    result = await method(
        piece.prompt,
        backend=BACKEND,
        output=FOLDER / piece.file,
        overwrite=True,
        on_progress=lambda progress: show(piece, progress),
        **piece.parameters,
    )
    tell(piece, f"{FOLDER.name}/{piece.file}", end="\n")
    return result


def show(piece: Piece, progress: Progress) -> None:
    if sys.stderr.isatty():
        tell(piece, progress.stage if progress.fraction is None else f"{progress.stage} {progress.fraction:.0%}")


def tell(piece: Piece, text: str, *, end: str = "") -> None:
    """One line on standard error, over the one before; it stays when it ends with a newline."""
    line = f"  {piece.title:<18} {text}"
    if sys.stderr.isatty():
        line = f"\r{line:<{WIDTH}}"
    print(line, end=end, file=sys.stderr, flush=True)


async def make_all(prompt: str | None) -> list[Shown]:
    environ = {**os.environ, "ANYMEDIA_HOME": str(STATE)}
    async with AsyncClient(environ=environ) as client:
        pairs = zip(pieces(prompt), DEFAULTS, strict=True)
        return [await make_or_fall_back(client, piece, default) for piece, default in pairs]


def main(prompt: str | None) -> int:
    started = time.monotonic()
    print(f"anymedia {anymedia.__version__}: five media, no key, no network", file=sys.stderr)
    FOLDER.mkdir(exist_ok=True)
    try:
        shown = asyncio.run(make_all(prompt))
    except AnymediaError as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_code
    index = FOLDER / "index.html"
    index.write_text(page(shown), encoding="utf-8")
    seconds = time.monotonic() - started
    print(f"done in {seconds:.0f} s. Open this page to look and listen:", file=sys.stderr)
    print(index.as_uri())
    return 0


if __name__ == "__main__":
    words = " ".join(sys.argv[1:]).strip()
    sys.exit(main(words or None))
