"""The same requests through independent clients, where the provider has none of its own that can make them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from comfy_headless.client import ComfyClient
from comfy_headless.exceptions import ComfyHeadlessError
from official_one_file import Brought, Call, Unsuccessful, given

from ai_sdk import AiSdk, ClientRefused, as_file
from anymedia.operations import ImageRequest, Request

ERRORS = (ClientRefused, ComfyHeadlessError)


def files_of(request: ImageRequest) -> Any:
    return [as_file(file.read_bytes(), file.media_type) for file in request.input_images or ()] or None


def size_of(request: ImageRequest) -> str | None:
    return None if request.size is None else "{}x{}".format(*request.size)


def black_forest_labs_call(node: AiSdk) -> Call:
    """Vercel's @ai-sdk/black-forest-labs 2.0.41."""

    def call(model: str, request: Request) -> Brought:
        assert isinstance(request, ImageRequest)
        options = given(prompt=request.prompt, files=files_of(request), size=size_of(request), seed=request.seed)
        options["providerOptions"] = {"blackForestLabs": given(outputFormat=request.output_format)}
        return list(node.ask("black_forest_labs", model, **options)["images"])

    return call


def replicate_call(node: AiSdk) -> Call:
    """Vercel's @ai-sdk/replicate 3.0.46."""

    def call(model: str, request: Request) -> Brought:
        assert isinstance(request, ImageRequest)
        formats = {"jpeg": "jpg"}
        output_format = formats.get(request.output_format or "", request.output_format)
        hurried = {"pollIntervalMillis": 5}
        options = given(prompt=request.prompt, aspectRatio=request.aspect_ratio, seed=request.seed)
        options["providerOptions"] = {"replicate": given(output_format=output_format) | hurried}
        return list(node.ask("replicate", model, **options)["images"])

    return call


def stability_call(node: AiSdk) -> Call:
    """stability-ai 0.7.0, which calls itself unofficial."""

    def call(model: str, request: Request) -> Brought:
        assert isinstance(request, ImageRequest)
        options = given(
            prompt=request.prompt,
            negativePrompt=request.negative_prompt,
            aspectRatio=request.aspect_ratio,
            seed=request.seed,
            outputFormat=request.output_format,
        )
        return list(node.ask("stability", model, **options)["images"])

    return call


def comfyui_call(stack: ExitStack, url: str) -> Call:
    """comfy-headless 3.1.1, which builds the graph itself."""
    client = stack.enter_context(ComfyClient(base_url=url))

    def call(model: str, request: Request) -> Brought:
        assert isinstance(request, ImageRequest)
        width, height = request.size or (512, 512)
        workflow = client.build_txt2img_workflow(
            prompt=request.prompt,
            negative_prompt=request.negative_prompt or "",
            checkpoint="v1-5-pruned-emaonly-fp16.safetensors",
            width=width,
            height=height,
            cfg=8.0 if request.guidance_scale is None else request.guidance_scale,
            batch_size=request.n or 1,
            **given(seed=request.seed),
        )
        job = client.queue_prompt(workflow)
        if job is None:
            raise Unsuccessful("it was refused")
        return [_picture(client, each) for each in _saved(client, job)]

    return call


def _saved(client: ComfyClient, job: str) -> list[dict[str, Any]]:
    while not (history := client.get_history(job)):
        pass
    if history[job]["status"]["status_str"] == "error":
        raise Unsuccessful("the workflow failed")
    return [picture for node in history[job]["outputs"].values() for picture in node["images"]]


def _picture(client: ComfyClient, saved: dict[str, Any]) -> bytes:
    made = client.get_image(saved["filename"], saved["subfolder"], saved["type"])
    assert made is not None
    return made
