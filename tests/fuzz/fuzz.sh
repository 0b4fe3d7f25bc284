#!/usr/bin/env bash
# tests/fuzz/fuzz.sh BIN SECONDS [EXECUTIONS]: the importer's fuzzer for so long, from the seeds and from past findings. Fails on
# any finding, which stays in BIN/../findings; prints executions and coverage.
# 77 where BIN holds no fuzzer.
set -euo pipefail
bin=$(realpath -m "$1") seconds=$2 executions=${3:-1000000000}
if [ ! -x "$bin/onnx_fuzzer" ]; then
  echo "there is no fuzzer in $bin: cmake --preset fuzz && cmake --build --preset fuzz, with clang 14 or newer"
  exit 77
fi
known=$(cd "$(dirname "$0")" && pwd)/findings
findings=$(dirname "$bin")/findings
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$findings" "$work/corpus" "$work/seeds" "$work/new"
log=$work/log
"$bin/onnx_seeds" "$work/seeds"
cd "$work"
# Most of the time would go into giving memory back to the system and taking it again, and into reading the corpus anew.
allocator=allocator_may_return_null=1:allocator_release_to_os_interval_ms=-1:quarantine_size_mb=16:thread_local_quarantine_size_kb=64
export ASAN_OPTIONS=detect_leaks=1:malloc_context_size=12:$allocator UBSAN_OPTIONS=print_stacktrace=1

statistic() { sed -n "s/^stat::$1: *//p" "$log"; }

# libFuzzer's clock is the wall's: what is slow only because the machine stood still is not slow when it runs alone.
is_stall() {
  local unit
  unit=$(find new -name 'timeout-*' | head -1)
  [ -n "$unit" ] && "$bin/onnx_fuzzer" -timeout=10 "$unit" >/dev/null 2>&1
}

executed=0 end=$((SECONDS + seconds))
while [ "$SECONDS" -lt "$end" ] && [ "$executed" -lt "$executions" ]; do
  status=0
  "$bin/onnx_fuzzer" corpus seeds "$known" -max_total_time=$((end - SECONDS)) -runs=$((executions - executed)) -max_len=8192 -reload=0 \
    -rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=10 -artifact_prefix=new/ -print_final_stats=1 >"$log" 2>&1 || status=$?
  executed=$((executed + $(statistic number_of_executed_units)))
  [ "$status" -eq 0 ] && break
  if is_stall; then
    echo "onnx_fuzzer: the machine stood still; going on"
    rm -f new/timeout-*
    continue
  fi
  tail -80 "$log"
  cp new/* "$findings/"
  echo "onnx_fuzzer: a finding after $executed executions, kept in $findings" >&2
  exit 1
done
coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$log" | tail -1)
took=$((SECONDS - end + seconds))
echo "onnx_fuzzer: $executed executions in $took s, $(statistic average_exec_per_sec) a second, $coverage, no findings"
