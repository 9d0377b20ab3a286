"""Where the backends of a client are reached and what speaks for the user there: addresses, keys, tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .configuration import Configuration
from .configuration.urls import problem_with_url
from .engine.env_file import keys_in
from .engine.keyrings import Keyring
from .engine.redaction import fingerprint
from .engine.secret import Discreet, Secret
from .engine.settings import Access
from .engine.tokens import HeldToken, credentials_file, settings_with_token, to_set
from .errors import InvalidConfiguration, MissingCredentials
from .registry import all_backends, find_backend
from .spec.backend import ApiKey, Backend


@dataclass(frozen=True, kw_only=True)
class FoundKey:
    """A key, and where it comes from in words."""

    source: str
    secret: Secret


@dataclass(kw_only=True)
class Credentials:
    """What a configuration and an environment hold for each backend. `keys` are those that the caller passed.

    A key is looked for among the arguments, in the environment, in the configured file of keys, in the keyring.
    """

    configuration: Configuration
    environ: Mapping[str, str] = field(repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    backends: Mapping[str, Backend] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.environ, self.keys = Discreet(self.environ), Discreet(self.keys)
        settings = self.configuration.settings
        named = {"servers": settings.servers, "agents": settings.agents, "pipelines": settings.pipelines}
        self.backends = all_backends(named)
        self.keyring = Keyring(self.configuration.state_folder)
        self._tokens: dict[str, HeldToken] = {}
        names = {name: find_backend(name, self.backends).name for name in self.keys}
        self._given = Discreet({names[name]: key.strip() for name, key in self.keys.items() if key.strip()})
        self._in_file = self._keys_in_file()

    def _keys_in_file(self) -> Mapping[str, str]:
        file = self.configuration.settings.env_file
        wanted = {name for each in self.backends.values() if isinstance(each.auth, ApiKey) for name in each.auth.env}
        return Discreet({}) if file is None else keys_in(file, wanted)

    def key_of(self, backend: Backend) -> FoundKey | None:
        """The key of a backend, and where it comes from; `None` if there is none.

        Raise `InvalidConfiguration` for what can be no key.
        """
        if backend.name in self._given:
            return _usable("argument", Secret(self._given[backend.name]))
        if not isinstance(backend.auth, ApiKey):
            return None
        if (found := _found(backend.auth, self.environ)) is not None:
            return _usable(*found)
        if (found := _found(backend.auth, self._in_file)) is not None:
            return _usable(f"{found[0]} in {self.configuration.settings.env_file}", found[1])
        secret = self.keyring.key_of(backend.name)
        return None if secret is None else FoundKey(source="the keyring", secret=secret)

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
        missing = to_set(backend.auth, self.environ) if isinstance(backend.auth, ApiKey) else backend.auth.to_set
        problem = self.keyring.problem_with(backend.name)
        return missing if problem is None else f"{missing} ({problem.rstrip('.')})"

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
        secret = None if key is None else key.secret
        return Access(backend=backend, base_url=self.base_url_of(backend), key=secret, token=token)

    def account(self, backend: Backend) -> str:
        """Tells accounts apart without giving a key away."""
        key, token = self.key_of(backend), self.token_of(backend)
        if token is not None:
            return fingerprint(f"{self.base_url_of(backend)} {token.file} {sorted(self.settings_of(backend).items())}")
        return fingerprint(f"{self.base_url_of(backend)} {'' if key is None else key.secret.reveal()}")


INVISIBLE = "\ufeff\u200b"
"""What copying may bring along unseen: a byte order mark, a space without width."""


def _found(auth: ApiKey, values: Mapping[str, str]) -> tuple[str, Secret] | None:
    found = auth.find(values)
    return None if found is None else (found[0], Secret(found[1]))


def _usable(source: str, given: Secret) -> FoundKey:
    return FoundKey(source=source, secret=key_from(given, source))


def key_from(given: Secret, source: str) -> Secret:
    """A key that a header can carry, without the white space around it. Raise `InvalidConfiguration`."""
    secret = Secret(given.reveal().strip().strip(INVISIBLE).strip())
    if problem := _problem_with(secret):
        raise InvalidConfiguration(f"The key from {source} {problem}.", next="Copy the key again, and nothing else.")
    return secret


def _problem_with(secret: Secret) -> str | None:
    if not secret.reveal():
        return "is empty"
    if secret.reveal()[0] in "\"'" or secret.reveal()[-1] in "\"'":
        return "stands in quotes"
    if secret.reveal().lower().startswith("bearer "):
        return "begins with the word Bearer, which is no part of it"
    if "${" in secret.reveal():
        return "refers to a variable, and nothing fills that in"
    if not secret.reveal().isascii() or not secret.reveal().isprintable():
        return "holds characters that no header can carry, such as a line break"
    return None
