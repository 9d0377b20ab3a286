"""Reads the pages and runs what stands in them: one shell per page, in order, as its reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SKILLS = ROOT / "src" / "anymedia" / "skills"
FENCE = re.compile(r"^```(\w*)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "=== end of snippet"
STRICT = "set -euo pipefail\nset -m\n"
"""Stop at the first failure. With job control an interrupt reaches what runs in the background, as at a terminal."""


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """One fenced block. `title` names the file it is; `output` is what must stand on standard output after it."""

    language: str
    text: str
    line: int
    title: str | None = None
    output: str | None = None

    @property
    def runs(self) -> bool:
        return self.language in ("bash", "python") and self.title is None


def pages() -> list[Path]:
    """Every page that was written by hand."""
    written = [path for path in sorted(DOCS.rglob("*.md")) if "reference" not in path.relative_to(DOCS).parts]
    return [ROOT / "README.md", *written, *sorted(SKILLS.glob("*/SKILL.md"))]


def name_of(page: Path) -> str:
    """A page in the name of a test: every skill has a page of the same name."""
    return page.parent.name if page.name == "SKILL.md" else page.name


def snippets(page: Path) -> list[Snippet]:
    """The fenced blocks of a page. A `text` block that follows a snippet directly is its output."""
    text = page.read_text("utf-8")
    found = list(FENCE.finditer(text))
    return [_snippet(text, match, following) for match, following in zip_longest(found, found[1:])]


def _snippet(text: str, match: re.Match[str], following: re.Match[str] | None) -> Snippet:
    has_output = following and following[1] == "text" and not text[match.end() : following.start()].strip()
    return Snippet(
        language=match[1],
        title=match[2],
        text=match[3],
        line=text[: match.start()].count("\n") + 2,
        output=following[3] if following and has_output else None,
    )


def run(page: Path, folder: Path) -> dict[int, str]:
    """Run the snippets of a page in `folder`; give back what each wrote to standard output, by its line."""
    running = [snippet for snippet in snippets(page) if snippet.runs]
    for snippet in snippets(page):
        if snippet.title is not None:
            (folder / snippet.title).write_text(snippet.text, "utf-8")
    script = folder.parent / "script.sh"
    script.write_text(STRICT + "".join(_lines(snippet, folder.parent) for snippet in running), "utf-8")
    done = subprocess.run(
        # With job control (-m) an interrupt reaches what runs in the background, as it does at a terminal.
        ["bash", str(script)],
        cwd=folder,
        env=environment(folder.parent),
        capture_output=True,
        text=True,
        timeout=180,
    )
    parts = done.stdout.split(f"{END}\n")
    assert done.returncode == 0, f"{page.name}, after line {_last_line(running, parts)}:\n{done.stdout}\n{done.stderr}"
    return {snippet.line: output for snippet, output in zip(running, parts[:-1], strict=True)}


def _lines(snippet: Snippet, folder: Path) -> str:
    if snippet.language == "python":
        program = folder / f"line_{snippet.line}.py"
        program.write_text(snippet.text, "utf-8")
        return f"python {program}\necho '{END}'\n"
    return f"{snippet.text}echo '{END}'\n"


def _last_line(running: list[Snippet], parts: list[str]) -> int:
    return running[min(len(parts), len(running)) - 1].line


def environment(home: Path) -> dict[str, str]:
    """A user without a key, a configuration or a past; only `PATH` is this machine's."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "TERM": "dumb"}


def agrees(said: str, written: str) -> bool:
    """Whether the output is what the page says; `...` on the page stands for anything."""
    pattern = ".*".join(re.escape(part) for part in written.strip().split("..."))
    return re.fullmatch(pattern, said.strip(), re.DOTALL) is not None


def links(page: Path) -> Iterator[tuple[str, str]]:
    """The local targets of a page's links and pictures: (file, anchor)."""
    without_code = FENCE.sub("", page.read_text("utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"", without_code):
        name = target[0] or target[1]
        if "://" not in name and not name.startswith("mailto:"):
            file, _, anchor = name.partition("#")
            yield file, anchor


def anchors(page: Path) -> set[str]:
    """The anchors that headings make, as on the usual forges."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
