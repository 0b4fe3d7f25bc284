#!/usr/bin/env bash
# From a fresh clone to a Pareto chart: packages, build, a small sample sweep on the CPU, the table, the session, the chart, the window.
#   --no-gui       build and run without the window
#   --no-install   print the packages that are needed, install and build nothing
set -euo pipefail
cd "$(dirname "$0")/.."
. installers/packages.sh

gui=ON
for argument in "$@"; do
  case "$argument" in
    --no-gui) gui=OFF ;;
    --no-install) build_packages | tr ' ' '\n'; exit 0 ;;
    -h|--help) sed -n '2,4s/^# //p' "$0"; exit 0 ;;
    *) echo "quickstart: unknown option '$argument' (--no-gui, --no-install)" >&2; exit 2 ;;
  esac
done
require_known_distribution

packages=$(build_packages)
if [ "$gui" = OFF ]; then
  packages=$(echo "$packages" | tr ' ' '\n' | grep -vE '^(qt6|libqt6|libgl1)')
fi
# shellcheck disable=SC2086
missing=$(missing_packages $packages)
if [ -n "$missing" ]; then
  echo "This installs $(echo "$missing" | wc -w) packages with apt (about a minute):"
  echo "$missing" | tr '\n' ' ' | fold -s -w 100
  echo
fi
echo "Then it builds Trimtab (ten to twenty minutes on two cores, seconds when nothing changed) and runs a small sweep of the image" \
  "sample (under a minute)."
# shellcheck disable=SC2086
install_packages $packages

cmake --preset release -DTRIMTAB_GUI=$gui >build-quickstart.log 2>&1 || { cat build-quickstart.log >&2; exit 1; }
rm -f build-quickstart.log
cmake --build --preset release -j "$(nproc)"

bin=build/release/bin
sample=resources/samples/classifier
mkdir -p out
session=out/quickstart.trimtab
chart=out/quickstart.png
"$bin/trimtab" sweep "$sample/classifier.onnx" --data "$sample/data" --axis prune.ratio=0,0.5 --axis weights.bits=32,8,3 \
  --axis compute=fp32,int8 --batch 16 --samples 256 --session "$session" --resume
"$bin/trimtab" report "$session" -o "$chart"
"$bin/trimtab" report "$session" -o out/quickstart.html
echo
echo "Session: $session    Chart: $chart    Report: out/quickstart.html"
echo "Next:    $bin/trimtab --help        or open your own model: $bin/trimtab info MODEL.onnx"

if [ "$gui" = ON ] && [ -x "$bin/trimtab-gui" ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  echo "Opening the window on this session."
  exec "$bin/trimtab-gui" "$session"
fi
