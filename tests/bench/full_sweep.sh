#!/usr/bin/env bash
# The full sample sweep and the wide model, with the product's own command line; prints one table for the records.
#   tests/bench/full_sweep.sh [BUILD_DIR] [OUT_DIR]     BUILD_DIR defaults to build/ci, OUT_DIR to out/full-sweep
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/ci}
out=${2:-out/full-sweep}
bin=$build/bin
samples=resources/samples
rm -rf "$out"
mkdir -p "$out"

axes=(--axis prune.ratio=0,0.3,0.5,0.7,0.9,0.95 --axis weights.bits=32,16,8,4,3,2 --axis compute=fp32,bf16,int8)

started=$(date +%s)
"$bin/trimtab" sweep $samples/classifier/classifier.onnx --data $samples/classifier/data --batch 16 "${axes[@]}" \
  --session "$out/classifier.trimtab"
"$bin/trimtab" sweep $samples/language/language.onnx --data $samples/language/data --batch 1 --symbol sequence=127 "${axes[@]}" \
  --session "$out/language.trimtab"
echo "both samples: $(($(date +%s) - started)) s"

"$bin/make_wide_model" "$out/wide.onnx" 4096 5
"$bin/trimtab" sweep "$out/wide.onnx" --batch 1 --axis weights.bits=32,16,8,4 --axis prune.ratio=0,0.9 --session "$out/wide.trimtab"

for session in classifier language wide; do
  "$bin/trimtab" report "$out/$session.trimtab" -o "$out/$session.md"
  "$bin/trimtab" report "$out/$session.trimtab" -o "$out/$session.png"
done
rm -f "$out/wide.onnx"
