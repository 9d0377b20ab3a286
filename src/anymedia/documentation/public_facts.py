"""Everything that other programs may rely on, as one fact a line: names, parameters, defaults, codes, options, fields.

The lines are `KIND NAME: WHAT`, sorted. A change of what is public is a change of a line, so it is seen in review.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any, Final, get_args

import click

from .. import errors, parameters
from ..configuration.loading import OTHER_VARIABLES
from ..configuration.settings import declared
from ..errors import AnymediaError
from ..media import Json, MediaFile
from ..operations import OPERATIONS
from ..parameters import CallParameters
from ..reports import Adapted, Ended, Report, Spending, Timed
from ..results import Adjustment, Cost, Job, JobStatus, KeptResource, Resource, Result, document
from .command_line_page import every_command

MODULES: Final = ("anymedia", "anymedia.spec", "anymedia.testing.emulator")
"""What `__all__` names there is public, and so is every exception. What a docstring says is not."""
HEADING = "# Everything that is public. Generated from the declarations by `make generate`. Do not edit.\n"
Fact = tuple[str, str]
"""A name with its kind, and what is said of it."""
PLAIN = (bool, int, float, str, tuple, Decimal)


def render() -> str:
    """All facts, one a line."""
    return HEADING + text_of(facts())


def text_of(facts: Mapping[str, str]) -> str:
    return "".join(f"{name}: {what}\n" for name, what in sorted(facts.items()))


def parsed(text: str) -> dict[str, str]:
    """Facts from their lines; comments are left out."""
    lines = (line.partition(": ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: what for name, _, what in lines}


def facts() -> dict[str, str]:
    found: dict[str, str] = {}
    for part in (_python(), _keywords(), _errors(), _command_line(), _documents(), _settings()):
        found |= dict(part)
    return found


# --- Python ---------------------------------------------------------------------------------------------------------


def _python() -> Iterator[Fact]:
    for module in MODULES:
        home = import_module(module)
        for name in home.__all__:
            if not name.startswith("__"):
                yield from _thing(f"{module}.{name}", getattr(home, name))


def _thing(path: str, thing: Any) -> Iterator[Fact]:
    if isinstance(thing, FunctionType):
        yield from _function(path, thing)
    elif inspect.isclass(thing):
        yield from _class(path, thing)
    else:
        yield f"python {path}", "a value"


def _function(path: str, function: FunctionType) -> Iterator[Fact]:
    kind = "coroutine" if inspect.iscoroutinefunction(function) else "function"
    signature = inspect.signature(function)
    yield f"python {path}", f"{kind} -> {_annotation(signature.return_annotation)}"
    place = 0
    for each in signature.parameters.values():
        if each.name == "self":
            continue
        by_place = each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        place += by_place
        needed = each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
        words = [_annotation(each.annotation), "required" if needed else f"default {_default(each.default)}"]
        yield f"python {path}({each.name})", "; ".join([*words, *([f"place {place}"] if by_place else [])])


def _class(path: str, kind: type) -> Iterator[Fact]:
    yield f"python {path}", "exception" if issubclass(kind, Exception) else "class"
    if is_dataclass(kind):
        for each in fields(kind):
            yield f"python {path}.{each.name}", f"{_annotation(each.type)}; {_field_default(each)}"
    elif "__init__" in vars(kind):
        yield from (fact for fact in _function(path, vars(kind)["__init__"]) if "(" in fact[0])
    for name, member in _members(kind):
        if isinstance(member, FunctionType):
            yield from _function(f"{path}.{name}", member)
        elif isinstance(member, property) and member.fget is not None:
            yield (
                f"python {path}.{name}",
                f"property -> {_annotation(inspect.signature(member.fget).return_annotation)}",
            )


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties, inherited ones of this package included, the nearest first."""
    seen: set[str] = set()
    for home in kind.__mro__:
        for name, member in vars(home).items() if home.__module__.startswith("anymedia") else ():
            plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            if not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, plain


def _annotation(annotation: Any) -> str:
    if annotation is inspect.Signature.empty:
        return "anything"
    if isinstance(annotation, str):
        return annotation
    return inspect.formatannotation(annotation).replace("pathlib._local.", "pathlib.")  # as Python 3.13 calls it


