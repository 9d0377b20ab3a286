"""ComfyUI: pictures on a server of one's own. What is asked for is put into a workflow, which is data: the one below,
or `provider_options={"comfyui": {"workflow": {...}}}`, exported for the API, with `"%prompt%"` and the like in it."""

import json
from collections.abc import Mapping
from urllib.parse import urlencode
from zlib import crc32

from ..errors import InvalidParameter
from ..media import Json, MediaFile
from ..operations import ImageRequest
from ..spec import (
    Backend,
    Between,
    Call,
    Failed,
    Flow,
    Free,
    Model,
    NoKey,
    Param,
    Pending,
    Pixels,
    Problem,
    Reply,
    Sample,
    Succeeded,
    TextUpTo,
    filled,
    get,
    post,
)
from ..spec.tiny import PNG

DOCS = "https://docs.comfy.org/development/comfyui-server/comms_routes"
WORKFLOW: Mapping[str, Json] = json.loads("""{
    "3": {"class_type": "KSampler", "inputs": {
        "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0], "steps": 20,
        "seed": "%seed%", "cfg": "%guidance_scale%", "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "%checkpoint%"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": "%width%", "height": "%height%", "batch_size": "%n%"}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["4", 1], "text": "%prompt%"}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["4", 1], "text": "%negative_prompt%"}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "anymedia"}}}""")
"""The graph that ComfyUI opens with. The wire names lead into it."""
USUAL = {"%negative_prompt%": "", "%guidance_scale%": 8.0, "%width%": 512, "%height%": 512, "%n%": 1}
SIZE = Pixels(least=64 * 64, most=4096 * 4096, multiple_of=8)
PARAMS = {
    "prompt": Param(wire_name="6.inputs.text", allows=TextUpTo(100_000)),
    "negative_prompt": Param(wire_name="7.inputs.text", allows=TextUpTo(100_000)),
    "n": Param(wire_name="5.inputs.batch_size", allows=Between(1, 8)),
    "size": Param(wire_name="5.inputs.width 5.inputs.height", allows=SIZE),
    "seed": Param(wire_name="3.inputs.seed", allows=Between(0, 2**64 - 1)),
    "guidance_scale": Param(wire_name="3.inputs.cfg", allows=Between(0.0, 100.0)),
}


def submit(call: Call) -> Flow:
    """A job without a seed has one of its own: ComfyUI makes nothing for a workflow that it has just made."""
    options = {name: value for name, value in call.body.items() if name not in WORKFLOW}
    workflow = options.pop("workflow", WORKFLOW)
    asked = {f"%{name}%": value for name, value in call.request.asked_for().items()}
    if "%size%" in asked:
        asked["%width%"], asked["%height%"] = asked.pop("%size%")
    if missing := [place for place in asked if f'"{place}"' not in json.dumps(workflow)]:
        raise InvalidParameter(f"The workflow has no {', '.join(missing)}.", next="Write it where the value belongs.")
    checkpoint = options.pop("checkpoint", "v1-5-pruned-emaonly-fp16.safetensors")
    values = {**USUAL, "%seed%": crc32(call.idempotency_key.encode()), "%checkpoint%": checkpoint, **asked}
    response = yield post("/prompt", json={"prompt": filled(workflow, values), **options})
    return Pending(state={"id": response.json["prompt_id"]}, id=response.json["prompt_id"])


def poll(call: Call, state: Json) -> Flow:
    response = yield get(f"/history/{state['id']}")
    match response.json.get(state["id"]):
        case {"status": {"status_str": "error", "messages": messages}}:
            said = [data["exception_message"] for name, data in messages if name == "execution_error"]
            return Failed(reason=said[0] if said else "the workflow failed")
        case {"status": {"completed": True}, "outputs": made}:
            saved = [each for node in made.values() for each in node.get("images", ()) if each["type"] == "output"]
        case _:
            return Pending(state=state)
    files = tuple(MediaFile(media_type="image/png", url=f"/view?{urlencode(each)}") for each in saved)
    lacking = call.request.asked_for().get("n", 1) - len(files)
    return Succeeded(files=files, missing=("The workflow saved fewer pictures than asked for.",) * lacking)


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"error": {"message": str(message)}, "node_errors": nodes} if status == 400:
            return Problem(kind="rejected", message=f"{message}: {json.dumps(nodes)}" if nodes else message)
    return None


MODEL = Model(
    id="workflow", accepts=ImageRequest, params=PARAMS, price=Free(), max_outputs=8, typical_bytes=10**6, source=DOCS
)
FOX, ID = ImageRequest(prompt="a fox"), "6f962d0e"
TAKEN, PICTURE = Reply(json={"prompt_id": ID}), Reply(content=PNG, media_type="image/png")
SAVED = {"9": {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}}
DONE = Reply(json={ID: {"outputs": SAVED, "status": {"status_str": "success", "completed": True, "messages": []}}})
BROKEN = Reply(json={ID: {"outputs": {}, "status": {"status_str": "error", "completed": False, "messages": []}}})

BACKEND = Backend(
    name="comfyui",
    title="ComfyUI",
    docs=DOCS,
    base_url="http://127.0.0.1:8188",
    auth=NoKey(),
    priority={},
    models=(MODEL,),
    submit=submit,
    poll=poll,
    read_error=read_error,
    samples=(
        Sample(request=FOX, replies=(TAKEN, Reply(json={}), DONE, PICTURE), source=DOCS),
        Sample(request=FOX, replies=(TAKEN, BROKEN), expects="failed", source=DOCS),
    ),
)
