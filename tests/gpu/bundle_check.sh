#!/usr/bin/env bash
# Tries a bundle where nothing of its build is: from another folder with an empty environment, through the loader inside, and in the root of
# an older Debian when one can be made (root and debootstrap; OLD_ROOT names one that is there already).
#   tests/gpu/bundle_check.sh [ARCHIVE]      default: out/trimtab-bundle.tar.xz
set -euo pipefail
cd "$(dirname "$0")/../.."
archive=$(realpath "${1:-out/trimtab-bundle.tar.xz}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/elsewhere"
tar -C "$work/elsewhere" -xf "$archive"
bundle=$work/elsewhere/trimtab
cd /

in="" title=""
# COMMAND…: what a bundle must do on a machine without a GPU, run by the command given.
check() {
  local engines answer status=0
  engines=$("$@" "$in/bin/trimtab" devices --json)
  [[ $engines =~ \"name\":\ *\"cuda\" ]] || { echo "bundle_check: $title: devices does not tell of cuda" >&2; return 1; }
  if ! "$@" "$in/bin/trimtab" selftest >/dev/null; then
    echo "bundle_check: $title: the CPU engine does not agree with the reference" >&2
    return 1
  fi
  if [[ $engines == *"no NVIDIA driver"* ]]; then
    answer=$("$@" "$in/bin/trimtab" selftest --engine cuda 2>&1) || status=$?
    if [ "$status" -ne 1 ] || [ "$(echo "$answer" | wc -l)" -ne 1 ]; then
      echo "bundle_check: $title: without a driver: exit $status: $answer" >&2
      return 1
    fi
  fi
  echo "bundle_check: $title: works"
}

in=$bundle title="another folder, empty environment" check env -i
in=$bundle title="the loader inside" check env -i TRIMTAB_LOADER=bundled

old=${OLD_ROOT:-}
if [ -z "$old" ] && [ "$(id -u)" -eq 0 ] && command -v debootstrap >/dev/null; then
  old=$work/old
  debootstrap --variant=minbase bullseye "$old" >"$work/debootstrap.log" 2>&1 || { tail -3 "$work/debootstrap.log" >&2; old=""; }
fi
if [ -z "$old" ]; then
  echo "bundle_check: an older root could not be made here (root and debootstrap): not tried"
  exit 0
fi
place=$(mktemp -d -p "$old/tmp")
trap 'rm -rf "$work" "$place"' EXIT
cp -r "$bundle" "$place/"
in=${place#"$old"}/trimtab title="$(. "$old/etc/os-release" && echo "$PRETTY_NAME"), $(chroot "$old" getconf GNU_LIBC_VERSION)" \
  check chroot "$old" /usr/bin/env -i
