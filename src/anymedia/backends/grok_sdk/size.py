"""What a message of gRPC can carry: checked before anything is paid."""

from collections.abc import Iterable

from ...errors import InvalidParameter
from ...media import Json, MediaFile
from .library import LARGEST_MESSAGE

ROOM_FOR_WORDS = 2**16
"""Bytes that a message needs besides its files."""


def check_size(files: Iterable[MediaFile]) -> None:
    """Raise `InvalidParameter` for files that no message can carry, before anything is paid."""
    encoded = sum((each.size or 0) * 4 // 3 for each in files)
    if encoded > LARGEST_MESSAGE - ROOM_FOR_WORDS:
        raise InvalidParameter(
            f"Files of {encoded * 3 // 4 / 2**20:.1f} MiB are too large for one message of gRPC.",
            next="All of them together may have 15 MiB. Make them smaller, or use a backend that speaks HTTP.",
        )


def files_in(values: Iterable[Json]) -> Iterable[MediaFile]:
    for value in values:
        if isinstance(value, MediaFile):
            yield value
        elif isinstance(value, tuple):
            yield from files_in(value)
