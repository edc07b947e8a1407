#!/usr/bin/env bash
# The long campaigns at the level of the processor, from the root of the repository:
#
#   cargo build --release && inject/native/campaign.sh
#
# Each part that ends is written to docs/proof/native, with the commit of the build. What is interrupted goes
# on where it was when the command is given again. JUMPS says how many faults there are for each phase.
set -euo pipefail
cd "$(dirname "$0")/../.."
pasc=${PASC:-target/release/pasc}
commit=${COMMIT:-$(git rev-parse --short HEAD)}
out=docs/proof/native
keep=target/native/$commit
mkdir -p "$out" "$keep"

# An example, a mode, and a campaign with its options.
part() {
    local example=$1 mode=$2 name=$3
    shift 3
    local file=$example-$mode-$name.json
    if [[ -e $out/$file ]] && grep -q "\"commit\":\"$commit\"" "$out/$file"; then
        return
    fi
    local status=0
    nice -n "${NICE:-19}" "$pasc" inject "examples/$example/$example.pasc" --trace "examples/$example/trace.jsonl" \
        --level native --mode "$mode" --seed 1 --campaign "$name" "$@" \
        --resume "$keep/$file.lines" --json "$keep/$file" || status=$?
    # 1 says that a fault was silent, which is a result.
    if ((status > 1)); then
        return $status
    fi
    printf '{"commit":"%s","report":%s}\n' "$commit" "$(tr -d '\n' <"$keep/$file" | tr -s ' ')" >"$out/$file"
}

for campaign in full recovery targeted; do
    options=()
    if [[ $campaign == targeted ]]; then
        options=(--samples "${JUMPS:-20000}")
    fi
    for example in acceptor lww-store; do
        for mode in lockstep sequential; do
            part "$example" "$mode" "$campaign" "${options[@]}"
        done
    done
    # The control: the same seeds.
    if [[ $campaign == full ]]; then
        for example in acceptor lww-store; do
            part "$example" plain full
        done
    fi
done
