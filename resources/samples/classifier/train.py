"""Trains the classifier on freshly rendered images and writes build/classifier.pt.

No image is seen twice and none comes from the evaluation seed.
"""

import argparse
import pathlib
import time

import numpy as np
import torch
from torch.nn import functional as F

from generate import EVALUATION_IMAGES, EVALUATION_SEED, NAMES, TRAINING_SEED, make, normalise
from model import Classifier

CHECKPOINT = pathlib.Path(__file__).resolve().parent / "build" / "classifier.pt"
BATCH = 64


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        guesses = [model(part).argmax(1) for part in torch.from_numpy(normalise(images)).split(128)]
    return (torch.cat(guesses).numpy() == labels).mean()


def train(steps, peak_rate):
    torch.manual_seed(TRAINING_SEED)
    seeds = np.random.SeedSequence(TRAINING_SEED).spawn(steps)
    model = Classifier(len(NAMES))
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak_rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak_rate, total_steps=steps, pct_start=0.15)
    start = time.time()
    for step in range(steps):
        images, labels = make(seeds[step], BATCH)
        model.train()
        loss = F.cross_entropy(model(torch.from_numpy(normalise(images))), torch.from_numpy(labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 99:
            print(f"step {step + 1}  loss {loss.item():.3f}  {time.time() - start:.0f} s", flush=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=3e-3)
    options = parser.parse_args()
    torch.set_num_threads(2)
    model = train(options.steps, options.rate)
    print(f"accuracy on the evaluation images: {accuracy(model, *make(EVALUATION_SEED, EVALUATION_IMAGES)):.4f}")
    CHECKPOINT.parent.mkdir(exist_ok=True)
    torch.save(model.state_dict(), CHECKPOINT)


if __name__ == "__main__":
    main()
