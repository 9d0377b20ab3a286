"""Marks beside a file say who made it; the file itself is what the provider sent, to the byte."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from anymedia.engine import marks
from anymedia.testing.emulator import Emulator
from toys import PICTURE, RUNNING, Provider, picture, queue_backend, serve_job
from workplace import Workplace


def marks_beside(path: Path) -> Any:
    return json.loads(path.with_name(path.name + ".marks.json").read_text("utf-8"))


def test_nothing_is_written_beside_a_file_unless_it_is_asked_for(openai: Workplace) -> None:
    result = openai.draw()
    assert list(openai.out.iterdir()) == [result.path]


@pytest.mark.parametrize("way", ["argument", "setting"])
def test_marks_say_who_made_the_file_and_leave_its_bytes_alone(way: str, openai: Workplace, emulator: Emulator) -> None:
    if way == "setting":
        openai.arguments = {"marks": True}
    result = openai.draw(**({"marks": True} if way == "argument" else {}))
    found = marks_beside(result.path)
    assert result.read_bytes() == PICTURE
    assert found["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert (found["file"], found["job_id"], found["backend"]) == (result.path.name, result.job_id, "openai")
    assert found["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    assert "a fox" not in json.dumps(found)


def test_what_was_made_from_a_picture_says_so(openai: Workplace) -> None:
    result = openai.draw(marks=True, input_images=[picture(side=64)])
    assert marks_beside(result.path)["digital_source_type"].endswith("/compositeWithTrainedAlgorithmicMedia")


def test_the_call_may_do_without_what_the_configuration_wants(openai: Workplace) -> None:
    openai.arguments = {"marks": True}
    result = openai.draw(marks=False)
    assert list(openai.out.iterdir()) == [result.path]


def test_a_file_without_its_marks_is_whole_and_the_result_says_so(openai: Workplace, monkeypatch: Any) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(marks, "write_whole", full)
    result = openai.draw(marks=True)
    assert any("marks of" in warning for warning in result.warnings)
    assert result.read_bytes() == PICTURE


def test_a_job_that_is_resumed_is_marked_as_it_was_asked(workplace: Workplace, provider: Provider) -> None:
    serve_job(provider, RUNNING)
    backend = queue_backend(provider.url)
    workplace.failure(backend, marks=True, wait=0)
    result = workplace.run(lambda client: client.resume(workplace.row["id"]), backend)
    assert marks_beside(result.path)["backend"] == backend.name


def test_a_file_of_the_users_is_not_replaced_by_marks(openai: Workplace) -> None:
    openai.out.mkdir()
    mine = openai.out / "fox.png.marks.json"
    mine.write_text('{"marks": "out of ten"}')
    result = openai.draw(marks=True, output=openai.out / "fox.png")
    assert mine.read_text() == '{"marks": "out of ten"}'
    assert result.warnings == ("The marks of fox.png could not be written: File exists.",)


def test_marks_of_a_file_that_is_overwritten_are_new(openai: Workplace) -> None:
    output = openai.out / "fox.png"
    openai.draw(marks=True, output=output)
    second = openai.draw(prompt="another fox", marks=True, output=output, overwrite=True)
    assert marks_beside(output)["job_id"] == second.job_id
