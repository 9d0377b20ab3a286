"""Many calls at once, with every provider whose replies hold the picture: time taken together, and memory."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import MEBIBYTE, Bench, Row, gathered, median

RUNS = 3
BACKENDS = ("openai", "google", "vertex")
TOGETHER, LATENCY = 16, 0.5
IN_MEMORY, LARGE = 64, 4_000_000


def rows(bench: Bench) -> Iterator[Row]:
    for backend in BACKENDS:
        yield together(bench, backend)
        yield in_memory(bench, backend)


def together(bench: Bench, backend: str) -> Row:
    with bench.server("image_server", 100_000, LATENCY) as url:
        answers = [bench.ask("calls_at_once", url, TOGETHER, bench.folder, backend) for _ in range(RUNS)]
    figures = gathered(answers)
    name = f"{backend}: {TOGETHER} calls at {LATENCY} s, wall"
    return Row(name=name, measured=median(figures["wall"]), bound=1, unit="s", raw=figures)


def in_memory(bench: Bench, backend: str) -> Row:
    """Twice as much of each reply as of the calls in `remembering`, and no more memory: it does not grow with them."""
    with bench.server("image_server", LARGE, LATENCY) as url:
        answers = [bench.ask("calls_at_once", url, IN_MEMORY, bench.folder, backend) for _ in range(RUNS)]
    figures = gathered(answers)
    over = [(peak - idle) / MEBIBYTE for peak, idle in zip(figures["peak"], figures["idle"], strict=True)]
    note = f"{IN_MEMORY * LARGE / MEBIBYTE:.0f} MiB of pictures"
    name = f"{backend}: {IN_MEMORY} images of 4 MB at once, over idle"
    return Row(name=name, measured=median(over), bound=48, unit="MiB", raw=figures, note=note)
