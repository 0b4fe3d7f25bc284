"""Writes surrogate.onnx, a test vector and expected.json from build/surrogate.pt."""

import json
import pathlib
import sys
import time

import numpy as np
import torch

from burgers import Burgers
from generate import (DATA, EVALUATION_SEED, GRID, SOLVER_GRID, STEPS, TIME, TRAINING_SEED, VISCOSITY, initial, relative_l2,
                      viscosities)
from model import Surrogate
from train import CHECKPOINT

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import compression  # noqa: E402

TEST_FIELDS = 4


def trained():
    model = Surrogate()
    model.load_state_dict(torch.load(CHECKPOINT))
    return model.eval()


def write_onnx(model, fields):
    torch.onnx.export(model, torch.from_numpy(fields[:2]), HERE / "surrogate.onnx", opset_version=15,
                      input_names=["field"], output_names=["later"], dynamic_axes={"field": {0: "batch"}, "later": {0: "batch"}})
    folder = HERE / "test_data_set_0"
    folder.mkdir(exist_ok=True)
    np.save(folder / "input_0.npy", fields[:TEST_FIELDS])
    with torch.no_grad():
        np.save(folder / "output_0.npy", model(torch.from_numpy(fields[:TEST_FIELDS])).numpy())


def write_expected(model, fields, later):
    def measure(network):
        with torch.no_grad():
            got = torch.cat([network(part) for part in torch.from_numpy(fields).split(32)]).numpy()
        errors = relative_l2(got, later)
        return errors, {"relative_l2": round(errors.mean(), 6), "largest": round(errors.max(), 6)}

    document = {
        "model": "surrogate.onnx", "data": "data", "metric": "relative_l2", "n": len(later),
        "counted": "mean over samples of the length of (answer - target) over the length of the target, of both components and "
                   "all points",
        "nothing_moves": round(relative_l2(fields[:, :2], later).mean(), 6),
        "equation": {"time": TIME, "viscosity": VISCOSITY, "grid": GRID, "solver_grid": SOLVER_GRID, "solver_steps": STEPS},
        "training_seed": TRAINING_SEED, "evaluation_seed": EVALUATION_SEED,
        "rules": compression.RULES,
        "scores": compression.table(model, measure),
    }
    (HERE / "expected.json").write_text(json.dumps(document, indent=1) + "\n")
    return document["scores"]


def median_seconds(work, times=15):
    """Of `times` runs after one that does not count."""
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def compare_speed(model, fields, batch=16):
    """Seconds a field takes here: the solver at its grid, the solver at the grid of the network, and the network, one thread each."""
    rng = np.random.Generator(np.random.PCG64(1))
    field, viscosity = initial(rng, batch, SOLVER_GRID), viscosities(rng, batch)
    fine, coarse, every = Burgers(SOLVER_GRID), Burgers(GRID), SOLVER_GRID // GRID
    seen = field[:, :, ::every, ::every]
    part = torch.from_numpy(fields[:batch])
    with torch.no_grad():
        works = {"solver": lambda: fine.solve(field, viscosity, TIME, STEPS),
                 "solver at the network's grid": lambda: coarse.solve(seen, viscosity, TIME, STEPS),
                 "network (torch)": lambda: model(part)}
        for name, work in works.items():
            print(f"{name:30s} {1000 * median_seconds(work) / batch:8.2f} ms a field, in batches of {batch}")
    apart = relative_l2(coarse.solve(seen, viscosity, TIME, STEPS), fine.solve(field, viscosity, TIME, STEPS)[:, :, ::every, ::every])
    print(f"the solver at the network's grid is off by {100 * apart.mean():.2f} % on the mean")


def main():
    torch.set_num_threads(1)
    model = trained()
    fields, later = np.load(DATA / "fields.npy"), np.load(DATA / "later.npy")
    write_onnx(model, fields)
    for name, entry in write_expected(model, fields, later).items():
        print(f"{name:18s} {entry['relative_l2']:.4f} {entry['largest']:.4f}  {entry.get('difference', '')}")
    compare_speed(model, fields)


if __name__ == "__main__":
    main()
