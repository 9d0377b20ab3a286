"""The models the Google dialect knows. Source: types of the google-genai package 3.4.0, checked 2026-11-22."""

from anymedia.testing.emulator.messages import Json

IMAGE_MODELS = (
    "gemini-nano-banana-2.1",
    "gemini-3-pro-image",
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite-image",
    "gemini-2.5-flash-image",
)
VIDEO_MODELS = ("gemini-omni-1.2-flash", "gemini-omni-1.1-flash")
MUSIC_MODELS = ("lyria-3.5", "lyria-3-pro-preview", "lyria-3-clip-preview")
SPEECH_MODELS = ("gemini-3.8-flash-tts", "gemini-3.8-flash-lite-tts")
TRANSCRIPTION_MODELS = ("gemini-3.5-transcribe",)
TEXT_MODELS = ("gemini-3.8-flash",)
MEDIA = dict.fromkeys(IMAGE_MODELS, "image")
MEDIA |= dict.fromkeys(VIDEO_MODELS, "video")
MEDIA |= dict.fromkeys(MUSIC_MODELS + SPEECH_MODELS, "audio")
MEDIA |= dict.fromkeys(TRANSCRIPTION_MODELS + TEXT_MODELS, "text")
"""What each model makes."""


def model_document(name: str) -> Json:
    return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": ["generateContent"]}
