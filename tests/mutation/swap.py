"""Puts a changed module into the running process: the new code goes into the old functions, wherever they are held."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

PLAIN = (bool, int, float, str, bytes, tuple, frozenset)


def swap(module: ModuleType, tree: ast.Module, *, outside_functions: bool) -> None:
    """Let the module do what the tree says. Raise `ValueError` if the code no longer fits a closure."""
    new: dict[str, Any] = {"__name__": module.__name__, "__package__": module.__package__, "__file__": module.__file__}
    exec(compile(tree, str(module.__file__), "exec", dont_inherit=True), new)
    old = vars(module)
    if outside_functions:
        for name, value in _constants(tree, new):
            _rebind(name, old.get(name), value)
        _give_attributes(old, new)
    fresh = dict(_functions(new, module.__name__))
    for name, function in _functions(old, module.__name__):
        if (other := fresh.get(name)) is not None:
            if function.__code__ != other.__code__:
                function.__code__ = other.__code__
            if outside_functions:
                function.__defaults__, function.__kwdefaults__ = other.__defaults__, other.__kwdefaults__


def _give_attributes(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Plain values of classes, such as the default of a dataclass field that `__init__` does not take."""
    for name, value in new.items():
        mine = old.get(name)
        if isinstance(value, type) and isinstance(mine, type) and value.__module__ == mine.__module__:
            for attribute, plain in vars(value).items():
                if isinstance(plain, PLAIN) and vars(mine).get(attribute) != plain and not attribute.startswith("__"):
                    setattr(mine, attribute, plain)


def _constants(tree: ast.Module, namespace: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            for target in ast.walk(statement):
                if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store) and target.id in namespace:
                    yield target.id, namespace[target.id]


def _rebind(name: str, old: Any, new: Any) -> None:
    """In every module that holds the old value under this name."""
    if repr(old) == repr(new):
        return
    for module in list(sys.modules.values()):
        if vars(module).get(name) is old:
            setattr(module, name, new)


def _functions(namespace: dict[str, Any], module: str) -> Iterator[tuple[str, FunctionType]]:
    """Every function that the module defines, by its qualified name; those of its classes too."""
    for name, value in list(namespace.items()):
        if isinstance(value, type) and value.__module__ == module:
            yield from ((f"{name}.{inner}", found) for inner, found in _functions(dict(vars(value)), module))
        elif (function := _plain(value)) is not None and function.__module__ == module:
            yield name, function


def _plain(value: Any) -> FunctionType | None:
    """The function inside of a property, a cached property, a class method or what wraps it."""
    if isinstance(value, property):
        value = value.fget
    value = getattr(value, "func", value) if type(value).__name__ == "cached_property" else value
    value = getattr(value, "__func__", value)
    while hasattr(value, "__wrapped__"):
        value = value.__wrapped__
    return value if isinstance(value, FunctionType) else None
