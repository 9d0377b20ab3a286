"""The command `backend audit`: the findings of rule packs in a folder of code, as text, JSON or SARIF."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import click

from ..integrator.audit import pack, sarif
from ..integrator.audit.auditing import audit
from ..integrator.audit.facts import SEVERITIES, Finding, Report, Severity
from .commands import shows
from .showing import Screen

FOUND = 11
"""The exit code for findings: no error of this program has it."""
COLOURS: dict[Severity, str] = {"error": "red", "warning": "yellow", "note": "cyan"}
HELP = f"""\
Find what was forgotten in PATH, a folder of code that registers its backends in many places.

Reads and never runs what is there. Ends with {FOUND} if something was found that `--fail-on` asks for."""


def audit_command(name: str) -> click.Command:
    @click.command(name, help=HELP)
    @click.argument("path", type=click.Path(path_type=Path))
    @click.option("--pack", "names", multiple=True, metavar="PACK", help=_packs_help())
    @click.option("--rule", "rules", multiple=True, metavar="NAME", help="Only this rule; may be repeated.")
    @click.option("--sarif", "as_sarif", is_flag=True, help="Print one SARIF 2.1.0 log.")
    @click.option(
        "--fail-on",
        type=click.Choice(SEVERITIES),
        default="warning",
        show_default=True,
        help="The mildest finding that is a failure.",
    )
    @shows
    def run(
        screen: Screen, path: Path, names: tuple[str, ...], rules: tuple[str, ...], as_sarif: bool, fail_on: Severity
    ) -> int:
        if screen.json and as_sarif:
            raise click.UsageError("Give either `--json` or `--sarif`.")
        packs = [pack.read(each) for each in names or pack.shipped()]
        report = audit(path, packs, rules)
        if as_sarif:
            screen.document(sarif.document(report, packs))
        elif screen.json:
            screen.document(report.document())
        else:
            _show(screen, report)
        return FOUND if report.fails(fail_on) else 0

    return run


def _packs_help() -> str:
    return f"Rules: {', '.join(pack.shipped())} or a TOML file; may be repeated.  [default: all shipped]"


def _show(screen: Screen, report: Report) -> None:
    findings = sorted(report.findings, key=lambda each: SEVERITIES.index(each.severity))
    for _, those in groupby(findings, key=lambda each: (each.pack, each.rule)):
        _show_rule(screen, list(those))
    for unread in report.unread:
        screen.detail(f"not read: {unread.path}: {unread.why}")
    for unchecked in report.unchecked:
        screen.detail(f"not checked: {unchecked.pack}/{unchecked.rule}: {unchecked.why}")
    counts = ", ".join(f"{count} {severity}s" for severity, count in report.counts().items())
    hint = "" if screen.verbose or not (report.unread or report.unchecked) else "; -v says which"
    screen.note(
        f"{report.files} files, {report.rules} rules: {counts}. "
        f"Not checked: {len(report.unchecked)} rules; not read whole: {len(report.unread)} files{hint}."
    )


def _show_rule(screen: Screen, findings: list[Finding]) -> None:
    first = findings[0]
    screen.styled(click.style(f"{first.severity}: ", fg=COLOURS[first.severity], bold=True), first.rule)
    for finding in findings:
        screen.result(f"  {finding.place}: {finding.says}")
    screen.result(f"  why: {' '.join(first.means.split())}")
    screen.result(f"  mend: {' '.join(first.mend.split())}\n")
