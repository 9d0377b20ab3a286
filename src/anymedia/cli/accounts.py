"""The commands `spend` and `report`: what was spent, as far as which source knows, and how the jobs went."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import get_args

import click

from ..client import AsyncClient
from ..reports import Grouping, Report, Spending
from ..results import SCHEMA
from .commands import shows
from .jobs import moment
from .showing import Screen, one_line

SINCE = click.option("--since", metavar="WHEN", help="Only later jobs: 2026-11-22, 2026-11-22T10:00, 30m, 2h, 7d.")
BATCH = click.option("--batch", metavar="ID", help="Only the jobs of one batch.")
LONGEST_MESSAGE = 100


def spend_command(name: str) -> click.Command:
    @click.command(name, help="What was spent, with the source of each figure. Nothing unknown is counted as zero.")
    @click.option("--by", type=click.Choice(get_args(Grouping)), default="backend", show_default=True)
    @SINCE
    @BATCH
    @shows
    def spend(screen: Screen, by: Grouping, since: str | None, batch: str | None) -> int:
        lines = asyncio.run(_spending(by, since, batch))
        if screen.json:
            screen.document({"schema": SCHEMA, "by": by, "spending": [each.document() for each in lines]})
        else:
            _show_spending(screen, lines)
        return 0

    return spend


async def _spending(by: Grouping, since: str | None, batch: str | None) -> tuple[Spending, ...]:
    async with AsyncClient() as client:
        return await client.spending(by=by, since=moment(since), batch=batch)


def _show_spending(screen: Screen, lines: Sequence[Spending]) -> None:
    for each in lines:
        screen.result(f"{each.group or '(none)'}  {_amounts(each)}  {_jobs(each.jobs)}  ({each.source})")
    settled = sum((each.settled for each in lines), Decimal(0))
    reserved = sum((each.open for each in lines), Decimal(0))
    unpriced = sum(each.unpriced for each in lines)
    screen.result(f"in all  {settled:f} USD")
    if reserved:
        screen.result(f"reserved at the worst case, not settled  {reserved:f} USD")
    if unpriced:
        screen.result(f"nobody can tell what {_jobs(unpriced)} cost")


def _amounts(each: Spending) -> str:
    parts = [f"{each.settled:f} USD"]
    if each.open:
        parts.append(f"{each.open:f} USD reserved")
    if each.unpriced:
        parts.append(f"{each.unpriced} without a figure")
    return ", ".join(parts)


def _jobs(count: int) -> str:
    return f"{count} job" if count == 1 else f"{count} jobs"


def report_command(name: str) -> click.Command:
    @click.command(name, help="How the jobs of a period or a batch went: cost, slowest, failed, asked twice, adapted.")
    @SINCE
    @BATCH
    @shows
    def report(screen: Screen, since: str | None, batch: str | None) -> int:
        found = asyncio.run(_report(since, batch))
        if screen.json:
            screen.document(found.document())
        else:
            _show_report(screen, found)
        return 0

    return report


async def _report(since: str | None, batch: str | None) -> Report:
    async with AsyncClient() as client:
        return await client.report(since=moment(since), batch=batch)


def _show_report(screen: Screen, report: Report) -> None:
    counted = ", ".join(f"{count} {status}" for status, count in report.statuses.items())
    screen.result(f"{_jobs(report.jobs)}{': ' if counted else ''}{counted}\n\nspent")
    _show_spending(screen, report.spending)
    _section(screen, "slowest", [f"{each.seconds:.1f} s  {each.job_id}  {each.backend}" for each in report.slowest])
    failed = [
        f"{each.job_id}  {each.status}, charged: {each.charged}  {one_line(each.message, LONGEST_MESSAGE)}"
        for each in report.failed
    ]
    _section(screen, "failed", failed)
    _section(screen, "asked for more than once", ["  ".join(ids) for ids in report.duplicated])
    _section(screen, "adapted", [f"{each.job_id}  {'; '.join(each.adjustments)}" for each in report.adapted])


def _section(screen: Screen, title: str, lines: Sequence[str]) -> None:
    if lines:
        screen.result(f"\n{title}")
        for text in lines:
            screen.result(f"  {text}")
