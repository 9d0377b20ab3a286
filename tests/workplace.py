"""A machine of one's own for tests: a home folder, an output folder, a ledger, clients that see nothing else."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from anymedia import AnymediaError, AsyncClient
from anymedia.spec import Backend
from toys import open_client

T = TypeVar("T")
GENERATIONS = "/v1/images/generations"
EDITS = "/v1/images/edits"
RESPONSES = "/v1/responses"
TOYS = Path(__file__).with_name("toys.py")


async def arrives(condition: Callable[[], bool], *, within: float = 10.0) -> None:
    """Wait for something that another thread or process does."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another thread or process
            await asyncio.sleep(0.002)


def process_is_alive(number: int) -> bool:
    """Whether a process of this machine still runs."""
    return Path(f"/proc/{number}").exists()


@dataclass(kw_only=True)
class Workplace:
    """A home folder, an output folder and the ledger in it; clients that see nothing else of this machine."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def quarantine(self) -> Path:
        return self.state / "quarantine"

    def client(self, *backends: Backend, environ: Mapping[str, str] | None = None, **arguments: Any) -> AsyncClient:
        given = {"output_dir": str(self.out), **self.arguments, **arguments}
        return open_client(self.root, self.out, *backends, environ={**self.environ, **(environ or {})}, **given)

    def run(self, work: Callable[[AsyncClient], Coroutine[Any, Any, T]], *backends: Backend, **arguments: Any) -> T:
        """What `work(client)` gives, with a client that is closed afterwards."""

        async def with_client() -> T:
            async with self.client(*backends, **arguments) as client:
                return await work(client)

        return asyncio.run(with_client())

    def draw(self, *backends: Backend, prompt: str = "a fox", environ: Any = None, **parameters: Any) -> Any:
        """One picture. Configuration goes into `self.arguments`."""
        return self.run(lambda client: client.image(prompt, **parameters), *backends, environ=environ)

    def failure(self, *backends: Backend, prompt: str = "a fox", **parameters: Any) -> AnymediaError:
        """The error that one picture ends with."""
        with pytest.raises(AnymediaError) as caught:
            self.draw(*backends, prompt=prompt, **parameters)
        return caught.value

    def rows(self, columns: str = "*", table: str = "job") -> list[dict[str, Any]]:
        """Rows of the ledger as they are on the disk, the oldest first."""
        path = self.state / "ledger.sqlite"
        if not path.exists():
            return []
        connection = sqlite3.connect(path)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY created_at")]
        except sqlite3.OperationalError:
            return []  # the file is there before its tables are
        finally:
            connection.close()

    @property
    def row(self) -> dict[str, Any]:
        """The only job."""
        (row,) = self.rows()
        return row

    def write(self, sql: str) -> None:
        """Change the ledger behind the engine's back: what a crash, or an hour, would have left."""
        connection = sqlite3.connect(self.state / "ledger.sqlite", timeout=5)
        with connection:
            connection.execute(sql)
        connection.close()

    def files(self, *, hidden: bool = False) -> list[Path]:
        """The files of the output folder, part files only when asked for."""
        if not self.out.exists():
            return []
        found = sorted(path for path in self.out.rglob("*") if path.is_file())
        return [path for path in found if hidden == path.name.startswith(".")]

    def start(self, action: str, url: str, *names: str) -> subprocess.Popen[str]:
        """Another process that makes or resumes a job; it prints one line of JSON in the end."""
        command = [sys.executable, str(TOYS), action, str(self.root), url, *names]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def answer_of(process: subprocess.Popen[str]) -> Any:
    """What another process said in the end."""
    output, _ = process.communicate(timeout=30)
    return json.loads(output)
