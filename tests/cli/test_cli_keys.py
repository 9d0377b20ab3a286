"""Keys from an argument, the environment, a file and the keyring, in this order; no command ever shows one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from terminal import KEY, Ended, Terminal

from anymedia.testing.emulator import Emulator

FILE_KEY = "sk-of-the-file-0123456789abcdef"
RING_KEY = "sk-of-the-ring-0123456789abcdef"
KEPT_IN_A_FILE = '''
import json, os, pathlib
from keyring.backend import KeyringBackend

class Kept(KeyringBackend):
    """A keyring of one's own for each test: a file of JSON."""

    priority = 1
    name = "kept in a file"
    path = pathlib.Path(os.environ["KEPT_KEYS"])

    def _all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def get_password(self, service, username):
        return self._all().get(f"{service}/{username}")

    def set_password(self, service, username, password):
        self.path.write_text(json.dumps({**self._all(), f"{service}/{username}": password}))

    def delete_password(self, service, username):
        rest = {name: key for name, key in self._all().items() if name != f"{service}/{username}"}
        self.path.write_text(json.dumps(rest))
'''


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, monkeypatch, capsys)


def env_file(terminal: Terminal, text: str, mode: int = 0o600) -> Path:
    path = terminal.folder / ".env"
    path.write_text(text)
    path.chmod(mode)
    (terminal.folder / "anymedia.toml").write_text('env_file = ".env"')
    return path


def sent_key(terminal: Terminal, emulator: Emulator) -> str:
    """The key that a picture is asked for with."""
    terminal.set("OPENAI_BASE_URL", emulator.base_url)
    ended = terminal.type("image", "a fox", "--backend", "openai", "--json")
    assert ended.code == 0, ended.err
    return str(emulator.requests[-1].headers["authorization"]).removeprefix("Bearer ")


def standing(terminal: Terminal, backend: str = "openai") -> Any:
    ended = terminal.type("auth", "status", "--json")
    return next(each for each in ended.document["keys"] if each["backend"] == backend)


def test_a_key_in_the_file_of_keys_is_used_and_shown_by_its_fingerprint(terminal: Terminal, emulator: Emulator) -> None:
    env_file(terminal, f"# ours\nOTHER=1\nexport OPENAI_API_KEY='{FILE_KEY}'\n")
    assert sent_key(terminal, emulator) == FILE_KEY
    found = standing(terminal)
    assert found["source"] == f"OPENAI_API_KEY in {terminal.folder / '.env'}" and len(found["fingerprint"]) == 8
    ended = terminal.type("auth", "status")
    assert FILE_KEY not in f"{ended.out}{ended.err}{found}" and found["fingerprint"] in ended.out
    assert "OPENAI_API_KEY" not in os.environ


def test_the_environment_goes_before_the_file(terminal: Terminal, emulator: Emulator) -> None:
    env_file(terminal, f"OPENAI_API_KEY={FILE_KEY}")
    terminal.set("OPENAI_API_KEY", KEY)
    assert sent_key(terminal, emulator) == KEY
    assert standing(terminal)["source"] == "OPENAI_API_KEY"


@pytest.mark.parametrize(
    "line",
    [
        f"OPENAI_API_KEY={FILE_KEY}",
        f"\ufeffOPENAI_API_KEY = {FILE_KEY}   # the one of work\r\nB=2\r\n",
        f'A="x\nOPENAI_API_KEY=no\n"\nOPENAI_API_KEY="{FILE_KEY}"',
        f"OPENAI_API_KEY=old\nOPENAI_API_KEY={FILE_KEY}",
        f"what is this\nOPENAI_API_KEY={FILE_KEY}\nA=${{OPENAI_API_KEY}}",
    ],
)
def test_a_file_of_keys_is_read_as_others_read_it(line: str, terminal: Terminal, emulator: Emulator) -> None:
    env_file(terminal, line)
    assert sent_key(terminal, emulator) == FILE_KEY


def test_nothing_but_keys_is_taken_from_the_file(terminal: Terminal) -> None:
    env_file(terminal, f"OPENAI_API_KEY={FILE_KEY}\nOPENAI_BASE_URL=https://evil.example.org\nANYMEDIA_BUDGETS=1")
    assert terminal.type("doctor").out.count("evil") == 0


def test_without_a_setting_no_file_is_read(terminal: Terminal) -> None:
    env_file(terminal, f"OPENAI_API_KEY={FILE_KEY}")
    (terminal.folder / "anymedia.toml").unlink()
    assert standing(terminal)["to_set"] == "OPENAI_API_KEY"


def _made_a_link(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to("real")


def _made_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda path: path.chmod(0o640), "Run: chmod 600"),
        (lambda path: path.chmod(0o604), "can be read by others"),
        (_made_a_link, "is a link"),
        (_made_a_pipe, "is not a file"),
        (lambda path: path.write_bytes(FILE_KEY.encode() + b"\xff"), "is not UTF-8"),
        (lambda path: path.write_bytes(b"#" * (2**20 + 1)), "larger than 1 MiB"),
        (lambda path: path.write_text(f'OPENAI_API_KEY="{FILE_KEY}'), "line 1 in a way that cannot be read"),
        (lambda path: path.write_text("OPENAI_API_KEY=${SECRET}"), "refers to a variable"),
        (lambda path: path.write_text(f'OPENAI_API_KEY="{FILE_KEY}\\nX"'), "no header can carry"),
    ],
)
def test_a_file_that_is_not_safe_is_refused_and_not_repeated(change: Any, says: str, terminal: Terminal) -> None:
    change(env_file(terminal, f"OPENAI_API_KEY={FILE_KEY}"))
    ended = terminal.type("image", "a fox", "--backend", "openai", "--json", "-v")
    assert ended.code == 3 and says in ended.err
    assert FILE_KEY not in ended.out + ended.err
    doctor = terminal.type("doctor")
    assert doctor.code == 3 and says in doctor.out and FILE_KEY not in doctor.out


def test_a_file_of_another_user_is_refused(terminal: Terminal) -> None:
    path = env_file(terminal, f"OPENAI_API_KEY={FILE_KEY}")
    if os.geteuid() != 0:
        pytest.skip("only the superuser can give a file away")
    os.chown(path, 12345, 12345)
    assert "belongs to another user" in terminal.type("auth", "status").err


def test_the_file_of_a_project_lies_inside_it(terminal: Terminal) -> None:
    (terminal.folder / "anymedia.toml").write_text('env_file = "../.env"')
    assert "must lie inside the project" in terminal.type("auth", "status").err


@pytest.mark.parametrize("key", [f'"{KEY}"', f"'{KEY}'", f"Bearer {KEY}", "${OPENAI_API_KEY}", f"{KEY}\nX: 1"])
def test_a_key_that_was_copied_with_something_else_is_refused_with_the_reason(key: str, terminal: Terminal) -> None:
    terminal.set("OPENAI_API_KEY", key)
    ended = terminal.type("image", "a fox", "--json")
    assert ended.code == 3 and "The key from OPENAI_API_KEY" in ended.err and KEY not in ended.out + ended.err
    assert "The key from" in terminal.type("auth", "status").out


def test_a_byte_order_mark_and_white_space_around_a_key_are_taken_away(terminal: Terminal, emulator: Emulator) -> None:
    terminal.set("OPENAI_API_KEY", f"\ufeff {KEY}\u200b\n")
    assert sent_key(terminal, emulator) == KEY


def test_doctor_warns_of_keys_and_prompts_that_others_may_read(terminal: Terminal) -> None:
    path = env_file(terminal, f"OPENAI_API_KEY={FILE_KEY}", 0o644)
    (terminal.folder / "anymedia.toml").unlink()
    terminal.state.mkdir()
    terminal.state.chmod(0o755)
    said = terminal.type("doctor").out
    assert f"chmod 600 {path}" in said and f"chmod 700 {terminal.state}" in said
    path.write_text("SOMETHING=else")
    assert f"chmod 600 {path}" not in terminal.type("doctor").out


# --- The keyring ----------------------------------------------------------------------------------------------------


@pytest.fixture
def keyring(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The library with a keyring that is a file."""
    library = pytest.importorskip("keyring")
    monkeypatch.setenv("KEPT_KEYS", str(tmp_path / "kept.json"))
    (tmp_path / "kept_keyring.py").write_text(KEPT_IN_A_FILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("kept_keyring", None)
    before = library.get_keyring()
    from kept_keyring import Kept

    library.set_keyring(Kept())
    yield library
    library.set_keyring(before)


def typed(terminal: Terminal, key: str, *more: str) -> Ended:
    return terminal.type("auth", "set", "openai", *more, stdin=key.encode())


def test_a_key_in_the_keyring_is_used_where_no_other_is(terminal: Terminal, keyring: Any, emulator: Emulator) -> None:
    ended = typed(terminal, f"{RING_KEY}\n", "--json")
    assert ended.code == 0 and RING_KEY not in ended.out + ended.err
    found = standing(terminal)
    assert (found["source"], found["fingerprint"]) == ("the keyring", ended.document["fingerprint"])
    assert sent_key(terminal, emulator) == RING_KEY
    kept = [path for path in terminal.state.rglob("*") if path.is_file()]
    assert not [path for path in kept if RING_KEY.encode() in path.read_bytes()]
    terminal.set("OPENAI_API_KEY", KEY)
    assert sent_key(terminal, emulator) == KEY


def test_a_key_is_taken_out_of_the_keyring(terminal: Terminal, keyring: Any) -> None:
    typed(terminal, RING_KEY)
    assert terminal.type("auth", "remove", "OpenAI").code == 0
    assert keyring.get_password("anymedia", "openai") is None
    assert standing(terminal)["source"] is None
    again = terminal.type("auth", "remove", "openai")
    assert again.code == 2 and "has no key of openai" in again.err


@pytest.mark.parametrize("key", ["", "  \n", f'"{RING_KEY}"', f"{RING_KEY}\nanother"])
def test_what_is_no_key_is_not_put_into_the_keyring(key: str, terminal: Terminal, keyring: Any) -> None:
    ended = typed(terminal, key)
    assert ended.code == 3 and "standard input" in ended.err and RING_KEY not in ended.out + ended.err
    assert keyring.get_password("anymedia", "openai") is None


def test_a_key_on_the_command_line_is_refused_and_not_repeated(terminal: Terminal) -> None:
    ended = terminal.type("auth", "set", "openai", "abc-canary-0123456789")
    assert ended.code == 2 and "no argument" in ended.err and "canary" not in ended.out + ended.err


def test_a_backend_that_needs_no_key_takes_none(terminal: Terminal) -> None:
    assert "needs no key" in terminal.type("auth", "set", "sketch").err
    assert "Did you mean 'openai'?" in terminal.type("auth", "remove", "opnai").err


def test_a_keyring_that_cannot_be_opened_is_said_and_stops_no_other_source(
    terminal: Terminal, keyring: Any, emulator: Emulator
) -> None:
    typed(terminal, RING_KEY)
    from keyring.backends.fail import Keyring

    keyring.set_keyring(Keyring())
    found = standing(terminal)
    assert found["source"] is None and "This machine's keyring cannot be used" in found["to_set"]
    ended = typed(terminal, RING_KEY)
    assert ended.code == 3 and "cannot be used" in ended.err and "env_file" in ended.err
    terminal.set("OPENAI_API_KEY", KEY)
    assert sent_key(terminal, emulator) == KEY


def test_a_keyring_that_keeps_nothing_is_noticed(terminal: Terminal, keyring: Any) -> None:
    from keyring.backends.null import Keyring

    keyring.set_keyring(Keyring())
    ended = typed(terminal, RING_KEY)
    assert ended.code == 3 and "did not keep the key" in ended.err
    assert standing(terminal)["source"] is None


def test_without_the_package_the_keyring_says_what_to_install(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    ended = typed(terminal, RING_KEY)
    assert ended.code == 3 and 'pip install "anymedia[keyring]"' in ended.err


@pytest.mark.parametrize("content", [b"{", b'{"openai": 1}', b"[1]", b"\xff"])
def test_a_broken_list_of_what_is_in_the_keyring_is_named(content: bytes, terminal: Terminal) -> None:
    terminal.state.mkdir()
    (terminal.state / "keyring.json").write_bytes(content)
    ended = terminal.type("image", "a fox", "--json")
    assert ended.code == 3 and "keyring.json cannot be read" in ended.err
