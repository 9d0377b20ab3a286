"""One module opens paths for writing, so the fences of files are in one place. Read from the code of the package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import anymedia

PACKAGE = Path(anymedia.__file__).parent
SCRATCH = "a library that computes, in a worker: it writes into its scratch folder, under names of its own"
MEMORY = "a buffer in memory"
MAY = {
    "engine/files.py": "this is the module",
    "engine/env_file.py": "only reads, and checks owner and mode of what it has opened",
    "engine/private_files.py": "removes folders of the state that belong to one job",
    "engine/joining.py": SCRATCH,
    "engine/samples.py": MEMORY,
    "backends/elevenlabs/samples.py": MEMORY,
    "backends/google/music.py": MEMORY,
    "backends/google/speech.py": MEMORY,
    "backends/elevenlabs/stems.py": SCRATCH,
    "backends/sketch.py": SCRATCH,
    "sketch/film.py": SCRATCH,
    "sketch/sound_files.py": SCRATCH,
    "backends/command_agent.py": "copies for a program of the user's, in the scratch folder of the job",
    "skills/__init__.py": "the skills, in the folder that the user names; nothing of a provider is in them",
    "configuration/documents.py": "the example file, where the user wants it, and never over another",
    "cli/state_health.py": "what doctor tries, in an empty folder of its own",
    "cli/failing.py": "what is left of standard output goes to the null device",
}
"""Modules that may write for themselves, each with its reason."""
TOOLS = ("testing/", "integrator/", "documentation/")
"""What makers of backends and of this package run; no provider is near."""

COPIES = {"copy2", "copyfile", "copytree", "hardlink_to", "link", "symlink", "symlink_to", "write_bytes", "write_text"}
CHANGES = {"makedirs", "mkdir", "rename", "rmdir", "rmtree", "touch", "truncate", "unlink"}


def modules() -> list[str]:
    found = (path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
    return sorted(name for name in found if not name.startswith(TOOLS))


def writing_calls(source: str) -> Iterator[str]:
    """The calls that make, change or remove something by its path."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        one_argument = isinstance(node.func, ast.Attribute) and len(node.args) == 1 and not node.keywords
        if name in COPIES | CHANGES or (name == "replace" and one_argument) or (name == "open" and _for_writing(node)):
            yield f"line {node.lineno}: {ast.unparse(node)[:80]}"


def _for_writing(call: ast.Call) -> bool:
    """Whether a mode says so, or nobody can tell: the flags of `os.open`."""
    if ast.unparse(call.func) == "os.open":
        return True
    texts = [each.value for each in ast.walk(call) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return any(len(text) <= 3 and set(text) & set("wax+") and set(text) <= set("rwaxbt+") for text in texts)


def test_only_one_module_writes_to_paths() -> None:
    """The others hand it their bytes. An exception that nobody needs any more is noticed too."""
    writing = {name: list(writing_calls((PACKAGE / name).read_text("utf-8"))) for name in modules()}
    unexpected = {name: calls for name, calls in writing.items() if calls and name not in MAY}
    assert not unexpected, "use engine/files.py"
    assert [name for name in MAY if not writing[name]] == []


@pytest.mark.parametrize(
    "line",
    ["path.open('wb')", "open(path, mode='a')", "os.open(path, flags)", "path.write_text('x')", "part.replace(target)",
     "shutil.rmtree(folder)", "wave.open(file, 'wb')", "os.unlink(path)"],
)  # fmt: skip
def test_what_writes_is_noticed(line: str) -> None:
    assert list(writing_calls(line))


def test_what_only_reads_is_not_taken_for_writing() -> None:
    line = "path.open('rb'); text.replace('a', 'b'); replace(row, n=1); path.read_text(); scanner.open('body')"
    assert list(writing_calls(line)) == []
