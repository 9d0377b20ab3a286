"""`python -m benchmarks [GROUP ...]`: one table, raw rows in benchmarks/results/, exit code 1 if a bound is broken."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from benchmarks import calling, crowding, remembering, responding, sketching, starting
from benchmarks.measuring import ROOT, Bench, Row, bench

GROUPS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    module.__name__.rpartition(".")[2]: module.rows
    for module in (starting, calling, remembering, crowding, responding, sketching)
}
LINE = "{:<54} {:>10} {:>10}  {:<4} {}"


def main(names: Sequence[str]) -> int:
    if unknown := set(names) - set(GROUPS):
        print(f"There is no group {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}.", file=sys.stderr)
        return 2
    before = os.getloadavg()
    print(LINE.format("name", "measured", "bound", "kept", "note"))
    rows = [shown(row) for name in names or GROUPS for row in measured(GROUPS[name])]
    keep(rows, before)
    broken = [row.name for row in rows if not row.kept]
    print(f"\n{len(rows) - len(broken)} of {len(rows)} bounds kept; load {before[0]:.2f} before, {machine()}")
    return 1 if broken else 0


def measured(group: Callable[[Bench], Iterator[Row]]) -> Iterator[Row]:
    with bench() as folder:
        yield from group(folder)


def shown(row: Row) -> Row:
    figures = [f"{value:.4g} {row.unit}".strip() for value in (row.measured, row.bound)]
    print(LINE.format(row.name, *figures, "yes" if row.kept else "NO", row.note), flush=True)
    return row


def machine() -> str:
    return f"{os.cpu_count()} CPUs, Python {platform.python_version()}, {platform.platform()}"


def keep(rows: Sequence[Row], load: tuple[float, float, float]) -> None:
    now = datetime.now(UTC)
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(exist_ok=True)
    document = {"at": now.isoformat(), "machine": machine(), "load": load, "rows": [row.document() for row in rows]}
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


sys.exit(main(sys.argv[1:]))
