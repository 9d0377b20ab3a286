"""What was recorded with a real key is sent and read as it was then, and the sample shows no more than was answered.

Recordings are made by `anymedia backend record` and looked for below the folder that the suite runs in. A backend
without any has no such test.
"""

from __future__ import annotations

from pathlib import Path

from ..replay import missing_in, problems_with, sample_of
from .subjects import RecordingSubject


def test_recording_is_sent_and_read_as_it_was(recording: RecordingSubject, tmp_path: Path) -> None:
    problems = problems_with(recording.recording, recording.backend, tmp_path)
    assert not problems, (
        f"{recording.id}, recorded on {recording.recording['recorded']}: {' '.join(problems)} Mend the flow, or remove "
        f"the recording and make it again."
    )


def test_sample_shows_nothing_that_the_provider_did_not_answer(recording: RecordingSubject) -> None:
    sample = sample_of(recording.recording, recording.backend)
    lacking = [] if sample is None else missing_in(recording.recording, sample)
    assert not lacking, (
        f"{recording.id}: the sample has {', '.join(f'`{path}`' for path in lacking)}, and the replies of "
        f"{recording.recording['recorded']} have not. Mend Sample.replies, and what reads them."
    )
