#!/usr/bin/env bash
# Compiles the C programs to WebAssembly, beside their sources. The results are committed, so that only
# who changes a source needs Debian's clang-14 and lld-14, which are installed if they are missing.
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v clang-14 >/dev/null || ! command -v wasm-ld-14 >/dev/null; then
    apt-get install -y clang-14 lld-14
fi
for work in loop fib sieve parse; do
    clang-14 --target=wasm32 -O3 -mbulk-memory -nostdlib -Wl,--no-entry -Wl,--strip-all \
        -o "$work/program.wasm" "$work/program.c"
done
