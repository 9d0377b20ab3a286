"""Writes `docs/llms.txt`: every page with its title and first sentence, for readers that are programs."""

from __future__ import annotations

import re
from pathlib import Path

TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
FIRST = re.compile(r"^# [^\n]+\n+(.+?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
HEAD = """\
# anymedia

> One call makes an image, a video or audio with whichever backend you have. It never pays twice.
"""


def render(docs: Path) -> str:
    """The whole file, from the pages below `docs`."""
    pages = sorted(docs.rglob("*.md"), key=lambda path: (len(path.relative_to(docs).parts), str(path)))
    return HEAD + "\n" + "".join(_line(path, docs) for path in pages)


def _line(path: Path, docs: Path) -> str:
    text = path.read_text("utf-8")
    title, first = TITLE.search(text), FIRST.search(text)
    if title is None or first is None:
        raise ValueError(f"{path.relative_to(docs)} must begin with a title and a paragraph.")
    return f"- [{title[1]}]({path.relative_to(docs).as_posix()}): {_sentence(first[1])}\n"


def _sentence(paragraph: str) -> str:
    words = " ".join(paragraph.split())
    return re.split(r"(?<=[.:]) (?=[A-Z])", words)[0]
