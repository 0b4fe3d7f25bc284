#!/usr/bin/env python3
"""The stages of verify.sh. Each has a time limit of its own, a failure of one is recorded and stops none of the others.

The programs gpu_models, gpu_bench and every gpu_*_bench write one JSON object a line to standard output; every other line is taken for
talk:
  {"kind": "model", "model": "classifier", "recipe": "int8", "error": 0.004, "tolerance": 0.03, "passed": true, ...}
  {"kind": "product", "dtype": "bfloat16", "m": 1, "n": 4096, "k": 4096, "latency_us": 9.1, ...}
  {"kind": "bandwidth", "gigabytes_per_second": 3010.0, ...}
  {"kind": "decode", "model": "llama-3.2-1b", "recipe": "bf16", "batch": 1, "tokens_per_second": 900.0, "share_of_bandwidth": 0.71, ...}
A line with "passed": false fails its stage.

What ran out of time is run again on the same kind of card: --only models --complete RECORD keeps RECORD's other stages beside the new ones,
each of which says when it ran.
"""
import argparse
import datetime
import json
import os
import platform
import sys

from stages import Stages
from running import Programs, run

LIMITS = {  # seconds
    "selftest": 30,
    "kernels": 90,
    "memcheck": 45,
    "racecheck": 45,
    "models": 210,
    "bench": 60,
    "kernel_bench": 40,
    "activity": 40,
    "sweep": 40,
    "llama": 75,
    "generate": 60,
}
TOTAL = 470  # under the eight minutes that all of them may take
FORMAT = "trimtab-gpu-record-1"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="verify.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", help="folder of the record (default: $OUT, else out/gpu)")
    parser.add_argument("--bin", help="folder of the programs (default: bin of the bundle, else build/ci/bin)")
    parser.add_argument("--limit", action="append", default=[], metavar="STAGE=SECONDS")
    parser.add_argument("--only", help="stages, with commas")
    parser.add_argument("--complete", metavar="RECORD", help="add the stages to this record of the same card, driver and commit")
    parser.add_argument("--total", type=float, default=TOTAL, help="seconds for all stages together")
    arguments = parser.parse_args()
    limits = dict(LIMITS)
    for word in arguments.limit:
        stage, _, seconds = word.partition("=")
        if stage not in limits or not seconds.replace(".", "", 1).isdigit():
            parser.error(f"--limit wants one of {', '.join(limits)} and seconds, not {word!r}")
        limits[stage] = float(seconds)
    wanted = arguments.only.split(",") if arguments.only else list(limits)
    unknown = [stage for stage in wanted if stage not in limits]
    if unknown:
        parser.error(f"no such stage: {', '.join(unknown)}; there are {', '.join(limits)}")
    return arguments, limits, wanted


def read_manifest(root):
    """Of a bundle; of a checkout, the commit alone."""
    try:
        with open(os.path.join(root, "manifest.json"), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        answer = run(["git", "-C", root, "rev-parse", "HEAD"], 10)
        return {"commit": answer.out.strip() if answer.status == 0 else "unknown"}


def describe_card():
    """What nvidia-smi says of the first card; an empty entry where it is silent."""
    fields = ["name", "driver_version", "memory.total", "compute_cap", "clocks.max.sm", "clocks.max.mem", "power.limit"]
    answer = run(["nvidia-smi", f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"], 15)
    if answer.status != 0 or not answer.out.strip():
        return {}
    values = [value.strip() for value in answer.out.strip().splitlines()[0].split(",")]
    names = ["name", "driver", "memory_mib", "compute_capability", "clock_mhz", "memory_clock_mhz", "power_limit_w"]
    return dict(zip(names, values))


def cuda_of(devices):
    """The entry of the engine "cuda" in what `trimtab devices` answers."""
    return next((engine for engine in devices.get("engines", []) if engine.get("name") == "cuda"), {})


def devices_or_reason(programs):
    answer = run([programs.path("trimtab"), "devices", "--json"], 60)
    try:
        devices = json.loads(answer.out)
    except ValueError:
        return {}, f"trimtab devices does not answer ({answer.ending()}): {answer.last_words()}"
    cuda = cuda_of(devices)
    return devices, "" if cuda.get("available") else cuda.get("reason") or "this build knows no engine cuda"


def read_earlier(path, record):
    """The record that is to be completed. ValueError where it cannot be: figures of two cards or two builds are no one record."""
    with open(path, encoding="utf-8") as file:
        earlier = json.load(file)
    if earlier.get("format") != FORMAT:
        raise ValueError(f"{path} is no record")
    for what, old, new in (("card", earlier["card"].get("name"), record["card"].get("name")),
                           ("driver", earlier["card"].get("driver"), record["card"].get("driver")),
                           ("commit", earlier["commit"], record["commit"])):
        if old != new:
            raise ValueError(f"{path} is of another {what}: {old}, not {new}")
    return earlier


def print_table(record):
    print(f"{'stage':<11}{'result':<11}{'seconds':>8}  summary")
    for name, stage in record["stages"].items():
        print(f"{name:<11}{stage['status']:<11}{stage['seconds']:>8.1f}  {stage.get('summary') or stage.get('reason', '')}"[:160])
    card = record["card"].get("name") or record["engine"].get("device", "unknown card")
    result = "PASSED" if record["passed"] else "NOT PASSED"
    print(f"{card}, driver {record['card'].get('driver', 'unknown')}, commit {record['commit'][:12]}: {result}")


def main():
    arguments, limits, wanted = parse_arguments()
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.dirname(os.path.dirname(here))
    programs = Programs(root, arguments.bin)
    if not programs.has("trimtab"):
        print(f"verify: trimtab is not in {programs.folder}; give --bin", file=sys.stderr)
        return 1
    devices, reason = devices_or_reason(programs)
    if reason:
        print(f"verify: CUDA cannot be had here: {' '.join(reason.split())}", file=sys.stderr)
        return 1

    out = arguments.out or os.environ.get("OUT") or os.path.join(root, "out", "gpu")
    os.makedirs(out, exist_ok=True)
    record = {
        "format": FORMAT,
        "recorded_at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "card": describe_card(),
        "engine": cuda_of(devices),
        "host": {"system": devices.get("system", ""), "processor": devices.get("device", ""), "libc": " ".join(platform.libc_ver())},
        "stages": {},
        "passed": False,
    }
    record.update(read_manifest(root))
    if arguments.complete:
        try:
            earlier = read_earlier(arguments.complete, record)
        except (OSError, ValueError, KeyError) as problem:
            print(f"verify: {problem}", file=sys.stderr)
            return 1
        again = record["recorded_at"]
        record = earlier
    stages = Stages(programs, out, here, record)
    path = os.path.join(out, "gpu_record.json")
    stages.run_all(wanted, limits, arguments.total, lambda: write(path, record))
    if arguments.complete:
        for stage in wanted:
            record["stages"][stage]["recorded_at"] = again
    record["passed"] = all(stage["status"] in ("passed", "refused") for stage in record["stages"].values())
    write(path, record)
    print_table(record)
    return 0 if record["passed"] else 1


def write(path, record):
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
        file.write("\n")
    os.replace(path + ".part", path)


if __name__ == "__main__":
    sys.exit(main())
