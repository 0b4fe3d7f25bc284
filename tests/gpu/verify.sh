#!/usr/bin/env bash
# Settles on a machine with a GPU whether the CUDA engine is right and how quick it is; one JSON record and one short table.
#   tests/gpu/verify.sh [-o FOLDER] [--bin FOLDER] [--limit STAGE=SECONDS]… [--only STAGE,STAGE] [--total SECONDS]
# From a bundle or from a build (--bin build/ci/bin). The record is FOLDER/gpu_record.json, by default in $OUT, else in out/gpu.
# Exit status 0 when every stage passed; 1 when one did not, and, in one line, where CUDA cannot be had.
here=$(cd "$(dirname "$0")" && pwd)
command -v python3 >/dev/null || { echo "verify: python3 is not here" >&2; exit 1; }
exec python3 "$here/verify.py" "$@"
