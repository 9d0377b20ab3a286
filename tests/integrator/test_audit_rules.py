"""Every rule of the shipped packs, on a tree where its thing was forgotten and on one in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from foreign_trees import ALL, ForeignTree, Omission

from anymedia.integrator.audit import pack
from anymedia.integrator.audit.auditing import audit

OMISSIONS = [each for tree in ALL.values() for each in tree.omissions]


@pytest.mark.parametrize("omission", OMISSIONS, ids=lambda each: each.id)
def test_what_was_forgotten_is_found(omission: Omission, tmp_path: Path) -> None:
    tree = ALL[omission.tree]
    report = audit(tree.write(tmp_path, omission), [pack.read(tree.pack)], [omission.rule])
    assert any(omission.says in finding.says for finding in report.findings), report


@pytest.mark.parametrize("tree", ALL.values(), ids=list(ALL))
def test_nothing_is_found_in_a_tree_in_order_and_every_rule_was_checked(tree: ForeignTree, tmp_path: Path) -> None:
    report = audit(tree.write(tmp_path), [pack.read(tree.pack)])
    assert (report.findings, report.unchecked, report.unread) == ((), (), ())


@pytest.mark.parametrize("name", pack.shipped())
def test_every_rule_of_a_shipped_pack_has_a_tree_that_breaks_it(name: str) -> None:
    assert {each.rule for each in ALL[name].omissions} == {rule.name for rule in pack.read(name).rules}


@pytest.mark.parametrize("name", pack.shipped())
def test_a_rule_says_why_and_what_to_do_in_sentences(name: str) -> None:
    for rule in pack.read(name).rules:
        assert not rule.says.endswith(".") and rule.means.endswith(".") and rule.mend.endswith("."), rule.name
