"""Google with room for no file in a request: a film is uploaded, and edited once Google has read it.

What is uploaded otherwise are files of more than twenty megabytes, too many for a sample.
"""

from dataclasses import replace

from anymedia.backends.google import BACKEND as GOOGLE
from anymedia.backends.google import interactions, uploads, videos
from anymedia.backends.google.common import SEEN
from anymedia.media import Json
from anymedia.operations import VideoRequest
from anymedia.spec import Call, Flow, Reply, Sample


def question_in(call: Call) -> uploads.Question:
    return replace(videos.question_in(call), room=0)


def submit(call: Call) -> Flow:
    return uploads.submit(call, question_in(call))


def poll(call: Call, state: Json) -> Flow:
    return uploads.poll(call, question_in(call), state) if "uploaded" in state else interactions.poll(call, state)


SESSION = Reply(headers={"X-Goog-Upload-URL": "https://generativelanguage.googleapis.com/upload/session"}, json={})
FILE = {"name": "files/film-1", "uri": "https://generativelanguage.googleapis.com/v1/files/film-1"}
UPLOADED = Reply(json={"file": {**FILE, "state": "PROCESSING"}})
READING, READ = (Reply(json={**FILE, "state": state}) for state in ("PROCESSING", "ACTIVE"))

BACKEND = replace(
    GOOGLE,
    name="google_uploads",
    aliases=(),
    priority={VideoRequest: 6},
    models=tuple(replace(model, submit=submit, poll=poll) for model in videos.MODELS[:1]),
    samples=(
        Sample(
            request=VideoRequest(prompt="at night", video=videos.FILM),
            replies=(SESSION, UPLOADED, READING, READ, *videos.DELIVERED),
            source=SEEN,
        ),
    ),
)
