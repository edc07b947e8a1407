#!/usr/bin/env bash
# Takes out each countermeasure that only faults in the processor can show the use of, and lets faults happen
# to the machine without it. From the root of the repository, after `cargo build --release`:
#
#   inject/native/mutate.sh [NAME...]
#
# Says for each whether a fault got through. SAMPLES says how many faults of each kind are drawn.
set -euo pipefail
cd "$(dirname "$0")/../.."
pasc=${PASC:-target/release/pasc}
target=${CARGO_TARGET_DIR:-target}/without
names=("$@")
if ((${#names[@]} == 0)); then
    names=(barriers bases direction poison)
fi
for name in "${names[@]}"; do
    PASC_WITHOUT=$name CARGO_TARGET_DIR=$target cargo build --quiet --release -p pasc-inject-native --example process
    cp "$target/release/examples/process" "$target/process-$name"
    for only in registers memory jumps bases flags; do
        for mode in lockstep sequential; do
            status=0
            "$pasc" inject examples/acceptor/acceptor.pasc --trace examples/acceptor/trace.jsonl --level native \
                --mode "$mode" --only "$only" --samples "${SAMPLES:-10000}" --binary "$target/process-$name" \
                2>"$target/$name-$only-$mode.log" || status=$?
            if ((status > 1)); then
                cat "$target/$name-$only-$mode.log" >&2
                exit "$status"
            fi
            echo "without $name, $mode, $only: $(grep 'effective faults' "$target/$name-$only-$mode.log")"
        done
    done
done
