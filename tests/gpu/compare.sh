#!/usr/bin/env bash
# Our products against the best known of the same card: the geometric mean of ours over theirs, by type.
#   tests/gpu/compare.sh RECORD ORACLE_DIR      RECORD: gpu_record.json; ORACLE_DIR holds h100_gemm_best.csv and h200_gemm_best.csv
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/compare.py" "$@"
