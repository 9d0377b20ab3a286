"""`make demo` on a machine without a key: five files, one page without external requests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, environment

FILES = {"image.png", "speech.mp3", "song.mp3", "sound-effect.mp3", "video.mp4", "index.html"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A demo whose words no sound effect can be made from, and whose provider's key must not be used."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, str(ROOT / "examples" / "demo.py"), 'a <b>cat</b> & a "dictionary"']
    environ = {**environment(folder), "OPENAI_API_KEY": "sk-never", "OPENAI_BASE_URL": "http://127.0.0.1:9"}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder / "demo", done


def test_it_makes_five_files_and_a_page(made: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, done = made
    assert {path.name for path in folder.iterdir() if path.is_file()} == FILES
    assert done.stdout.strip() == (folder / "index.html").as_uri()
    assert all(f"demo/{name}" in done.stderr for name in FILES - {"index.html"})


def test_the_page_asks_nothing_of_the_network(made: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    page = (made[0] / "index.html").read_text("utf-8")
    assert set(re.findall(r"(?:src|href)=\"([^\"]+)\"", page)) == FILES - {"index.html"}
    assert "url(" not in page
    assert "@import" not in page


def test_the_words_of_the_user_are_shown_as_words(made: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    page = (made[0] / "index.html").read_text("utf-8")
    assert "<b>cat" not in page
    assert "a &lt;b&gt;cat&lt;/b&gt; &amp; a &quot;dictionary&quot;" in page
