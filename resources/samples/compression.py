"""Plain reference of the compressions that expected.json tells scores for.

A weight is an array whose first axis is the output channel. Scores made with these few lines are
independent of the product, so they can stand against its own.
"""

import contextlib
import copy

import numpy as np
import torch
from torch import nn
from torch.nn.utils import fusion

BITS = (8, 4, 3, 2)
RATIOS = (0.5, 0.7, 0.9, 0.95)
RULES = {
    "weights": "every Conv, Gemm and MatMul weight; embeddings, normalisation and biases stay fp32",
    "bits": "symmetric round-to-nearest, one scale per output channel: q = round(w / s) to the nearest integer, halves to "
            "even, s = max|w| / (2^(bits-1) - 1); the weight used is q * s in fp32; activations stay fp32",
    "prune": "in each layer the floor(ratio * count) weights of smallest magnitude become 0; no retraining",
    "difference": "mean paired difference to fp32 per sample with its 95 % interval (normal approximation)",
}


def quantised(weight, bits):
    top = 2 ** (bits - 1) - 1
    rows = weight.reshape(len(weight), -1)
    scale = np.abs(rows).max(axis=1, keepdims=True) / np.float32(top)
    scale[scale == 0] = 1
    return (np.rint(rows / scale) * scale).reshape(weight.shape).astype(np.float32)


def pruned(weight, ratio):
    out = weight.copy().reshape(-1)
    out[np.argsort(np.abs(out), kind="stable")[:int(ratio * out.size)]] = 0
    return out.reshape(weight.shape)


@contextlib.contextmanager
def compressed(model, change):
    """Within this block every convolution and linear layer of `model` has change(weight) as its weight."""
    layers = [m for m in model.modules() if isinstance(m, (nn.Conv1d, nn.Conv2d, nn.Linear))]
    kept = [m.weight.data for m in layers]
    try:
        for m in layers:
            m.weight.data = torch.from_numpy(change(m.weight.data.numpy()))
        yield
    finally:
        for m, weight in zip(layers, kept):
            m.weight.data = weight


def folded(model):
    """The same network with every batch normalisation that follows a convolution in a sequence folded into it."""
    model = copy.deepcopy(model)
    for s in [m for m in model.modules() if isinstance(m, nn.Sequential)]:
        for i in range(len(s) - 1):
            if isinstance(s[i], (nn.Conv1d, nn.Conv2d)) and isinstance(s[i + 1], (nn.BatchNorm1d, nn.BatchNorm2d)):
                s[i], s[i + 1] = fusion.fuse_conv_bn_eval(s[i], s[i + 1]), nn.Identity()
    return model


def paired(scores, reference):
    d = np.asarray(scores, dtype=np.float64) - np.asarray(reference, dtype=np.float64)
    half = 1.96 * d.std(ddof=1) / len(d) ** 0.5
    return {"mean": round(d.mean(), 6), "low": round(d.mean() - half, 6), "high": round(d.mean() + half, 6)}


def table(model, measure):
    """What measure(model) tells of the model and of each compression: it gives scores by sample and a summary."""
    reference, summary = measure(model)
    out = {"fp32": summary}
    for name, change in changes().items():
        with compressed(model, change):
            scores, summary = measure(model)
        out[name] = {**summary, "difference": paired(scores, reference)}
    return out


def changes():
    return {**{f"weights.bits={b}": lambda w, b=b: quantised(w, b) for b in BITS},
            **{f"prune.ratio={r}": lambda w, r=r: pruned(w, r) for r in RATIOS}}
