"""Python imports this file when a worker process starts: it writes down every address that is looked up or connected
to, and lets none through."""

import os
import sys
from pathlib import Path
from typing import Any

written = os.environ.get("ANYMEDIA_TEST_CONNECTIONS")


def note(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        with Path(str(written)).open("a", encoding="utf-8") as file:
            file.write(f"{event} {arguments[1:]}\n")
        raise OSError("nothing leaves this machine")


if written:
    sys.addaudithook(note)
