"""Which method keeps accuracy: recipes side by side on one language model and data, differences paired by window with their 95 % intervals.
Everything is measured by the product's own command line.

    methods_table.py BUILD OUT NAME=MODEL.onnx,DATA,CALIBRATION …

Prints Markdown tables, one for each model. Names that end in "outliers" get the comparisons that outliers are for."""
import json
import pathlib
import subprocess
import sys

BASIC = {
    "int8 per channel": {"weights": {"bits": 8}},
    "int3 rtn": {"weights": {"bits": 3}},
    "int3 mse": {"weights": {"bits": 3, "method": "mse"}},
    "int3 hqq": {"weights": {"bits": 3, "method": "hqq"}},
    "int3 gptq": {"weights": {"bits": 3, "method": "gptq"}},
    "int3 gptq act-order": {"weights": {"bits": 3, "method": "gptq", "act_order": True}},
    "int4 rtn": {"weights": {"bits": 4}},
    "int4 gptq": {"weights": {"bits": 4, "method": "gptq"}},
    "50 % magnitude": {"prune": {"ratio": 0.5}},
    "50 % wanda": {"prune": {"ratio": 0.5, "method": "wanda"}},
    "50 % sparsegpt": {"prune": {"ratio": 0.5, "method": "sparsegpt"}},
    "2:4 magnitude": {"prune": {"pattern": "2:4"}},
    "2:4 wanda": {"prune": {"pattern": "2:4", "method": "wanda"}},
    "2:4 sparsegpt": {"prune": {"pattern": "2:4", "method": "sparsegpt"}},
}
INT8 = {"activations": {"bits": 8}, "compute": "int8"}
OUTLIERS = {
    "int4 g64 rtn": {"weights": {"bits": 4, "group": 64}},
    "int4 g64 awq": {"weights": {"bits": 4, "group": 64, "method": "awq"}},
    "int3 g64 rtn": {"weights": {"bits": 3, "group": 64}},
    "int3 g64 awq": {"weights": {"bits": 3, "group": 64, "method": "awq"}},
    "int3 g64 awq+gptq": {"weights": {"bits": 3, "group": 64, "method": "awq+gptq"}},
    "50 % magnitude": {"prune": {"ratio": 0.5}},
    "50 % wanda": {"prune": {"ratio": 0.5, "method": "wanda"}},
    "50 % sparsegpt": {"prune": {"ratio": 0.5, "method": "sparsegpt"}},
    "int8 × int8": {"weights": {"bits": 8}, **INT8},
    "int8 × int8 smoothquant": {"weights": {"bits": 8, "method": "smoothquant"}, **INT8},
    "int8 × int8 per tensor": {"weights": {"bits": 8, "group": -1}, **INT8},
    "int8 × int8 per tensor smoothquant": {"weights": {"bits": 8, "group": -1, "method": "smoothquant"}, **INT8},
}
PAIRS = [
    ("int8 per channel", "as is"), ("int3 gptq", "int3 rtn"), ("int3 gptq act-order", "int3 gptq"), ("int3 mse", "int3 rtn"),
    ("int3 hqq", "int3 rtn"), ("int4 gptq", "int4 rtn"), ("2:4 magnitude", "50 % magnitude"), ("2:4 wanda", "50 % wanda"),
    ("2:4 sparsegpt", "50 % sparsegpt"), ("int4 g64 awq", "int4 g64 rtn"), ("int3 g64 awq", "int3 g64 rtn"),
    ("50 % wanda", "50 % magnitude"), ("50 % sparsegpt", "50 % magnitude"),
    ("int8 × int8 smoothquant", "int8 × int8"), ("int8 × int8 per tensor smoothquant", "int8 × int8 per tensor"),
]


class Session:
    """One session file; a study for each recipe, whose baseline is the model as it is."""

    def __init__(self, trimtab, out, name, model, data, calibration):
        self.trimtab, self.path = trimtab, out / f"{name}.trimtab"
        self.model, self.data, self.calibration = model, data, calibration
        self.trials, self.rows = {}, {}

    def run(self, *words):
        return json.loads(subprocess.run([self.trimtab, *words, "--json", "-q"], check=True, stdout=subprocess.PIPE).stdout)

    def measure(self, name, recipe):
        study = {"model": self.model, "data": self.data, "name": name, "axes": [],
                 "calibration": {"data": self.calibration, "samples": 128},
                 "baseline": {"recipe": recipe}, "baseline_name": name, "run": {"symbols": {"sequence": 32}, "threads": 1},
                 "budget": {"speed_seconds": 0.01, "processes": 1, "evaluation_batch": 8}}
        file = self.path.with_suffix(".json")
        file.write_text(json.dumps(study))
        row = self.run("sweep", str(file), "--session", str(self.path))["pareto"][0]
        self.trials[name], self.rows[name] = row["trial"], row

    def difference(self, a, b):
        found = self.run("compare", str(self.path), str(self.trials[a]), str(self.trials[b]))["accuracy_difference"]
        return found["value"], found["low"], found["high"]


def table(session, recipes):
    session.measure("as is", {})
    for name, recipe in recipes.items():
        session.measure(name, recipe)
    print("| recipe | perplexity | loss over as is, nats (95 %) |\n| --- | ---: | ---: |")
    for name, row in session.rows.items():
        value, low, high = session.difference(name, "as is") if name != "as is" else (0, 0, 0)
        print(f"| {name} | {row['accuracy']['value']:.3f} | {value:+.5f} ({low:+.5f} … {high:+.5f}) |")
    print("\n| comparison | difference of loss, nats (95 %) | |\n| --- | ---: | --- |")
    for a, b in PAIRS:
        if a not in session.rows or b not in session.rows:
            continue
        value, low, high = session.difference(a, b)
        verdict = "clearly better" if high < 0 else "clearly worse" if low > 0 else "no clear difference"
        print(f"| {a} against {b} | {value:+.5f} ({low:+.5f} … {high:+.5f}) | {verdict} |")
    print(flush=True)


def main():
    build, out = sys.argv[1], pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for word in sys.argv[3:]:
        name, paths = word.split("=", 1)
        model, data, calibration = (str(pathlib.Path(path).resolve()) for path in paths.split(","))
        print(f"## {name}\n", flush=True)
        session = Session(f"{build}/bin/trimtab", out, name, model, data, calibration)
        table(session, OUTLIERS if name.endswith("outliers") else BASIC | OUTLIERS)


if __name__ == "__main__":
    main()
