"""Stand-ins for the programs of a bundle, for tests of the scripts: each prints what it was told to."""
import os
import stat

DEVICES = ('{"engines": [{"name": "cpu", "available": true}, {"name": "cuda", "available": true, "version": "0.1.0, CUDA 13.0", "device": '
           '"NVIDIA H100 80GB HBM3", "reason": ""}], "device": "a processor", "system": "a system", "memory_bytes": 1}')
NO_DEVICES = DEVICES.replace('"name": "cuda", "available": true', '"name": "cuda", "available": false').replace(
    '"reason": ""}]', '"reason": "no NVIDIA driver is here: libcuda.so.1 was not found"}]')
PARETO = '[{"trial": 1, "label": "as stored", "engine": "cuda", "execution": "native", "latency_ms": 0.1}]'
PHASES = '{"prefill_tokens_per_s": 41626.0, "decode_tokens_per_s": 1666.7, "caching": "in place", "execution": "native"}'
PROFILE = ('{"device": {"ns": 90000, "attributed": 0.991}, "no_activity": "", "overhead": {"percent": 4.2}, "dropped": 0, "run_ms": 0.1, '
           '"runs": 200, "attributed": 0.8, "nodes": [{"node": "fc", "counters": {"occupancy": 0.5}, "roofline": {"bytes": 12}}, '
           '{"node": "relu", "counters": null, "roofline": {"bytes": 3}}]}')
GTEST = ('{"tests": 2, "testsuites": [{"name": "Rows", "testsuite": [{"name": "Adds"}]}, '
         '{"name": "Products", "testsuite": [{"name": "Agree"%s}]}]}')

TRIMTAB = """#!/bin/sh
case "$1" in
  devices) cat <<'X'
@DEVICES@
X
  ;;
  selftest) echo '{"engine": "cuda", "passed": 18, "failed": []}' ;;
  sweep) for word in "$@"; do last=$word; done; echo "$*" >>"$last" ;;
  pareto) echo '@PARETO@' ;;
  profile) echo '@PROFILE@' ;;
  bench) grep -q '"hidden_size": 2048' "$2" && echo '@PHASES@' ;;
esac
"""

KERNEL_TEST = """#!/bin/sh
for word in "$@"; do
  case "$word" in
    --gtest_list_tests) printf 'Rows.\\n  Adds\\n  Subtracts\\nProducts/0.  # TypeParam = float\\n  Agree\\n'; exit 0 ;;
    --gtest_output=json:*) printf '%s' '@GTEST@' >"${word#--gtest_output=json:}" ;;
  esac
done
exit @STATUS@
"""

SANITIZER = """#!/bin/sh
echo "$*" >>"@LOG@"
printf '%s\\n' '@WORDS@'
exit @STATUS@
"""

MODELS = """#!/bin/sh
if [ "$1" = --write-llama ]; then echo "$2" >>"@LOG@"; echo model >"$2"; echo weights >"$2.data"; exit 0; fi
echo 'some talk'
echo '{"kind": "model", "model": "classifier", "recipe": "int8", "error": 0.004, "passed": true}'
echo '{"kind": "decode", "model": "llama-3.2-1b", "recipe": "bf16", "batch": 1, "tokens_per_second": 901.4, "share_of_bandwidth": 0.712}'
"""

BENCH = """#!/bin/sh
[ "$1" = --shapes ] && [ -f "$2" ] || exit 9
echo '{"kind": "bandwidth", "gigabytes_per_second": 3011.5}'
echo '{"kind": "product", "dtype": "bf16", "m": 8, "n": 8192, "k": 8192, "latency_us": 40.0}'
echo '{"kind": "product", "dtype": "bfloat16", "m": 1, "n": 1024, "k": 1024, "latency_us": 5.0}'
echo '{"kind": "product", "dtype": "fp8", "m": 3, "n": 3, "k": 3, "latency_us": 5.0}'
"""


def program(folder, name, text, **words):
    path = os.path.join(folder, name)
    for key, value in words.items():
        text = text.replace(f"@{key.upper()}@", str(value))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


def all_well(folder):
    """A folder of programs with which every stage passes."""
    program(folder, "trimtab", TRIMTAB, devices=DEVICES, pareto=PARETO, phases=PHASES, profile=PROFILE)
    program(folder, "gpu_kernels_test", KERNEL_TEST, gtest=GTEST % "", status=0)
    program(folder, "gpu_models", MODELS, log=os.path.join(folder, "llama.log"))
    program(folder, "gpu_bench", BENCH)
    program(folder, "gpu_products_bench", "#!/bin/sh\necho '{\"kernel\": \"few_rows\", \"us\": 3.5}'\n")
    program(folder, "compute-sanitizer", SANITIZER, words="========= ERROR SUMMARY: 0 errors", status=0,
            log=os.path.join(folder, "sanitizer.log"))
    program(folder, "nvidia-smi", "#!/bin/sh\necho 'NVIDIA H100 80GB HBM3, 580.159.04, 81559, 9.0, 1980, 2619, 700.00'\n")
