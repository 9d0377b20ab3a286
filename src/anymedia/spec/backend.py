"""What a backend is: a value that declares facts, and generator functions that translate messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from ..errors import Charged, InvalidParameter, UnsupportedParameter
from ..media import Json, MediaFile
from ..operations import Request, recorded_fields, request_fields
from ..results import Adjustment
from .catalogue import Catalogue
from .constraints import TextUpTo
from .long_text import pieces_of
from .params import Param, Rule
from .pricing import Price
from .wire import Flow, Listing

SPEC_VERSION = 1
LAST = 2**31
"""The rank of a backend that declares no priority for an operation."""

NOT_ON_THE_WIRE = frozenset({"continue_from", "continuable"})
"""Parameters that the engine serves through `Model.continuation`; no model declares them among its `params`."""
JOINED_FORMATS = ("mp3", "wav", "aac")
"""Formats whose parts the engine can join to one file."""

IN_PARTS = "a text over the model's limit is spoken in parts"
RULES_OF_PARTS = (
    Rule(when={}, needs={"output_format": (*JOINED_FORMATS, Rule.ABSENT)}, why=f"{IN_PARTS}, which are joined"),
    Rule(when={}, needs=dict.fromkeys(sorted(NOT_ON_THE_WIRE), Rule.ABSENT), why=f"{IN_PARTS}, and has no one state"),
)


@dataclass(frozen=True, kw_only=True)
class Continuation:
    """How a later request can continue an earlier result of a model.

    `state` is what has to be kept: nothing but an id (`server`), the whole exchange (`history`), or the last output
    (`last_output`). `lives` is how long the provider keeps its part, in words with a source.
    """

    state: Literal["server", "history", "last_output"]
    how: str
    lives: str


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model: what it accepts, what it costs, how long it lives. The first of a kind is the backend's default.

    `typical_bytes` is the size of one usual output file, used to ask for twice that much free disk space.
    `max_outputs` is how many files one request can give. A speech model's usual format should be one of JOINED_FORMATS:
    a text over its limit is taken apart, each part is a purchase of its own, and their sound is joined.
    """

    id: str
    accepts: type[Request]
    params: Mapping[str, Param]
    price: Price
    typical_bytes: int
    source: str
    rules: tuple[Rule, ...] = ()
    max_outputs: int = 1
    continuation: Continuation | None = None
    aliases: tuple[str, ...] = ()
    released: date = date.min
    retires: date | None = None
    successor: str | None = None
    submit: Callable[[Call], Flow] | None = None
    poll: Callable[[Call, Json], Flow] | None = None
    cancel: Callable[[Call, Json], Flow] | None = None
    reconcile: Callable[[Call, float], Listing] | None = None

    def __post_init__(self) -> None:
        not_sent = NOT_ON_THE_WIRE.union(recorded_fields(self.accepts))
        unknown = set(self.params) - set(request_fields(self.accepts)) | set(self.params) & not_sent
        if unknown:
            raise TypeError(f"{self.id}: {self.accepts.__name__} has no parameter {sorted(unknown)} to declare.")

    @property
    def serves(self) -> tuple[str, ...]:
        """The parameters this model serves, by name."""
        return (*self.params, *recorded_fields(self.accepts), *(NOT_ON_THE_WIRE if self.continuation else ()))

    def problems_with(self, request: Request) -> list[str]:
        """Say why this model cannot serve `request`, one sentence each. An empty list means it can."""
        asked = request.asked_for()
        found = [problem for name, value in asked.items() if (problem := self._problem_with(name, value, asked))]
        return found + [problem for problem in self._problems_of_all(asked) if problem]

    def _problems_of_all(self, asked: Mapping[str, Json]) -> Iterator[str | None]:
        """What is wrong with the parameters together."""
        yield from (rule.problem_with(asked) for rule in self.rules)
        name = self.accepts.main_input
        if name is not None and self._pieces(name, asked.get(name), asked) is not None:
            yield from (rule.problem_with(asked) for rule in RULES_OF_PARTS)

    def parts_of(self, request: Request) -> tuple[Request, ...]:
        """The request alone, or a request for each part of a text that is over the limit."""
        name, asked = self.accepts.main_input, request.asked_for()
        pieces = None if name is None else self._pieces(name, asked.get(name), asked)
        changes: list[dict[str, Json]] = [{}] if pieces is None else [{str(name): piece} for piece in pieces]
        return tuple(replace(request, **changed) for changed in changes)

    def _pieces(self, name: str, value: Json, asked: Mapping[str, Json]) -> tuple[str, ...] | None:
        """The parts of a text that is over the limit, or `None` for what is none, or cannot be taken apart."""
        allows = self.params[name].allows if name in self.params else None
        if not self.accepts.in_parts or name != self.accepts.main_input or not isinstance(allows, TextUpTo):
            return None
        if not isinstance(value, str) or len(value) <= allows.characters:
            return None
        return pieces_of(value, allows.characters, between_lines="speaker_voices" in asked)

    def _problem_with(self, name: str, value: Json, asked: Mapping[str, Json]) -> str | None:
        if name not in self.serves:
            return f"has no `{name}`"
        if name in recorded_fields(self.accepts) and not value.strip():
            return f"`{name}` says nothing"
        param = self.params.get(name)
        pieces = (value,) if (found := self._pieces(name, value, asked)) is None else found
        problem = param and next(filter(None, map(param.allows.problem_with, pieces)), None)
        return f"`{name}` {problem}{_got(value, problem)}" if problem else None

    def check(self, request: Request) -> None:
        """Raise `UnsupportedParameter` or `InvalidParameter`, naming the field and what is allowed."""
        asked = request.asked_for()
        for name, value in asked.items():
            if name not in self.serves:
                supported = ", ".join(sorted(self.serves))
                raise UnsupportedParameter(f"{self.id} has no `{name}`.", next=f"It serves: {supported}.")
            if problem := self._problem_with(name, value, asked):
                raise InvalidParameter(f"{self.id}: {problem}.", next=self._suggestion(name, value))
        for problem in filter(None, self._problems_of_all(asked)):
            raise InvalidParameter(f"{self.id}: {problem}.")

    def _suggestion(self, name: str, value: Json) -> str | None:
        near = self.params[name].allows.nearest(value) if name in self.params else None
        return None if near is None else f"The nearest allowed value is {_shown(near)}."

    def adapt(self, request: Request) -> tuple[Request, tuple[Adjustment, ...]]:
        """Replace every value that is not allowed by the nearest one that is. What has no nearest value stays."""
        changed: dict[str, Json] = {}
        adjustments = []
        for name, value in request.asked_for().items():
            param = self.params.get(name)
            problem = param and param.allows.problem_with(value)
            near = param.allows.nearest(value) if param and problem else None
            if near is not None:
                changed[name] = near
                adjustments.append(Adjustment(field=name, asked=value, got=near, why=f"{self.id}: {problem}"))
        return replace(request, **changed), tuple(adjustments)

    def encode(self, request: Request) -> dict[str, Json]:
        """Translate `request` to the provider's own field names. Raise if it cannot be sent as it is."""
        self.check(request)
        body: dict[str, Json] = {}
        for name, value in request.asked_for().items():
            if param := self.params.get(name):
                names, encoded = param.wire_names, param.encode(value)
                for dotted, each in zip(names, encoded if len(names) > 1 else (encoded,), strict=False):
                    _put(body, dotted, each)
        return body


