"""The providers the emulator can speak as, by name."""

from anymedia.testing.emulator.dialects.dialect import Dialect
from anymedia.testing.emulator.dialects.elevenlabs import ElevenLabs
from anymedia.testing.emulator.dialects.google import Google
from anymedia.testing.emulator.dialects.grok import Grok
from anymedia.testing.emulator.dialects.openai import OpenAI
from anymedia.testing.emulator.dialects.openrouter import OpenRouter
from anymedia.testing.emulator.dialects.vertex import Vertex
from anymedia.testing.emulator.pictures import Media

DIALECTS: dict[str, type[ElevenLabs] | type[Google] | type[Grok] | type[OpenAI] | type[OpenRouter] | type[Vertex]] = {
    "elevenlabs": ElevenLabs,
    "google": Google,
    "grok": Grok,
    "openai": OpenAI,
    "openrouter": OpenRouter,
    "vertex": Vertex,
}


def dialect_named(name: str, *, media: Media, api_key: str | None) -> Dialect:
    """A fresh dialect, with no memory of earlier requests. Raises ValueError for a name that is not in DIALECTS."""
    if name not in DIALECTS:
        raise ValueError(f"`dialect` must be one of {', '.join(DIALECTS)}, got {name!r}.")
    return DIALECTS[name](media=media, api_key=api_key)
