#!/usr/bin/env bash
# Installs what tests need, builds, runs every test.
#   tests/run.sh            the ci preset with short forms
#   tests/run.sh asan       the same tests under AddressSanitizer and UndefinedBehaviorSanitizer
#   tests/run.sh tsan       under ThreadSanitizer; OpenMP loops and the CPU kernels around them go unwatched (tests/support/threads.supp)
#   tests/run.sh cuda       the CUDA engine for every architecture (wants the CUDA 13 toolkit), and every test of it over the emulator
#   tests/run.sh fuzz       the importer's fuzzer for an hour or ten million executions, whichever ends first
#   tests/run.sh long       the ci preset, then the full sample sweep (tests/bench/full_sweep.sh)
set -euo pipefail
cd "$(dirname "$0")/.."
. installers/packages.sh

form=${1:-ci}
case "$form" in
  ci|asan|tsan|fuzz) preset=$form ;;
  cuda|long) preset=ci ;;
  *) echo "tests/run.sh: unknown form '$form' (ci, asan, tsan, cuda, fuzz, long)" >&2; exit 2 ;;
esac

require_known_distribution
# shellcheck disable=SC2046
install_packages $(build_packages) $(test_packages)

# The importer's fuzzer; the ci form runs sixty seconds of it beside the other tests.
case "$form" in
  ci|long|fuzz)
    cmake --preset fuzz
    cmake --build --preset fuzz -j "$(nproc)" ;;
esac
if [ "$form" = fuzz ]; then
  exec tests/fuzz/fuzz.sh build/fuzz/bin 3600 10000000
fi

# ONNX Runtime judges the operators, and is an engine of its own. ThreadSanitizer would report what it cannot see into.
if [ "$form" = tsan ]; then
  echo "tests/run.sh: ONNX Runtime is left out under ThreadSanitizer; the tests that need it are skipped"
elif ONNXRUNTIME_ROOT=${ONNXRUNTIME_ROOT:-$(tests/onnxruntime.sh)} && [ -n "$ONNXRUNTIME_ROOT" ]; then
  export ONNXRUNTIME_ROOT
else
  unset ONNXRUNTIME_ROOT
  echo "tests/run.sh: WARNING: ONNX Runtime could not be had: its engine is left out, and the tests that need it are skipped" >&2
fi

if [ "$form" = cuda ]; then
  cmake --preset ci -B build/cuda -DTRIMTAB_CUDA=ON -DTRIMTAB_CUDA_ARCHITECTURES=all -DTRIMTAB_GUI=OFF
  cmake --build build/cuda -j "$(nproc)"
  # The long tests are disabled ones elsewhere.
  export GTEST_ALSO_RUN_DISABLED_TESTS=1
  exec ctest --test-dir build/cuda --output-on-failure -j "$(nproc)" -R 'cuda|emulat|gpu|modules'
fi
cmake --preset "$preset"
cmake --build --preset "$preset" -j "$(nproc)"
export QT_QPA_PLATFORM=offscreen ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
ctest --preset "$preset" -j "$(nproc)"
if [ "$form" = long ]; then
  tests/bench/full_sweep.sh build/ci
fi
