"""Trains the voice detector on freshly made clips and writes build/speech.pt.

No clip is heard twice and none comes from the evaluation seed.
"""

import argparse
import pathlib
import time

import numpy as np
import torch
from torch.nn import functional as F

from generate import EVALUATION_CLIPS, EVALUATION_SEED, TRAINING_SEED, make, normalise
from model import VoiceDetector

CHECKPOINT = pathlib.Path(__file__).resolve().parent / "build" / "speech.pt"
BATCH = 16


def accuracy(model, clips, labels):
    model.eval()
    with torch.no_grad():
        return (model(torch.from_numpy(normalise(clips))).argmax(-1).numpy() == labels).mean()


def train(steps, peak_rate):
    torch.manual_seed(TRAINING_SEED)
    seeds = np.random.SeedSequence(TRAINING_SEED).spawn(steps)
    model = VoiceDetector()
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak_rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak_rate, total_steps=steps, pct_start=0.15)
    start = time.time()
    for step in range(steps):
        clips, labels = make(seeds[step], BATCH)
        model.train()
        logits = model(torch.from_numpy(normalise(clips)))
        loss = F.cross_entropy(logits.reshape(-1, 2), torch.from_numpy(labels.astype(np.int64)).reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 99:
            print(f"step {step + 1}  loss {loss.item():.3f}  {time.time() - start:.0f} s", flush=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=4e-3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = train(options.steps, options.rate)
    print(f"frame accuracy on the evaluation clips: {accuracy(model, *make(EVALUATION_SEED, EVALUATION_CLIPS)):.4f}")
    CHECKPOINT.parent.mkdir(exist_ok=True)
    torch.save(model.state_dict(), CHECKPOINT)


if __name__ == "__main__":
    main()
