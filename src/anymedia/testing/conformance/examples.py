"""Requests derived from a declaration: the smallest, one that asks for a parameter, one that breaks a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...media import Json, MediaFile
from ...operations import Request, Size, field_types, needed_fields, recorded_fields
from ...spec.backend import NOT_ON_THE_WIRE, Model
from ...spec.constraints import example_file
from ...spec.params import Rule

FALSY: tuple[Json, ...] = (0, False, "")
LARGEST_EXAMPLES = 8
"""Values of one parameter that go over the wire; a list of sixty styles is not sent sixty times."""


def values_of(model: Model, name: str) -> list[Json]:
    """Valid values of a parameter, each once; `0`, `False` and `""` among them where they are allowed."""
    if name in NOT_ON_THE_WIRE:
        return ["an-earlier-result"] if name == "continue_from" else [True]
    if name in recorded_fields(model.accepts):
        return ["She agrees, in writing, of 2026-11-22."]
    allows = model.params[name].allows
    examples = list(allows.valid_examples())
    shortened = examples[: LARGEST_EXAMPLES - 1] + examples[LARGEST_EXAMPLES - 1 :][-1:]
    falsy = [value for value in FALSY if _fits_type(model, name, value) and allows.problem_with(value) is None]
    return _each_once([*shortened, *(value for value in falsy if type(value) is not int or value not in shortened)])


def _fits_type(model: Model, name: str, value: Json) -> bool:
    hint = field_types(model.accepts)[name]
    return isinstance(value, hint if isinstance(hint, type) else ()) or (hint is float and type(value) is int)


def _each_once(values: Sequence[Json]) -> list[Json]:
    found: list[Json] = []
    for value in values:
        if not any(type(value) is type(known) and value == known for known in found):
            found.append(value)
    return found


def smallest(model: Model) -> dict[str, Json]:
    """Only what must be asked for."""
    return {name: values_of(model, name)[0] for name in needed_fields(model.accepts) if name in model.serves}


def asking(model: Model, pinned: Mapping[str, Json], *, without: str | None = None) -> dict[str, Json] | None:
    """The smallest request with the `pinned` values, and what the rules need besides; `None` if they forbid it."""
    asked = {**smallest(model), **pinned}
    for _ in range(2 * len(model.rules) + 1):
        broken = next((rule for rule in model.rules if rule.problem_with(asked)), None)
        if broken is None:
            return asked
        if not _mended(model, broken, asked, {*pinned, without}):
            return None
    return None


def _mended(model: Model, rule: Rule, asked: dict[str, Json], fixed: set[str | None]) -> bool:
    """Change `asked` so that it keeps `rule`; `False` if only a fixed value could."""
    for name, wanted in rule.needs.items():
        if rule_met(name, wanted, asked):
            continue
        if name in fixed:
            return False
        value = _satisfying(model, name, wanted)
        if value is None:
            asked.pop(name, None)
        else:
            asked[name] = value
    return rule.problem_with(asked) is None


def rule_met(name: str, wanted: Json, asked: Mapping[str, Json]) -> bool:
    """Whether one condition of a rule holds."""
    return Rule(when={}, needs={name: wanted}).problem_with(asked) is None


def _satisfying(model: Model, name: str, wanted: Json) -> Json:
    """A value that meets a condition; `None` when leaving the parameter out is what it wants."""
    if wanted == Rule.ASKED:
        return values_of(model, name)[0]
    options = wanted if isinstance(wanted, tuple) else (wanted,)
    return next((option for option in options if option != Rule.ABSENT), None)


def keeping(model: Model, rule: Rule) -> dict[str, Json] | None:
    """A request to which `rule` applies and that keeps it."""
    conditions = {name: _satisfying(model, name, wanted) for name, wanted in rule.when.items()}
    return asking(model, {name: value for name, value in conditions.items() if value is not None})


def breaking(model: Model, rule: Rule) -> Iterator[tuple[str, dict[str, Json]]]:
    """For each thing `rule` needs, a request that lacks it, with its name."""
    kept = keeping(model, rule)
    if kept is None:
        return
    for name, wanted in rule.needs.items():
        options = [{**kept, name: value} for value in values_of(model, name) if name in model.serves]
        options.append({other: value for other, value in kept.items() if other != name})
        broken = [asked for asked in options if not rule_met(name, wanted, asked) and rule.problem_with(asked)]
        if broken:
            yield name, broken[0]


def undeclared_values(kind: type[Request], name: str) -> tuple[Json, ...]:
    """Values of the right type for a field that a model does not declare, a falsy one first."""
    picture = example_file("image/png")
    by_type: Mapping[Any, tuple[Json, ...]] = {
        int: (0, 1),
        float: (0.0, 1.5),
        bool: (False, True),
        str: ("", "something"),
        Size: ((64, 64),),
        MediaFile: (picture,),
        tuple[MediaFile, ...]: ((picture,),),
    }
    return by_type[field_types(kind)[name]]
