"""Five backends of one file each, end to end: through the public door, over a loopback server, with wrong input too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import anymedia
from anymedia.errors import InvalidParameter
from anymedia.media import MediaFile
from anymedia.spec.tiny import MP3, PNG, WAV, in_base64
from toys import KEY, Provider, says, sends
from workplace import Workplace

NAMES = ("cartesia", "comfyui", "deepgram", "huggingface", "stability")
LONGEST = 120
"""Lines of such a file, as the formatter leaves them."""
RECORDING = MediaFile(media_type="audio/wav", data=WAV)


@pytest.fixture(autouse=True)
def _reached_here(workplace: Workplace, provider: Provider) -> None:
    """All five are at the loopback server, and have a key."""
    workplace.arguments["base_urls"] = dict.fromkeys(NAMES, provider.url)
    keys = ("CARTESIA_API_KEY", "DEEPGRAM_API_KEY", "HF_TOKEN", "STABILITY_API_KEY")
    workplace.environ |= dict.fromkeys(keys, KEY)


def made(workplace: Workplace, verb: str, main: Any, **parameters: Any) -> Any:
    return workplace.run(lambda client: getattr(client, verb)(main, **parameters))


@pytest.mark.parametrize("name", NAMES)
def test_a_backend_is_one_short_file(name: str) -> None:
    text = (Path(str(anymedia.__file__)).parent / "backends" / f"{name}.py").read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST


@pytest.mark.parametrize("name", NAMES)
def test_what_is_known_by_reading_only_is_used_only_where_it_is_named(name: str, workplace: Workplace) -> None:
    async def standing(client: anymedia.AsyncClient) -> Any:
        return client.desk.backends[name].priority

    assert workplace.run(standing) == {}


# --- Stability --------------------------------------------------------------------------------------------------------


def test_stability_sends_a_form_and_keeps_a_blurred_picture_with_a_warning(
    workplace: Workplace, provider: Provider
) -> None:
    blurred = sends(PNG, finish_reason="CONTENT_FILTERED", seed="7")
    provider.on("POST", "/v2beta/stable-image/generate/sd3", blurred)
    result = made(workplace, "image", "a fox", backend="stability", model="sd3.5-large", seed=7, aspect_ratio="16:9")

    (request,) = provider.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert {part.name: part.text for part in request.parts} == {
        "model": "sd3.5-large",
        "prompt": "a fox",
        "seed": "7",
        "aspect_ratio": "16:9",
    }
    assert result.files[0].path.read_bytes() == PNG
    assert any("blurred" in warning for warning in result.warnings)


def test_stability_takes_a_seed_of_zero_for_any_seed_so_it_is_refused_here(
    workplace: Workplace, provider: Provider
) -> None:
    error = workplace.failure(backend="stability", seed=0)
    assert (error.code, provider.requests) == ("invalid_parameter", [])


def test_a_stability_account_without_credits_is_told_so(workplace: Workplace, provider: Provider) -> None:
    refusal = {"id": "1", "name": "payment_required", "errors": ["You lack sufficient credits to make this request."]}
    provider.on("POST", "/v2beta/stable-image/generate/core", says(refusal, 402))
    error = workplace.failure(backend="stability")
    assert (error.code, error.charged) == ("rejected", "no")
    assert "sufficient credits" in str(error)


# --- Hugging Face -----------------------------------------------------------------------------------------------------


def test_hugging_face_passes_a_picture_to_its_partner(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/nscale/v1/images/generations", says({"data": [{"b64_json": in_base64(PNG)}]}))
    result = made(workplace, "image", "a fox", backend="hf", size="1024x768")
    assert provider.requests[0].json == {
        "model": "black-forest-labs/FLUX.1-schnell",
        "prompt": "a fox",
        "size": "1024x768",
        "response_format": "b64_json",
    }
    assert result.files[0].path.read_bytes() == PNG


def test_hugging_face_writes_a_recording_down(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/hf-inference/models/openai/whisper-large-v3", says({"text": "Good morning."}))
    result = made(workplace, "transcribe", RECORDING, backend="huggingface")
    assert result.text == "Good morning."
    sent = provider.requests[-1]
    assert (sent.body, sent.media_type) == (WAV, "audio/wav")


def test_hugging_face_gets_what_goes_with_a_recording(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/hf-inference/models/openai/whisper-large-v3", says({"text": "Good morning."}))
    timed = {"parameters": {"return_timestamps": True}}
    made(workplace, "transcribe", RECORDING, backend="huggingface", provider_options={"huggingface": timed})
    assert provider.requests[-1].json == {"inputs": in_base64(WAV), **timed}


def test_a_hugging_face_account_without_credits_is_told_so(workplace: Workplace, provider: Provider) -> None:
    spent = "You have exceeded your monthly included credits for Inference Providers."
    provider.on("POST", "/nscale/v1/images/generations", says({"error": spent}, 402))
    error = workplace.failure(backend="huggingface")
    assert error.code == "rejected"
    assert spent in str(error)


# --- Cartesia ---------------------------------------------------------------------------------------------------------


def test_cartesia_speaks_with_a_voice_by_its_name(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/tts/bytes", sends(MP3, "audio/mpeg"))
    result = made(workplace, "speech", "Good morning.", backend="cartesia", voice="Jameson", language="en")
    (request,) = provider.requests
    assert request.headers["cartesia-version"] == "2026-08-14"
    assert request.json == {
        "model_id": "sonic-3.5",
        "transcript": "Good morning.",
        "voice": {"id": "a5136bf9-224c-4d76-b823-52bd5efcffcc"},
        "language": "en",
        "output_format": {"container": "mp3", "sample_rate": 44100, "bit_rate": 128000},
    }
    assert result.files[0].path.read_bytes() == MP3


def test_cartesia_says_in_its_own_words_which_voice_it_lacks(workplace: Workplace, provider: Provider) -> None:
    unknown = {
        "error_code": "voice_not_found",
        "title": "Voice not found",
        "message": "No such voice.",
        "request_id": "1",
    }
    provider.on("POST", "/tts/bytes", says(unknown, 404))
    with pytest.raises(anymedia.AnymediaError, match="No such voice") as caught:
        made(workplace, "speech", "Hi.", backend="cartesia", voice="e07c00bc-4134-4eae-9ea4-1a55fb45746b")
    assert caught.value.charged == "no"
    with pytest.raises(InvalidParameter, match="Katie"):
        made(workplace, "speech", "Hi.", backend="cartesia", voice="Katy")


# --- Deepgram ---------------------------------------------------------------------------------------------------------

HEARD = {"alternatives": [{"transcript": "Good morning.", "words": [{"word": "good", "start": 0.0, "end": 0.4}]}]}


def test_deepgram_takes_the_recording_as_the_body_and_bills_its_seconds(
    workplace: Workplace, provider: Provider
) -> None:
    provider.on("POST", "/v1/listen", says({"metadata": {"duration": 30.0}, "results": {"channels": [HEARD]}}))
    result = made(workplace, "transcribe", RECORDING, backend="deepgram", timestamps="segment", language="de")
    (request,) = provider.requests
    assert (request.body, request.headers["content-type"]) == (WAV, "audio/wav")
    assert request.headers["authorization"] == f"Token {KEY}"
    assert sorted(request.query.split("&")) == ["language=de", "model=nova-3", "smart_format=true", "utterances=true"]
    assert (result.text, str(result.cost.amount)) == ("Good morning.", "0.0046")


def test_deepgram_speaks_in_the_format_asked_for(workplace: Workplace, provider: Provider) -> None:
    provider.on("POST", "/v1/speak", sends(WAV, "audio/wav"))
    result = made(workplace, "speech", "Good morning.", backend="deepgram", output_format="wav", speed=1.2)
    (request,) = provider.requests
    assert request.json == {"text": "Good morning."}
    assert sorted(request.query.split("&")) == ["encoding=linear16", "model=aura-2-thalia-en", "speed=1.2"]
    assert result.files[0].path.read_bytes() == WAV


def test_a_recording_that_deepgram_cannot_read_is_the_callers_mistake(workplace: Workplace, provider: Provider) -> None:
    message = "Bad Request: failed to process audio: corrupt or unsupported data"
    provider.on("POST", "/v1/listen", says({"err_code": "Bad Request", "err_msg": message, "request_id": "uuid"}, 400))
    with pytest.raises(anymedia.AnymediaError, match="corrupt or unsupported data") as caught:
        made(workplace, "transcribe", RECORDING, backend="deepgram")
    assert (caught.value.code, caught.value.charged) == ("rejected", "no")


# --- ComfyUI ----------------------------------------------------------------------------------------------------------

IMAGE = {"filename": "a fox.png", "subfolder": "", "type": "output"}
PREVIEW = {"filename": "preview.png", "subfolder": "", "type": "temp"}
OWN = {
    "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "%prompt%"}},
    "2": {"class_type": "EmptyLatentImage", "inputs": {"width": "%width%", "height": "%height%"}},
}


def serve_workflow(provider: Provider, *images: Any, status: Any = None) -> None:
    ended = status or {"status_str": "success", "completed": True, "messages": []}
    history = {"7": {"outputs": {"9": {"images": list(images)}}, "status": ended}}
    provider.on("POST", "/prompt", says({"prompt_id": "7", "number": 1, "node_errors": {}}))
    provider.on("GET", "/history/7", says(history))
    provider.on("GET", "/view", sends(PNG))


def test_comfyui_fills_its_usual_workflow_and_fetches_what_was_saved(workplace: Workplace, provider: Provider) -> None:
    serve_workflow(provider, PREVIEW, IMAGE)
    result = made(workplace, "image", "a fox", backend="comfyui", size="768x512", seed=5)
    nodes = provider.requests[0].json["prompt"]
    assert nodes["6"]["inputs"]["text"] == "a fox"
    assert nodes["5"]["inputs"] == {"width": 768, "height": 512, "batch_size": 1}
    assert nodes["3"]["inputs"]["seed"] == 5
    assert provider.last("/view").query == "filename=a+fox.png&subfolder=&type=output"
    assert (result.files[0].path.read_bytes(), result.cost.amount) == (PNG, 0)


def test_comfyui_fills_a_workflow_of_the_users_own(workplace: Workplace, provider: Provider) -> None:
    serve_workflow(provider, IMAGE)
    made(workplace, "image", "a fox", backend="comfyui", provider_options={"comfyui": {"workflow": OWN}})
    assert provider.requests[0].json["prompt"] == {
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox"}},
        "2": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512}},
    }


def test_what_a_workflow_has_no_place_for_is_refused_before_anything_is_sent(
    workplace: Workplace, provider: Provider
) -> None:
    error = workplace.failure(backend="comfyui", seed=5, provider_options={"comfyui": {"workflow": OWN}})
    assert (error.code, error.charged, provider.requests) == ("invalid_parameter", "no", [])
    assert "%seed%" in str(error)


def test_a_workflow_that_fails_or_saves_nothing_says_so(workplace: Workplace, provider: Provider) -> None:
    messages = [["execution_start", {}], ["execution_error", {"exception_message": "out of memory"}]]
    serve_workflow(provider, status={"status_str": "error", "completed": False, "messages": messages})
    assert "out of memory" in str(workplace.failure(backend="comfyui"))
    serve_workflow(provider, PREVIEW)
    assert workplace.failure(backend="comfyui").code == "empty_output"


def test_a_checkpoint_that_the_server_lacks_is_told_in_its_own_words(workplace: Workplace, provider: Provider) -> None:
    lacks = {"4": {"errors": [{"message": "Value not in list", "details": "ckpt_name: 'sd.safetensors' not in []"}]}}
    invalid = {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"}
    provider.on("POST", "/prompt", says({"error": invalid, "node_errors": lacks}, 400))
    error = workplace.failure(backend="comfyui", provider_options={"comfyui": {"checkpoint": "sd.safetensors"}})
    assert provider.requests[0].json["prompt"]["4"]["inputs"] == {"ckpt_name": "sd.safetensors"}
    assert error.code == "rejected"
    assert "sd.safetensors" in str(error)
