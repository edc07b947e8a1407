#!/usr/bin/env bash
# Takes out each countermeasure that only faults in the processor can show the use of, and lets faults happen
# to the machine without it. From the root of the repository, after `cargo build --release`:
#
#   inject/native/mutate.sh [NAMES...]
#
# Says for each whether a fault got through. A name may be several that commas part: all are taken out then.
# SAMPLES says how many faults of each kind are drawn; DIRECTED how many of those aimed at what is guarded.
set -euo pipefail
cd "$(dirname "$0")/../.."
pasc=${PASC:-target/release/pasc}
target=${CARGO_TARGET_DIR:-target}/without
all=("$@")
if ((${#all[@]} == 0)); then
    all=(barriers bases direction poison poison,progress)
fi

# Builds the process without what is named; `none` is the machine that ships.
build() {
    PASC_WITHOUT=${1/none/} CARGO_TARGET_DIR=$target cargo build --quiet --release -p pasc-inject-native --example process
    cp "$target/release/examples/process" "$target/process-$1"
}

# Names, a program without its ending, its trace, a mode, and options.
campaign() {
    local names=$1 program=$2 trace=$3 mode=$4
    shift 4
    local log
    log=$target/$names-$mode-$(tr -c 'a-z0-9\n' - <<<"$*").log
    local status=0
    "$pasc" inject "$program.pasc" --trace "$trace.jsonl" --level native --mode "$mode" "$@" \
        --binary "$target/process-$names" 2>"$log" || status=$?
    if ((status > 1)); then
        cat "$log" >&2
        exit "$status"
    fi
    echo "without $names: $(grep 'effective faults' "$log")"
}

for names in "${all[@]}"; do
    build "$names"
    if [[ $names == poison ]]; then
        build none
    fi
    for mode in lockstep sequential; do
        case $names in
        barriers)
            # A register between the comparison of two places to go on at and the jump.
            turns=inject/tests/programs/turns
            campaign "$names" $turns $turns "$mode" --only registers --seed "${SEED:-77}" \
                --within threaded::behind::jump_unequal_immediate --samples "${DIRECTED:-400000}"
            ;;
        direction)
            copies=inject/tests/programs/copies
            campaign "$names" $copies $copies "$mode" --only direction --samples 100000
            ;;
        poison)
            # An instruction that both lanes share is changed, and both leave out what they should write. What
            # poison cannot show is silent with it as well: the two numbers are to be compared.
            surface=inject/tests/programs/surface
            for built in none poison; do
                campaign "$built" $surface $surface "$mode" --only code --seed "${SEED:-1}" \
                    --within natives::run_native --samples "${DIRECTED:-8000}"
            done
            ;;
        poison,*)
            acceptor=examples/acceptor
            campaign "$names" $acceptor/acceptor $acceptor/trace "$mode" --only jumps --samples "${DIRECTED:-20000}"
            ;;
        esac
    done
    case $names in *,*) continue ;; esac
    for only in registers memory jumps bases flags; do
        for mode in lockstep sequential; do
            acceptor=examples/acceptor
            campaign "$names" $acceptor/acceptor $acceptor/trace "$mode" --only "$only" --samples "${SAMPLES:-10000}"
        done
    done
done
