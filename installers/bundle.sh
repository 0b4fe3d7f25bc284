#!/usr/bin/env bash
# Packs what a GPU machine needs into one archive that runs from wherever it is unpacked: the command line, the worker, the modules of CUDA
# and CUPTI, the GPU tests and benchmarks (bin/gpu_* and *_gpu_test of the build), the samples, verify.sh, and every shared library they want
# but the C library's own. A loader and C library lie beside them for systems older than this one. Never packed: cuBLASLt, CUPTI and the
# toolkit's other libraries, the driver's; and what draws charts (Cairo, Pango and the window system beneath them), because a session's charts
# are drawn where Trimtab is installed.
#   installers/bundle.sh [BUILD_DIR [ARCHIVE]]      defaults: build/ci, out/trimtab-bundle.tar.xz
# Fails when the archive is larger than 30 MB. Wants patchelf and xz (installed when missing).
set -euo pipefail
cd "$(dirname "$0")/.."
. installers/packages.sh

build=${1:-build/ci}
archive=${2:-out/trimtab-bundle.tar.xz}
limit=$((30 * 1000 * 1000))

for program in trimtab trimtab-worker; do
  if [ ! -x "$build/bin/$program" ]; then
    echo "bundle: $build/bin/$program is not there; build first (cmake --preset ci && cmake --build --preset ci)" >&2
    exit 1
  fi
done
# shellcheck disable=SC2046
install_packages $(bundle_packages)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/trimtab
mkdir -p "$root"/{bin,programs,lib/trimtab,loader,tests/gpu,share/samples,share/recipes}

# What the C library brings: these come from the system, or all together from loader/.
libc_files='^(ld-linux-x86-64\.so\.2|lib(c|m|mvec|pthread|dl|rt|resolv|util|anl|BrokenLocale|nsl|nss_[a-z]+|thread_db)\.so\.[0-9]+)$'
# What belongs to the toolkit or the driver and is looked for on the machine that runs.
foreign='^lib(cuda|cudart|cublas|cublasLt|cudnn[a-z_]*|cufft|curand|cusparse|cusolver|nccl|nvrtc|nvJitLink|nvidia[a-z-]*|cupti)\.so'

# What draws: a library that says so takes its place.
drawing='^lib(cairo|pango|pangocairo|pangoft2|gobject)-?[0-9.]*\.so'

# NAME PATH of every library that the files want, each once.
libraries_of() {
  LC_ALL=C ldd "$@" 2>/dev/null |
    awk '$2 == "=>" && $3 ~ /^\// {print $1, $3} $1 ~ /^\/.*ld-linux/ {print "ld-linux-x86-64.so.2", $1}' | sort -u -k1,1
}

