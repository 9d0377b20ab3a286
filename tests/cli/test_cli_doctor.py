"""`doctor` names what is wrong with a machine, one thing at a time, and what to do; it sends and repairs nothing."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from terminal import Terminal

from anymedia.cli.state_health import network_file_system
from anymedia.engine.schema import MIGRATIONS
from anymedia.testing.emulator import Emulator

LEDGERS = Path(__file__).parents[1] / "ledgers"
TODAY = len(MIGRATIONS)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    terminal = Terminal(tmp_path, monkeypatch, capsys)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return terminal


def findings(terminal: Terminal, about: str, *, code: int = 0) -> list[dict[str, Any]]:
    """What is said about one thing, besides that it is in order."""
    ended = terminal.type("doctor", "--json")
    assert (ended.code, ended.document["healthy"]) == (code, code == 0), ended.out
    return [each for each in ended.document["findings"] if each["about"] == about and each["state"] != "ok"]


def ledger(terminal: Terminal, version: int = TODAY) -> Path:
    """The ledger that the code of that version left."""
    terminal.state.mkdir(mode=0o700)
    path = terminal.state / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((LEDGERS / f"v{version}.sql").read_text("utf-8"))
        connection.execute("PRAGMA journal_mode=WAL")
    path.chmod(0o600)
    return path


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def spoil(path: Path, name: str) -> None:
    """Overwrite the first page of a table or an index."""
    with closing(sqlite3.connect(path)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name=?", (name,)).fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)


# --- The machine ----------------------------------------------------------------------------------------------------


def test_a_machine_in_order_says_its_versions(terminal: Terminal) -> None:
    out = terminal.type("doctor").out
    for words in (
        "ok      versions: anymedia ",
        "ok      packages: ",
        "ok      extra sketch: ",
        "ok      certificates: ",
    ):
        assert words in out
    assert not terminal.state.exists(), "doctor creates nothing"


def test_what_cannot_be_used_as_it_is_set_up_is_told_here_and_among_the_models(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.toml").write_text('[pipelines.mine]\nfolder = "/nowhere"\n')
    monkeypatch.setenv("ANYMEDIA_CONFIG", str(tmp_path / "mine.toml"))
    told = findings(terminal, "mine")
    assert told[-1]["state"] == "warning" and told[-1]["says"].startswith("/nowhere holds no pipeline")
    assert "/nowhere holds no pipeline" in terminal.type("models", "--backend", "mine").out


def test_packages_that_are_missing_or_too_old_are_named(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "site" / "anymedia-0.1.0.dist-info"
    metadata.mkdir(parents=True)
    asked = ("click>=99.1", "no-such-package>=1.0", "no-such-extra>=2; extra == 'imagined'")
    lines = ("Metadata-Version: 2.4", "Name: anymedia", "Version: 0.1.0", *(f"Requires-Dist: {each}" for each in asked))
    (metadata / "METADATA").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(metadata.parent))
    (core,) = findings(terminal, "packages", code=3)
    assert "click 8." in core["says"] and ">=99.1 is needed" in core["says"]
    assert "no-such-package is missing" in core["says"]
    (extra,) = findings(terminal, "extra imagined", code=3)
    assert (extra["state"], extra["next"]) == ("note", 'Run: pip install --upgrade "anymedia[imagined]"')


def test_certificates_that_cannot_be_read_are_bad(terminal: Terminal) -> None:
    terminal.set("SSL_CERT_FILE", str(terminal.folder / "none.pem"))
    (found,) = findings(terminal, "certificates", code=3)
    assert "SSL_CERT_FILE" in found["next"]


def test_a_call_without_certificates_says_so_before_anything_is_sent(terminal: Terminal, emulator: Emulator) -> None:
    terminal.use(emulator)
    terminal.set("SSL_CERT_FILE", str(terminal.folder / "none.pem"))
    ended = terminal.type("image", "a fox", "--json")
    assert (ended.code, ended.error["code"], emulator.requests) == (3, "invalid_configuration", ())


def test_a_proxy_is_named_without_its_password(terminal: Terminal) -> None:
    terminal.set("https_proxy", "http://user:hunter2@proxy.example:3128")
    ended = terminal.type("doctor")
    assert "https requests go through proxy.example:3128" in ended.out
    assert "hunter2" not in ended.out + ended.err


def test_a_clock_that_is_behind_the_ledger_is_noticed(terminal: Terminal) -> None:
    change(ledger(terminal), f"UPDATE job SET created_at={time.time() + 86_400}")
    (found,) = findings(terminal, "clock")
    assert "a job of a later time" in found["says"]


# --- The state folder -----------------------------------------------------------------------------------------------


def test_a_state_folder_and_a_ledger_that_others_may_read_are_named(terminal: Terminal) -> None:
    path = ledger(terminal)
    terminal.state.chmod(0o755)
    path.chmod(0o644)
    folder, file = findings(terminal, "state folder")
    assert (folder["next"], file["next"]) == (f"chmod go= {terminal.state}", f"chmod go= {path}")


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a folder away")
def test_a_state_folder_of_another_user_is_named(terminal: Terminal) -> None:
    terminal.state.mkdir(mode=0o700)
    os.chown(terminal.state, 12345, -1)
    (found,) = findings(terminal, "state folder")
    assert "belongs to another user" in found["says"]


def test_a_state_folder_that_cannot_be_used_is_bad(terminal: Terminal) -> None:
    terminal.state.write_text("a file")
    (found,) = findings(terminal, "state folder", code=3)
    assert "is not a folder" in found["says"]


@pytest.mark.skipif(sys.platform != "linux", reason="a file system without files")
def test_a_place_where_no_folder_can_be_is_bad(terminal: Terminal) -> None:
    terminal.set("ANYMEDIA_HOME", "/proc/state")
    (found,) = findings(terminal, "state folder", code=3)
    assert "cannot be written" in found["says"]


def test_a_network_file_system_is_told_by_the_longest_mount() -> None:
    mounts = (
        "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
        "30 22 0:40 / /srv rw,relatime shared:5 - nfs4 server:/export rw\n"
        "31 30 8:2 / /srv/local rw,relatime - xfs /dev/sdb rw\n"
    )
    where = [network_file_system(Path(each), mounts) for each in ("/home/me", "/srv/state", "/srv/local/state")]
    assert where == [None, "nfs4", None]


def test_a_configuration_that_others_may_change_is_named(terminal: Terminal) -> None:
    Path("anymedia.toml").write_text("adapt = true\n")
    Path("anymedia.toml").chmod(0o666)
    (found,) = findings(terminal, "configuration")
    assert (found["state"], found["next"]) == ("warning", f"chmod go-w {terminal.folder / 'anymedia.toml'}")


def test_a_wrong_configuration_does_not_hide_a_damaged_ledger(terminal: Terminal) -> None:
    Path("anymedia.toml").write_text("offlin = true\n")
    spoil(ledger(terminal), "job")
    assert findings(terminal, "configuration", code=3)
    assert "damaged" in findings(terminal, "ledger", code=3)[0]["says"]


# --- The ledger -----------------------------------------------------------------------------------------------------


def test_a_ledger_of_a_newer_version_is_bad(terminal: Terminal) -> None:
    change(ledger(terminal), f"PRAGMA user_version={TODAY + 1}")
    (found,) = findings(terminal, "ledger", code=3)
    assert "newer version" in found["says"] and "Upgrade" in found["next"]


def test_a_ledger_of_an_earlier_version_is_noted(terminal: Terminal) -> None:
    ledger(terminal, 1)
    assert findings(terminal, "ledger")[0]["says"] == f"schema 1; the next call brings it to {TODAY}"


def test_a_ledger_without_a_column_it_should_have_is_bad(terminal: Terminal) -> None:
    change(ledger(terminal), "ALTER TABLE job DROP COLUMN reserved_at")
    (found,) = findings(terminal, "ledger", code=3)
    assert "without job.reserved_at" in found["says"]


def test_jobs_that_are_not_over_come_with_the_command_for_them(terminal: Terminal) -> None:
    ledger(terminal)
    submitted, unsent, unknown = findings(terminal, "ledger")
    assert (submitted["says"], submitted["next"]) == ("3 jobs are open", "`anymedia resume`")
    assert (unsent["says"], unsent["next"][:23]) == ("1 jobs were never sent", "`anymedia resume --all`")
    assert "anymedia reconcile job_" in unknown["next"]


def test_what_ended_runs_left_is_counted(terminal: Terminal) -> None:
    ledger(terminal)
    (terminal.state / "quarantine").mkdir()
    (terminal.state / "quarantine" / "fox-1.png").write_bytes(b"half a fox")
    (terminal.folder / ".bear-123.0a0b.part").write_bytes(b"half a bear")
    assert findings(terminal, "quarantine")[0]["says"].startswith("1 files, ")
    assert ".bear-123.0a0b.part" in findings(terminal, "left over")[0]["says"]


# --- Rescue ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(1, TODAY + 1))
def test_a_ledger_with_a_damaged_index_is_rescued_whole(version: int, terminal: Terminal) -> None:
    path = ledger(terminal, version)
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT * FROM job ORDER BY id").fetchall()
    spoil(path, "job_by_time")
    assert "--rescue" in findings(terminal, "ledger", code=3)[0]["next"]
    damaged = path.read_bytes()
    ended = terminal.type("doctor", "--rescue", "--json")
    assert (ended.code, ended.document["rescued"]["job"], path.read_bytes()) == (0, len(rows), damaged)
    rescued = Path(ended.document["file"])
    with closing(sqlite3.connect(rescued)) as connection:
        assert connection.execute("SELECT * FROM job ORDER BY id").fetchall() == rows
    assert rescued.stat().st_mode & 0o077 == 0
    assert terminal.type("doctor", "--rescue").code == 3, "nothing is overwritten"
    rescued.replace(path)
    assert len(terminal.type("jobs", "--json", "--limit", "50").document["jobs"]) == len(rows)
    assert findings(terminal, "ledger")[0]["state"] == "note"


def test_rows_around_a_damaged_page_are_rescued(terminal: Terminal) -> None:
    path = ledger(terminal)
    names = "operation, backend, model, status, request, request_hash, account, output, selection, run, cost_source"
    copies = (
        f"WITH RECURSIVE copy(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM copy WHERE number < 500) "
        f"INSERT INTO job (id, idempotency_key, created_at, {names}) "
        f"SELECT 'job_' || number, number, number, {names} FROM copy, job WHERE job.status = 'done'"
    )
    change(path, copies)
    content = bytearray(path.read_bytes())
    place = content.index(b"job_250")
    content[place - place % 4096 : place - place % 4096 + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    ended = terminal.type("doctor", "--rescue", "--json")
    assert ended.code == 0
    assert 400 < ended.document["rescued"]["job"] < 516
    with closing(sqlite3.connect(ended.document["file"])) as connection:
        found = {row[0] for row in connection.execute("SELECT id FROM job")}
    assert {"job_1", "job_500"} <= found


def test_what_cannot_be_rescued_is_said(terminal: Terminal) -> None:
    terminal.state.mkdir(mode=0o700)
    (terminal.state / "ledger.sqlite").write_text("this is no database " * 100)
    ended = terminal.type("doctor", "--rescue")
    assert ended.code == 3 and "Nothing can be read" in ended.err
    assert not (terminal.state / "rescued.sqlite").exists()
