"""Writes `parameters.py`: the keyword arguments of every operation as typed dictionaries, from the request types."""

from __future__ import annotations

import re
from typing import Any

from ..earlier_names import OTHER_NAMES
from ..media import MediaFile
from ..operations import OPERATIONS, Request, field_types, input_field, needed_fields, request_fields

HEAD = '''"""Keyword arguments of every operation, for type checkers and editors. Generated: `make generate`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict

from .media import MediaFile
from .results import Result

if TYPE_CHECKING:
    from .engine.run import Chunk, Progress

PathInput = str | os.PathLike[str]
MediaInput = PathInput | bytes | MediaFile | Result
"""A file: its path, its bytes, or something that was made before."""
Money = Decimal | float | str
"""US dollars."""


class CallParameters(TypedDict, total=False):
    """What every call takes besides what is asked for."""

    backend: str | None
    """a backend by name; honoured or refused, never replaced"""
    model: str | None
    """a model by id; honoured or refused, never replaced"""
    output: PathInput | None
    """the file to write; refused if it exists"""
    output_dir: PathInput | None
    """the folder to write to"""
    overwrite: bool
    """whether `output` may replace a file"""
    marks: bool | None
    """whether a file beside each output says who made it, with what model"""
    adapt: bool | None
    """take the nearest allowed value instead of refusing; `adjustments` says so"""
    max_cost: Money | None
    """the most this call may cost; for a batch, the most all of it may cost"""
    allow_unknown_cost: bool | None
    """whether a price that nobody knows fits under a cap"""
    allow_retired: bool | None
    """whether a model that its provider has retired may be asked for"""
    fallback: bool | None
    """whether the next backend is tried after a failure that cost nothing, where none was named"""
    idempotency_key: str | None
    """the same key with the same request is the same job"""
    wait: float | None
    """seconds to wait; the job goes on after that and can be resumed"""
    on_progress: Callable[[Progress], None] | None
    """called with each step of progress"""
    on_chunk: Callable[[Chunk], None] | None
    """called with the bytes of an output as they come, to play speech while it is spoken"""
    agent: str | None
    """who asks, for the budgets of named agents"""
    provider_options: Mapping[str, Mapping[str, Any]] | None
    """extra fields for one provider: {backend: {field: value}}"""
'''


def render() -> str:
    """The whole module as text, formatted."""
    return HEAD + "".join(_typed_dict(kind) for kind in OPERATIONS.values()) + _any_parameters()


def _typed_dict(kind: type[Request]) -> str:
    name = kind.__name__.removesuffix("Request") + "Parameters"
    types = field_types(kind)
    lines = [f"\n\nclass {name}(CallParameters, total=False):"]
    lines.append(f'    """Parameters of `{kind.operation}`."""\n')
    for field_name, field in request_fields(kind).items():
        if field_name in method_arguments(kind):
            continue
        lines.append(f"    {field_name}: {_annotation(types[field_name])} | None")
        lines.append(f'    """{field.metadata["help"]}"""')
    return "\n".join(lines) + "\n"


def method_arguments(kind: type[Request]) -> tuple[str | None, ...]:
    """The arguments of its own that the method of the operation has: what it is about, not how it is to be made."""
    return (*needed_fields(kind), input_field(kind)) if kind.makes == "text" else needed_fields(kind)


def _any_parameters() -> str:
    """Every parameter of every operation, also under the names of earlier tools: for a `mode` that is not a literal."""
    fields = {name: types for kind in OPERATIONS.values() for name, types in _fields(kind).items()}
    own = {*_own_names(), "prompt"}  # the prompt has a place of its own in the signature
    others = {name: fields[ours] for name, ours in OTHER_NAMES.items() if ours in fields}
    lines = ["\n\nclass AnyParameters(CallParameters, total=False):"]
    lines.append('    """Parameters of any operation, for a mode that is not known before the program runs."""\n')
    lines += [
        f"    {name}: {annotation}" for name, annotation in sorted({**fields, **others}.items()) if name not in own
    ]
    lines += [f"    {name}: Any" for name, ours in sorted(OTHER_NAMES.items()) if ours in own]
    lines += ["    extra_params: Mapping[str, Any] | None", "    input_audio: MediaInput | None"]
    return "\n".join(lines) + "\n"


def _fields(kind: type[Request]) -> dict[str, str]:
    types = field_types(kind)
    return {name: f"{_annotation(types[name])} | None" for name in request_fields(kind) if name != kind.main_input}


def _own_names() -> list[str]:
    """The names of `CallParameters`."""
    return re.findall(r"^    (\w+): ", HEAD.partition("class CallParameters")[2], re.MULTILINE)


def _annotation(hint: Any) -> str:
    if hint is MediaFile:
        return "MediaInput"
    if hint == tuple[MediaFile, ...]:
        return "MediaInput | Sequence[MediaInput]"
    if hint == tuple[int, int]:
        return "str | tuple[int, int]"
    return str(hint.__name__)
