"""Programs that answer questions about files, such as a coding agent: one backend for each table under `[agents]`.

A program runs as you do, in a folder of its own with copies of the files, without a shell and without the keys of
others; what it may do beyond reading is up to its options. It is used only where it is named: nobody knows its cost.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from functools import partial
from pathlib import Path
from signal import SIGKILL
from typing import Any, Protocol

from ..errors import UnsupportedParameter
from ..media import Json, MediaFile
from ..operations import DescribeRequest
from ..spec import (
    Answered,
    Backend,
    Call,
    Control,
    Failed,
    Files,
    Flow,
    Model,
    NoKey,
    NotHandedOver,
    Param,
    Problem,
    Sample,
    Succeeded,
    TextUpTo,
    UnknownPrice,
    compute,
)
from ..spec.tiny import PNG

DOCS = "docs/how-to/ask-a-chat-model.md"
CODEX = "https://developers.openai.com/codex/noninteractive"
"""How such a program is asked, as one of them says it: words go in, only the answer comes out."""
CHECKED = date(2026, 11, 23)

READING_ONLY: Mapping[str, tuple[str, ...]] = {
    "claude": ("--print", "--tools", "Read", "--strict-mcp-config"),
    "codex": ("exec", "--sandbox", "read-only", "--skip-git-repo-check", "--ephemeral", "-"),
}
"""Options for a program that is named alone. Claude Code has no tool but the one that reads files, and no servers of
tools (https://docs.rs/mur-common/2.91.2, measured with 2.1.273); Codex runs commands that can write nothing and reach
no network (CODEX). Both checked 2026-11-23, neither run by us. Gemini's
plan mode is no such option: without a terminal it ends by itself (https://qiita.com/kai_kou/items/0a7639d1f95f5d9d56cf,
0.64.0)."""
USUAL_VARIABLES = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TERM", "XDG_CONFIG_HOME")

LONGEST_ANSWER = 1_000_000
LONGEST_COMPLAINT = 2_000
"""Bytes that are kept of what it says, and of what it complains about."""
HEARTBEAT = 0.1
"""Seconds between looks at whether the job was cancelled."""

ENDINGS: Mapping[str, str] = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "application/pdf": "pdf",
}
TEXT = TextUpTo(100_000)
PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="prompt", allows=TEXT),
    "media": Param(
        wire_name="media", allows=Files(media_types=tuple(ENDINGS), at_most=64, bytes_each=50 * 10**6), encode=tuple
    ),
    "instructions": Param(wire_name="instructions", allows=TEXT),
}


class Agent(Protocol):
    """One table under `[agents]`, as the configuration reads it."""

    @property
    def command(self) -> tuple[str, ...]: ...
    @property
    def environment(self) -> tuple[str, ...]: ...


def backends(configuration: Mapping[str, Json]) -> Iterator[Backend]:
    """A backend for each named agent. Its model is the name of the program."""
    for name, agent in (configuration.get("agents") or {}).items():
        program, *options = agent.command
        model = Model(
            id=Path(program).name,
            accepts=DescribeRequest,
            params=PARAMS,
            price=UnknownPrice(source="a program of your own, which says nothing of money", checked=CHECKED),
            typical_bytes=10_000,
            source=CODEX,
        )
        command = (program, *(options or READING_ONLY.get(model.id, ())))
        yield Backend(
            name=name,
            title=name,
            docs=DOCS,
            base_url="",
            auth=NoKey(),
            priority={},
            models=(model,),
            submit=partial(submit, command=command, environment=agent.environment),
            read_error=read_error,
            samples=SAMPLES,
        )


def submit(call: Call, *, command: tuple[str, ...], environment: tuple[str, ...]) -> Flow:
    unknown = sorted(call.body.keys() - PARAMS.keys())
    if unknown:
        raise UnsupportedParameter(f"A program has no {unknown[0]!r}.", next="Its options stand in the configuration.")
    reply = yield compute(ask, effect="pays", command=command, environment=environment, **call.body)
    if not reply["text"].strip():
        return Failed(reason="the program said nothing", kind="empty_output")
    missing = (f"The answer was cut after {LONGEST_ANSWER} bytes.",) if reply["is_cut"] else ()
    return Succeeded(text=reply["text"].strip(), missing=missing)


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"not_started": str(reason)}:
            return Problem(kind="rejected", message=reason, next="Install it, or mend its table under [agents].")
        case {"complaint": str(complaint)}:
            return Problem(kind="rejected", message=complaint, charged="maybe", next="Ask it by hand to see why.")
    return None


SAMPLES = (
    Sample(
        request=DescribeRequest(
            prompt="What is it?", media=(MediaFile(media_type="image/png", data=PNG, size=len(PNG)),)
        ),
        replies=(),
        source=DOCS,
    ),
)

# --- In a thread of its own -------------------------------------------------------------------------------------


def ask(control: Control, *, command: tuple[str, ...], environment: tuple[str, ...], **asked: Json) -> Json:
    """What the program says about the files. Raise `Answered` if it could not be started, or ends with a complaint."""
    from tempfile import TemporaryFile

    try:
        names = copies_in(control.scratch, asked.get("media", ()))
    except (OSError, ValueError) as error:
        raise NotHandedOver(f"the files could not be copied: {error}") from error
    with TemporaryFile() as question:
        question.write(as_text(names, **asked).encode("utf-8", "replace"))
        question.seek(0)
        with started(control, command, environment, question) as process:
            answer, complaint = heard(control, process)
    is_cut = len(answer) > LONGEST_ANSWER
    if process.returncode != 0 and not is_cut:
        said = complaint.decode("utf-8", "replace").strip() or "it ended without a word"
        raise Answered(process.returncode, {}, {"complaint": said}, said)
    return {"text": answer[:LONGEST_ANSWER].decode("utf-8", "replace"), "is_cut": is_cut}


def copies_in(folder: Path, files: tuple[MediaFile, ...]) -> list[str]:
    """Copies that nobody can write to. Their names say nothing of where the files are."""
    names = [f"file-{number}.{ENDINGS[file.media_type]}" for number, file in enumerate(files, 1)]
    for name, file in zip(names, files, strict=True):
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(file.unchanged_bytes())
        (folder / name).chmod(0o400)
    return names


def as_text(names: list[str], *, prompt: str, instructions: str | None = None, media: Json = ()) -> str:
    looked_at = f"Look at these files in the current folder, in this order: {', '.join(names)}." if names else None
    return "\n\n".join(filter(None, (instructions, looked_at, prompt)))


@contextmanager
def started(control: Control, command: tuple[str, ...], environment: tuple[str, ...], question: Any) -> Iterator[Any]:
    """The program, and the end of it and of all that it started in its session."""
    import os
    from subprocess import PIPE, Popen

    seen = {name: os.environ[name] for name in (*USUAL_VARIABLES, *environment) if name in os.environ}
    seen["TMPDIR"] = folder = str(control.scratch)
    try:
        process = Popen(command, cwd=folder, env=seen, stdin=question, stdout=PIPE, stderr=PIPE, start_new_session=True)
    except OSError as error:
        reason = f"{command[0]!r} cannot be started: {error.strerror}"
        raise Answered(127, {}, {"not_started": reason}, reason) from error
    with process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, SIGKILL)


def heard(control: Control, process: Any) -> tuple[bytes, bytes]:
    """All that it says until it ends, in the time that one call may take; the end of what it complains about."""
    import os
    import time
    from selectors import EVENT_READ, DefaultSelector
    from subprocess import TimeoutExpired

    end, answer, complaint = time.monotonic() + control.provider.timeout, b"", b""
    with DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            selector.register(pipe, EVENT_READ)
        while len(answer) <= LONGEST_ANSWER:
            control.progress()
            if time.monotonic() > end:
                raise RuntimeError(f"no answer within {control.provider.timeout:g} s")
            ready = selector.select(HEARTBEAT) if selector.get_map() else []
            for key, _ in ready:
                piece = os.read(key.fd, 65_536)
                if not piece:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    answer += piece
                else:
                    complaint = (complaint + piece)[-LONGEST_COMPLAINT:]
            if not ready:
                with suppress(TimeoutExpired):
                    process.wait(HEARTBEAT)
                    break  # even if what it left running holds the pipes open
    return answer, complaint
