"""A house whose providers are emulators. A test says which of them there is a key for; nothing else is reachable."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from anymedia import AnymediaError, Result
from anymedia.client import AsyncClient
from anymedia.media import MediaFile
from anymedia.reading import Reading, read
from anymedia.registry import shipped_backends
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, MediaAsked
from anymedia.testing.emulator.messages import ReceivedRequest
from anymedia.testing.emulator.pictures import draw
from anymedia.unified import make
from toys import PICTURE, picture
from workplace import Workplace

ASKED = ("files", "file_paths", "inputs", "max_concurrent")
INPUT = MediaFile(media_type="image/png", data=PICTURE, size=len(PICTURE))


def small(asked: MediaAsked) -> bytes:
    """Media whose size nobody asked about, so that it is made at once."""
    is_picture = asked.output_format in ("png", "jpeg", "webp") and asked.frames == 1
    return picture(asked.prompt, output_format=asked.output_format) if is_picture else draw(asked)


@dataclass(kw_only=True)
class House:
    """A workplace, and an emulator for every provider that there is a key for."""

    place: Workplace
    stack: ExitStack
    emulators: dict[str, Emulator] = field(default_factory=dict)

    def opens(self, *names: str) -> House:
        """There is a key for these providers."""
        for name in names:
            emulator = self.stack.enter_context(Emulator(name, media=small))
            self.emulators[name] = emulator
            self.place.environ |= emulator.variables
        return self

    def make(self, prompt: str | None = "a fox", *, mode: str = "image", **parameters: Any) -> Any:
        """What `generate_media` gives. Nobody waits between two polls."""
        ours = {name: parameters.pop(name, None) for name in ("prompts", "audio_type")}
        max_concurrent = parameters.pop("max_concurrent", 4)

        async def made(client: AsyncClient) -> Any:
            return await make(
                client, prompt, mode=mode, max_concurrent=max_concurrent, parameters={"wait": 30, **parameters}, **ours
            )

        hurried = [Watch().backend(shipped_backends()[name]) for name in self.emulators]
        return self.place.run(made, *hurried)

    def read(self, prompt: str | None = "What is this?", **parameters: Any) -> Any:
        """What `read_media` gives."""
        asked = {name: parameters.pop(name) for name in ASKED if name in parameters}
        how = {name: parameters.pop(name) for name in ("review", "frames", "max_frames") if name in parameters}
        reading = Reading(parameters={"wait": 30, **parameters}, **how)
        hurried = [Watch().backend(shipped_backends()[name]) for name in self.emulators]
        return self.place.run(lambda client: read(client, prompt, reading=reading, **asked), *hurried)

    def unread(self, *prompt: str | None, **parameters: Any) -> AnymediaError:
        """The error that the same question ends with."""
        with pytest.raises(AnymediaError) as caught:
            self.read(*prompt, **parameters)
        return caught.value

    def failure(self, *prompt: str, **parameters: Any) -> AnymediaError:
        """The error that the same call ends with."""
        with pytest.raises(AnymediaError) as caught:
            self.make(*prompt, **parameters)
        return caught.value

    def paid(self, name: str) -> list[ReceivedRequest]:
        """The requests that one provider was paid for, the oldest first."""
        return [request for request in self.emulators[name].requests if request.pays]

    @property
    def buyers(self) -> dict[str, int]:
        """How many paid requests reached each provider that was asked at all."""
        return {name: each.submits for name, each in self.emulators.items() if each.requests}


def winner(result: Result) -> str:
    return f"{result.backend}:{result.model}"
