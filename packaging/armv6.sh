# Part of packaging/build, for the Raspberry Pi 1 and Zero: an ARMv6 with floating point, for which
# neither Debian (its armhf is ARMv7) nor rustup has a C library. Zig brings one (musl) with its C
# compiler, and Rust's own library is compiled along.
# shellcheck shell=bash

make_zig() {
    say "fetching Zig, once"
    python3 -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check 'cargo-zigbuild==0.20.*' 'ziglang==0.14.*'
    # A virtual environment knows its own place.
    grep -rlF "$1" "$1/bin" | xargs -r sed -i "s|$1|${1%.new}|g"
}
python3 -c 'import ensurepip' 2>/dev/null || "$here/../tests/install" python3-venv
zig=$(kept "zig-$(hash_of "$(declare -f make_zig)")" make_zig)
PATH=$zig/bin:$PATH
export CARGO_ZIGBUILD_PYTHON_PATH=$zig/bin/python3
unset "CARGO_TARGET_${upper}_LINKER" "CC_${target//-/_}" "AR_${target//-/_}"
# To build Rust's library is not for everybody yet; with rustup, `rustup component add rust-src`.
export RUSTC_BOOTSTRAP=1
# Zig's linker brings musl; Rust's own copy of it is not there.
export "CARGO_TARGET_${upper}_RUSTFLAGS=-C link-self-contained=no -C target-cpu=arm1176jzf-s"

build() {
    nice cargo zigbuild -Zbuild-std=std,panic_unwind "${options[@]}"
}
