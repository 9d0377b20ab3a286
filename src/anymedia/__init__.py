"""One call makes an image, a video or audio with whichever backend you have. It never pays twice.

    import anymedia
    result = anymedia.generate_media("an astronaut riding a horse on the moon", mode="image")

Names are resolved at their first use: importing this package imports no other module of it and no third party's.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client import AsyncClient as AsyncClient
    from .configuration import Configuration as Configuration
    from .desk import Options as Options
    from .engine.run import Chunk as Chunk
    from .engine.run import Progress as Progress
    from .errors import AnymediaError as AnymediaError
    from .media import MediaFile as MediaFile
    from .operations import AlignmentRequest as AlignmentRequest
    from .operations import AudioIsolationRequest as AudioIsolationRequest
    from .operations import DescribeRequest as DescribeRequest
    from .operations import DubbingRequest as DubbingRequest
    from .operations import ImageRequest as ImageRequest
    from .operations import MusicRequest as MusicRequest
    from .operations import SoundEffectRequest as SoundEffectRequest
    from .operations import SpeechRequest as SpeechRequest
    from .operations import StemSeparationRequest as StemSeparationRequest
    from .operations import TranscriptionRequest as TranscriptionRequest
    from .operations import VideoRequest as VideoRequest
    from .operations import VoiceCloneRequest as VoiceCloneRequest
    from .operations import VoiceConversionRequest as VoiceConversionRequest
    from .operations import VoiceDesignRequest as VoiceDesignRequest
    from .reading import aread_media as aread_media
    from .reading import read_media as read_media
    from .results import Batch as Batch
    from .results import Finding as Finding
    from .results import Job as Job
    from .results import KeptResource as KeptResource
    from .results import Result as Result
    from .sync_client import Client as Client
    from .unified import agenerate_media as agenerate_media
    from .unified import generate_media as generate_media

__version__ = "0.1.0"

_HOMES = {
    "AlignmentRequest": "operations",
    "AnymediaError": "errors",
    "AsyncClient": "client",
    "AudioIsolationRequest": "operations",
    "Batch": "results",
    "Chunk": "engine.run",
    "Client": "sync_client",
    "Configuration": "configuration",
    "DescribeRequest": "operations",
    "DubbingRequest": "operations",
    "ImageRequest": "operations",
    "Finding": "results",
    "Job": "results",
    "KeptResource": "results",
    "MediaFile": "media",
    "MusicRequest": "operations",
    "Options": "desk",
    "Progress": "engine.run",
    "Result": "results",
    "SoundEffectRequest": "operations",
    "SpeechRequest": "operations",
    "StemSeparationRequest": "operations",
    "TranscriptionRequest": "operations",
    "VideoRequest": "operations",
    "VoiceCloneRequest": "operations",
    "VoiceConversionRequest": "operations",
    "VoiceDesignRequest": "operations",
    "agenerate_media": "unified",
    "aread_media": "reading",
    "generate_media": "unified",
    "read_media": "reading",
}

__all__ = [*_HOMES, "__version__"]  # pyright: ignore[reportUnsupportedDunderAll]


if not TYPE_CHECKING:  # a type checker would take any misspelled name for an object

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
