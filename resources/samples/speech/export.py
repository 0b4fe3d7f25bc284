"""Writes speech.onnx (batch normalisation left in), a test vector and expected.json from build/speech.pt."""

import json
import pathlib
import sys

import numpy as np
import torch

from generate import DATA, EVALUATION_SEED, FRAME, SAMPLES, TRAINING_SEED, normalise, read_clips
from model import VoiceDetector
from train import CHECKPOINT

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import compression  # noqa: E402

TEST_CLIPS = 4


def trained():
    model = VoiceDetector()
    model.load_state_dict(torch.load(CHECKPOINT))
    return model.eval()


def write_onnx(model, audio):
    torch.onnx.export(model, torch.from_numpy(audio[:2]), HERE / "speech.onnx", opset_version=15,
                      input_names=["audio"], output_names=["logits"], do_constant_folding=False,
                      training=torch.onnx.TrainingMode.PRESERVE,
                      dynamic_axes={"audio": {0: "batch"}, "logits": {0: "batch"}})
    folder = HERE / "test_data_set_0"
    folder.mkdir(exist_ok=True)
    np.save(folder / "input_0.npy", audio[:TEST_CLIPS])
    with torch.no_grad():
        np.save(folder / "output_0.npy", model(torch.from_numpy(audio[:TEST_CLIPS])).numpy())


def f1(guesses, labels):
    """Of "somebody speaks", over all frames: twice the frames in which label and answer say so over the frames of both."""
    return 2 * float(np.logical_and(guesses, labels).sum()) / float(guesses.sum() + labels.sum())


def write_expected(model, audio, labels):
    def measure(network):
        with torch.no_grad():
            guesses = torch.cat([network(part).argmax(-1) for part in torch.from_numpy(audio).split(32)]).numpy()
        right = (guesses == labels).mean(axis=1)
        return right, {"frame_accuracy": round(right.mean(), 6), "f1": round(f1(guesses, labels), 6),
                       "right": int((guesses == labels).sum())}

    document = {
        "model": "speech.onnx", "data": "data", "metric": "frame_accuracy", "n": len(labels), "frames": int(labels.size),
        "spoken": round(float(labels.mean()), 6), "clip": {"samples": SAMPLES, "samples_of_a_frame": FRAME},
        "counted": "share of frames whose larger logit stands at the label; a sample is a clip. f1 is that of the class 1 "
                   "(somebody speaks) over all frames",
        "training_seed": TRAINING_SEED, "evaluation_seed": EVALUATION_SEED,
        "rules": compression.RULES,
        "scores": compression.table(model, measure),
        "scores_with_batch_normalisation_folded_first": compression.table(compression.folded(model), measure),
    }
    (HERE / "expected.json").write_text(json.dumps(document, indent=1) + "\n")
    return document


def main():
    torch.set_num_threads(1)
    model = trained()
    audio, labels = normalise(read_clips(DATA / "clips")), np.load(DATA / "frames.npy")
    write_onnx(model, audio)
    document = write_expected(model, audio, labels)
    for kind in ("scores", "scores_with_batch_normalisation_folded_first"):
        for name, entry in document[kind].items():
            print(f"{kind[:12]:12s}  {name:18s} {entry['frame_accuracy']:.4f} {entry['f1']:.4f}  {entry.get('difference', '')}")


if __name__ == "__main__":
    main()
