"""Trains the language model on freshly told stories and writes build/language.pt.

No story is told twice and none comes from the evaluation seed.
"""

import argparse
import math
import pathlib
import random
import time

import torch
from torch.nn import functional as F

from generate import EVALUATION_SEED, EVALUATION_SEQUENCES, TRAINING_SEED, make
from model import LanguageModel
from vocabulary import WORDS

CHECKPOINT = pathlib.Path(__file__).resolve().parent / "build" / "language.pt"
BATCH = 16


def loss_of(model, tokens):
    logits = model(tokens)[:, :-1]
    return F.cross_entropy(logits.reshape(-1, len(WORDS)), tokens[:, 1:].reshape(-1))


def perplexity(model, tokens):
    with torch.no_grad():
        losses = [loss_of(model, part).item() * len(part) for part in tokens.split(BATCH)]
    return math.exp(sum(losses) / len(tokens))


def train(steps, peak_rate):
    torch.manual_seed(TRAINING_SEED)
    seeds = random.Random(TRAINING_SEED)
    model = LanguageModel(len(WORDS))
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak_rate, weight_decay=0.05, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak_rate, total_steps=steps, pct_start=0.08,
                                                   cycle_momentum=False)
    start = time.time()
    for step in range(steps):
        tokens = torch.from_numpy(make(seeds.getrandbits(62), BATCH))
        loss = loss_of(model, tokens)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 99:
            print(f"step {step + 1}  loss {loss.item():.3f}  {time.time() - start:.0f} s", flush=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3600)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    options = parser.parse_args()
    torch.set_num_threads(1)  # the layers are small: a second thread costs more than it brings
    model = train(options.steps, options.rate)
    tokens = torch.from_numpy(make(EVALUATION_SEED, EVALUATION_SEQUENCES))
    print(f"perplexity on the evaluation stories: {perplexity(model, tokens):.4f}")
    CHECKPOINT.parent.mkdir(exist_ok=True)
    torch.save(model.state_dict(), CHECKPOINT)


if __name__ == "__main__":
    main()
