"""The small faults that are put into a module: each is one change of its syntax tree, and is listed in words."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
CLEANING = {"strip", "lstrip", "rstrip", "lower", "removeprefix", "removesuffix"}
SQL = (
    (" AND ", " OR "),
    (">=", ">"),
    ("<>", "="),
    (" IS NULL", " IS NOT NULL"),
    ("NOT EXISTS", "EXISTS"),
    (" DESC", ""),
    ("COALESCE(settled_nano, reserved_nano, 0)", "COALESCE(reserved_nano, settled_nano, 0)"),
)
IS_SQL = re.compile(r"\b(SELECT|UPDATE|DELETE|WHERE) |=\?")
IN_REGEX = re.compile(r"\\b|\(\?i\)|\{\d+|\|[^|()\[\]]+")
NEGATED_BY_A_SWAP = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
WITHOUT_DECISIONS = ("annotation", "returns", "decorator_list", "type_comment", "bases", "names")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One fault. `function` is the function or class it is in; whoever reaches a line of `first` to `last` may meet it.

    Outside of all bodies (`in_function` false) it is met by every test of the module.
    """

    function: str
    line: str
    change: str
    in_function: bool
    first: int
    last: int
    parent: ast.AST
    field: str
    index: int | None
    new: ast.AST

    @property
    def name(self) -> str:
        return f"{self.function}: {self.line}: {self.change}"

    def apply(self) -> None:
        """Put it into the tree that it was found in."""
        if self.index is None:
            setattr(self.parent, self.field, self.new)
        else:
            getattr(self.parent, self.field)[self.index] = self.new


def mutants_of(tree: ast.Module, source: str) -> list[Mutant]:
    """Every fault, in the order of the lines. Those that would be told in the same words are numbered."""
    told: Counter[str] = Counter()
    found = []
    for mutant in _below(tree, source.splitlines(), "", None):
        told[mutant.name] += 1
        number = told[mutant.name]
        found.append(mutant if number == 1 else replace(mutant, change=f"{mutant.change} ({number})"))
    return found


