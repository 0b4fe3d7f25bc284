"""Writes the evaluation data of the classifier: data/images.npy, labels.npy, dataset.json, classes.json."""

import json
import pathlib

import numpy as np

from glyphs import NAMES
from render import render

EVALUATION_SEED = 20011
EVALUATION_IMAGES = 2560
TRAINING_SEED = 10007
PIXEL_MEAN, PIXEL_STD = 0.5, 0.25
DATA = pathlib.Path(__file__).resolve().parent / "data"


def make(seed, count):
    """Images uint8 [count, 1, 32, 32] and labels int64 [count], every class equally often."""
    rng = np.random.Generator(np.random.PCG64(seed))
    labels = rng.permutation(np.arange(count) % len(NAMES)).astype(np.int64)
    return render(rng, labels), labels


def normalise(images):
    return ((images.astype(np.float32) / 255.0 - PIXEL_MEAN) / PIXEL_STD).astype(np.float32)


def manifest():
    return {
        "format": "trimtab-dataset", "version": 1,
        "name": "Digits and shapes, rendered",
        "task": "classification",
        "inputs": {"image": {"file": "images.npy", "preprocess": {
            "scale": 1.0 / 255.0, "mean": [PIXEL_MEAN], "std": [PIXEL_STD]}}},
        "target": {"file": "labels.npy"},
        "metric": "top1",
    }


def main():
    DATA.mkdir(exist_ok=True)
    images, labels = make(EVALUATION_SEED, EVALUATION_IMAGES)
    np.save(DATA / "images.npy", images)
    np.save(DATA / "labels.npy", labels)
    (DATA / "dataset.json").write_text(json.dumps(manifest(), indent=2) + "\n")
    (DATA / "classes.json").write_text(json.dumps(NAMES) + "\n")


if __name__ == "__main__":
    main()
