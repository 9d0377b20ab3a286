"""Pipelines of diffusers where PyTorch is not installed: what is told of them, and that they are in nobody's way."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from anymedia import AnymediaError, errors
from anymedia.configuration import load
from anymedia.operations import ImageRequest
from toys import Provider, queue_backend, serve_job
from workplace import Workplace


def named(workplace: Workplace, pipeline: object) -> Workplace:
    """There is a folder with the index of a pipeline of this class, and nothing else in it."""
    folder = workplace.root / "weights"
    folder.mkdir()
    (folder / "model_index.json").write_text(json.dumps({"_class_name": pipeline}))
    workplace.arguments = {"pipelines": {"mine": {"folder": str(folder)}}}
    return workplace


def refusal(workplace: Workplace, verb: str, **parameters: object) -> AnymediaError:
    with pytest.raises(AnymediaError) as caught:
        workplace.run(lambda client: getattr(client, verb)("a fox", backend="mine", **parameters))
    assert workplace.rows() == []
    return caught.value


@pytest.mark.skipif(find_spec("torch") is not None, reason="PyTorch is installed")
def test_a_pipeline_without_its_packages_says_what_to_install(workplace: Workplace) -> None:
    error = refusal(named(workplace, "StableDiffusionPipeline"), "image")
    assert isinstance(error, errors.MissingDependency) and 'pip install "anymedia[diffusers]"' in str(error)


@pytest.mark.parametrize(
    ("pipeline", "verb", "parameters"),
    [
        ("FluxPipeline", "image", {"negative_prompt": "snow"}),
        ("StableDiffusionPipeline", "image", {"aspect_ratio": "16:9"}),
        ("WanPipeline", "video", {"resolution": "720p"}),
        ("LTXPipeline", "video", {"generate_audio": True}),
    ],
)
def test_the_class_says_what_a_pipeline_does_not_have(
    pipeline: str, verb: str, parameters: dict[str, object], workplace: Workplace
) -> None:
    error = refusal(named(workplace, pipeline), verb, **parameters)
    assert isinstance(error, errors.UnsupportedParameter) and next(iter(parameters)) in error.message


@pytest.mark.parametrize(
    ("pipeline", "verb", "size"),
    [
        ("StableDiffusionPipeline", "image", (1028, 1024)),
        ("FluxPipeline", "image", (1032, 1024)),
        ("LTXPipeline", "video", (720, 512)),
        ("WanPipeline", "video", (840, 480)),
    ],
)
def test_a_size_that_the_class_would_change_is_refused(
    pipeline: str, verb: str, size: tuple[int, int], workplace: Workplace
) -> None:
    error = refusal(named(workplace, pipeline), verb, size=size)
    assert isinstance(error, errors.InvalidParameter) and "`size`" in error.message


def test_a_pipeline_is_used_only_where_it_is_named(workplace: Workplace) -> None:
    named(workplace, "StableDiffusionPipeline").environ = {"TOY_API_KEY": ""}
    planned = workplace.run(lambda client: client.dry_run(ImageRequest(prompt="a fox")))
    assert planned.backend == "sketch"


def test_a_folder_that_is_not_there_is_in_nobodys_way_and_is_told_where_it_is_named(
    workplace: Workplace, provider: Provider
) -> None:
    workplace.arguments = {"pipelines": {"mine": {"folder": "/nowhere"}}}
    serve_job(provider)
    assert workplace.draw(queue_backend(provider.url), backend="toy").backend == "toy"
    for verb in ("image", "video"):
        with pytest.raises(errors.InvalidConfiguration, match="/nowhere holds no pipeline"):
            workplace.run(lambda client, verb=verb: getattr(client, verb)("a fox", backend="mine"))
    (picture,) = (each for each in workplace.client().why(ImageRequest(prompt="a fox")) if each.backend.name == "mine")
    assert picture.why_not[0].startswith("/nowhere holds no pipeline")


def test_a_projects_file_names_no_weights(workplace: Workplace) -> None:
    (workplace.root / "anymedia.toml").write_text('pipelines.mine = {folder = "weights"}')
    with pytest.raises(errors.InvalidConfiguration, match="load weights"):
        load(environ={"HOME": str(workplace.root / "home")}, folder=workplace.root)


@pytest.mark.parametrize("table", [{}, {"folder": ""}, {"folder": "a", "device": "tpu"}, {"folder": "a", "steps": 3}])
def test_a_table_that_is_wrong_is_refused(table: dict[str, object], workplace: Workplace) -> None:
    workplace.arguments = {"pipelines": {"mine": table}}
    error = workplace.failure(backend="mine")
    assert isinstance(error, errors.InvalidConfiguration) and "pipelines.mine" in error.message
