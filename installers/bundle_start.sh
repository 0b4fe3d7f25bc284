#!/bin/sh
# Starts the program of the same name in ../programs: by itself where the system's C library is new enough, else through the loader and C
# library of this bundle. TRIMTAB_LOADER=bundled or =system overrides.
self=$0
while [ -h "$self" ]; do
  to=$(readlink "$self")
  case $to in /*) self=$to ;; *) self=$(dirname "$self")/$to ;; esac
done
root=$(cd "$(dirname "$self")/.." && pwd) || exit 127
program=$root/programs/$(basename "$self")

choice=${TRIMTAB_LOADER:-}
if [ -z "$choice" ]; then
  have=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc \([0-9.]*\).*/\1/p')
  [ -n "$have" ] || have=$(ldd --version 2>/dev/null | sed -n '1s/.* \([0-9][0-9]*\.[0-9][0-9]*\)$/\1/p')
  read -r needed <"$root/loader/needed"
  choice=bundled  # also where the system says nothing
  if [ -n "$have" ]; then
    major=${have%%.*} minor=${have#*.}
    minor=${minor%%.*}
    if [ "$major" -gt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -ge "${needed#*.}" ]; }; then choice=system; fi
  fi
  export TRIMTAB_LOADER="$choice"
fi

export TRIMTAB_MODULES="$root/lib/trimtab${TRIMTAB_MODULES:+:$TRIMTAB_MODULES}"
if [ "$choice" = system ]; then exec "$program" "$@"; fi
# Under the loader a program cannot tell where it lies, so it finds the others by PATH.
export PATH="$root/bin:${PATH:-/usr/local/bin:/usr/bin:/bin}"
exec "$root/loader/ld-linux-x86-64.so.2" --library-path "$root/loader:$root/lib" "$program" "$@"
