"""The command, a configuration file and a folder: what a user has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from conftest import Darkroom


def test_the_command_draws_with_a_named_pipeline_and_the_libraries_say_nothing(
    darkroom: Darkroom, tmp_path: Path
) -> None:
    written = tmp_path / "mine.toml"
    written.write_text(f'[pipelines.mine]\nfolder = "{darkroom.folder("StableDiffusionPipeline")}"\ndevice = "cpu"\n')
    environ = {**os.environ, "HOME": str(tmp_path), "ANYMEDIA_CONFIG": str(written), "ANYMEDIA_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "anymedia", "image", "a red fox", "--backend", "mine", "--size", "96x64"]
    command += ["--seed", "7", "--option", "mine.num_inference_steps=2", "--output", "fox.webp"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / "fox.webp"
    with Image.open(tmp_path / "fox.webp") as picture:
        assert (picture.format, picture.size) == ("WEBP", (96, 64))
    lines = done.stderr.splitlines()
    assert all(line.startswith(("job_", "made by mine:StableDiffusionPipeline, cost 0 USD")) for line in lines), lines
