"""Writes language.onnx, a test vector and expected.json from build/language.pt."""

import collections
import json
import pathlib
import sys
import warnings

import numpy as np
import torch
from torch.nn import functional as F

from generate import DATA, EVALUATION_SEED, TRAINING_SEED
from model import LanguageModel
from train import CHECKPOINT
from vocabulary import WORDS
from world import WORLD_SEED

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import compression  # noqa: E402

TEST_SHAPE = (2, 24)  # other than the shape traced, so that a shape frozen into the graph would show


def trained():
    model = LanguageModel(len(WORDS))
    model.load_state_dict(torch.load(CHECKPOINT))
    return model.eval()


def write_onnx(model, tokens):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer asks whether constants are meant: they are
        torch.onnx.export(model, tokens[:3, :16], HERE / "language.onnx", opset_version=15,
                          input_names=["input_ids"], output_names=["logits"],
                          dynamic_axes={name: {0: "batch", 1: "sequence"} for name in ("input_ids", "logits")})
    folder = HERE / "test_data_set_0"
    folder.mkdir(exist_ok=True)
    part = tokens[:TEST_SHAPE[0], :TEST_SHAPE[1]]
    np.save(folder / "input_0.npy", part.numpy())
    with torch.no_grad():
        np.save(folder / "output_0.npy", model(part).numpy())


def answers(model, questions):
    """Share of questions whose answer is the most probable next word: all, and by kind."""
    right = collections.defaultdict(list)
    for first in range(0, len(questions), 50):
        asked = questions[first:first + 50]
        contexts = [torch.tensor(q["context_ids"]) for q in asked]
        padded = torch.nn.utils.rnn.pad_sequence(contexts, batch_first=True)  # causal: what follows changes nothing
        with torch.no_grad():
            logits = model(padded)
        for q, context, row in zip(asked, contexts, logits):
            right[q["kind"]].append(row[len(context) - 1].argmax().item() == q["answer_id"])
    return {"all": round(float(np.mean(sum(right.values(), []))), 4),
            **{kind: round(float(np.mean(hits)), 4) for kind, hits in sorted(right.items())}}


def write_expected(model, tokens, questions):
    def measure(network):
        losses, hits = [], []
        with torch.no_grad():
            for part in tokens.split(32):
                logits, target = network(part)[:, :-1], part[:, 1:]
                losses.append(F.cross_entropy(logits.transpose(1, 2), target, reduction="none").double().mean(1))
                hits.append((logits.argmax(-1) == target).double())
        losses = torch.cat(losses).numpy()
        return losses, {"perplexity": round(float(np.exp(losses.mean())), 6), "mean_nll": round(losses.mean(), 6),
                        "next_token_accuracy": round(torch.cat(hits).mean().item(), 6),
                        "answers": answers(network, questions)}

    document = {
        "model": "language.onnx", "data": "data", "metric": "perplexity",
        "n": len(tokens), "tokens_scored": int(tokens[:, 1:].numel()),
        "counted": "exp of the mean negative log-likelihood (nats) over positions 2 to 128 of every sequence, each given "
                   "the words before it; a sample is a sequence and its score its mean negative log-likelihood",
        "answers": "share of data/questions.jsonl whose answer is the most probable word after its context",
        "questions": len(questions),
        "world_seed": WORLD_SEED, "training_seed": TRAINING_SEED, "evaluation_seed": EVALUATION_SEED,
        "rules": compression.RULES,
        "scores": compression.table(model, measure),
    }
    (HERE / "expected.json").write_text(json.dumps(document, indent=1) + "\n")
    return document["scores"]


def main():
    torch.set_num_threads(1)
    model = trained()
    tokens = torch.from_numpy(np.load(DATA / "tokens.npy"))
    questions = [json.loads(line) for line in open(DATA / "questions.jsonl")]
    write_onnx(model, tokens)
    for name, entry in write_expected(model, tokens, questions).items():
        print(f"{name:18s} {entry['perplexity']:9.4f} {entry['next_token_accuracy']:.4f} "
              f"{entry['answers']['all']:.4f}  {entry.get('difference', '')}")


if __name__ == "__main__":
    main()