def _put(body: dict[str, Json], dotted: str, value: Json) -> None:
    *parents, leaf = dotted.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[leaf] = value


def _got(value: Json, problem: str | None) -> str:
    """The value that was asked for, unless the problem names it or it is media or a long text."""
    if problem is None or "got" in problem or isinstance(value, MediaFile):
        return ""
    if isinstance(value, tuple) and value and isinstance(value[0], MediaFile):
        return ""
    return f", got {_shown(value)}"


def _shown(value: Json) -> str:
    if isinstance(value, tuple):
        return "x".join(str(side) for side in value)
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value!r:.60}" if isinstance(value, str) else str(value)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token that the backend fetches with a file of credentials, and the engine refreshes before it expires.

    `fetch(control, file=...)` runs in a thread and gives the token and when it expires, in seconds since 1970. It
    raises `OSError` if nobody could be asked, anything else if there is none to be had. `files` are the places of that
    file, the first that is there counts: `$NAME` begins with a variable, `~` with the home folder. `settings` is what a
    token goes with and flows find in `Call.settings`: by name its variable, and its default or `None` where there is
    none. `base_url` is where the provider is with these settings. `needs` are packages, installed by `extra`. `check`
    raises `ValueError` for the content of a file that no token will come of, and asks nobody.
    """

    fetch: Callable[..., tuple[str, float]]
    files: tuple[str, ...]
    settings: Mapping[str, tuple[str, str | None]]
    base_url: Callable[[Mapping[str, str]], str]
    needs: tuple[str, ...]
    extra: str
    header: str = "Authorization"
    prefix: str = "Bearer "
    check: Callable[[bytes], object] | None = None

    @property
    def env(self) -> tuple[str, ...]:
        """The variables that have to be set for one."""
        needed = tuple(variable for variable, default in self.settings.values() if default is None)
        return (self.files[0].removeprefix("$"), *needed)


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key from the environment (the first variable that is set), sent in one header. `otherwise`: what speaks for the
    caller where no key is set."""

    env: tuple[str, ...]
    header: str = "Authorization"
    prefix: str = "Bearer "
    otherwise: Token | None = None

    def find(self, environ: Mapping[str, str]) -> tuple[str, str] | None:
        """The variable and its value, or `None`. A variable that is empty or only white space is not set."""
        found = ((name, environ.get(name, "").strip()) for name in self.env)
        return next(((name, key) for name, key in found if key), None)

    @property
    def to_set(self) -> str:
        """What a user has to set, in words."""
        keys = " or ".join(self.env)
        return keys if self.otherwise is None else f"{keys}, or {' and '.join(self.otherwise.env)}"


