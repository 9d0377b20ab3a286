"""Whoever comes from an earlier unified tool keeps their parameter names: each does what it says, or is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from anymedia import errors, generate_media
from anymedia.earlier_names import renamed
from anymedia.operations import OPERATIONS
from anymedia.testing.emulator import Emulator
from toys import picture
from workplace import EDITS, Workplace


@pytest.mark.parametrize(
    ("other", "ours"),
    [
        ("backend_type", "backend"),
        ("storage_path", "output_dir"),
        ("mask_path", "mask"),
        ("extra_params", "provider_options"),
    ],
)
def test_the_seeds_parameter_names_are_ours_by_another_name(
    other: str, ours: str, shell: Workplace, emulator: Emulator
) -> None:
    (shell.root / "mask.png").write_bytes(picture("mask"))
    values: dict[str, Any] = {
        "backend": "openai", "output_dir": str(shell.root / "elsewhere"), "mask": str(shell.root / "mask.png"),
        "provider_options": {"openai": {"user": "me"}},
    }  # fmt: skip
    result = generate_media("a fox", mode="image", input_images=[picture()], **{other: values[ours]})
    request = emulator.requests[-1]
    assert request.path == EDITS
    if ours == "output_dir":
        assert result.path.parent == shell.root / "elsewhere"
    if ours == "mask":
        assert [part.data for part in request.parts if part.name == "mask"] == [picture("mask")]
    if ours == "provider_options":
        assert [part.text for part in request.parts if part.name == "user"] == ["me"]
    with pytest.raises(errors.InvalidParameter, match="twice"):
        generate_media("a fox", mode="image", **{other: values[ours], ours: values[ours]})


@pytest.mark.parametrize(
    ("operation", "given", "meant"),
    [
        ("speech", {"audio_format": "wav"}, {"output_format": "wav"}),
        ("video", {"video_reference_images": ["a.png"]}, {"references": ["a.png"]}),
        ("video", {"input_images": ["a.png"]}, {"first_frame": "a.png"}),
        ("video", {"input_images": "a.png"}, {"first_frame": "a.png"}),
        ("video", {"input_images": []}, {"first_frame": None}),
        ("image", {"input_images": ["a.png", "b.png"]}, {"input_images": ["a.png", "b.png"]}),
        ("video", {"size": "720p"}, {"resolution": "720p"}),
        ("image", {"size": "2K"}, {"resolution": "2K"}),
        ("image", {"size": "1024x768"}, {"size": "1024x768"}),
        ("voice_conversion", {"input_audio": "a.wav"}, {"audio": "a.wav"}),
        ("audio_isolation", {"input_audio": "a.wav"}, {"audio": "a.wav"}),
        ("dubbing", {"input_audio": "a.wav"}, {"source": "a.wav"}),
        ("voice_clone", {"prompt": "Hello."}, {"preview_text": "Hello."}),
        ("music", {"extra_params": {"force_instrumental": True}}, {"instrumental": True}),
        ("sound_effect", {"extra_params": {"prompt_influence": 0}}, {"prompt_influence": 0}),
        (
            "voice_clone",
            {"extra_params": {"voice_name": "Ann", "voice_description": "low", "remove_background_noise": False}},
            {"name": "Ann", "description": "low", "remove_background_noise": False},
        ),
        (
            "image",
            {"extra_params": {"openai": {"user": "me"}, "seed": 7}},
            {"provider_options": {"openai": {"user": "me"}}, "seed": 7},
        ),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else value,
)
def test_a_name_means_what_it_meant_for_this_operation(operation: str, given: Any, meant: Any) -> None:
    assert renamed(OPERATIONS[operation], given) == meant


@pytest.mark.parametrize(
    ("mode", "given", "error"),
    [
        ("image", {"extra_params": {"force_instrumental": True}}, errors.UnsupportedParameter),
        ("image", {"extra_params": ["a"]}, errors.InvalidParameter),
        ("image", {"extra_params": {"seed": 7}, "seed": 8}, errors.InvalidParameter),
        ("image", {"input_audio": "a.wav"}, errors.UnsupportedParameter),
        ("image", {"use_context": True}, errors.UnsupportedParameter),
        ("image", {"size": "large"}, errors.InvalidParameter),
        ("speech", {"size": "2K"}, errors.UnsupportedParameter),
        ("video", {"input_images": ["a.png", "b.png"]}, errors.InvalidParameter),
        ("video", {"input_images": ["a.png"], "first_frame": "b.png"}, errors.InvalidParameter),
    ],
    ids=str,
)
def test_what_has_no_meaning_is_refused_before_anything_is_sent(
    mode: str, given: Any, error: type[errors.AnymediaError], shell: Workplace, emulator: Emulator
) -> None:
    with pytest.raises(error):
        generate_media("a fox", mode=mode, **given)
    assert not emulator.requests


def test_extra_parameters_reach_the_provider(shell: Workplace, emulator: Emulator) -> None:
    generate_media("a fox", mode="image", extra_params={"quality": "low", "openai": {"user": "me"}})
    assert (emulator.requests[-1].json["quality"], emulator.requests[-1].json["user"]) == ("low", "me")


def test_a_format_asked_for_by_its_earlier_name_is_the_format_of_the_file(
    shell: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator() as speaker:
        monkeypatch.setenv("OPENAI_BASE_URL", speaker.base_url)
        spoken = generate_media("Hello.", mode="audio", backend_type="openai", model="tts-1", audio_format="wav")
    assert spoken.path.suffix == ".wav"
    assert spoken.files[0].media_type == "audio/wav"


def test_every_file_of_a_batch_is_made_with_the_inputs_and_the_mask(
    tmp_path: Path, shell: Workplace, emulator: Emulator
) -> None:
    (tmp_path / "mask.png").write_bytes(picture("mask"))
    generate_media(
        prompts=["at night", "at noon"],
        input_images=[picture()],
        mask_path=str(tmp_path / "mask.png"),
        max_concurrent=1,
    )
    for request in emulator.requests:
        assert request.path == EDITS
        assert [part.data for part in request.parts if part.name == "mask"] == [picture("mask")]
        assert [part.data for part in request.parts if part.name.startswith("image")] == [picture()]
