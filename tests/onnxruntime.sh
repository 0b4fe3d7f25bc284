#!/usr/bin/env bash
# ONNX Runtime for development: its headers and its library for this processor, from a pinned npm package, kept in the user's cache.
# Prints the folder ({include,lib} within); what goes wrong is said on standard error, with exit status 1.
#   export ONNXRUNTIME_ROOT=$(tests/onnxruntime.sh)
set -euo pipefail

package=com.github.asus4.onnxruntime
version=0.4.9  # ONNX Runtime 1.29.0
integrity=sha512-BkzxduSZ9IkeDP6Q8lz2TFU2ie7hSSvS7ZIfzMooExoq0CNzJnuuGaUJ7IsojBgqO4ouD1jXah8OYyJbCN29Fg==

root=${XDG_CACHE_HOME:-$HOME/.cache}/trimtab/onnxruntime
if [ "$(cat "$root/integrity" 2>/dev/null)" = "$integrity" ]; then
  echo "$root"
  exit 0
fi

give_up() {
  echo "tests/onnxruntime.sh: $1" >&2
  exit 1
}

[ "$(uname -sm)" = "Linux x86_64" ] ||
  give_up "the package has no library for $(uname -sm); set ONNXRUNTIME_ROOT to a folder with include/ and lib/"
command -v npm >/dev/null || give_up "npm is not here"
mkdir -p "$(dirname "$root")"
work=$(mktemp -d "$(dirname "$root")/onnxruntime.XXXXXX")
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent --ignore-scripts "$package@$version" >/dev/null) || give_up "npm could not get $package@$version"
tarball=$work/$package-$version.tgz
digest='import base64, hashlib, sys; print(base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())'
got=sha512-$(python3 -c "$digest" "$tarball")
[ "$got" = "$integrity" ] || give_up "$package@$version is not the package that was pinned ($got)"

plugins=package/Plugins
headers=$plugins/iOS~/onnxruntime.xcframework/ios-arm64/onnxruntime.framework/Headers
tar -xzf "$tarball" -C "$work" "$headers" "$plugins/Linux/x64"
rm "$tarball"
mkdir "$work/root" "$work/root/include" "$work/root/lib"
cp "$work/$headers"/*.h "$work/root/include/"
cp "$work/$plugins/Linux/x64"/*.so "$work/root/lib/"
echo "$integrity" > "$work/root/integrity"
rm -rf "$root"
mv "$work/root" "$root"
echo "$root"
