#!/bin/bash
# Brings a fresh Debian machine to the point where `make demo` works, and with the word `pods` what needs real pods,
# such as `make test`. Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${HARDPAN_CACHE:-$HOME/.cache/hardpan}"

fail() { echo "setup: $*" >&2; exit 1; }

newer() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -1)" = "$1" ]; }

check_toolchains() {
    command -v python3 >/dev/null || fail "python3 is missing: install Python 3.11 or newer"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "python3 is too old: install Python 3.11 or newer"
    command -v go >/dev/null || fail "go is missing: install Go 1.26 or newer (it builds the embedded Kubernetes)"
    newer 1.26 "$(go env GOVERSION | sed 's/^go//')" || fail "$(go version) is too old: install Go 1.26 or newer"
    command -v cargo >/dev/null || fail "cargo is missing: install Rust 1.85 or newer (it builds the Rhai binding)"
}

install_packages() {
    local missing=()
    for package in $(cat tools/packages.txt); do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    [ "$(id -u)" = 0 ] || fail "missing packages; run: sudo apt-get install --no-install-recommends ${missing[*]}"
    echo "setup: installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_python() {
    local uv="$cache/uv/bin/uv"
    export UV_COMPILE_BYTECODE=1
    [ -x "$uv" ] || { python3 -m venv "$cache/uv" && "$cache/uv/bin/pip" -q install --disable-pip-version-check 'uv==0.13.*'; }
    [ -x .venv/bin/python ] || "$uv" venv -q .venv
    "$uv" pip install -q --require-hashes -r requirements.lock
    python3 rhai-py/restore_lock.py
    local key; key=$(cat rhai-py/crates.lock rhai-py/Cargo.toml rhai-py/pyproject.toml $(find rhai-py/src rhai-py/python -type f -not -name '*.so' -not -name '*.pyc' | sort) tools/setup.sh | sha256sum | cut -c1-16)
    if [ "$(cat .venv/rhai-py.key 2>/dev/null)" != "$key" ]; then
        echo "setup: building the Rhai binding"
        # The same bytes in every folder, for the controllers' image: no path of this machine, no number by chance.
        local remap=("$cache=/cache" "${CARGO_HOME:-$HOME/.cargo}=/cargo" "$PWD=/source")
        remap=("${remap[@]/#/--remap-path-prefix=}")
        CARGO_TARGET_DIR="$cache/cargo-target" CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
            CONST_RANDOM_SEED=hardpan \
            CARGO_ENCODED_RUSTFLAGS="$(IFS=$'\x1f'; echo "${remap[*]}")" \
            "$uv" pip install -q --no-deps --reinstall-package rhai-py -e ./rhai-py
        echo "$key" > .venv/rhai-py.key
    fi
    "$uv" pip install -q --no-deps -e .
}

check_toolchains
install_packages
install_python
.venv/bin/python -m cli.demo.tools "$@"
