"""Writes recommender.onnx, a test vector and expected.json from build/recommender.pt."""

import json
import pathlib
import sys

import numpy as np
import torch

from generate import CANDIDATES, DATA, EVALUATION_SEED, INPUTS, TRAINING_SEED, evaluation
from model import Recommender
from ranking import auc, by_group, ndcg
from train import CHECKPOINT
from world import WORLD_SEED

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import compression  # noqa: E402

TEST_ROWS = 24


def trained():
    model = Recommender()
    model.load_state_dict(torch.load(CHECKPOINT))
    return model.eval()


def write_onnx(model, inputs):
    names = [*INPUTS, "score"]
    torch.onnx.export(model, tuple(x[:3] for x in inputs), HERE / "recommender.onnx", opset_version=15,
                      input_names=list(INPUTS), output_names=["score"], dynamic_axes={name: {0: "batch"} for name in names})
    folder = HERE / "test_data_set_0"
    folder.mkdir(exist_ok=True)
    rows = [x[::len(x) // TEST_ROWS][:TEST_ROWS] for x in inputs]
    for i, x in enumerate(rows):
        np.save(folder / f"input_{i}.npy", x.numpy())
    with torch.no_grad():
        np.save(folder / "output_0.npy", model(*rows).numpy())


def write_expected(model, inputs, clicks, group):
    def measure(network):
        with torch.no_grad():
            score = network(*inputs).numpy()
        within = by_group(auc, score, clicks, group)
        return within, {"auc": round(auc(score, clicks), 6), "ndcg": round(by_group(ndcg, score, clicks, group).mean(), 6),
                        "auc_within_user": round(within.mean(), 6)}

    chance = evaluation()["chance"]
    document = {
        "model": "recommender.onnx", "data": "data", "metric": "auc", "n": len(clicks),
        "users": len(clicks) // CANDIDATES, "candidates": CANDIDATES, "clicks": int(clicks.sum()),
        "counted": "auc: share of pairs of a clicked and an unclicked row, of whatever users, in which the clicked one scores higher, "
                   "ties half. ndcg: at 10 within each user, gain 1 for a click, mean over users. auc_within_user: pairs "
                   "of one user only, mean over users; the differences are of this, paired by user",
        "of_the_odds_behind_the_clicks": {"auc": round(auc(chance, clicks), 6),
                                          "ndcg": round(by_group(ndcg, chance, clicks, group).mean(), 6)},
        "world_seed": WORLD_SEED, "training_seed": TRAINING_SEED, "evaluation_seed": EVALUATION_SEED,
        "rules": compression.RULES,
        "scores": compression.table(model, measure),
    }
    (HERE / "expected.json").write_text(json.dumps(document, indent=1) + "\n")
    return document["scores"]


def main():
    torch.set_num_threads(1)
    model = trained()
    inputs = [torch.from_numpy(np.load(DATA / f"{name}.npy")) for name in INPUTS]
    write_onnx(model, inputs)
    for name, entry in write_expected(model, inputs, np.load(DATA / "clicks.npy"), inputs[0].numpy()).items():
        print(f"{name:18s} {entry['auc']:.4f} {entry['ndcg']:.4f}  {entry.get('difference', '')}")


if __name__ == "__main__":
    main()
