"""Rule packs: what they may say, and how they are read from TOML. Everything specific to a code base is in a pack."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from ...errors import InvalidConfiguration, UnknownName, did_you_mean
from .facts import Severity

Table = Mapping[str, Any]
WORDS: Mapping[type, str] = {str: "text", list: "list", dict: "table", bool: "yes or no (true or false)"}


@dataclass(frozen=True, kw_only=True)
class Search:
    """Where to look and what for: a structure (a rule of ast-grep), a text (a regular expression), or only a path.

    Metavariables and named groups become the fields of the facts, in lower case and without quotes. `keep` gives a
    fact for each match of an expression in a field, `rename` says a field in other words.
    """

    where: tuple[str, ...]
    but_not: tuple[str, ...] = ()
    structure: Table | None = None
    text: str | None = None
    path: str | None = None
    mentions: tuple[str, ...] = ()
    keep: Mapping[str, str] = field(default_factory=dict)
    rename: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shapes: Table = field(default_factory=dict)
    of: str = ""


@dataclass(frozen=True, kw_only=True)
class Relation:
    """What must hold between the facts of two sets.

    Every fact of the set `every` must have one in the set `is_in` with the same texts `by`; or its `value` must be
    mentioned in the files `mentioned_in`; or be the `value` of those of `same_as`; or there must be no second one
    like it (`once`). `only` and `unless` name a set that says for which facts, compared by `only_by` or `by`. With
    `any_case` capitals do not matter, as they never do in `mentioned_in`; facts that `excepting` names are left out.
    """

    every: str
    by: tuple[str, ...]
    is_in: str | None = None
    mentioned_in: tuple[str, ...] = ()
    same_as: str | None = None
    once: bool = False
    value: str | None = None
    only: str | None = None
    unless: str | None = None
    only_by: tuple[str, ...] = ()
    any_case: bool = False
    excepting: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def sets(self) -> list[str]:
        """The names of all sets that it needs."""
        return [each for each in (self.every, self.is_in, self.same_as, self.only, self.unless) if each]

    @property
    def kinds(self) -> list[str]:
        return [each for each in ("is_in", "mentioned_in", "same_as", "once") if getattr(self, each)]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that must not be: each fact of `find` is a finding, or each that breaks `relation`."""

    name: str
    severity: Severity
    says: str
    means: str
    mend: str
    find: tuple[Search, ...] = ()
    relation: Relation | None = None


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Rules for one layout, the sets of facts that their relations compare, and shapes that structures share."""

    name: str
    title: str
    sets: Mapping[str, tuple[Search, ...]]
    rules: tuple[Rule, ...]


def shipped() -> tuple[str, ...]:
    """The names of the packs that come with this package."""
    names = (each.name for each in files(__package__).joinpath("packs").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def read(name: str) -> Pack:
    """A shipped pack by its name, or one of the user's by its file."""
    if name in shipped():
        text = files(__package__).joinpath("packs", f"{name}.toml").read_text("utf-8")
        return parsed(text, f"{name}.toml")
    if not Path(name).is_file():
        known = did_you_mean(name, shipped())
        raise UnknownName(f"There is no pack and no file {name!r}.", next=known)
    try:
        return parsed(Path(name).read_text("utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration(f"The pack {name} cannot be read: {error}.") from None


def parsed(text: str, origin: str) -> Pack:
    """A pack from the text of a TOML document; `origin` is what errors call it."""
    try:
        document = tomllib.loads(text)
        return _pack(document)
    except (tomllib.TOMLDecodeError, _Wrong) as error:
        raise InvalidConfiguration(f"The pack {origin} is wrong: {error}.") from None


class _Wrong(Exception):
    """Something in a pack that is not what it must be."""


def _pack(document: Table) -> Pack:
    _check_keys(document, "the pack", {"name", "title", "set", "rule", "shape"}, {"name", "title", "rule"})
    shapes = _checked(document.get("shape", {}), "`shape`", dict)
    sets = {
        name: tuple(_search(each, f"the set `{name}`", shapes) for each in _tables(searches, f"the set `{name}`"))
        for name, searches in _checked(document.get("set", {}), "`set`", dict).items()
    }
    rules = tuple(_rule(each, shapes, sets) for each in _tables(document["rule"], "`rule`"))
    names = [rule.name for rule in rules]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise _Wrong(f"there are two rules `{doubled.pop()}`")
    return Pack(name=document["name"], title=document["title"], sets=sets, rules=rules)


def _rule(table: Table, shapes: Table, sets: Mapping[str, tuple[Search, ...]]) -> Rule:
    label = f"the rule `{table.get('name', '?')}`"
    _check_fields(table, label, Rule)
    if table["severity"] not in get_args(Severity):
        raise _Wrong(f"the severity of {label} must be one of {', '.join(get_args(Severity))}")
    if ("find" in table) == ("relation" in table):
        raise _Wrong(f"{label} needs either `find` or `relation`")
    values = {**table, "find": tuple(_search(each, label, shapes) for each in _tables(table.get("find", []), label))}
    if "relation" in table:
        values["relation"] = _relation(table["relation"], label, sets)
    return Rule(**values)


def _search(table: Table, label: str, shapes: Table) -> Search:
    _check_fields(table, label, Search, left_out={"shapes", "of"})
    for text in filter(None, (table.get("text"), table.get("path"), *table.get("keep", {}).values())):
        try:
            groups = re.compile(text).groups
        except re.error as error:
            raise _Wrong(f"{text!r} in {label} is no regular expression: {error}") from None
        if groups > 1 and text in table.get("keep", {}).values():
            raise _Wrong(f"{text!r} in {label} has {groups} groups; `keep` takes one")
    if not {"structure", "text", "path"} & set(table) or {"structure", "text"} <= set(table):
        raise _Wrong(f"a search in {label} needs either `structure` or `text`, or at least `path`")
    return Search(**_with_tuples(table, Search), shapes=_shapes_of(table.get("structure"), shapes, label), of=label)


def _shapes_of(structure: Any, shapes: Table, label: str) -> dict[str, Any]:
    """The shapes that a structure names, and those that they name: a shape is only of use in its own language."""
    used: dict[str, Any] = {}
    waiting = list(_names_of_shapes(structure))
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            raise _Wrong(f"{label} names the shape `{name}`, which is not there")
        if name not in used:
            used[name] = shapes[name]
            waiting += _names_of_shapes(shapes[name])
    return used


def _names_of_shapes(structure: Any) -> Iterator[str]:
    if isinstance(structure, Mapping):
        if isinstance(structure.get("matches"), str):
            yield structure["matches"]
        for each in structure.values():
            yield from _names_of_shapes(each)
    elif isinstance(structure, list):
        for each in structure:
            yield from _names_of_shapes(each)


def _relation(table: Table, label: str, sets: Mapping[str, tuple[Search, ...]]) -> Relation:
    _check_fields(table, f"the relation of {label}", Relation)
    relation = Relation(**_with_tuples(table, Relation))
    if len(relation.kinds) != 1:
        raise _Wrong(f"the relation of {label} needs one of `is_in`, `mentioned_in`, `same_as`, `once`")
    if relation.value is None and relation.kinds[0] in ("mentioned_in", "same_as"):
        raise _Wrong(f"the relation of {label} needs `value`, the field that is compared")
    for name in relation.sets:
        if name not in sets:
            raise _Wrong(f"the relation of {label} names the set `{name}`, which is not there")
    return relation


def _check_fields(table: Table, label: str, kind: type[Any], left_out: Sequence[str] | set[str] = ()) -> None:
    known = [each for each in fields(kind) if each.name not in left_out]
    required = {each.name for each in known if each.default is MISSING and each.default_factory is MISSING}
    _check_keys(table, label, {each.name for each in known}, required)
    for each in known:
        if each.name in table:
            value = _checked(table[each.name], f"`{each.name}` of {label}", _type_of(str(each.type)))
            if str(each.type).startswith(("tuple[str", "Mapping[str, str")):
                for text in value.values() if isinstance(value, dict) else value:
                    _checked(text, f"what stands in `{each.name}` of {label}", str)


def _checked(value: Any, label: str, kind: type) -> Any:
    if not isinstance(value, kind):
        raise _Wrong(f"{label} must be a {WORDS[kind]}")
    return value


def _tables(value: Any, label: str) -> list[Table]:
    return [_checked(each, f"each of {label}", dict) for each in _checked(value, label, list)]


def _check_keys(table: Table, label: str, known: set[str], required: set[str]) -> None:
    if unknown := sorted(set(table) - known):
        raise _Wrong(f"{label} has `{unknown[0]}`; it may have {', '.join(sorted(known))}")
    if missing := sorted(required - set(table)):
        raise _Wrong(f"{label} has no `{missing[0]}`")


def _type_of(annotation: str) -> type:
    """The type in TOML of a field, from its annotation."""
    if annotation.startswith("tuple"):
        return list
    if annotation.startswith(("Mapping", "Table", "Relation")):
        return dict
    return bool if annotation == "bool" else str


def _with_tuples(table: Table, kind: type[Any]) -> dict[str, Any]:
    lists = {each.name for each in fields(kind) if str(each.type).startswith("tuple")}
    return {name: tuple(value) if name in lists else value for name, value in table.items()}
