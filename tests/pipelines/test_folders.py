"""What is in the folder: what must not be loaded, what cannot be, and that nothing is ever asked of a server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_pipelines

from anymedia import errors
from conftest import Darkroom

SD = "StableDiffusionPipeline"
SIZE = (tiny_pipelines.SIDE, tiny_pipelines.SIDE)


def index(folder: Path, **changed: object) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def pickled(folder: Path) -> None:
    """What unpickling would leave a file behind."""
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    bomb = f"cos\nsystem\n(S'touch {folder.parent / 'owned'}'\ntR."
    (folder / "unet" / "diffusion_pytorch_model.bin").write_text(bomb)


def cut(folder: Path) -> None:
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def no_header(folder: Path) -> None:
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(b"\xff" * 100)


def custom_code(folder: Path) -> None:
    (folder / "unet" / "my_model.py").write_text("raise SystemExit('owned')")
    index(folder, unet=["my_model", "MyModel"])


def code_beside(folder: Path) -> None:
    (folder / "pipeline.py").write_text("raise SystemExit('owned')")


def remote_code(folder: Path) -> None:
    path = folder / "text_encoder" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "auto_map": {"AutoModel": "somebody/code--m.Model"}}))


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing there": (shutil.rmtree, "cannot be read"),
    "no index": (lambda folder: (folder / "model_index.json").unlink(), "cannot be read"),
    "not JSON": (lambda folder: (folder / "model_index.json").write_text("{"), "not JSON"),
    "no class": (lambda folder: index(folder, _class_name=None), "name one class"),
    "a class nobody knows": (lambda folder: index(folder, _class_name="MyPipeline"), "MyPipeline"),
    "a part of another library": (lambda folder: index(folder, vae=["subprocess", "Popen"]), "asks for code"),
    "a part out of the folder": (lambda folder: index(folder, **{"../vae": ["diffusers", "X"]}), "asks for code"),
    "a part missing": (lambda folder: shutil.rmtree(folder / "vae"), "'vae' is missing"),
    "pickles": (pickled, "is a pickle"),
    "cut weights": (cut, "not whole"),
    "no header": (no_header, "no header"),
    "custom code": (custom_code, "asks for code"),
    "code beside": (code_beside, "pipeline.py is code"),
    "remote code": (remote_code, "asks for code of its own"),
    "no weights": (lambda folder: (folder / "unet/diffusion_pytorch_model.safetensors").unlink(), "cannot load it"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_folder_that_cannot_be_used_is_refused_in_words(wrong: str, darkroom: Darkroom) -> None:
    folder = darkroom.root / "pipelines" / wrong
    shutil.copytree(darkroom.folder(SD), folder)
    spoil, said = WRONG[wrong]
    spoil(folder)
    error = darkroom.failure("image", folder, size=SIZE)
    assert isinstance(error, errors.InvalidConfiguration) and said in error.message
    assert not (folder.parent / "owned").exists()


def test_a_folder_that_changed_is_loaded_again(darkroom: Darkroom) -> None:
    folder = darkroom.root / "pipelines" / "changing"
    shutil.copytree(darkroom.folder(SD), folder)
    before = darkroom.image(folder, size=SIZE)
    other = tiny_pipelines.make(SD, darkroom.root / "pipelines" / "other", random_seed=8)
    shutil.copytree(other / "unet", folder / "unet", dirs_exist_ok=True)
    assert darkroom.image(folder, size=SIZE).files[0].sha256 != before.files[0].sha256


def test_weights_in_a_variant_are_found(darkroom: Darkroom) -> None:
    folder = darkroom.folder(SD, variant="fp16")
    assert (folder / "unet" / "diffusion_pytorch_model.fp16.safetensors").exists()
    assert darkroom.image(folder, size=SIZE).files
    halves = darkroom.image(folder, size=SIZE, table={"dtype": "bfloat16"})
    assert halves.provider_metadata["dtype"] == "bfloat16"


def test_older_forms_of_vocabularies_are_read(darkroom: Darkroom) -> None:
    """As the repositories of Stable Diffusion and of LTX have them: without tokenizer.json."""
    for name, write in ((SD, tiny_pipelines.write_clip_vocabulary), ("LTXPipeline", tiny_pipelines.write_spiece)):
        folder = darkroom.root / "pipelines" / f"older-{name}"
        shutil.copytree(darkroom.folder(name), folder)
        (folder / "tokenizer" / "tokenizer.json").unlink()
        write(folder / "tokenizer")
        made = darkroom.image(folder, size=SIZE) if name == SD else darkroom.video(folder, size=SIZE, duration=0.1)
        assert made.files


def test_a_device_that_is_not_there_is_refused(darkroom: Darkroom) -> None:
    import torch

    absent = "mps" if torch.cuda.is_available() else "cuda"
    error = darkroom.failure("image", SD, size=SIZE, table={"device": absent})
    assert isinstance(error, errors.InvalidConfiguration) and "cpu" in str(error.next)


def test_weights_for_masks_do_nothing_else(darkroom: Darkroom) -> None:
    parts = tiny_pipelines.stable_diffusion(channels=9)
    folder = tiny_pipelines.make("StableDiffusionInpaintPipeline", darkroom.root / "pipelines" / "masks", parts)
    error = darkroom.failure("image", folder, size=SIZE)
    assert isinstance(error, errors.InvalidParameter) and "fill masks" in error.message


def test_nothing_was_ever_asked_of_a_server(darkroom: Darkroom) -> None:
    """The last test of this file. That the spy in the worker sees was shown when it was set up."""
    darkroom.image(SD, size=SIZE)
    assert not darkroom.spied.exists(), darkroom.spied.read_text()
