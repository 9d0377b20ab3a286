"""Where the backends of a client are reached and what speaks for the user there: addresses, keys, tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .configuration import Configuration
from .configuration.urls import problem_with_url
from .engine.redaction import REDACTOR, fingerprint
from .engine.settings import Access
from .engine.tokens import HeldToken, credentials_file, settings_with_token, to_set
from .errors import InvalidConfiguration, MissingCredentials
from .registry import all_backends, find_backend
from .spec.backend import ApiKey, Backend


@dataclass(kw_only=True)
class Credentials:
    """What a configuration and an environment hold for each backend. `keys` are those that the caller passed."""

    configuration: Configuration
    environ: Mapping[str, str] = field(repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    backends: Mapping[str, Backend] = field(init=False)

    def __post_init__(self) -> None:
        self.backends = all_backends({"servers": self.configuration.settings.servers})
        self._tokens: dict[str, HeldToken] = {}
        given = {find_backend(name, self.backends).name: key.strip() for name, key in self.keys.items()}
        self._given = {name: key for name, key in given.items() if key}

    def key_of(self, backend: Backend) -> tuple[str, str] | None:
        """Where the key of a backend comes from, and the key; `None` if there is none."""
        if backend.name in self._given:
            found = ("argument", self._given[backend.name])
        elif isinstance(backend.auth, ApiKey):
            from_environment = backend.auth.find(self.environ)
            if from_environment is None:
                return None
            found = from_environment
        else:
            return None
        REDACTOR.hide([found[1]])
        if not found[1].isascii() or not found[1].isprintable():
            raise InvalidConfiguration(
                f"The key from {found[0]} holds characters that no header can carry.", next="Copy it again."
            )
        return found

    def keyed(self) -> frozenset[str]:
        """The backends that need no key, or have one."""
        return frozenset(
            name
            for name, backend in self.backends.items()
            if not isinstance(backend.auth, ApiKey)
            or self.key_of(backend) is not None
            or self.token_of(backend) is not None
        )

    def token_of(self, backend: Backend) -> HeldToken | None:
        """What speaks for the caller where no key is set; `None` if there is a key, or no credentials."""
        if not isinstance(backend.auth, ApiKey) or backend.auth.otherwise is None or self.key_of(backend) is not None:
            return None
        declared = backend.auth.otherwise
        if backend.name not in self._tokens and settings_with_token(declared, self.environ) is not None:
            file = credentials_file(declared, self.environ)
            if file is not None:
                self._tokens[backend.name] = HeldToken(backend=backend, declared=declared, file=file)
        return self._tokens.get(backend.name)

    def to_set(self, backend: Backend) -> str:
        """What is left for the user to set before a backend can be used, in words."""
        return to_set(backend.auth, self.environ) if isinstance(backend.auth, ApiKey) else backend.auth.to_set

    def settings_of(self, backend: Backend) -> Mapping[str, str]:
        """What flows find in `Call.settings`: what the backend declares, and what its token goes with."""
        token = self.token_of(backend)
        if token is None:
            return backend.settings
        return {**backend.settings, **(settings_with_token(token.declared, self.environ) or {})}

    def declared_url_of(self, backend: Backend) -> str:
        """Where the provider itself is, for this key or token."""
        token = self.token_of(backend)
        return backend.base_url if token is None else token.declared.base_url(self.settings_of(backend))

    def base_url_of(self, backend: Backend) -> str:
        """Where a backend is reached: by argument, by a variable, by a file, or where its provider is."""
        configured = self.configuration.settings.base_urls.get(backend.name)
        by_argument = self.configuration.origins.get(f"base_urls.{backend.name}") == "argument"
        names = backend.base_url_env or (f"{backend.name.upper()}_BASE_URL",)
        name = next((name for name in names if self.environ.get(name)), None)
        if name is None or by_argument:
            return configured or self.declared_url_of(backend)
        if problem := problem_with_url(self.environ[name], allow_http=False):
            raise InvalidConfiguration(f"The environment variable {name} {problem}.")
        return self.environ[name]

    def access(self, backend: Backend) -> Access:
        """The base URL and key of a backend. Raise `MissingCredentials`."""
        key, token = self.key_of(backend), self.token_of(backend)
        if isinstance(backend.auth, ApiKey) and key is None and token is None:
            raise MissingCredentials(f"{backend.title} needs a key.", next=f"Set {self.to_set(backend)}.")
        value = None if key is None else key[1]
        return Access(backend=backend, base_url=self.base_url_of(backend), key=value, token=token)

    def account(self, backend: Backend) -> str:
        """Tells accounts apart without giving a key away."""
        key, token = self.key_of(backend), self.token_of(backend)
        if token is not None:
            return fingerprint(f"{self.base_url_of(backend)} {token.file} {sorted(self.settings_of(backend).items())}")
        return fingerprint(f"{self.base_url_of(backend)} {'' if key is None else key[1]}")