def _default(value: Any) -> str:
    if isinstance(value, Mapping):
        return repr(dict(value))
    return repr(value) if value is None or isinstance(value, PLAIN) else f"of {type(value).__name__}"


def _field_default(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return f"default {_default(field.default)}"
    return "required" if field.default_factory is MISSING else "default made anew"


def _keywords() -> Iterator[Fact]:
    """The keyword arguments of calls, which are typed dictionaries: those of every call, then each operation's own."""
    common = CallParameters.__annotations__
    kinds = {kind.__name__.removesuffix("Request") for kind in OPERATIONS.values()}
    own = {name: getattr(parameters, f"{name}Parameters", CallParameters).__annotations__ for name in kinds}
    for name, keywords in {"Call": common, **own}.items():
        for key, annotation in keywords.items():
            if name == "Call" or key not in common:
                yield f"keyword {name}Parameters.{key}", getattr(annotation, "__forward_arg__", str(annotation))


def _errors() -> Iterator[Fact]:
    yield from _error(AnymediaError)
    for status in get_args(JobStatus):
        yield f"status {status}", "of a job"
    for operation, kind in OPERATIONS.items():
        yield f"mode {operation}", kind.__name__


def _error(kind: type[AnymediaError]) -> Iterator[Fact]:
    yield f"error {kind.__name__}", f"code {kind.code}, exit {kind.exit_code}, a {kind.__mro__[1].__name__}"
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _error(below)


# --- The command line -----------------------------------------------------------------------------------------------


def _command_line() -> Iterator[Fact]:
    for path, command, context in every_command():
        yield f"command {path}", "a command"
        for each in command.get_params(context):
            if isinstance(each, click.Option) and each.hidden:
                continue
            for name in (*each.opts, *each.secondary_opts):
                yield f"option {path} {name if isinstance(each, click.Option) else name.upper()}", _taken(each)


def _taken(parameter: click.Parameter) -> str:
    several = parameter.nargs == -1 or parameter.multiple
    what = "flag" if isinstance(parameter, click.Option) and parameter.is_flag else "values" if several else "value"
    return f"{what}, required" if parameter.required else what


# --- Documents and settings -----------------------------------------------------------------------------------------


def _documents() -> Iterator[Fact]:
    """The fields of everything that `--json` and `.document()` give, of samples in which everything is there."""
    moment, cost = datetime(2026, 1, 1, tzinfo=UTC), Cost(amount=Decimal(1))
    result = Result(
        operation="image",
        files=(MediaFile(media_type="image/png", path=Path("fox.png")),),
        resources=(Resource(kind="voice", id="1"),),
        cost=cost,
        adjustments=(Adjustment(field="n", asked=9, got=4, why="at most 4"),),
        job_id="job",
        idempotency_key="key",
        backend="any",
        model="any",
    )
    job = Job(
        id="job",
        operation="image",
        backend="any",
        model="any",
        status="done",
        idempotency_key="key",
        request={},
        created_at=moment,
        cost=cost,
    )
    spending = Spending(group="any", source="any", jobs=1, settled=Decimal(1), open=Decimal(0), unpriced=0)
    report = Report(
        since=moment,
        batch=None,
        jobs=1,
        statuses={},
        spending=(spending,),
        adapted=(Adapted(job_id="job", adjustments=()),),
        slowest=(_blank(Timed),),
        failed=(_blank(Ended),),
    )
    resource = KeptResource(kind="voice", id="1", backend="any", job_id="job", created_at=moment)
    samples: Mapping[str, Json] = {
        "generation": document(operation="image", outcomes=[result]),
        "error": AnymediaError("no").document(),
        "job": job.document(),
        "resource": resource.document(),
        "report": report.document(),
    }
    for name, sample in samples.items():
        yield from ((f"json {name} {path}", "a field") for path in _paths(sample))


def _blank(kind: type) -> Any:
    """A value whose fields nobody looks at."""
    return kind(**{each.name: None for each in fields(kind)})


def _paths(value: Json, before: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{before}.{key}" if before else key
            yield path
            yield from _paths(inner, path)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from _paths(value[0], f"{before}[]")


def _settings() -> Iterator[Fact]:
    for setting in declared():
        default = setting.field.metadata["default"]
        yield f"setting {'.'.join(setting.key)}", f"default {_default(default)}"
    for name in OTHER_VARIABLES:
        yield f"variable {name}", "read from the environment"
