"""What every dialect offers. A dialect validates and answers as its provider would; it does no I/O."""

from typing import Literal, Protocol

from anymedia.testing.emulator.messages import ReceivedRequest, Reply


class Dialect(Protocol):
    """One provider's way of speaking HTTP. It may remember what it answered (continuations)."""

    prefix: str
    """The path that belongs into a client's base URL, for example `/v1`."""

    variables: tuple[str, str]
    """Where clients of this provider look for the base URL and for the key, in the environment."""
    example: str
    """A path that pays, for examples."""

    def serves(self, path: str) -> bool:
        """Whether the provider has anything at `path`."""

    def pays(self, method: str, path: str) -> bool:
        """Whether a request there costs money once it is accepted."""

    def answer(self, request: ReceivedRequest) -> Reply:
        """The provider's answer to one whole request; refusals are answers too."""

    def error(self, status: int, *, code: str | None = None, message: str | None = None) -> Reply:
        """An error in the provider's shape; what is None gets the provider's usual words for that status."""

    def refusal(
        self,
        reason: Literal["bad_key", "unknown_model", "moderation", "rate_limit"],
        request: ReceivedRequest,
    ) -> Reply:
        """The provider's own wording of a common refusal of `request`."""

    def key_of(self, request: ReceivedRequest) -> str | None:
        """The caller's key as it stands in the request; None when there is none."""
