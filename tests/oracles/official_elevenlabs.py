"""The same requests through the official client, as its documentation has them.

The ids of voices are data, and taken from our catalogue; where they stand is not.
"""

from __future__ import annotations

import json
import re
from typing import Any

from elevenlabs import DialogueInput, ElevenLabs, ToDialogueSettingsResponseModel, VoiceSettings
from elevenlabs.core.request_options import RequestOptions

from anymedia.backends.elevenlabs.voices import CATALOGUE
from anymedia.media import MediaFile
from anymedia.operations import (
    AlignmentRequest,
    AudioIsolationRequest,
    DubbingRequest,
    MusicRequest,
    Request,
    SoundEffectRequest,
    SpeechRequest,
    StemSeparationRequest,
    TranscriptionRequest,
    VoiceCloneRequest,
    VoiceConversionRequest,
    VoiceDesignRequest,
)

ONCE = RequestOptions(max_retries=0)
"""The client repeats what is answered with JSON twice otherwise, purchases among it."""
FORMATS = {"mp3": "mp3_44100_128", "wav": "wav_24000", "opus": "opus_48000_128"}


def official_call(client: ElevenLabs, model: str, request: Request, *, previous: list[str] | None) -> Any:
    """Make the call. `previous` are the ids of the requests that it goes on from."""
    match request:
        case SpeechRequest():
            return _speak(client, model, request, previous)
        case SoundEffectRequest():
            return _whole(
                client.text_to_sound_effects.convert(
                    text=request.prompt,
                    model_id=model,
                    request_options=ONCE,
                    **_given(
                        duration_seconds=request.duration,
                        loop=request.loop,
                        prompt_influence=request.prompt_influence,
                        output_format=_format(request.output_format),
                    ),
                )
            )
        case MusicRequest():
            return _compose(client, model, request)
        case TranscriptionRequest() | AlignmentRequest():
            return _listen(client, model, request)
        case VoiceConversionRequest() | AudioIsolationRequest() | StemSeparationRequest():
            return _make_anew(client, model, request)
        case VoiceDesignRequest():
            return _design(client, model, request)
        case VoiceCloneRequest():
            return _clone(client, request)
        case DubbingRequest():
            return _dub(client, request)
    raise NotImplementedError(request.operation)


def _given(**keywords: Any) -> dict[str, Any]:
    """The keywords that were asked for."""
    return {name: value for name, value in keywords.items() if value is not None}


def _whole(heard: Any) -> bytes:
    return b"".join(heard)


def _format(name: str | None) -> str | None:
    return None if name is None else FORMATS.get(name, name)


def _voice(name: str | None) -> str:
    return CATALOGUE["George"] if name is None else CATALOGUE.get(name, name)


def _upload(file: MediaFile) -> tuple[str, bytes, str]:
    return ("recording", file.read_bytes(), file.media_type)


def _speak(client: ElevenLabs, model: str, request: SpeechRequest, previous: list[str] | None) -> Any:
    common = _given(language_code=request.language, seed=request.seed, output_format=_format(request.output_format))
    if request.speaker_voices is not None:
        return _converse(client, model, request, common)
    settings = _given(stability=request.voice_stability, similarity_boost=request.voice_similarity, speed=request.speed)
    common |= _given(previous_request_ids=previous, voice_settings=VoiceSettings(**settings) if settings else None)
    common |= {"text": request.text, "model_id": model, "request_options": ONCE}
    voice = _voice(request.voice)
    if request.timestamps is not None:
        return client.text_to_speech.convert_with_timestamps(voice, **common)
    is_wav = (request.output_format or "").startswith("wav")
    return _whole((client.text_to_speech.convert if is_wav else client.text_to_speech.stream)(voice, **common))


def _converse(client: ElevenLabs, model: str, request: SpeechRequest, common: dict[str, Any]) -> Any:
    pairs = [pair.split("=") for pair in str(request.speaker_voices).split(",")]
    voices = {name.strip(): _voice(voice.strip()) for name, voice in pairs}
    inputs: list[DialogueInput] = []
    speaker = next(iter(voices))
    for line in re.split(rf"^({'|'.join(voices)}): ", request.text, flags=re.MULTILINE):
        if line in voices:
            speaker = line
        elif line.strip():
            inputs.append(DialogueInput(text=line.strip(), voice_id=voices[speaker]))
    if request.voice_stability is not None:
        common["settings"] = ToDialogueSettingsResponseModel(stability=request.voice_stability)
    call = {"inputs": inputs, "model_id": model, "request_options": ONCE, **common}
    if request.timestamps is not None:
        return client.text_to_dialogue.convert_with_timestamps(**call)
    return _whole(client.text_to_dialogue.convert(**call))


