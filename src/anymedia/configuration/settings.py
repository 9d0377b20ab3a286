"""Every setting, declared once: files, variables, arguments, the schema, the example and the reference follow."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..engine.settings import LARGEST_INPUT, Timeouts
from ..media import Json
from ..operations import OPERATIONS
from .kinds import (
    Age,
    AnyHttpUrl,
    AnyName,
    BackendName,
    Bytes,
    Command,
    Dollars,
    Flag,
    Folder,
    Kind,
    ListOf,
    MapOf,
    ModelName,
    OneOfWords,
    Operation,
    Record,
    Seconds,
    SecretFile,
    ServerName,
    Url,
    VariableName,
    read_url,
)
from .place import Key, Place

PREFIX = "ANYMEDIA_"
_NO_ENTRIES: Mapping[str, Any] = MappingProxyType({})


def setting(default: Json, kind: Kind, help_text: str, *, unset: str | None = None) -> Any:
    """A setting. `unset` says in words what its default means."""
    facts = {"kind": kind, "help": help_text, "default": default, "unset": unset}
    return field(default_factory=lambda: default, metadata=facts)


def needed(kind: Kind, help_text: str) -> Any:
    return field(metadata={"kind": kind, "help": help_text, "default": MISSING, "unset": None})


def group(settings: type, help_text: str) -> Any:
    return field(default_factory=settings, metadata={"group": settings, "help": help_text})


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server of your own, under a name of your own. `models` maps an operation to model ids, the default first."""

    base_url: str = needed(AnyHttpUrl(), "where the server is, such as http://127.0.0.1:8000/v1")
    key_env: str | None = setting(None, VariableName(), "the environment variable that holds its key")
    allow_http: bool = setting(False, Flag(), "whether plain http to another machine is allowed")
    models: Mapping[str, tuple[str, ...]] = setting(
        _NO_ENTRIES, MapOf(Operation(), ListOf(AnyName("my-model"))), "its models by operation, the default first"
    )
    prices: Mapping[str, Decimal] = setting(
        _NO_ENTRIES,
        MapOf(Operation(), Dollars()),
        "what one image or one second of video costs there, by operation",
        unset="unknown",
    )
    image_response_format: str | None = setting(
        None, OneOfWords(("b64_json", "url")), "how to ask for pictures", unset="as the server likes"
    )

    def check(self, place: Place) -> None:
        """Raise `InvalidConfiguration` if the fields do not fit together."""
        read_url(self.base_url, place.inside("base_url"), allow_http=self.allow_http)


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A program of yours that answers questions about files, under a name of your own."""

    command: tuple[str, ...] = needed(
        Command(), "the program and its options; a known program alone is given those of reading only"
    )
    environment: tuple[str, ...] = setting(
        (), ListOf(VariableName()), "variables that it may see besides the usual ones, such as its key", unset="none"
    )

    def check(self, place: Place) -> None:
        """Raise `InvalidConfiguration` for a program that would be looked for beside the files it is asked about."""
        program = self.command[0]
        if (
            not program
            or "\0" in "".join(self.command)
            or Path(program).name != program != str(Path(program).absolute())
        ):
            raise place.inside("command").refusal("must begin with the name of a program, or with the whole path to it")


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A pipeline of diffusers with weights of yours, under a name of your own."""

    folder: Path = needed(Folder(), "the folder of the pipeline, in which `model_index.json` is")
    device: str | None = setting(
        None,
        OneOfWords(("cpu", "cuda", "mps")),
        "what it computes on",
        unset="cuda or mps where there is one, else cpu",
    )
    dtype: str = setting(
        "float32",
        OneOfWords(("float32", "float16", "bfloat16")),
        "the numbers it computes with; those of 16 bits take half the memory",
    )

    def check(self, place: Place) -> None:
        """Nothing: the folder is looked at when the pipeline is asked for."""


@dataclass(frozen=True, kw_only=True)
class BudgetSettings:
    """The most that may be spent. What may cost more is refused before anything is sent."""

    per_call: Decimal | None = setting(None, Dollars(), "the most one call may cost", unset="no cap")
    per_run: Decimal | None = setting(
        None, Dollars(), "the most one client object or one command may cost", unset="no cap"
    )
    per_day: Decimal | None = setting(None, Dollars(), "the most one calendar day (UTC) may cost", unset="no cap")
    per_backend: Mapping[str, Decimal] = setting(
        _NO_ENTRIES, MapOf(BackendName(), Dollars()), "the most one day may cost at one backend", unset="no caps"
    )
    per_agent: Mapping[str, Decimal] = setting(
        _NO_ENTRIES,
        MapOf(AnyName(), Dollars()),
        "the most one day may cost for one named agent",
        unset="no caps",
    )
    allow_unknown_cost: bool = setting(
        False, Flag(), "whether a model without a known price may be used although a cap is set"
    )


