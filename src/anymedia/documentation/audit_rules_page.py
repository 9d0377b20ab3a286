"""Writes `docs/reference/audit-rules.md`: every rule of the shipped packs, from the packs."""

from __future__ import annotations

from ..integrator.audit import pack
from .tables import code, page, sentence, table

INTRODUCTION = """\
What `anymedia backend audit` looks for, pack by pack, and how to mend it. How it is run and how packs are written:
[audit a code base](../how-to/audit-a-code-base.md)."""
HEADS = ("rule", "severity", "what is found", "why it matters", "how to mend it")


def render() -> str:
    """The whole page."""
    return page("The rules of the audit", INTRODUCTION, *map(_section, pack.shipped()))


def _section(name: str) -> str:
    found = pack.read(name)
    return f"## {name}\n\n{sentence(found.title)}\n\n{rules_of_pack(found)}"


def rules_of_pack(found: pack.Pack) -> str:
    rows = ((code(rule.name), rule.severity, rule.says, rule.means, rule.mend) for rule in found.rules)
    return table(HEADS, rows)
