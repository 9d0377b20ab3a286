"""Whether the event loop stays free: calls that wait for a provider while this machine draws."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.calling import LARGE
from benchmarks.measuring import Bench, Row, gathered, median

RUNS = 5
AT_ONCE = 16
LATENCY = 0.5


def rows(bench: Bench) -> Iterator[Row]:
    with bench.server("image_server", LARGE, LATENCY) as url:
        answers = [bench.ask("calls_beside_sketch", url, AT_ONCE, bench.folder) for _ in range(RUNS)]
    figures = gathered(answers)
    name = f"{AT_ONCE} calls at {LATENCY} s beside a sketch job"
    yield Row(name=f"{name}: wall", measured=median(figures["wall"]), bound=1, unit="s", raw=figures)
    stall = median(figures["stall"]) * 1000
    note = f"the sketch job took {median(figures['sketch']):.2f} s"
    yield Row(name=f"{name}: longest stall", measured=stall, bound=50, unit="ms", raw=figures, note=note)
