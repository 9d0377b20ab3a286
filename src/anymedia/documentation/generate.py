"""Writes every generated file, or checks that each is fresh: `python -m anymedia.documentation.generate`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from ..configuration.documents import json_schema, reference_markdown
from . import (
    audit_rules_page,
    backends_page,
    checklist_page,
    command_line_page,
    contents,
    errors_page,
    evidence_page,
    measured_page,
    parameter_types,
    public_facts,
    python_page,
    schemas,
    selection_page,
    skills_pages,
    tool_page,
)
from .tables import page

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"


def _configuration_page() -> str:
    return page("Configuration", "Every setting of `anymedia.toml`.", reference_markdown())


def _schema() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


GENERATED: Mapping[Path, Callable[[], str]] = {
    PACKAGE / "parameters.py": parameter_types.render,
    REFERENCE / "backends.md": backends_page.render,
    REFERENCE / "selection.md": selection_page.render,
    REFERENCE / "configuration.md": _configuration_page,
    REFERENCE / "anymedia.schema.json": _schema,
    REFERENCE / "request.schema.json": lambda: schemas.text(schemas.request_schema()),
    REFERENCE / "result.schema.json": lambda: schemas.text(schemas.result_schema()),
    REFERENCE / "errors.md": errors_page.render,
    REFERENCE / "evidence.md": partial(evidence_page.render, REFERENCE),
    REFERENCE / "command-line.md": command_line_page.render,
    REFERENCE / "python.md": python_page.render,
    REFERENCE / "TOOL.md": tool_page.render,
    REFERENCE / "public-api.txt": public_facts.render,
    REFERENCE / "audit-rules.md": audit_rules_page.render,
    REFERENCE / "backends-measured.md": partial(measured_page.render, ROOT),
    REFERENCE / "checklist.md": checklist_page.render,
    **skills_pages.renders(),
    DOCS / "llms.txt": partial(contents.render, DOCS),
}
"""Each generated file and what writes it. The table of contents is last: it reads the pages before it."""


def stale() -> list[Path]:
    """The generated files whose text is not what the declarations say now."""
    return [path for path, render in GENERATED.items() if not path.exists() or path.read_text("utf-8") != render()]


def write() -> list[Path]:
    """Write what is stale, in order; give back what was written."""
    written = []
    for path, render in GENERATED.items():
        text = render()
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            written.append(path)
    return written


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        found = stale()
        for path in found:
            print(f"{path.relative_to(ROOT)} is stale: run `make generate`.", file=sys.stderr)
        return 1 if found else 0
    for path in write():
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
