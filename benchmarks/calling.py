"""What one image call costs, against the same call with the HTTP library, json and base64 alone."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import ROUNDS, Bench, Figures, Row, gathered, median

LARGE, TINY = 1_500_000, 1
LARGE_CALLS, TINY_CALLS = 12, 40


def rows(bench: Bench) -> Iterator[Row]:
    yield large_call(bench)
    yield tiny_call(bench)
    yield ledger(bench)


def against_raw(bench: Bench, size: int, calls: int) -> Figures:
    """CPU seconds per call of both programs against the same server, A B A B ..."""
    figures: Figures = {"raw": [], "ours": []}
    with bench.server("image_server", size) as url:
        for _ in range(ROUNDS):
            figures["raw"].append(bench.ask("raw_calls", url, calls)["cpu"])
            figures["ours"].append(bench.ask("our_calls", url, calls, bench.folder)["cpu"])
    return figures


def large_call(bench: Bench) -> Row:
    figures = against_raw(bench, LARGE, LARGE_CALLS)
    raw, ours = median(figures["raw"]), median(figures["ours"])
    note = f"CPU {ours * 1000:.2f} ms against {raw * 1000:.2f} ms a call"
    return Row(name="1.5 MB image / raw call", measured=ours / raw, bound=0.8, unit="x", raw=figures, note=note)


def tiny_call(bench: Bench) -> Row:
    figures = against_raw(bench, TINY, TINY_CALLS)
    raw, ours = median(figures["raw"]) * 1000, median(figures["ours"]) * 1000
    note = f"CPU {ours:.2f} ms against {raw:.2f} ms a call"
    return Row(name="70-byte image - raw call", measured=ours - raw, bound=4, unit="ms", raw=figures, note=note)


def ledger(bench: Bench) -> Row:
    with bench.server("image_server", TINY) as url:
        answers = [bench.ask("ledger_time", url, TINY_CALLS, bench.folder) for _ in range(ROUNDS)]
    figures = gathered(answers)
    fsync = median(figures["fsync"]) * 1000
    note = f"wall; one write and fsync on this disk takes {fsync:.2f} ms"
    measured = median(figures["ledger"]) * 1000
    return Row(name="ledger, per job", measured=measured, bound=5, unit="ms", raw=figures, note=note)