programs=("$build/bin/trimtab" "$build/bin/trimtab-worker")
for file in "$build"/bin/gpu_* "$build"/bin/*_gpu_test; do
  if [ -f "$file" ] && [ -x "$file" ]; then programs+=("$file"); fi
done
modules=()
for file in "$build"/bin/libtrimtab-{cuda,cupti}.so "$build"/lib/trimtab/libtrimtab-{cuda,cupti}.so; do
  if [ -f "$file" ]; then modules+=("$file"); fi
done
[[ "${modules[*]}" == *libtrimtab-cuda.so* ]] ||
  echo "bundle: no module (libtrimtab-cuda.so) in $build: this bundle runs on the CPU alone" >&2
[[ "${modules[*]}" == *libtrimtab-cupti.so* ]] ||
  echo "bundle: no module (libtrimtab-cupti.so) in $build: this bundle does not record what a GPU does" >&2

missing=$(LC_ALL=C ldd "${programs[@]}" "${modules[@]}" 2>/dev/null | grep 'not found' || true)
[ -z "$missing" ] || { echo "bundle: libraries are missing here:" >&2; echo "$missing" >&2; exit 1; }

for file in "${programs[@]}"; do install -m 755 "$file" "$root/programs/"; done
for file in "${modules[@]}"; do install -m 644 "$file" "$root/lib/trimtab/"; done
find "$root/programs" "$root/lib" -type f -exec strip --strip-unneeded {} +

# Each function of the drawing libraries that trimtab calls, as one that says that it is not here.
mapfile -t drawn < <(nm -D --undefined-only "$root/programs/trimtab" | awk '$2 ~ /^(cairo|pango|g)_/ {print $2}')
if [ ${#drawn[@]} -gt 0 ]; then
  {
    echo '#include <stdio.h>'
    echo '#include <stdlib.h>'
    printf '%s\n' 'static void refuse(void) {' \
      'fputs("trimtab: this bundle draws no charts; copy the session to where Trimtab is installed\n", stderr); exit(1); }'
    printf 'void %s(void) { refuse(); }\n' "${drawn[@]}"
  } >"$work/charts.c"
  cc -shared -fPIC -O1 -fno-builtin -Wl,-soname,libtrimtab-without-charts.so -o "$root/lib/libtrimtab-without-charts.so" "$work/charts.c"
  replaced=()
  for name in $(objdump -p "$root/programs/trimtab" | awk '$1 == "NEEDED" {print $2}'); do
    if [[ $name =~ $drawing ]]; then replaced+=(--remove-needed "$name"); fi
  done
  patchelf "${replaced[@]}" --add-needed libtrimtab-without-charts.so "$root/programs/trimtab"
fi

mapfile -t packed < <(find "$root/programs" "$root/lib/trimtab" -type f)
while read -r name path; do
  if [ "$name" = libtrimtab-without-charts.so ]; then continue; fi
  if [[ $name =~ $libc_files ]]; then
    install -m 755 "$path" "$root/loader/$name"
  elif [[ $name =~ $foreign ]]; then
    echo "bundle: $name must not be linked: it is looked for at run time" >&2
    exit 1
  else
    install -m 644 "$path" "$root/lib/$name"
  fi
done < <(LD_LIBRARY_PATH="$root/lib" libraries_of "${packed[@]}")
strip --strip-unneeded "$root"/lib/*.so*
# What older libraries open by name, and what a C library older than 2.34 still keeps apart.
for name in libpthread.so.0 libdl.so.2 librt.so.1 libutil.so.1 libresolv.so.2; do
  path=$(dirname "$(libraries_of "${programs[0]}" | awk '$1 == "libc.so.6" {print $2}')")/$name
  if [ -e "$path" ]; then install -m 755 "$path" "$root/loader/$name"; fi
done

# An old-style run path holds for the libraries' own libraries too, and goes before LD_LIBRARY_PATH.
for file in "$root"/programs/*; do patchelf --force-rpath --set-rpath '$ORIGIN/../lib' "$file"; done
for file in "$root"/lib/trimtab/*.so; do
  if [ -e "$file" ]; then patchelf --force-rpath --set-rpath '$ORIGIN/..' "$file"; fi
done

for file in "$root"/programs/*; do install -m 755 installers/bundle_start.sh "$root/bin/$(basename "$file")"; done
needed=$(objdump -T "$root"/programs/* "$root"/lib/*.so* "$root"/lib/trimtab/* 2>/dev/null | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -1)
echo "${needed#GLIBC_}" >"$root/loader/needed"

for sample in classifier language; do
  mkdir -p "$root/share/samples/$sample"
  cp -r "resources/samples/$sample/$sample.onnx" "resources/samples/$sample/data" "resources/samples/$sample/expected.json" \
    "$root/share/samples/$sample/"
done
# The first images are what verify.sh scores a sweep on; all of them would be a tenth of the archive.
for array in images labels; do
  python3 installers/first_rows.py 256 "resources/samples/classifier/data/$array.npy" "$root/share/samples/classifier/data/$array.npy"
done
cp resources/recipes/*.json "$root/share/recipes/"
cp tests/gpu/{verify.sh,verify.py,stages.py,running.py,compare.sh,compare.py,shapes.csv} "$root/tests/gpu/"
cp LICENSES/Apache-2.0.txt "$root/LICENSE"
commit=$(git rev-parse HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain 2>/dev/null)" ] || commit=$commit-modified
printf '{"commit": "%s", "built_at": "%s", "glibc": "%s", "compiler": "%s"}\n' "$commit" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
  "${needed#GLIBC_}" "$(c++ -dumpfullversion 2>/dev/null || echo unknown)" >"$root/manifest.json"

mkdir -p "$(dirname "$archive")"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf - trimtab | xz -T1 --x86 --lzma2=preset=9e,dict=192MiB >"$archive"
size=$(stat -c %s "$archive")
printf 'bundle: %s, %d.%d MB, %d programs, %d modules, %d libraries, glibc %s or the loader inside\n' "$archive" $((size / 1000000)) \
  $((size / 100000 % 10)) "$(find "$root/programs" -type f | wc -l)" ${#modules[@]} "$(find "$root/lib" -maxdepth 1 -type f | wc -l)" \
  "${needed#GLIBC_}"
[ "$size" -le "$limit" ] || { echo "bundle: the archive is larger than $limit bytes" >&2; exit 1; }
