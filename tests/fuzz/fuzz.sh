#!/usr/bin/env bash
# tests/fuzz/fuzz.sh BIN SECONDS [EXECUTIONS]: the importer's fuzzer for so long, from the seeds and from past findings. Fails on
# any finding, which stays in BIN/../findings; prints executions and coverage.
# 77 where BIN holds no fuzzer.
set -euo pipefail
bin=$(realpath -m "$1") seconds=$2 executions=${3:--1}
if [ ! -x "$bin/onnx_fuzzer" ]; then
  echo "there is no fuzzer in $bin: cmake --preset fuzz && cmake --build --preset fuzz, with clang 14 or newer"
  exit 77
fi
known=$(cd "$(dirname "$0")" && pwd)/findings
findings=$(dirname "$bin")/findings
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$findings" "$work/corpus" "$work/seeds"
log=$work/log
"$bin/onnx_seeds" "$work/seeds"
cd "$work"
status=0
# Most of the time would go into giving memory back to the system and taking it again, and into reading the corpus anew.
allocator=allocator_may_return_null=1:allocator_release_to_os_interval_ms=-1:quarantine_size_mb=16:thread_local_quarantine_size_kb=64
ASAN_OPTIONS=detect_leaks=1:malloc_context_size=12:$allocator UBSAN_OPTIONS=print_stacktrace=1 \
  "$bin/onnx_fuzzer" corpus seeds "$known" -max_total_time="$seconds" -runs="$executions" -max_len=8192 -reload=0 \
  -rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=10 -artifact_prefix="$findings/" -print_final_stats=1 >"$log" 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
  tail -80 "$log"
  echo "onnx_fuzzer: a finding, kept in $findings" >&2
  exit 1
fi
coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$log" | tail -1)
count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
echo "onnx_fuzzer: $count executions, $speed a second, $coverage, no findings"
