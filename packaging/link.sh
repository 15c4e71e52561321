# Part of packaging/build: the program is linked with the board's own OpenSSL, by LLVM's linker, small,
# and twice: the second time with what a start runs side by side, as a first run has shown.
# shellcheck shell=bash

# The board's system keeps OpenSSL mended. Where there are no packages of Debian's to link with, it is
# built in.
openssl=
if is_debian; then
    openssl=$("$here/openssl/debian" "$debian")
    export "${upper}_OPENSSL_NO_VENDOR=1" "${upper}_OPENSSL_LIB_DIR=$openssl/lib" "${upper}_OPENSSL_INCLUDE_DIR=$openssl/include"
fi

# The linker comes with rustup's compiler; else it is Debian's. RUSTC may be another system's.
lld=$(env -u RUSTC rustc --print sysroot 2>/dev/null || true)
lld=$(compgen -G "$lld/lib/rustlib/*/bin/gcc-ld" | head -n 1 || true)
if [ -z "$lld" ]; then
    lld=/usr/lib/llvm-19/bin
    need $lld/ld.lld lld-19
fi
need unshare util-linux ip iproute2

# What goes into the link, for the second one. The names of functions stay until then.
inputs=$PWD/target/boards/$target/inputs.tar
export CARGO_PROFILE_BOARD_STRIP=none
# Packed, a pointer in a table costs a bit, not 24 bytes of the file and a page that is written at
# every start. glibc understands that since 2.36, gcc's own linker for ARM only since binutils 2.42.
flags="-C link-arg=-fuse-ld=lld -C link-arg=-B$lld -C link-arg=-Wl,-z,pack-relative-relocs -C link-arg=-Wl,--reproduce=$inputs"
# For ARM's 64 bits LLVM puts what several functions have in common into one of its own, if that saves a
# byte of code; but each of them costs about 30 bytes in the tables for unwinding. Elsewhere it does not.
flags+=" -C llvm-args=-outliner-benefit-threshold=32"
export "CARGO_TARGET_${upper}_RUSTFLAGS=$flags"

link_in_order() {
    local folder run linked=target/boards/$target/watchpost
    # Linked already, from what is there now.
    if [ "$linked" -nt "$program" ] && [ "$linked" -nt "$here/order" ] && [ "$linked" -nt "$here/link.sh" ]; then
        program=$linked
        return
    fi
    run=("$("$here/qemu" "${machine%v7l}")")
    [ "$(uname -m)" = "$machine" ] || run+=(-L "/usr/$gcc")
    [ -z "$openssl" ] || run+=(-E "LD_LIBRARY_PATH=$openssl/lib")
    folder=$(mktemp -d)
    say "finding out what a start runs"
    "$here/order" "$program" "${run[@]}" >"$folder/order"
    say "linking $(wc -l <"$folder/order") functions side by side"
    tar -C "$folder" --strip-components=1 -xf "$inputs"
    (cd "$folder" && "$lld/ld.lld" @response.txt --symbol-ordering-file=order --no-warn-symbol-ordering \
        --strip-all -o linked)
    program=$linked
    mv "$folder/linked" "$program"
    rm -r "$folder"
}

build() {
    nice cargo build "${options[@]}"
    link_in_order
}
