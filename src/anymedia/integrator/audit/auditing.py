"""Runs packs over a folder: collects the facts with both engines, applies each rule, and reports."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from ...errors import UnknownName, did_you_mean
from .facts import Fact, Finding, Place, Report, Unchecked, Unread
from .fields import found
from .pack import Pack, Relation, Rule, Search
from .relations import broken
from .structure import Structures
from .text import Lines
from .tree import Tree, expression

Facts = Mapping[int, Sequence[Fact]]
"""What each search found, by its identity."""
LONGEST = 80
"""Characters of a text of the code that a sentence shows."""


def audit(root: Path, packs: Sequence[Pack], only: Collection[str] = ()) -> Report:
    """Apply all rules of the packs, or those named in `only`, to a folder. Reads files; runs nothing of them."""
    _check_names(packs, only)
    rules = [(pack, rule) for pack in packs for rule in pack.rules if not only or rule.name in only]
    searches = list({id(each): each for pack, rule in rules for each in _needed(pack, rule)}.values())
    tree = Tree(root)
    structures, lines = Structures(tree), Lines(tree)
    facts = structures.facts([each for each in searches if each.structure is not None])
    for search in searches:
        if search.structure is None:
            facts[id(search)] = lines.facts(search) if search.text is not None else _paths(tree, search)
    findings: list[Finding] = []
    unchecked: list[Unchecked] = []
    for pack, rule in rules:
        judged = _Judged(tree, lines, pack, rule, facts)
        findings += sorted(judged.findings(), key=lambda each: each.place)
        unchecked += judged.unchecked()
    return Report(
        root=tree.root,
        files=len(tree.files),
        rules=len(rules),
        findings=tuple(dict.fromkeys(findings)),
        unchecked=tuple(unchecked),
        unread=tuple(sorted({*structures.unread, *_wanted(tree, searches)})),
    )


def _wanted(tree: Tree, searches: Sequence[Search]) -> Iterator[Unread]:
    """The unread files that a search asks for; nobody misses the others."""
    asked = expression([glob for search in searches for glob in search.where])
    return (each for each in tree.unread if asked.fullmatch(each.path))


def _needed(pack: Pack, rule: Rule) -> Iterator[Search]:
    yield from rule.find
    for name in rule.relation.sets if rule.relation is not None else ():
        yield from pack.sets[name]


def _check_names(packs: Sequence[Pack], only: Collection[str]) -> None:
    known = [rule.name for pack in packs for rule in pack.rules]
    for name in only:
        if name not in known:
            raise UnknownName(f"There is no rule {name!r} in these packs.", next=did_you_mean(name, known))


def _paths(tree: Tree, search: Search) -> list[Fact]:
    paths = tree.matching(search.where, search.but_not)
    return [fact for path in paths for fact in found(search, Place(path=path), {})]


class _Judged:
    """One rule, applied to the facts."""

    def __init__(self, tree: Tree, lines: Lines, pack: Pack, rule: Rule, facts: Facts) -> None:
        self._tree, self._lines, self._pack, self._rule, self._facts = tree, lines, pack, rule, facts
        self._why = self._nothing_to_check()

    def findings(self) -> Iterator[Finding]:
        if self._why is not None:
            return
        if self._rule.relation is None:
            for search in self._rule.find:
                yield from (self._finding(fact, {}) for fact in self._facts.get(id(search), ()))
            return
        for fact, words in broken(self._rule.relation, self._sets(), self._lines.mentioned):
            yield self._finding(fact, words)

    def unchecked(self) -> Iterator[Unchecked]:
        if self._why is not None:
            yield Unchecked(rule=self._rule.name, pack=self._pack.name, why=self._why)

    def _sets(self) -> dict[str, list[Fact]]:
        return {
            name: [fact for search in searches for fact in self._facts.get(id(search), ())]
            for name, searches in self._pack.sets.items()
        }

    def _nothing_to_check(self) -> str | None:
        relation = self._rule.relation
        if relation is not None:
            return self._nothing_to_compare(relation)
        if not any(self._tree.matching(search.where, search.but_not) for search in self._rule.find):
            return f"no file is named like {', '.join(glob for each in self._rule.find for glob in each.where)}"
        return None

    def _nothing_to_compare(self, relation: Relation) -> str | None:
        """A set of which nothing was found is kept elsewhere, or in another shape: then nothing is compared."""
        sets = self._sets()
        for name in filter(None, (relation.every, relation.is_in, relation.same_as, relation.only)):
            if not sets[name]:
                return f"nothing was found of `{name}`"
        if relation.mentioned_in and not self._tree.matching(relation.mentioned_in):
            return f"no file is named like {', '.join(relation.mentioned_in)}"
        return None

    def _finding(self, fact: Fact, words: Mapping[str, str]) -> Finding:
        rule = self._rule
        return Finding(
            rule=rule.name,
            pack=self._pack.name,
            severity=rule.severity,
            place=fact.place,
            says=_said(rule.says, {**fact.fields, **words}),
            means=rule.means,
            mend=rule.mend,
        )


def _said(sentence: str, words: Mapping[str, str]) -> str:
    """The sentence of a rule with the words of a fact, each on one line; what the fact does not have is a `?`."""
    return re.sub(r"\{(\w+)\}", lambda name: _short(words.get(name[1], "?")), sentence)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
