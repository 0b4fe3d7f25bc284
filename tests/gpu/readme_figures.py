#!/usr/bin/env python3
"""Writes the README's GPU figures from the newest record of each card in tests/bench/records; none is ever typed.

    tests/gpu/readme_figures.py [--check] [README [RECORDS_DIR]]

With --check nothing is written: exit status 1 when the README is not what the records say.
"""
import glob
import json
import os
import sys

BEGIN, END = "<!-- gpu figures -->", "<!-- end of gpu figures -->"
FORMAT = "trimtab-gpu-record-1"
OWED = "No record of a GPU is here yet, so no figure is claimed: they are owed. `tests/gpu/verify.sh` on a machine with a GPU makes one.\n"


def newest_records(folder):
    """The newest record of each card, the newest first."""
    newest = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            continue
        record["file"] = os.path.basename(path)
        card = record.get("card", {}).get("name") or record.get("engine", {}).get("device", "unknown card")
        if card not in newest or record["recorded_at"] > newest[card]["recorded_at"]:
            newest[card] = record
    return sorted(newest.items(), key=lambda item: item[1]["recorded_at"], reverse=True)


def figures_of(record, stage, kind):
    """Without those that are wrong: what failed is told by the stage, and is no figure."""
    lines = record.get("stages", {}).get(stage, {}).get("figures") or []
    return [line for line in lines if isinstance(line, dict) and line.get("kind") == kind and line.get("passed") is not False]


def sentence_of_checks(record):
    parts = []
    words = {"kernels": "kernel tests", "selftest": "self-test", "models": "models × recipes", "memcheck": "memcheck",
             "racecheck": "racecheck", "sweep": "sweep", "llama": "Llama shape",
             "generate": "generation (Llama-3.2-1B shape)"}
    for name, word in words.items():
        stage = record.get("stages", {}).get(name)
        if stage:
            parts.append(f"{word}: {stage.get('summary') if stage['status'] == 'passed' else stage['status']}")
    return "; ".join(parts) + "."


def widest_layers(lines):
    """For each type and number of rows the product with the largest weights, the first of equals: a page is no place for all of them."""
    widest = {}
    for line in lines:
        key = (line["dtype"], line["m"])
        if key not in widest or line["n"] * line["k"] > widest[key]["n"] * widest[key]["k"]:
            widest[key] = line
    return list(widest.values())


def product_table(record):
    lines = widest_layers(figures_of(record, "bench", "product"))
    if not lines:
        return []
    text = ["", "| product, m × n × k | type | µs | TFLOP/s |", "| --- | --- | ---: | ---: |"]
    for line in lines:
        m, n, k, time = line["m"], line["n"], line["k"], line["latency_us"]
        text.append(f"| {m} × {n} × {k} | {line['dtype']} | {time:.1f} | {2e-6 * m * n * k / time:.0f} |")
    return text


def decode_table(record):
    lines = figures_of(record, "bench", "decode") or figures_of(record, "models", "decode")
    if not lines:
        return []
    text = ["", "| decode | recipe | batch | tokens/s | of bandwidth ÷ bytes |", "| --- | --- | ---: | ---: | ---: |"]
    for line in lines:
        share = line.get("share_of_bandwidth")
        text.append(f"| {line['model']} | {line.get('recipe', '')} | {line.get('batch', 1)} | {line['tokens_per_second']:.0f} | "
                    f"{'' if share is None else f'{100 * share:.0f} %'} |")
    return text


def section(folder):
    records = newest_records(folder)
    if not records:
        return OWED
    text = []
    for card, record in records:
        driver = record.get("card", {}).get("driver", "unknown")
        state = "every check passed" if record.get("passed") else "**not every check passed**"
        text.append(f"**{card}**, driver {driver}, {record['recorded_at'][:10]}, commit {record.get('commit', 'unknown')[:12]}: {state} "
                    f"([record](tests/bench/records/{record['file']})).")
        text.append(sentence_of_checks(record))
        for line in figures_of(record, "bench", "bandwidth"):
            text.append(f"A copy in the card's memory moves {line['gigabytes_per_second']:.0f} GB/s.")
        text += decode_table(record) + product_table(record) + [""]
    return "\n".join(text).rstrip("\n") + "\n"


def replaced(readme, text):
    begin, end = readme.find(BEGIN), readme.find(END)
    if begin < 0 or end < begin:
        raise SystemExit(f"readme_figures: the README lacks {BEGIN} … {END}")
    return readme[:begin + len(BEGIN)] + "\n" + text + readme[end:]


def main(arguments):
    check = "--check" in arguments
    paths = [word for word in arguments if word != "--check"]
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = paths[0] if paths else os.path.join(root, "README.md")
    folder = paths[1] if len(paths) > 1 else os.path.join(root, "tests", "bench", "records")
    with open(path, encoding="utf-8") as file:
        readme = file.read()
    wanted = replaced(readme, section(folder))
    if check:
        if wanted != readme:
            print("readme_figures: the README's GPU figures are not those of the records; run tests/gpu/readme_figures.py", file=sys.stderr)
            return 1
        return 0
    if wanted != readme:
        with open(path, "w", encoding="utf-8") as file:
            file.write(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
