"""What native recipes promise and what they reach: every recipe that a CPU kernel executes, held against the model as it is stored, with
the reasons that `compare` gives for the time that is missing. Everything is measured by the product's own command line.

    native_points.py BUILD OUT [NAME …]

BUILD is a build folder (its samples stand in resources/samples); NAME is one of classifier, language, wide (default: all). Prints Markdown
tables."""
import collections
import json
import pathlib
import subprocess
import sys

SAMPLES = pathlib.Path(__file__).resolve().parents[3] / "resources" / "samples"
STATIC = {"compute": "int8", "activations": {"bits": 8, "mode": "static"}}
COMMON = {
    "bf16": {"compute": "bf16"},
    "int8 × int8": {"compute": "int8"},
    "int8 × int8 static": STATIC,
    "int8 weights": {"weights": {"bits": 8}},
    "int4 g32 weights": {"weights": {"bits": 4, "group": 32}},
    "80 % zeros": {"prune": {"ratio": 0.8}},
    "90 % zeros": {"prune": {"ratio": 0.9}},
    "95 % zeros": {"prune": {"ratio": 0.95}},
    "2:4": {"prune": {"pattern": "2:4"}},
    "80 % blocks of 16x16": {"prune": {"ratio": 0.8, "pattern": "block 16x16"}},
    "90 % blocks of 16x16": {"prune": {"ratio": 0.9, "pattern": "block 16x16"}},
}
MODELS = {
    "classifier": (["--batch", "16"], {
        "25 % of channels less": {"prune": {"ratio": 0.25, "pattern": "channels"}},
        "50 % of channels less": {"prune": {"ratio": 0.5, "pattern": "channels"}}}),
    "language": (["--batch", "1", "--symbol", "sequence=127"], {
        "50 % of neurons less": {"prune": {"ratio": 0.5, "pattern": "neurons"}},
        "50 % of heads less": {"prune": {"ratio": 0.5, "pattern": "heads"}},
        "2 of 6 blocks less": {"prune": {"ratio": 0.34, "pattern": "blocks"}}}),
    "wide": (["--batch", "1"], {}),
}


def settings(words):
    run = {}
    for word, value in zip(words[::2], words[1::2]):
        if word == "--batch":
            run["batch"] = int(value)
        else:
            name, extent = value.split("=")
            run["symbols"] = {name: int(extent)}
    return run


def axes(recipe, above=""):
    """A recipe as axes of one value each: the study's one point beside the baseline."""
    return [axis for key, value in recipe.items()
            for axis in (axes(value, f"{above}{key}.") if isinstance(value, dict) else [{"path": above + key, "values": [value]}])]


def main():
    build, out, names = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:] or list(MODELS)
    out.mkdir(parents=True, exist_ok=True)
    trimtab = build / "bin" / "trimtab"

    def run(*words):
        return json.loads(subprocess.run([trimtab, *map(str, words), "--json", "-q"], check=True, stdout=subprocess.PIPE).stdout)

    for name in names:
        words, own = MODELS[name]
        study = {"axes": [], "run": settings(words), "budget": {"samples": 256 if name != "wide" else 4, "processes": 6}}
        if name == "wide":
            study["model"] = str(out / "wide.onnx")
            subprocess.run([build / "bin" / "make_wide_model", study["model"], "4096", "5"], check=True, stdout=subprocess.DEVNULL)
        else:
            study |= {"model": str(SAMPLES / name / f"{name}.onnx"), "data": str(SAMPLES / name / "data")}
        session = out / f"{name}.trimtab"
        session.unlink(missing_ok=True)
        print(f"\n## {name} ({' '.join(words)})\n")
        print("| recipe | executed | promised | reached (95 %) | of the promise | where the rest stays: share of the run's time, reason |")
        print("| --- | --- | ---: | ---: | ---: | --- |")
        seen = 1
        for label, recipe in (COMMON | own).items():
            file = out / "study.json"
            file.write_text(json.dumps(study | {"name": label, "axes": axes(recipe)}))
            rows = run("sweep", file, "--session", session)["pareto"]
            trial = max(row["trial"] for row in rows)
            compared = run("compare", session, seen, trial)
            print(line(label, compared), flush=True)
    return 0


def line(label, compared):
    promise, result = compared["promise"], compared["result"]
    if not result:
        reason = compared["b"]["failure"] or compared["layers"][0]["note"]
        return f"| {label} | {compared['b']['execution']} | – | not timed | – | {reason} |"
    reasons = collections.Counter()
    total = sum(layer["a"]["median_ns"] for layer in compared["layers"] if layer["a"]["median_ns"] > 0)
    for layer in compared["layers"]:
        if layer["a"]["median_ns"] <= 0:
            continue
        if layer["promise"] > 1.1 and 0 < layer["result"] < 0.8 * layer["promise"] or 0 < layer["result"] < 0.95:
            reasons[layer["note"]] += layer["a"]["median_ns"] / total
    worth = [f"{100 * share:.0f} %: {note}" for note, share in reasons.most_common(3) if share > 0.03]
    return (f"| {label} | {compared['b']['execution']} | {promise:.2f} "
            f"| {result['ratio']:.2f} ({result['low']:.2f} … {result['high']:.2f}) "
            f"| {100 * result['ratio'] / promise:.0f} % | {'; '.join(worth) or '–'} |")


if __name__ == "__main__":
    sys.exit(main())
