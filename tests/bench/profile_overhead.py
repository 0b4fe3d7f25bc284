#!/usr/bin/env python3
"""What a profile costs, and how much of a run it tells: `trimtab profile` on the samples and on a Llama-3.2-1B shape with drawn weights.

    profile_overhead.py BUILD [--rounds 5] [--seconds 4] [--threads 2] [--only NAME]

BUILD: a build folder of the ci preset. Runs with and without the recording take turns inside each profile; the table has the median, the
smallest and the largest round. The bars: overhead below 2 %, 97 % of wall time attributed."""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LLAMA_1B = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
            "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 128256, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
            "max_position_embeddings": 131072, "tie_word_embeddings": True, "torch_dtype": "bfloat16", "hidden_act": "silu"}


def cases(folder):
    samples = ROOT / "resources/samples"
    made = [("classifier, batch 16", [samples / "classifier/classifier.onnx", "--batch", "16"]),
            ("classifier, batch 1", [samples / "classifier/classifier.onnx", "--batch", "1"]),
            ("language, 127 tokens", [samples / "language/language.onnx", "--symbol", "sequence=127"]),
            ("language, a step behind 64", [samples / "language/language.onnx", "--prompt", "64", "--generate", "16"])]
    config = pathlib.Path(folder) / "config.json"
    config.write_text(json.dumps(LLAMA_1B))
    return made + [("1B, bf16, 64 tokens", [config, "--random-weights", "1", "--prompt", "64"]),
                   ("1B, bf16, a step behind 64", [config, "--random-weights", "1", "--prompt", "64", "--generate", "8"])]


def profile(options, words):
    ran = subprocess.run([options.build / "bin/trimtab", "profile", *words, "--threads", str(options.threads), "--seconds", str(options.seconds),
                          "--json", "-q"], check=True, capture_output=True, text=True)
    told = json.loads(ran.stdout)
    return {"run_ms": told["run_ms"], "overhead": told["overhead"]["percent"], "attributed": 100 * told["attributed"], "planning": 100 * told["planning"],
            "device": told["environment"]["device"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="", help="the cases whose name holds this")
    options = parser.parse_args()
    device = ""
    with tempfile.TemporaryDirectory() as folder:
        print("| model | a run, ms | overhead, % | of each round | attributed, % | planning, % |\n| --- | --- | --- | --- | --- | --- |")
        for name, words in cases(folder):
            if options.only not in name:
                continue
            rounds = [profile(options, words) for _ in range(options.rounds)]
            device = rounds[0]["device"]
            overheads = [r["overhead"] for r in rounds]
            print(f"| {name} | {statistics.median(r['run_ms'] for r in rounds):.3g} | {statistics.median(overheads):.2f} | "
                  f"{min(overheads):.2f} … {max(overheads):.2f} | {statistics.median(r['attributed'] for r in rounds):.1f} | "
                  f"{statistics.median(r['planning'] for r in rounds):.1f} |", flush=True)
    print(f"\n{device}, {options.threads} threads, {options.rounds} rounds of {options.seconds} s")


if __name__ == "__main__":
    main()
