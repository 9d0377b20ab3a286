"""Writes `docs/reference/python.md`: the public names with their signatures and words, read from the source."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import is_dataclass
from textwrap import dedent
from types import FunctionType

import anymedia

from ..operations import OPERATIONS, Request, request_fields
from ..parameters import CallParameters
from .tables import code, codes, noun, page, table

INTRODUCTION = """\
Everything of `import anymedia`. Asyncio is underneath: `agenerate_media` and `AsyncClient` are the thing itself,
`generate_media` and `Client` wrap it for code that blocks. Nothing heavy is imported before the first use."""
MAKING = """\
Keyword arguments of every call. They are also typed dictionaries for editors and type checkers."""

LONGEST_LINE = 100
Function = ast.FunctionDef | ast.AsyncFunctionDef


def render() -> str:
    """The whole page."""
    names = sorted(name for name in anymedia.__all__ if not name.startswith("__"))
    functions = [name for name in names if isinstance(getattr(anymedia, name), FunctionType)]
    classes = [name for name in names if inspect.isclass(getattr(anymedia, name))]
    requests = [name for name in classes if issubclass(getattr(anymedia, name), Request)]
    others = [name for name in classes if name not in requests]
    return page(
        "Python",
        INTRODUCTION,
        *(_function(name) for name in functions),
        f"## Keyword arguments\n\n{MAKING}",
        call_parameters(),
        *(_operation(kind) for kind in OPERATIONS.values() if kind.__name__ in requests),
        *(_class(name) for name in others),
    )


def _parsed(thing: object) -> ast.AST:
    return ast.parse(dedent(inspect.getsource(thing))).body[0]  # type: ignore[arg-type]


def _function(name: str) -> str:
    function = getattr(anymedia, name)
    definition = _parsed(function)
    assert isinstance(definition, Function)
    return f"## {name}\n\n```python\n{_signature(definition)}\n```\n\n{_words(function)}"


def _signature(definition: Function) -> str:
    """The `def` line, on several lines where it is long, without `self`."""
    prefix = "async def" if isinstance(definition, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(definition.returns)}" if definition.returns else ""
    arguments = list(_arguments(definition.args))
    line = f"{prefix} {definition.name}({', '.join(arguments)}){returns}"
    if len(line) <= LONGEST_LINE:
        return line
    inside = "".join(f"    {argument},\n" for argument in arguments)
    return f"{prefix} {definition.name}(\n{inside}){returns}"


def _arguments(arguments: ast.arguments) -> Iterator[str]:
    without = [None] * (len(arguments.args) - len(arguments.defaults))
    for each, default in zip(arguments.args, (*without, *arguments.defaults), strict=True):
        if each.arg != "self":
            yield _argument(each, default)
    if arguments.kwonlyargs:
        yield "*"
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _argument(each, default)
    if arguments.kwarg:
        yield f"**{_argument(arguments.kwarg, None)}"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    annotation = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    return f"{argument.arg}{annotation}" + (f" = {ast.unparse(default)}" if default else "")


def _words(thing: object) -> str:
    """The docstring of this very thing, not of a base class."""
    return inspect.cleandoc(thing.__doc__ or "")


def _class(name: str) -> str:
    kind = getattr(anymedia, name)
    definition = _parsed(kind)
    assert isinstance(definition, ast.ClassDef)
    fields = table(("field", "type", "default"), _fields(definition)) if is_dataclass(kind) else ""
    methods = "\n\n".join(_methods(definition))
    return "\n\n".join(part for part in (f"## {name}", _words(kind), fields, methods) if part)


def _fields(definition: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    for each in definition.body:
        if isinstance(each, ast.AnnAssign) and not ast.unparse(each.annotation).startswith("ClassVar"):
            default = "" if each.value is None else code(_default(each.value))
            yield code(ast.unparse(each.target)), code(ast.unparse(each.annotation)), default


def _default(value: ast.expr) -> str:
    """The default itself where `field` wraps it."""
    if isinstance(value, ast.Call):
        for keyword in value.keywords:
            if keyword.arg == "default":
                return ast.unparse(keyword.value)
            if keyword.arg == "default_factory":
                return f"{ast.unparse(keyword.value)}()"
    return ast.unparse(value)


def _methods(definition: ast.ClassDef) -> Iterator[str]:
    """Public methods and properties, and how the object is made."""
    for each in definition.body:
        if isinstance(each, Function) and (not each.name.startswith("_") or each.name == "__init__"):
            words = ast.get_docstring(each) or ""
            decorators = "".join(f"@{ast.unparse(name)}\n" for name in each.decorator_list)
            yield f"```python\n{decorators}{_signature(each)}\n```" + (f"\n\n{words}" if words else "")


def call_parameters() -> str:
    """The options of every call; their words are the strings below them in the generated typed dictionary."""
    definition = _parsed(CallParameters)
    assert isinstance(definition, ast.ClassDef)
    rows = []
    for name, words in zip(definition.body[1::2], definition.body[2::2], strict=True):
        assert isinstance(name, ast.AnnAssign)
        assert isinstance(words, ast.Expr)
        rows.append((code(ast.unparse(name.target)), code(ast.unparse(name.annotation)), ast.literal_eval(words.value)))
    return "### every call\n\n" + table(("argument", "type", "what for"), rows)


def _operation(kind: type[Request]) -> str:
    rows = [(code(name), str(field.metadata["help"])) for name, field in request_fields(kind).items()]
    forms = [f"generate_media(..., mode={kind.operation!r})", f"{kind.__name__}(...)"]
    if hasattr(anymedia.Client, kind.verb or kind.operation):
        forms.insert(1, f"client.{kind.verb or kind.operation}(...)")
    return f"### {noun(kind.operation)}\n\n{codes(forms)}\n\n" + table(("argument", "what for"), rows)
