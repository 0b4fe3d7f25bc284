#!/usr/bin/env python3
"""Writes data/<name>/: a small seeded checkpoint of each architecture and, in expected.json, what an independent statement of it in PyTorch
(float64, from the published descriptions of transformers' modules) answers: logits of some texts and, of what writes texts, 64 greedy
tokens, with the smallest distance between the two best logits on the way. Needs python3-torch alone. Run: state.py [NAME]…"""
import json
import os
import sys

import torch

from checkpoint import Checkpoint
from models import MODELS

TEXT = [3, 0, 17, 17, 5, 30, 9, 41, 22, 1, 36, 8]
OTHER = [8, 1, 2, 4, 29, 11, 0]
PROMPT = [7, 19, 2, 33, 5]
GENERATED = 64
SMALLEST_GAP = 5e-4  # between the two best logits, relative to the largest: far above what float32 loses
FEWEST_TOKENS = 10  # that a greedy text must have of different ones


def rounded(values):
    return [float(f"{value:.9g}") for value in values]


def generated(logits, prompt):
    ids, gap = list(prompt), float("inf")
    for _ in range(GENERATED):
        last = logits(ids)[-1]
        best = torch.topk(last, 2)
        gap = min(gap, float((best.values[0] - best.values[1]) / last.abs().max()))
        ids.append(int(best.indices[0]))
        if gap < SMALLEST_GAP:
            break
    return ids[len(prompt):], gap


def asked(model, config, checkpoint):
    """What writes the greedy text, what it begins with, and what an encoder reads for it."""
    if hasattr(model, "behind_first"):
        return model.behind_first(checkpoint), [config["decoder_start_token_id"]], {"source": model.first_source()}
    return lambda ids: model.logits(checkpoint, ids), PROMPT, {}


def state(name, make, config, seed):
    """Draws until the greedy text is beyond doubt and varied."""
    for attempt in range(seed, seed + 400):
        model, checkpoint = make(config), Checkpoint(attempt)
        model.draw(checkpoint)
        expected = {"seed": attempt}
        if hasattr(model, "logits") or hasattr(model, "behind_first"):
            logits, prompt, source = asked(model, config, checkpoint)
            text, gap = generated(logits, prompt)
            if gap < SMALLEST_GAP or len(set(text)) < FEWEST_TOKENS:
                continue
            expected["greedy"] = {**source, "prompt": prompt, "tokens": text, "smallest_gap": float(f"{gap:.3g}")}
        if hasattr(model, "logits"):
            expected["texts"] = [{"ids": ids, "logits": rounded(model.logits(checkpoint, ids).flatten().tolist())} for ids in (TEXT, OTHER)]
        else:
            expected["texts"] = model.answers(checkpoint)
        return checkpoint, expected
    raise SystemExit(f"{name}: no seed gives a text beyond doubt")


def main():
    torch.set_num_threads(1)
    here = os.path.dirname(os.path.abspath(__file__))
    for name, (make, config, seed) in MODELS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        checkpoint, expected = state(name, make, config, seed)
        folder = os.path.join(here, "data", name)
        checkpoint.write(folder, config)
        with open(os.path.join(folder, "expected.json"), "w") as file:
            json.dump(expected, file)
            file.write("\n")
        size = os.path.getsize(os.path.join(folder, "model.safetensors"))
        print(f"{name}: seed {expected['seed']}, {size} bytes, gap {expected.get('greedy', {}).get('smallest_gap')}")


if __name__ == "__main__":
    main()