@dataclass(frozen=True, kw_only=True)
class TimeoutSettings:
    """How long to wait, in seconds."""

    connect: float = setting(Timeouts.connect, Seconds(), "for a connection")
    read: float = setting(Timeouts.read, Seconds(), "for the next bytes of a reply")
    write: float = setting(Timeouts.write, Seconds(), "for the next bytes to be taken")
    total: float = setting(Timeouts.total, Seconds(), "for one request from the first byte to the last")
    wait: float = setting(1800.0, Seconds(), "for a job; then it can be resumed")


@dataclass(frozen=True, kw_only=True)
class PrivacySettings:
    """What is kept of what was asked for, and where it may go."""

    keep_prompts: str | None = setting(
        None,
        Age(),
        "how long the ledger keeps prompts, inputs and states of jobs that are over; their money stays",
        unset="until `anymedia forget`",
    )
    trace_prompts: bool = setting(False, Flag(), "whether prompts go into OpenTelemetry traces")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of anymedia. `None` means that nothing was asked for."""

    output_dir: Path = setting(Path(), Folder(), "the folder for files that are made", unset="the current folder")
    prefer: Mapping[str, tuple[str, ...]] = setting(
        _NO_ENTRIES,
        MapOf(Operation(), ListOf(BackendName())),
        "backends by operation, the first that can serve a request is used",
        unset="the declared order",
    )
    models: Mapping[str, str] = setting(
        _NO_ENTRIES,
        MapOf(Operation(), ModelName()),
        "model by operation, as `model` or `backend:model`",
        unset="each backend's own default",
    )
    adapt: bool | None = setting(
        None,
        Flag(),
        "whether to take the nearest allowed value instead of refusing one that is not",
        unset="true for agent tools, else false",
    )
    marks: bool = setting(False, Flag(), "whether to write beside each file who made it, with what model")
    offline: bool = setting(False, Flag(), "whether to use only what needs no network")
    allow_retired: bool = setting(False, Flag(), "whether to send requests to models that their provider retired")
    fallback: bool = setting(
        False, Flag(), "whether the next backend is tried after a failure that cost nothing, where none was named"
    )
    roots: tuple[Path, ...] | None = setting(
        None,
        ListOf(Folder(), separator=os.pathsep),
        "the only folders that inputs may be in and outputs may go to; agents have no others",
        unset="every place that you name; none for agents",
    )
    largest_input: int = setting(LARGEST_INPUT, Bytes(), "the most bytes of one input file")
    base_urls: Mapping[str, str] = setting(
        _NO_ENTRIES,
        MapOf(BackendName(), Url()),
        "where a backend is reached instead, such as a proxy",
        unset="each provider's own address",
    )
    env_file: Path | None = setting(
        None, SecretFile(), "a file of keys such as .env, that only its owner may read", unset="none"
    )
    budgets: BudgetSettings = group(BudgetSettings, "the most that may be spent, in US dollars")
    timeouts: TimeoutSettings = group(TimeoutSettings, "how long to wait, in seconds")
    privacy: PrivacySettings = group(PrivacySettings, "what is kept of what was asked for")
    servers: Mapping[str, Server] = setting(
        _NO_ENTRIES,
        MapOf(ServerName(), Record(Server)),
        "servers of your own that speak a known dialect, each under a name of your choice",
        unset="none",
    )
    agents: Mapping[str, Agent] = setting(
        _NO_ENTRIES,
        MapOf(ServerName(), Record(Agent)),
        "programs of yours that answer questions about files, each under a name of your choice",
        unset="none",
    )
    pipelines: Mapping[str, Pipeline] = setting(
        _NO_ENTRIES,
        MapOf(ServerName(), Record(Pipeline)),
        "pipelines of diffusers with weights of yours, each under a name of your choice",
        unset="none",
    )


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One setting as it is declared, with its dotted key."""

    key: Key
    field: Field[Any]

    @property
    def kind(self) -> Kind:
        kind: Kind = self.field.metadata["kind"]
        return kind

    @property
    def help(self) -> str:
        return str(self.field.metadata["help"])

    @property
    def default(self) -> Json:
        return self.field.metadata["default"]

    @property
    def unset(self) -> str | None:
        """What the default means, where the value does not say it."""
        unset: str | None = self.field.metadata["unset"]
        return unset

    @property
    def variables(self) -> dict[str, Key]:
        """The environment variables of this setting, with the key each stands for.

        A table has one for each key where the keys are known beforehand (operations), else none.
        """
        if not isinstance(self.kind, MapOf):
            return {_variable(self.key): self.key}
        if not isinstance(self.kind.keys, Operation):
            return {}
        keys = [(*self.key, operation) for operation in OPERATIONS]
        return {_variable(key): key for key in keys}


def declared(settings: type = Settings, at: Key = ()) -> Iterator[Declared]:
    """Every setting, those of groups included, in the order of declaration."""
    for each in fields(settings):
        key = (*at, each.name)
        if "group" in each.metadata:
            yield from declared(each.metadata["group"], key)
        else:
            yield Declared(key=key, field=each)


def _variable(key: Key) -> str:
    return PREFIX + "_".join(key).upper()
