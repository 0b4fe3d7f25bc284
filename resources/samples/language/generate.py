"""Writes the evaluation data of the language model: data/tokens.npy, dataset.json, questions.jsonl; vocabulary.json."""

import json
import pathlib
import random

import numpy as np

from story import START, sentences
from vocabulary import IDS, WORDS
from world import World

TRAINING_SEED = 30011
EVALUATION_SEED = 40009
LENGTH = 128
EVALUATION_SEQUENCES = 256
QUESTIONS = 600
HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "data"
WORLD = World()


def sequence(rng):
    """Token ids of one story, cut at LENGTH."""
    words = [START]
    for sentence in sentences(WORLD, rng, LENGTH - 1):
        words += sentence.words
    return [IDS[word] for word in words[:LENGTH]]


def make(seed, count):
    rng = random.Random(seed)
    return np.array([sequence(rng) for _ in range(count)], dtype=np.int64)


def question(rng):
    """The last question of a story: the words before its answer, and the answer."""
    while True:
        told = sentences(WORLD, rng, rng.randint(40, 100))
        if told[-1].answer >= 0:
            break
    words = [START] + [w for s in told[:-1] for w in s.words]
    last = told[-1]
    return {"kind": last.kind, "context": words + last.words[:last.answer], "answer": last.words[last.answer]}


def questions(seed, count):
    rng = random.Random(seed)
    return [question(rng) for _ in range(count)]


def manifest():
    return {
        "format": "trimtab-dataset", "version": 1,
        "name": "Stories and questions from an invented world",
        "task": "language-model",
        "inputs": {"input_ids": {"file": "tokens.npy"}},
        "target": {"shift_of": "input_ids"},
        "metric": "perplexity",
    }


def main():
    DATA.mkdir(exist_ok=True)
    np.save(DATA / "tokens.npy", make(EVALUATION_SEED, EVALUATION_SEQUENCES))
    (DATA / "dataset.json").write_text(json.dumps(manifest(), indent=2) + "\n")
    with open(DATA / "questions.jsonl", "w") as out:
        for q in questions(EVALUATION_SEED + 1, QUESTIONS):
            q = {"kind": q["kind"], "context": " ".join(q["context"]), "answer": q["answer"],
                 "context_ids": [IDS[w] for w in q["context"]], "answer_id": IDS[q["answer"]]}
            out.write(json.dumps(q) + "\n")
    (HERE / "vocabulary.json").write_text(json.dumps({w: i for i, w in enumerate(WORDS)}, indent=0) + "\n")


if __name__ == "__main__":
    main()
