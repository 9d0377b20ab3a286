"""Music: plays what the arranger wrote on a modelled synthesizer, masters it to one loudness. Nobody sings."""

from pathlib import Path

import libsonare
import numpy as np
from libsonare import Project

from anymedia.sketch import music_plan, sound_files
from anymedia.sketch.arranger import Score
from anymedia.sketch.catalogue import MUSIC_SECONDS, table
from anymedia.sketch.made import CannotMake, Label, Made, Progress
from anymedia.sketch.music_plan import MusicPlan
from anymedia.sketch.sound_files import Samples

ENGINE = "procedural composer with a modelled synthesizer"
RATE = 48_000
LOUDNESS = -16.0
MIX_LOUDNESS = -24.0
"""LUFS before mastering, the level that its compressors are made for."""
_DRUM_CHANNEL, _VOLUME_CONTROL, _PAN_CONTROL = 9, 7, 10


def compose(
    *,
    prompt: str,
    duration: float | None,
    seed: int,
    output_format: str,
    folder: Path,
    progress: Progress,
    instrumental: bool = True,
) -> Made:
    """Write a piece for `prompt` into `folder`, stereo at 48 kHz and -16 LUFS; the same arguments give the same bytes.

    The length is `duration`, else what the prompt says, else 20 seconds. Raises CannotMake for a length outside
    3 to 300 seconds, an unknown format, an unplayable tempo, or sung vocals (`instrumental=False`).
    """
    if not instrumental:
        raise CannotMake("sung vocals cannot be made without a provider; `instrumental` must be true")
    plan = music_plan.read(prompt, duration, seed)
    sound_files.check(output_format, "duration", plan.seconds, MUSIC_SECONDS)
    score = Score(plan, seed)
    told = {name: vars(plan)[name] for name in ("genre", "moods", "seconds", "energy", "parts")}
    told |= {"key": f"{table('music')['note_names'][plan.tonic]} {plan.mode}", "bpm": round(score.bpm, 2)}
    told |= {"form": "".join(bar.section for bar in score.form)}
    warnings = ["sung vocals cannot be made; this is an instrumental"] if plan.vocals else []
    if plan.tempo_asked and score.bpm != plan.bpm:
        warnings.append(f"{plan.seconds:g} s is too short for a bar at {plan.bpm:g} bpm; played at {score.bpm:.0f}")
    samples, label = _played(plan, score, progress), Label(engine=ENGINE, prompt=prompt, seed=seed)
    account = {"plan": told, "ignored_words": plan.ignored, "warnings": tuple(warnings)}
    made = sound_files.write(folder / "music", samples, RATE, output_format, label, **account)
    progress(1.0)
    return made


def backing(prompt: str, *, duration: float, seed: int, progress: Progress = lambda _: None) -> tuple[Samples, int]:
    """Music for a film of `duration` seconds, 0.5 or more: ((2, frames) float32, sample rate)."""
    plan = music_plan.read(prompt, duration, seed)
    return _played(plan, Score(plan, seed), progress), RATE


def _played(plan: MusicPlan, score: Score, progress: Progress) -> Samples:
    """The score as sound: synthesized, put into one hall, faded out with its last chord, mastered."""
    progress(0.05)
    raw = sound_files.bring_to(_synthesized(plan, score), RATE, MIX_LOUDNESS)
    progress(0.7)
    hall = table("music")["hall"] | {"dryWet": 0.16 if plan.energy > 0.5 else 0.26}
    placed = libsonare.mastering_process_stereo("effects.reverb.plate", raw[0], raw[1], RATE, hall)
    samples = np.array([placed.left, placed.right], dtype=np.float32)
    progress(0.8)
    fade = round(min(2.5, plan.seconds / 7) * RATE)
    samples[:, -fade:] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fade, dtype=np.float32))
    levels = {"loudness": {"targetLufs": LOUDNESS, "ceilingDb": sound_files.PEAK_CEILING}}
    mastered = libsonare.master_audio_stereo(samples[0], samples[1], RATE, plan.style["preset"], levels)
    progress(0.9)
    whole = np.array([mastered.left, mastered.right], dtype=np.float32)
    return sound_files.bring_to(whole[:, : raw.shape[1]], RATE, LOUDNESS)


def _synthesized(plan: MusicPlan, score: Score) -> Samples:
    """The bare instruments. They differ by 25 dB: the table has the MIDI program and a measured volume for each."""
    with Project() as project:
        project.set_tempo_segments([(0.0, score.bpm)])
        for number, (role, notes) in enumerate(score.parts.items()):
            channel = _DRUM_CHANNEL if role == "drums" else number
            program, volume = table("music")["sounds"][role][plan.parts[role]]
            controls = {_VOLUME_CONTROL: volume, _PAN_CONTROL: table("music")["pan"][role]}
            setup = [Project.midi_cc(0.0, 0, channel, control, value) for control, value in controls.items()]
            setup.append(Project.midi_program(0.0, 0, channel, program))
            events = []
            for note in notes:
                for key in note.keys:
                    events.append(Project.midi_note_on(note.start, 0, channel, key, note.velocity))
                    events.append(Project.midi_note_off(note.start + note.length, 0, channel, key))
            _, clip = project.add_midi_clip(0.0, plan.seconds * score.bpm / 60)
            # By time, and by kind at the same time: a key is released (0x8) before it is struck (0x9) again.
            project.set_midi_events(clip, setup + sorted(events))
        sound = project.bounce_with_synth_instrument(
            auto_select_gm=True, total_frames=round(plan.seconds * RATE), num_channels=2, sample_rate=RATE
        )
    return np.ascontiguousarray(sound.T)
