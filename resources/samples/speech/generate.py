"""Writes the evaluation data of the voice detector: data/clips/*.wav (8 kHz, mono, 16 bits), frames.npy, dataset.json."""

import json
import pathlib
import wave

import numpy as np

from background import background
from voice import RATE, speech

EVALUATION_SEED = 50021
EVALUATION_CLIPS = 160
TRAINING_SEED = 60013
SAMPLES = RATE          # a clip is one second
FRAME = RATE // 100     # a frame is 10 ms
FRAMES = SAMPLES // FRAME
SILENT_SHARE = 0.2      # clips in which nobody speaks
SNR = (-6.0, 18.0)      # dB, over the speaking part
DATA = pathlib.Path(__file__).resolve().parent / "data"


def clip(rng):
    """Samples int16 [SAMPLES] and labels int8 [FRAMES]: 1 where more than half of a frame is spoken."""
    noise, loudness = background(rng, SAMPLES), np.exp(rng.uniform(np.log(0.02), np.log(0.3)))
    if rng.random() < SILENT_SHARE:
        voice, active = np.zeros(SAMPLES), np.zeros(SAMPLES, dtype=bool)
    else:
        voice, active = speech(rng, SAMPLES)
    gain = 1.0
    if active.any():
        voice = voice / np.sqrt((voice[active] ** 2).mean() + 1e-9)
        gain = 10 ** (-rng.uniform(*SNR) / 20)
    mixed = (voice + gain * noise) * loudness
    mixed *= min(1, 0.95 / np.abs(mixed).max())
    return np.rint(mixed * 32767).astype(np.int16), (active.reshape(FRAMES, FRAME).mean(axis=1) > 0.5).astype(np.int8)


def make(seed, count):
    """Clips int16 [count, SAMPLES] and labels int8 [count, FRAMES]."""
    rng = np.random.Generator(np.random.PCG64(seed))
    clips, labels = zip(*(clip(rng) for _ in range(count)))
    return np.stack(clips), np.stack(labels)


def normalise(clips):
    """What the model takes: float32 from -1 to 1."""
    return (clips.astype(np.float32) / np.float32(32768)).astype(np.float32)


def write_wav(path, samples):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.astype("<i2").tobytes())


def read_clips(folder):
    """All clips of a folder in the order of their names, int16 [count, SAMPLES]."""
    clips = []
    for path in sorted(folder.glob("*.wav")):
        with wave.open(str(path), "rb") as file:
            clips.append(np.frombuffer(file.readframes(file.getnframes()), dtype="<i2"))
    return np.stack(clips)


def manifest():
    return {
        "format": "trimtab-dataset", "version": 1,
        "name": "Voices and noises, synthesised",
        "task": "frame-classification",
        "inputs": {"audio": {"file": "clips"}},
        "target": {"file": "frames.npy"},
        "metric": "frame_accuracy",
    }


def main():
    (DATA / "clips").mkdir(parents=True, exist_ok=True)
    clips, labels = make(EVALUATION_SEED, EVALUATION_CLIPS)
    for i, samples in enumerate(clips):
        write_wav(DATA / "clips" / f"{i:03d}.wav", samples)
    np.save(DATA / "frames.npy", labels)
    (DATA / "dataset.json").write_text(json.dumps(manifest(), indent=2) + "\n")


if __name__ == "__main__":
    main()
