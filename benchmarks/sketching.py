"""What the keyless backend costs, its worker process included."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import Bench, Figures, Row, gathered, median

RUNS = 5
BOUNDS = {"image": (2.0, "sketch image 1024x768"), "video": (8.0, "sketch video 4 s of 1280x720 at 24")}


def rows(bench: Bench) -> Iterator[Row]:
    for medium in BOUNDS:
        figures = gathered([bench.ask("sketch_calls", medium, bench.folder) for _ in range(RUNS)])
        yield from (row(medium, temperature, figures) for temperature in ("cold", "warm"))


def row(medium: str, temperature: str, figures: Figures) -> Row:
    bound, name = BOUNDS[medium]
    values = figures[temperature]
    note = f"CPU; {min(values):.2f} to {max(values):.2f} s"
    return Row(
        name=f"{name}, {temperature}",
        measured=median(values),
        bound=bound,
        unit="s",
        raw={temperature: values},
        note=note,
    )
