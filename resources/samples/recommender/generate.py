"""Writes the evaluation data of the recommender: data/user.npy, item.npy, history.npy, hour.npy, clicks.npy, dataset.json."""

import json
import pathlib

import numpy as np

from world import HISTORY, USERS, World

EVALUATION_SEED = 70001
EVALUATION_USERS = 240
CANDIDATES = 40
TRAINING_SEED = 80021
DATA = pathlib.Path(__file__).resolve().parent / "data"
WORLD = World()
INPUTS = ("user", "item", "history", "hour")


def flat(user, visits):
    """One row for each item shown: a dictionary of int64 arrays, and clicks int8."""
    item, history, hour, click, chance = visits
    n, k = item.shape
    return {"user": np.repeat(user, k), "item": item.reshape(-1), "history": np.repeat(history, k, axis=0),
            "hour": np.repeat(hour, k), "click": click.reshape(-1), "chance": chance.reshape(-1)}


def make(seed, visits, items):
    """Visits of users drawn at random, `items` shown in each."""
    rng = np.random.Generator(np.random.PCG64(seed))
    user = rng.integers(USERS, size=visits)
    return flat(user, WORLD.visits(rng, user, items))


def evaluation():
    """One visit of EVALUATION_USERS different users, CANDIDATES shown; each clicks on one at least and not on all."""
    rng = np.random.Generator(np.random.PCG64(EVALUATION_SEED))
    order, rows = rng.permutation(USERS), []
    for user in order:
        visit = WORLD.visits(rng, np.array([user]), CANDIDATES)
        if 0 < visit[3].sum() < CANDIDATES:
            rows.append(flat(np.array([user]), visit))
        if len(rows) == EVALUATION_USERS:
            break
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def manifest():
    return {
        "format": "trimtab-dataset", "version": 1,
        "name": "Clicks in an invented shop",
        "task": "recommendation",
        "inputs": {name: {"file": f"{name}.npy"} for name in INPUTS},
        "target": {"file": "clicks.npy"},
        "group": {"file": "user.npy"},
        "metric": "auc",
    }


def main():
    DATA.mkdir(exist_ok=True)
    rows = evaluation()
    for name in INPUTS:
        np.save(DATA / f"{name}.npy", rows[name].astype(np.int64))
    assert rows["history"].shape == (EVALUATION_USERS * CANDIDATES, HISTORY)
    np.save(DATA / "clicks.npy", rows["click"].astype(np.int8))
    (DATA / "dataset.json").write_text(json.dumps(manifest(), indent=2) + "\n")


if __name__ == "__main__":
    main()
