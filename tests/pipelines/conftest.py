"""Pipelines of diffusers, for real: `make test-diffusers` runs this folder where PyTorch is installed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from knocking import knock

from anymedia import AnymediaError, AsyncClient, Result
from anymedia.backends.diffusers import backends
from anymedia.configuration import Pipeline
from anymedia.spec import Backend, NoKey, compute
from toys import open_client, toy

collect_ignore_glob = [] if find_spec("torch") and find_spec("diffusers") else ["test_*.py"]

STEPS = 2


@dataclass(kw_only=True)
class Darkroom:
    """One client, whose worker is kept: PyTorch takes seconds to start. Its backend `mine` has one folder at a time."""

    root: Path
    runner: asyncio.Runner
    spied: Path
    backends: dict[str, Backend] = field(default_factory=dict)
    client: AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = open_client(self.root, self.root / "out")
        self.client.desk.backends = self.backends

    def folder(self, name: str, **saving: Any) -> Path:
        """A tiny pipeline of this class."""
        import tiny_pipelines

        folder = self.root / "pipelines" / "-".join((name, *map(str, saving.values())))
        return folder if folder.exists() else tiny_pipelines.make(name, folder, **saving)

    def prove_the_spy(self) -> None:
        """A worker that knocks at another machine is seen; what it did is forgotten."""
        self.backends["toy"] = toy("", lambda call: (yield compute(knock, where="process")), auth=NoKey())
        with pytest.raises(AnymediaError, match="nothing leaves this machine"):
            self.runner.run(self.client.image("a fox", backend="toy"))
        self.spied.unlink()

    def use(self, folder: Path, **table: Any) -> None:
        """Let the backend `mine` be the pipeline of this folder."""
        named = {"mine": Pipeline(**{"folder": folder, "device": "cpu", **table})}
        (self.backends["mine"],) = backends({"pipelines": named})

    def image(self, name: str | Path, prompt: str = "a fox", **parameters: Any) -> Result:
        return self._made("image", name, prompt, parameters)

    def video(self, name: str | Path, prompt: str = "a fox", **parameters: Any) -> Result:
        return self._made("video", name, prompt, parameters)

    def failure(self, verb: str, name: str | Path, prompt: str = "a fox", **parameters: Any) -> AnymediaError:
        """The error that the same call ends with. Nothing is ever charged for it."""
        with pytest.raises(AnymediaError) as caught:
            self._made(verb, name, prompt, parameters)
        assert caught.value.charged == "no"
        return caught.value

    def _made(self, verb: str, name: str | Path, prompt: str, parameters: dict[str, Any]) -> Result:
        folder = name if isinstance(name, Path) else self.folder(name)
        table, options = parameters.pop("table", {}), parameters.pop("options", {})
        asked = {"seed": 7, "provider_options": {"mine": {"num_inference_steps": STEPS, **options}}, **parameters}
        self.use(folder, **table)
        making = getattr(self.client, verb)(prompt, backend="mine", **asked)
        result: Result = self.runner.run(making)
        return result


@pytest.fixture(scope="session")
def darkroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Darkroom]:
    root = tmp_path_factory.mktemp("darkroom")
    spied = root / "connections"
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setenv("ANYMEDIA_TEST_CONNECTIONS", str(spied))  # for sitecustomize.py, in the worker process
        patch.setenv("OMP_NUM_THREADS", "1")  # others want the processor too
        room = Darkroom(root=root, runner=runner, spied=spied)
        room.prove_the_spy()
        yield room
        runner.run(room.client.close())
