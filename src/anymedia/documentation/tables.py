"""Markdown for the generated pages: titles, tables, cells. Knows nothing of what it is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTE = "<!-- Generated from the declarations by `make generate`. Do not edit. -->"


def page(title: str, *parts: str) -> str:
    """A whole page. Empty parts are left out."""
    return "\n\n".join([NOTE, f"# {title}", *(part.strip("\n") for part in parts if part)]) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, or nothing when it has no rows."""
    lines = [[cell(text) for text in row] for row in rows]
    if not lines:
        return ""
    return "\n".join(f"| {' | '.join(line)} |" for line in (list(heads), ["---"] * len(heads), *lines))


def cell(text: str) -> str:
    """Text that stays in one cell."""
    return " ".join(text.split()).replace("|", "\\|")


def bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def code(text: str) -> str:
    return f"`{text}`"


def codes(texts: Iterable[str]) -> str:
    return ", ".join(code(text) for text in texts)


def link(text: str, target: str) -> str:
    return f"[{text}]({target})"


def noun(operation: str) -> str:
    """An operation in words: `sound effect`."""
    return operation.replace("_", " ")


def sentence(text: str) -> str:
    """`text` with a capital letter and a full stop."""
    return f"{text[0].upper()}{text[1:].rstrip('.')}."
