# shellcheck shell=bash
# The packages that Trimtab is built from, by their names in Debian 12 and Ubuntu 24.04. Sourced by quickstart.sh and tests/run.sh.

# Prints a clear line and fails on any other distribution.
require_known_distribution() {
  local id="" version=""
  if [ -r /etc/os-release ]; then
    id=$(. /etc/os-release && echo "${ID:-}")
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
  fi
  case "$id-$version" in
    debian-12|ubuntu-24.04) return 0 ;;
  esac
  echo "Trimtab's installer knows Debian 12 and Ubuntu 24.04; this is ${id:-an unknown system} ${version}. Install the packages that" \
    "'installers/quickstart.sh --no-install' prints, by their names here, and build with CMake as CONTRIBUTING.md shows." >&2
  return 1
}

build_packages() {
  echo g++ cmake ninja-build ccache mold pkg-config git ca-certificates \
    qt6-base-dev libqt6charts6-dev libqt6svg6-dev libqt6opengl6-dev libgl1-mesa-dev \
    libonnx-dev libprotobuf-dev protobuf-compiler libdnnl-dev libsqlite3-dev nlohmann-json3-dev libcli11-dev \
    libspdlog-dev libfmt-dev libexpected-dev libzip-dev libzstd-dev libcairo2-dev libpango1.0-dev libpng-dev libjpeg-dev \
    libsndfile1-dev libutf8proc-dev libpcre2-dev libssl-dev fonts-dejavu-core
}

# The part of clang that the importer's fuzzer is linked with; only recommended by the package clang.
fuzzer_runtime() {
  case "$(. /etc/os-release && echo "${VERSION_ID:-}")" in
    24.04) echo libclang-rt-18-dev ;;
    *) echo libclang-rt-14-dev ;;
  esac
}

test_packages() {
  echo libgtest-dev libgmock-dev libbenchmark-dev libonnx-testdata sqlite3 python3
  echo clang "$(fuzzer_runtime)"
  command -v npm >/dev/null || echo npm  # for tests/onnxruntime.sh; an npm of another origin is as good
}

# Only to pack a bundle for a GPU machine.
bundle_packages() {
  echo patchelf xz-utils binutils python3
}

missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || echo "$name"
  done
}

# Installs what is missing; does nothing (and needs no rights) when everything is there.
install_packages() {
  local missing sudo=""
  missing=$(missing_packages "$@")
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "These packages are missing, and there is neither root nor sudo to install them: $(echo $missing)" >&2
      return 1
    fi
    sudo=sudo
  fi
  $sudo apt-get update -qq
  # shellcheck disable=SC2086
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
