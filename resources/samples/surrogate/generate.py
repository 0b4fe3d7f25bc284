"""Writes the evaluation data of the surrogate: data/fields.npy, later.npy, dataset.json.

A sample is a random smooth velocity field and a viscosity, and the velocity field that Burgers' equation makes of them.
"""

import json
import pathlib

import numpy as np

from burgers import Burgers

GRID = 32               # what the network sees: every second point of the solver's grid
SOLVER_GRID = 64
STEPS = 24
TIME = 1.0
WAVES = 3               # the largest wave number of the initial field
VISCOSITY = (0.08, 0.5)
EVALUATION_SEED = 90001
EVALUATION_SAMPLES = 96
TRAINING_SEED = 90017
TRAINING_SAMPLES = 1200
DATA = pathlib.Path(__file__).resolve().parent / "data"


def initial(rng, count, n):
    """Random fields [count, 2, n, n] of wave numbers up to WAVES, root mean square 0.7 … 1.2, with a mean flow."""
    k = np.arange(-WAVES, WAVES + 1)
    kx, ky = np.meshgrid(k, k)
    size = np.where(kx ** 2 + ky ** 2 <= WAVES ** 2, 1.0, 0.0) / (1 + kx ** 2 + ky ** 2)
    waves = rng.standard_normal((count, 2, len(k), len(k))) + 1j * rng.standard_normal((count, 2, len(k), len(k)))
    turn = np.exp(2j * np.pi * np.outer(k, np.arange(n)) / n)
    field = np.einsum("bckl,ky,lx->bcyx", waves * size, turn, turn).real
    loudness = rng.uniform(0.7, 1.2, size=(count, 1, 1, 1))
    return field / np.sqrt((field ** 2).mean(axis=(1, 2, 3), keepdims=True)) * loudness


def viscosities(rng, count):
    low, high = np.log(VISCOSITY)
    return np.exp(rng.uniform(low, high, size=count))


def viscosity_plane(viscosity):
    """How the network is told: log ν from -1 (thin) to 1 (thick)."""
    low, high = np.log(VISCOSITY)
    return 2 * (np.log(viscosity) - low) / (high - low) - 1


def make(seed, count, batch=32):
    """Inputs float32 [count, 3, GRID, GRID] (u, v, viscosity) and targets float32 [count, 2, GRID, GRID]."""
    rng = np.random.Generator(np.random.PCG64(seed))
    solver, every = Burgers(SOLVER_GRID), SOLVER_GRID // GRID
    before, after = [], []
    for first in range(0, count, batch):
        n = min(batch, count - first)
        field, viscosity = initial(rng, n, SOLVER_GRID), viscosities(rng, n)
        later = solver.solve(field, viscosity, TIME, STEPS)
        plane = np.broadcast_to(viscosity_plane(viscosity)[:, None, None, None], (n, 1, GRID, GRID))
        before.append(np.concatenate([field[:, :, ::every, ::every], plane], axis=1).astype(np.float32))
        after.append(later[:, :, ::every, ::every].astype(np.float32))
    return np.concatenate(before), np.concatenate(after)


def relative_l2(got, wanted):
    """‖got - wanted‖ / ‖wanted‖ of each sample."""
    axes = tuple(range(1, wanted.ndim))
    got, wanted = got.astype(np.float64), wanted.astype(np.float64)
    return np.sqrt(((got - wanted) ** 2).sum(axis=axes) / (wanted ** 2).sum(axis=axes))


def manifest():
    return {
        "format": "trimtab-dataset", "version": 1,
        "name": "Burgers' equation, before and after",
        "task": "regression",
        "inputs": {"field": {"file": "fields.npy"}},
        "target": {"file": "later.npy"},
        "metric": "relative_l2",
    }


def main():
    DATA.mkdir(exist_ok=True)
    fields, later = make(EVALUATION_SEED, EVALUATION_SAMPLES)
    np.save(DATA / "fields.npy", fields)
    np.save(DATA / "later.npy", later)
    (DATA / "dataset.json").write_text(json.dumps(manifest(), indent=2) + "\n")


if __name__ == "__main__":
    main()
