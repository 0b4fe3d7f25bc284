"""Trains the surrogate on solved fields and writes build/surrogate.pt.

None of the fields comes from the evaluation seed. A field that is turned or mirrored, its components with it, has the
turned or mirrored solution: each is seen in all eight ways.
"""

import argparse
import pathlib
import time

import torch

from generate import EVALUATION_SAMPLES, EVALUATION_SEED, TRAINING_SAMPLES, TRAINING_SEED, make, relative_l2
from model import Surrogate

CHECKPOINT = pathlib.Path(__file__).resolve().parent / "build" / "surrogate.pt"
BATCH = 16


def mirrored(fields, way):
    """The fields [batch, c, n, n] (u, v, the rest) as seen in way 0 … 7: bit 0 mirrors x, bit 1 y, bit 2 swaps x and y."""
    fields = fields.clone()
    if way & 1:
        fields = fields.flip(3)
        fields[:, 0] *= -1
    if way & 2:
        fields = fields.flip(2)
        fields[:, 1] *= -1
    if way & 4:
        fields = fields.transpose(2, 3)
        fields = torch.cat([fields[:, 1:2], fields[:, 0:1], fields[:, 2:]], dim=1)
    return fields


def error(model, fields, later):
    model.eval()
    with torch.no_grad():
        got = torch.cat([model(part) for part in torch.from_numpy(fields).split(32)])
    return relative_l2(got.numpy(), later).mean()


def train(steps, peak_rate):
    start = time.time()
    fields, later = (torch.from_numpy(a) for a in make(TRAINING_SEED, TRAINING_SAMPLES))
    print(f"{len(fields)} fields solved in {time.time() - start:.0f} s", flush=True)
    torch.manual_seed(TRAINING_SEED)
    model = Surrogate()
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak_rate, total_steps=steps, pct_start=0.15)
    for step in range(steps):
        chosen, way = torch.randint(len(fields), (BATCH,)), int(torch.randint(8, ()))
        wanted = mirrored(later[chosen], way)
        model.train()
        difference = model(mirrored(fields[chosen], way)) - wanted
        loss = (difference.flatten(1).norm(dim=1) / wanted.flatten(1).norm(dim=1)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 99:
            print(f"step {step + 1}  loss {loss.item():.4f}  {time.time() - start:.0f} s", flush=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--rate", type=float, default=3e-3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = train(options.steps, options.rate)
    print(f"relative error on the evaluation fields: {error(model, *make(EVALUATION_SEED, EVALUATION_SAMPLES)):.4f}")
    CHECKPOINT.parent.mkdir(exist_ok=True)
    torch.save(model.state_dict(), CHECKPOINT)


if __name__ == "__main__":
    main()