@dataclass(frozen=True, kw_only=True)
class NoKey:
    """Nothing to authenticate with: it runs on the user's own machine."""

    env: tuple[str, ...] = ()
    to_set: str = ""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What an error reply means. `message` is the provider's own sentence.

    `retry_after` are the seconds that the body asks to wait, of a provider that says it there and not in Retry-After.
    `next` is what to do, where the backend knows better than the kind tells. `charged` is whether it was charged all
    the same, and `cost` how much, in US dollars, where the reply says so.
    """

    kind: Literal["rejected", "refused", "rate_limited", "authentication", "model_gone", "continuation_gone"]
    message: str
    code: str | None = None
    retry_after: float | None = None
    next: str | None = None
    charged: Charged = "no"
    cost: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, checked and translated for one model. `continuation` is what the earlier result left."""

    request: Request
    model: Model
    body: Mapping[str, Json]
    idempotency_key: str
    continuation: Json = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One reply of the provider in a sample: JSON, media bytes, or the `events` of a conversation in their order."""

    status: int = 200
    json: Json = None
    content: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Json, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A worked example: a request and the replies to what its flow sends, in order. It is also a test.

    `source` says where the shape of the replies was read. `continues` holds the continuation state to start from.
    """

    request: Request
    replies: tuple[Reply, ...]
    source: str
    model: str | None = None
    expects: Literal["done", "failed", "refused", "partial"] = "done"
    continues: Json = None


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A provider, declared. The conformance suite, the documentation and the command line follow from this value.

    `priority` orders the backends for each operation; lower is preferred and no two may be equal. A backend without any
    is used only where it is named: a second way to a provider must not take the place of the first. `role` is
    `rehearsal` for a backend that stands in when there is no provider. `docs` is the provider's page, or one of ours.
    `needs` are importable packages that the backend's functions use, installed by the extra named `extra`. `unusable`
    says why nothing can be made with it as it is set up, and what to do about it.
    `key_travels_to` are hosts besides the base URL's own that may be sent the key; in `api.*.example.com` the `*` is
    one label, for a provider that names its regions there. `cancel(call, state)` asks the provider to stop a job;
    `reconcile(call, since)` lists the provider's jobs from a moment on that are like the one asked for. `catalogue()`
    reads the provider's lists of models, for `anymedia models --live`.
    """

    spec_version: int = SPEC_VERSION
    name: str
    aliases: tuple[str, ...] = ()
    title: str
    docs: str
    base_url: str
    base_url_env: tuple[str, ...] = ()
    auth: ApiKey | NoKey
    priority: Mapping[type[Request], int]
    models: tuple[Model, ...]
    submit: Callable[[Call], Flow]
    poll: Callable[[Call, Json], Flow] | None = None
    cancel: Callable[[Call, Json], Flow] | None = None
    reconcile: Callable[[Call, float], Listing] | None = None
    catalogue: Callable[[], Catalogue] | None = None
    read_error: Callable[[int, Json], Problem | None] = lambda status, json: None
    role: Literal["provider", "rehearsal"] = "provider"
    needs: tuple[str, ...] = ()
    extra: str | None = None
    unusable: str | None = None
    key_travels_to: tuple[str, ...] = ()
    idempotency_header: str | None = None
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    samples: tuple[Sample, ...] = ()

    def model(self, name: str) -> Model | None:
        """The model of this id or alias, whatever its case."""
        wanted = name.lower()
        return next((m for m in self.models if wanted in (m.id.lower(), *(a.lower() for a in m.aliases))), None)

    def models_for(self, kind: type[Request]) -> Sequence[Model]:
        """The models that accept `kind`, the default first."""
        return [model for model in self.models if model.accepts is kind]

    def rank(self, kind: type[Request]) -> int:
        """Its place among the backends that make `kind`; lower is preferred, and what declares no priority is last."""
        return self.priority.get(kind, LAST)

    def submit_of(self, model: Model) -> Callable[[Call], Flow]:
        return model.submit or self.submit

    def poll_of(self, model: Model) -> Callable[[Call, Json], Flow] | None:
        return model.poll or self.poll

    def cancel_of(self, model: Model) -> Callable[[Call, Json], Flow] | None:
        return model.cancel or self.cancel

    def reconcile_of(self, model: Model) -> Callable[[Call, float], Listing] | None:
        return model.reconcile or self.reconcile
