"""A client whose providers are all a benchmark's server."""

from __future__ import annotations

from pathlib import Path

import anymedia


def our_client(url: str, folder: Path) -> anymedia.AsyncClient:
    """Keys, state and files of its own below `folder`."""
    environ = {
        "OPENAI_API_KEY": "benchmark-key",
        "OPENAI_BASE_URL": url,
        "GOOGLE_API_KEY": "benchmark-key",
        "GOOGLE_GEMINI_BASE_URL": url,
        "GOOGLE_VERTEX_API_KEY": "benchmark-key",
        "GOOGLE_VERTEX_BASE_URL": url,
        "TOY_FILM_BASE_URL": url,
        "ANYMEDIA_HOME": str(folder / "state"),
    }
    return anymedia.AsyncClient(environ=environ)
