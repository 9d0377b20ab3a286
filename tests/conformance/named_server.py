"""A server of one's own as the configuration names it: a target of the conformance suite."""

from decimal import Decimal

from anymedia.backends.openai import backends
from anymedia.configuration.settings import Server

DARKROOM = Server(
    base_url="https://darkroom.example.org/v1",
    key_env="DARKROOM_API_KEY",
    models={"image": ("lith", "cyanotype"), "video": ("zoetrope",), "speech": ("phono",), "transcription": ("steno",)},
    prices={"video": Decimal("0.01"), "transcription": Decimal("0.001")},
)
(BACKEND,) = backends({"servers": {"darkroom": DARKROOM}})
