"""Trains the recommender on fresh visits and writes build/recommender.pt.

No visit is seen twice and none comes from the evaluation seed.
"""

import argparse
import pathlib
import time

import numpy as np
import torch
from torch.nn import functional as F

from generate import INPUTS, TRAINING_SEED, evaluation, make
from model import Recommender
from ranking import auc

CHECKPOINT = pathlib.Path(__file__).resolve().parent / "build" / "recommender.pt"
VISITS, ITEMS_SHOWN = 96, 8


def tensors(rows):
    return [torch.from_numpy(rows[name].astype(np.int64)) for name in INPUTS]


def scores(model, rows):
    model.eval()
    with torch.no_grad():
        return model(*tensors(rows)).numpy()


def train(steps, peak_rate):
    torch.manual_seed(TRAINING_SEED)
    seeds = np.random.SeedSequence(TRAINING_SEED).spawn(steps)
    model = Recommender()
    tables = [p for n, p in model.named_parameters() if n.split(".")[0] in ("users", "items", "hours", "popularity")]
    rest = [p for n, p in model.named_parameters() if n.split(".")[0] in ("query", "mlp")]
    optimiser = torch.optim.AdamW([{"params": tables, "weight_decay": 0.0}, {"params": rest, "weight_decay": 0.02}], lr=peak_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [4 * peak_rate, peak_rate], total_steps=steps, pct_start=0.1)
    start = time.time()
    for step in range(steps):
        rows = make(seeds[step], VISITS, ITEMS_SHOWN)
        model.train()
        loss = F.binary_cross_entropy_with_logits(model(*tensors(rows)), torch.from_numpy(rows["click"].astype(np.float32)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 500 == 499:
            held = evaluation()
            print(f"step {step + 1}  loss {loss.item():.3f}  auc {auc(scores(model, held), held['click']):.4f}  "
                  f"{time.time() - start:.0f} s", flush=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=7000)
    parser.add_argument("--rate", type=float, default=2e-3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = train(options.steps, options.rate)
    rows = evaluation()
    print(f"auc on the evaluation visits: {auc(scores(model, rows), rows['click']):.4f}, "
          f"of the odds behind the clicks: {auc(rows['chance'], rows['click']):.4f}")
    CHECKPOINT.parent.mkdir(exist_ok=True)
    torch.save(model.state_dict(), CHECKPOINT)


if __name__ == "__main__":
    main()
