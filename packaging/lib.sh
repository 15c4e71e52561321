# For the scripts here and in tests/: where things that took long to make are kept, and how.
# shellcheck shell=bash

# A failure in $(…) is one, too.
shopt -s inherit_errexit

# Kernels, roots and compilers, each under a name that ends in the hash of what it is made from.
cache=${WATCHPOST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/watchpost}

say() { echo "$*" >&2; }
refuse() { say "$(basename "$0"): $*"; exit 1; }

# Whether Debian's packages are this machine's, too: others are built from other parts.
is_debian() { grep -qx 'ID=debian' /etc/os-release 2>/dev/null; }

# hash_of FILE-OR-WORD…: the contents of the files and the other words, as one short name.
hash_of() {
    local part
    for part; do
        if [ -f "$part" ]; then cat "$part"; else echo "$part"; fi
    done | sha256sum | cut -c1-16
}

# kept NAME MAKER [ARGUMENT…]: prints the path NAME in the cache. Where it does not exist yet, MAKER
# is called with a new path (and the arguments) and must make a file or folder of that name. One
# maker at a time: a second one finds what the first has made.
kept() {
    local path=$cache/$1 maker=$2
    shift 2
    mkdir -p "$cache"
    exec 9>"$path.lock"
    flock 9
    if [ ! -e "$path" ]; then
        rm -rf "$path.new"
        # Not behind a condition: there it would go on after a failure.
        "$maker" "$path.new" "$@" >&2 9>&-
        mv "$path.new" "$path"
    fi
    exec 9>&-
    echo "$path"
}

# Installs what is not there: COMMAND PACKAGE, in pairs. As root on Debian; elsewhere it says what
# is missing.
need() {
    local missing=()
    while (($#)); do
        command -v "$1" >/dev/null || [ -e "$1" ] || missing+=("$2")
        shift 2
    done
    ((${#missing[@]} == 0)) || "$(dirname "${BASH_SOURCE[0]}")/../tests/install" "${missing[@]}"
}
