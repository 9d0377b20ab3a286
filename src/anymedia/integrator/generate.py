"""Writes every generated file of this project, or checks that it is fresh: `python -m anymedia.integrator.generate`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from . import parameter_types

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]

GENERATED: Mapping[Path, Callable[[], str]] = {PACKAGE / "parameters.py": parameter_types.render}
"""Each generated file and what writes it."""


def stale() -> list[Path]:
    """The generated files whose text is not what the declarations say now."""
    return [path for path, render in GENERATED.items() if not path.exists() or path.read_text("utf-8") != render()]


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        for path in stale():
            print(f"{path.relative_to(ROOT)} is stale: run `make generate`.", file=sys.stderr)
        return 1 if stale() else 0
    for path in stale():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GENERATED[path](), "utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
