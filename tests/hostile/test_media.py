"""Pictures of others are decoded in a process that can do nothing else; whatever is in them, the caller goes on."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from media_files import DRAWN, FILES, REFUSED

from anymedia import AnymediaError, AsyncClient, errors
from anymedia.sketch.made import CannotMake
from anymedia.sketch.picture_inputs import pixels_of
from toys import PICTURE
from workplace import Workplace


async def ends(client: AsyncClient) -> dict[str, tuple[str, float]]:
    """How a call ends with each of the files as its picture, and after how many seconds."""
    found = {}
    for name, (content, _) in FILES.items():
        data, began = content(), time.monotonic()
        try:
            await client.image("add a cat", backend="sketch", size="64x64", input_images=data)
            end = DRAWN
        except errors.UsageError as error:
            end = REFUSED
            assert error.charged == "no"
        found[name] = (end, time.monotonic() - began)
    return found


def test_no_file_of_the_corpus_hurts_and_each_ends_as_it_should(workplace: Workplace) -> None:
    found = workplace.run(ends)
    wrong = {name: end for name, (end, _) in found.items() if FILES[name][1] not in ("", end)}
    assert wrong == {}
    assert {name: seconds for name, (_, seconds) in found.items() if seconds > 30} == {}


WORST = {
    "hangs": ("while True: pass", "too long"),
    "sleeps": ("import time; time.sleep(600)", "too long"),
    "dies": ("import os; os.abort()", "breaks"),
    "is killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "breaks"),
    "says too little": ("print('a')", "breaks"),
    "never stops talking": ("while True: print('a' * 10**6)", "breaks"),
    "gives a reason": ("import sys; print('because'); sys.exit(2)", "because"),
    "gives a long reason": ("import sys; print('because' * 10**6); sys.exit(2)", "breaks"),
}


@pytest.mark.parametrize(("program", "reason"), WORST.values(), ids=WORST)
def test_a_reader_that_goes_wrong_in_any_way_is_gone_and_told_of(program: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(PICTURE)
    began = time.monotonic()
    with pytest.raises(CannotMake, match=f"a.png is no picture that can be read: .*{reason}") as caught:
        pixels_of(file, "picture", (64, 64), 64 * 64 * 3, (sys.executable, "-c", program), within=1.0)
    assert time.monotonic() - began < 10
    assert len(str(caught.value)) < 1000


TRIES = {
    "a file to read": "open('/etc/passwd')",
    "a file to write": "open('made', 'w')",
    "a connection": "import _socket; _socket.socket()",
    "a pipe": "import os; os.pipe()",
    "memory": "bytearray(2 * 2**30)",
}
PROGRAM = """
import os, sys, warnings, _socket
from anymedia.sketch.picture_reader import give_up_everything_else
give_up_everything_else()
try:
    {attempt}
except (OSError, MemoryError) as error:
    sys.exit(7)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know fewer limits")
@pytest.mark.parametrize("attempt", TRIES.values(), ids=TRIES)
def test_what_reads_a_picture_cannot_have(attempt: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(attempt=attempt)], capture_output=True, cwd=tmp_path, timeout=30
    )
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (7, b"", [])


FILM_READER = """
import sys
from anymedia.engine.frames import Frames, NotDrawn, draw_frames
try:
    draw_frames(None, sys.stdin.buffer.read(), Frames(number=1))
except NotDrawn as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["playlist", "concat script", "session description", "dash manifest", "page"])
def test_what_names_other_files_is_no_film(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILM_READER], input=FILES[name][0](), capture_output=True, cwd=tmp_path, timeout=60
    )
    assert done.returncode == 0 and done.stdout.startswith(b"it cannot be decoded: Invalid ")


@pytest.mark.parametrize("name", ["half a png", "png and archive", "jpeg and page", "empty", "playlist"])
def test_what_should_have_been_refused_before_does_not_hurt_the_reader_either(name: str, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(FILES[name][0]())
    try:
        assert len(pixels_of(file, "picture", (64, 64), 64 * 64 * 3)) == 64 * 64 * 3
    except CannotMake as error:
        assert "a.png is no picture that can be read" in str(error)


def test_a_picture_that_lies_about_itself_names_the_file_and_the_reason(workplace: Workplace) -> None:
    with pytest.raises(AnymediaError, match="not a whole image/png: The file ends after") as caught:
        workplace.draw(backend="sketch", size="64x64", input_images=FILES["half a png"][0]())
    assert (caught.value.code, caught.value.charged) == ("invalid_input", "no")
