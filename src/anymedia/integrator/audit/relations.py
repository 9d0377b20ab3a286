"""The relations between sets of facts that rules ask for: a member of, mentioned in, the same as, only once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from .facts import Fact
from .pack import Relation

Sets = Mapping[str, Sequence[Fact]]
Mentioned = Callable[[Iterable[str], tuple[str, ...]], set[str]]
Broken = tuple[Fact, Mapping[str, str]]
"""A fact that breaks a relation, and more words for what is said about it."""
Key = tuple[str, ...] | None


def broken(relation: Relation, sets: Sets, mentioned: Mentioned) -> Iterator[Broken]:
    """The facts that break the relation, in the order in which they stand in the code."""
    facts = list(_concerned(relation, sets))
    if relation.is_in is not None:
        known = _keys(relation, sets[relation.is_in])
        yield from ((fact, {}) for fact in facts if _key(relation, fact) not in known)
    elif relation.same_as is not None:
        yield from _different(relation, facts, sets[relation.same_as])
    elif relation.once:
        yield from _repeated(relation, facts)
    else:
        yield from _not_mentioned(relation, facts, mentioned)


def _concerned(relation: Relation, sets: Sets) -> Iterator[Fact]:
    """The facts that the relation is about, each of its kind once."""
    by = relation.only_by or relation.by
    only = _keys(relation, sets[relation.only], by) if relation.only else None
    unless = _keys(relation, sets[relation.unless], by) if relation.unless else set()
    seen: set[object] = set()
    for fact in sorted(sets[relation.every], key=lambda each: each.place):
        excepted = any(fact.fields.get(name) in texts for name, texts in relation.excepting.items())
        included = only is None or _key(relation, fact, by) in only
        if _key(relation, fact) is None or excepted or not included or _key(relation, fact, by) in unless:
            continue
        identity = fact.place if relation.once else (_key(relation, fact), fact.fields.get(relation.value or ""))
        if identity not in seen:
            seen.add(identity)
            yield fact


def _key(relation: Relation, fact: Fact, by: tuple[str, ...] = ()) -> Key:
    return fact.key(by or relation.by, any_case=relation.any_case)


def _keys(relation: Relation, facts: Iterable[Fact], by: tuple[str, ...] = ()) -> set[Key]:
    return {key for fact in facts if (key := _key(relation, fact, by)) is not None}


def _different(relation: Relation, facts: Iterable[Fact], others: Sequence[Fact]) -> Iterator[Broken]:
    """What only one side says is no contradiction."""
    assert relation.value is not None
    for fact in facts:
        alike = [each for each in others if _key(relation, each) == _key(relation, fact)]
        values = {each.fields[relation.value] for each in alike if relation.value in each.fields}
        if values and relation.value in fact.fields and fact.fields[relation.value] not in values:
            yield fact, {"other": ", ".join(sorted(values)), "there": str(alike[0].place)}


def _repeated(relation: Relation, facts: Iterable[Fact]) -> Iterator[Broken]:
    first: dict[Key, Fact] = {}
    for fact in facts:
        earlier = first.setdefault(_key(relation, fact), fact)
        if earlier is not fact:
            yield fact, {"there": str(earlier.place)}


def _not_mentioned(relation: Relation, facts: Sequence[Fact], mentioned: Mentioned) -> Iterator[Broken]:
    assert relation.value is not None
    words = {fact.fields[relation.value] for fact in facts if relation.value in fact.fields}
    known = mentioned(words, relation.mentioned_in)
    for fact in facts:
        if fact.fields.get(relation.value, "").lower() not in known:
            yield fact, {}