def _compose(client: ElevenLabs, model: str, request: MusicRequest) -> bytes:
    common = _given(model_id=model, output_format=_format(request.output_format), seed=request.seed)
    if request.plan is not None:
        plan = json.loads(request.plan)
        return _whole(client.music.compose(composition_plan=plan, request_options=ONCE, **common))
    length = None if request.duration is None else round(request.duration * 1000)
    asked = _given(music_length_ms=length, force_instrumental=request.instrumental)
    return _whole(client.music.compose(prompt=request.prompt, request_options=ONCE, **common, **asked))


def _listen(client: ElevenLabs, model: str, request: TranscriptionRequest | AlignmentRequest) -> Any:
    file = _upload(request.audio)
    if isinstance(request, AlignmentRequest):
        return client.forced_alignment.create(file=file, text=request.text, request_options=ONCE)
    asked = _given(
        language_code=request.language,
        timestamps_granularity=request.timestamps,
        num_speakers=request.speakers,
        diarize=None if request.speakers is None else True,
    )
    return client.speech_to_text.convert(model_id=model, file=file, request_options=ONCE, **asked)


def _make_anew(
    client: ElevenLabs, model: str, request: VoiceConversionRequest | AudioIsolationRequest | StemSeparationRequest
) -> bytes:
    file = _upload(request.audio)
    if isinstance(request, AudioIsolationRequest):
        return _whole(client.audio_isolation.stream(audio=file, request_options=ONCE))
    common = _given(output_format=_format(request.output_format))
    if isinstance(request, StemSeparationRequest):
        variation = {None: None, 2: "two_stems_v1", 6: "six_stems_v1"}[request.stems]
        asked = _given(stem_variation_id=variation)
        return _whole(client.music.separate_stems(file=file, request_options=ONCE, **common, **asked))
    asked = _given(seed=request.seed, remove_background_noise=request.remove_background_noise)
    is_wav = (request.output_format or "").startswith("wav")
    method = client.speech_to_speech.convert if is_wav else client.speech_to_speech.stream
    heard = method(_voice(request.voice), audio=file, model_id=model, request_options=ONCE, **common, **asked)
    return _whole(heard)


def _design(client: ElevenLabs, model: str, request: VoiceDesignRequest) -> Any:
    asked = _given(
        text=request.preview_text,
        auto_generate_text=True if request.preview_text is None else None,
        seed=request.seed,
        guidance_scale=request.guidance_scale,
        output_format=_format(request.output_format),
    )
    common = {"voice_description": request.prompt, "request_options": ONCE, **asked}
    if request.base_voice is not None:
        designed = client.text_to_voice.remix(request.base_voice, **common)
    else:
        designed = client.text_to_voice.design(model_id=model, **common)
    if request.name is None:
        return designed
    return client.text_to_voice.create(
        voice_name=request.name,
        voice_description=request.prompt,
        generated_voice_id=designed.previews[0].generated_voice_id,
        request_options=ONCE,
    )


def _clone(client: ElevenLabs, request: VoiceCloneRequest) -> Any:
    cloned = client.voices.ivc.create(
        name=request.name,
        files=[_upload(file) for file in request.voice_samples],
        request_options=ONCE,
        **_given(description=request.description, remove_background_noise=request.remove_background_noise),
    )
    if request.preview_text is None:
        return cloned
    return _whole(
        client.text_to_speech.stream(
            cloned.voice_id, text=request.preview_text, model_id="eleven_multilingual_v2", request_options=ONCE
        )
    )


def _dub(client: ElevenLabs, request: DubbingRequest) -> Any:
    asked = _given(source_lang=request.source_language, num_speakers=request.speakers)
    begun = client.dubbing.create(
        file=_upload(request.source), target_lang=request.target_language, request_options=ONCE, **asked
    )
    while client.dubbing.get(begun.dubbing_id).status != "dubbed":
        pass
    language = request.target_language
    if request.transcript is not None:
        wanted = "webvtt" if request.transcript == "vtt" else request.transcript
        return client.dubbing.transcripts.get(begun.dubbing_id, language, wanted, request_options=ONCE)
    return _whole(client.dubbing.audio.get(begun.dubbing_id, language))
