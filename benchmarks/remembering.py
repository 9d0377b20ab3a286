"""How much memory large media take: many images at once, and one long film."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.calling import LARGE
from benchmarks.measuring import MEBIBYTE, Bench, Row, gathered, median

RUNS = 3
AT_ONCE = 64
FILM_MEBIBYTES = 300
LATENCY = 0.3
"""Seconds before the server answers, so that all requests are under way at the same time."""


def rows(bench: Bench) -> Iterator[Row]:
    yield many_images(bench)
    yield long_film(bench)


def many_images(bench: Bench) -> Row:
    with bench.server("image_server", LARGE, LATENCY) as url:
        answers = [bench.ask("calls_at_once", url, AT_ONCE, bench.folder) for _ in range(RUNS)]
    return _row(f"{AT_ONCE} images of 1.5 MB at once, over idle", 48, answers, "after one call")


def long_film(bench: Bench) -> Row:
    plugin = install_toy(bench.folder / "plugins")
    path = os.pathsep.join((bench.env["PYTHONPATH"], str(plugin)))
    with bench.server("video_server", FILM_MEBIBYTES) as url:
        answers = [bench.ask("film_call", url, bench.folder / str(run), PYTHONPATH=path) for run in range(RUNS)]
    assert all(answer["bytes"] > FILM_MEBIBYTES * MEBIBYTE for answer in answers)
    return _row(f"a film of {FILM_MEBIBYTES} MiB, over idle", 16, answers, "before any call")


def install_toy(folder: Path) -> Path:
    """Make the toy backend a plugin for every process that has this folder on its path."""
    info = folder / "toy_film-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-film\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[anymedia.backends]\ntoy_film = benchmarks.programs.toy_film\n")
    return folder


def _row(name: str, bound: float, answers: list[dict[str, float]], when: str) -> Row:
    figures = gathered(answers)
    over = [(peak - idle) / MEBIBYTE for peak, idle in zip(figures["peak"], figures["idle"], strict=True)]
    note = f"idle {median(figures['idle']) / MEBIBYTE:.0f} MiB {when}"
    return Row(name=name, measured=median(over), bound=bound, unit="MiB", raw=figures, note=note)
