"""Writes classifier.onnx (batch normalisation left in), a test vector and expected.json from build/classifier.pt."""

import json
import pathlib
import sys

import numpy as np
import torch

from generate import DATA, EVALUATION_SEED, NAMES, TRAINING_SEED, normalise
from model import Classifier
from train import CHECKPOINT

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import compression  # noqa: E402

TEST_IMAGES = 8


def trained():
    model = Classifier(len(NAMES))
    model.load_state_dict(torch.load(CHECKPOINT))
    return model.eval()


def write_onnx(model, images):
    torch.onnx.export(model, torch.from_numpy(images[:2]), HERE / "classifier.onnx", opset_version=15,
                      input_names=["image"], output_names=["logits"], do_constant_folding=False,
                      training=torch.onnx.TrainingMode.PRESERVE,
                      dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})
    folder = HERE / "test_data_set_0"
    folder.mkdir(exist_ok=True)
    np.save(folder / "input_0.npy", images[:TEST_IMAGES])
    with torch.no_grad():
        np.save(folder / "output_0.npy", model(torch.from_numpy(images[:TEST_IMAGES])).numpy())


def write_expected(model, images, labels):
    def measure(network):
        with torch.no_grad():
            guesses = torch.cat([network(part).argmax(1) for part in torch.from_numpy(images).split(128)])
        right = (guesses.numpy() == labels).astype(np.float64)
        return right, {"top1": round(right.mean(), 6), "right": int(right.sum())}

    document = {
        "model": "classifier.onnx", "data": "data", "metric": "top1", "n": len(labels),
        "counted": "share of images whose largest logit stands at the label",
        "training_seed": TRAINING_SEED, "evaluation_seed": EVALUATION_SEED,
        "rules": compression.RULES,
        "scores": compression.table(model, measure),
        "scores_with_batch_normalisation_folded_first": compression.table(compression.folded(model), measure),
    }
    (HERE / "expected.json").write_text(json.dumps(document, indent=1) + "\n")
    return document


def main():
    torch.set_num_threads(2)
    model = trained()
    images, labels = normalise(np.load(DATA / "images.npy")), np.load(DATA / "labels.npy")
    write_onnx(model, images)
    document = write_expected(model, images, labels)
    for kind in ("scores", "scores_with_batch_normalisation_folded_first"):
        for name, entry in document[kind].items():
            print(f"{kind[:12]:12s}  {name:18s} {entry['top1']:.4f}  {entry.get('difference', '')}")


if __name__ == "__main__":
    main()