def _below(
    node: ast.AST, lines: list[str], function: str, statement: ast.stmt | None, inside: bool = False
) -> Iterator[Mutant]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}".removeprefix(".")
    for field, index, child in _children(node):
        here = child if isinstance(child, ast.stmt) else statement
        if isinstance(node, ast.match_case) and field == "pattern":
            here = node.body[0]
        within = inside or (field == "body" and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        if _says_nothing(child):
            continue
        for new in _faults(child, node, field):
            assert here is not None
            told = getattr(child, "lineno", getattr(node, "lineno", here.lineno))
            first, last = _needed(child, here)
            yield Mutant(
                function=function,
                in_function=within,
                line=" ".join(lines[told - 1].split()),
                change=_change(child, new),
                first=first,
                last=last,
                parent=node,
                field=field,
                index=index,
                new=ast.fix_missing_locations(ast.copy_location(new, child)) if hasattr(child, "lineno") else new,
            )
        if not isinstance(child, ast.JoinedStr):
            yield from _below(child, lines, function, here, within)


def _needed(node: ast.AST, statement: ast.stmt) -> tuple[int, int]:
    """The lines, one of which a test has to reach: of a handler or a case its body, of a loop or condition its head."""
    if isinstance(node, ast.ExceptHandler | ast.match_case):
        return node.body[0].lineno, node.body[-1].end_lineno or 0
    body = getattr(statement, "body", None)
    return statement.lineno, max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno or 0


def _children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in WITHOUT_DECISIONS:
            continue
        if isinstance(value, ast.AST):
            yield field, None, value
        elif isinstance(value, list):
            yield from ((field, index, each) for index, each in enumerate(value) if isinstance(each, ast.AST))


def _says_nothing(node: ast.AST) -> bool:
    """What is no decision of the program: texts, documentation, logs, imports, assertions, types."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert():
            return True
        case ast.Expr(value=ast.Constant()) | ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="log")))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"))):
            return True
        case ast.Assign(targets=[ast.Name(id="__slots__" | "__all__" | "T" | "log")]):
            return True
        case ast.Assign(value=ast.BinOp(op=ast.BitOr())) if isinstance(node.value.left, ast.Name):
            return True
        case ast.Call(func=ast.Name(id="cast" | "TypeVar" | "isinstance")):
            return True
    return False


def _faults(node: ast.AST, parent: ast.AST, field: str) -> Iterator[ast.AST]:
    if type(node) in SWAPS and not _joins_text(parent):
        yield SWAPS[type(node)]()
    if (isinstance(parent, ast.If | ast.While | ast.IfExp) and field == "test") or field == "ifs":
        yield from _negated(node)
    match node:
        case ast.Constant():
            yield from _other_constants(node, parent)
        case ast.JoinedStr(values=parts):
            for number, part in enumerate(parts):
                changed = _other_sql(part.value) if isinstance(part, ast.Constant) else ()
                yield from (
                    ast.JoinedStr(values=[*parts[:number], ast.Constant(value=new), *parts[number + 1 :]])
                    for new in changed
                )
        case ast.BoolOp(op=op, values=values):
            for left_out in range(len(values)):
                rest = [each for number, each in enumerate(values) if number != left_out]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op=op, values=rest)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Name(id=name) if name in NAMES:
            yield ast.Name(id=NAMES[name], ctx=ast.Load())
        case ast.Call(func=ast.Name(id="suppress")):
            yield ast.Call(func=node.func, args=[], keywords=[])
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in CLEANING:
            yield value
        case ast.Expr() | ast.Raise() | ast.Continue() | ast.Break() | ast.AugAssign() | ast.Delete():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant) or value.value:
            yield ast.Return(value=ast.Constant(value=None))
        case ast.ExceptHandler():
            yield ast.ExceptHandler(type=ast.Tuple(elts=[], ctx=ast.Load()), name=node.name, body=node.body)
        case ast.match_case():
            yield ast.match_case(pattern=_never(), guard=None, body=node.body)


def _never() -> ast.pattern:
    return ast.MatchValue(value=ast.Constant(value=b"no case"))


def _joins_text(node: ast.AST) -> bool:
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
    return any(isinstance(side, ast.JoinedStr) or _is_text(side) for side in sides)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def _negated(test: ast.AST) -> Iterator[ast.AST]:
    by_swap = isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], NEGATED_BY_A_SWAP)
    if not by_swap and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        yield ast.UnaryOp(op=ast.Not(), operand=test)


def _other_constants(node: ast.Constant, parent: ast.AST) -> Iterator[ast.AST]:
    match parent:
        case ast.Call(func=ast.Attribute(attr="encode" | "decode"), args=[first, *_]) if first is node:
            return  # codecs are looked up without regard to marks: `ascii?` is `ascii`
    for value in _other_values(node.value, parent):
        yield ast.Constant(value=value)


def _other_values(value: Any, parent: ast.AST) -> Iterator[Any]:
    """A sentence is left as it is, whoever it is for; words, numbers, SQL and patterns decide something."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str | bytes) and _is_pattern(parent):
        yield from _other_patterns(value)
    elif isinstance(value, str) and IS_SQL.search(value):
        yield from _other_sql(value)
    elif (
        isinstance(value, str)
        and value
        and not re.search(r"\s", value.strip())
        and not isinstance(parent, ast.Subscript)
    ):
        yield value + "?"
    elif isinstance(value, bytes) and value:
        yield value + b"?"


def _other_sql(text: str) -> Iterator[str]:
    if IS_SQL.search(text):
        yield from (text.replace(old, new) for old, new in SQL if old in text)


def _is_pattern(parent: ast.AST) -> bool:
    match parent:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
            return True
    return False


def _other_patterns(value: Any) -> Iterator[Any]:
    text = value if isinstance(value, str) else value.decode("latin-1")
    for found in IN_REGEX.finditer(text):
        part = found[0]
        new = f"{{{int(part[1:]) + 1}" if part.startswith("{") else ""
        changed = text[: found.start()] + new + text[found.end() :]
        yield changed if isinstance(value, str) else changed.encode("latin-1")


def _change(old: ast.AST, new: ast.AST) -> str:
    """What was and what is, of long ones only what differs and a little around it."""
    match new:
        case ast.Pass():
            return "left out"
        case ast.Return():
            return "returns None"
        case ast.ExceptHandler():
            return "catches nothing"
        case ast.match_case():
            return f"never: {_words(old)}"
    before, after = _words(old), _words(new)
    if len(before) > 70:
        start, end = max(0, _alike(before, after) - 25), max(0, _alike(before[::-1], after[::-1]) - 25)
        before, after = before[start : len(before) - end], after[start : len(after) - end]
    return f"{before} -> {after}"


def _alike(one: str, other: str) -> int:
    """How many characters are the same at the beginning."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def _words(node: ast.AST) -> str:
    if isinstance(node, ast.operator | ast.cmpop | ast.boolop | ast.unaryop):
        return type(node).__name__
    if isinstance(node, ast.match_case):
        return f"case {ast.unparse(node.pattern)}"
    return " ".join(ast.unparse(node).split())
