"""A server of one's own as the configuration names it: a target of the conformance suite."""

from decimal import Decimal

from anymedia.backends.openai import backends
from anymedia.configuration.settings import Server

DARKROOM = Server(
    base_url="https://darkroom.example.org/v1",
    key_env="DARKROOM_API_KEY",
    models={"image": ("lith", "cyanotype")},
    prices={"image": Decimal("0.01")},
)
(BACKEND,) = backends({"servers": {"darkroom": DARKROOM}})
