#!/usr/bin/env python3
"""Trimtab beside llama.cpp on the same GGUF files, two threads each, the sides in turn.

    npm i node-llama-cpp@3.22.1        (in a folder of its own)
    beside_llama.py BUILD FOLDER CONFIG.json [--types Q8_0,Q4_0] [--prompt 512] [--generate 32] [--rounds 3]

BUILD: a build folder of the ci preset; FOLDER: where the package is; CONFIG.json: of a Llama, whose weights are drawn. llama.cpp quantises
activations by blocks of 32, so Trimtab is asked for the same: integer products of 8-bit activations by the weights' groups. In each round either
side is a process that warms up and then takes medians of at least three prompts with their steps. llama.cpp's steps include the choice of the
token and the loop around them in JavaScript; Trimtab's are fed tokens that are known beforehand. Prints a table:
medians of the rounds, and the smallest and largest ratio of a round, then what llama.cpp says of its build."""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

THREADS = "2"
RECIPE = {"compute": "int8", "activations": {"bits": 8, "granularity": "group"}}
HERE = pathlib.Path(__file__).resolve().parent


def answer_of(command):
    environment = os.environ | {"THREADS": THREADS, "OMP_NUM_THREADS": THREADS}
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(ran.stdout)


def ours(options, model, recipe):
    told = answer_of([options.build / "bin/trimtab", "bench", model, "--recipe", recipe, "--prompt", str(options.prompt), "--generate",
                      str(options.generate), "--threads", THREADS, "--seconds", "0.1", "--json"])
    return {"prefill": told["prefill_tokens_per_s"], "decode": told["decode_tokens_per_s"]}


def theirs(options, model):
    return answer_of(["node", HERE / "llama.mjs", options.folder, model, "speed", str(options.prompt), str(options.generate), "3"])


def rows(options, kind, folder, systems):
    model, recipe = folder / f"{kind}.gguf", folder / "recipe.json"
    recipe.write_text(json.dumps(RECIPE))
    subprocess.run([options.build / "bin/make_gguf", options.config, model, kind, "--seed", "1"], check=True)
    rounds = [(ours(options, model, recipe), theirs(options, model)) for _ in range(options.rounds)]
    model.unlink()
    systems.update(other["system"] for _, other in rounds)
    for phase in ("prefill", "decode"):
        ratios = [own[phase] / other[phase] for own, other in rounds]
        own, other = (statistics.median(pair[side][phase] for pair in rounds) for side in (0, 1))
        yield f"| {kind} | {phase} | {own:.4g} | {other:.4g} | {statistics.median(ratios):.3f} | {min(ratios):.3f} … {max(ratios):.3f} |"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("config", type=pathlib.Path)
    parser.add_argument("--types", default="Q8_0,Q4_0")
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--generate", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| type | phase | Trimtab tokens/s | llama.cpp tokens/s | ratio | of each round |\n| --- | --- | --- | --- | --- | --- |")
    systems = set()
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.types.split(","):
            for row in rows(options, kind, pathlib.Path(folder), systems):
                print(row, flush=True)
    print("\n".join(["", *systems]))


if __name__ == "__main__":
    main()
