#!/usr/bin/env bash
# The long campaigns at the level of the processor, from the root of the repository:
#
#   cargo build --release && inject/native/campaign.sh
#
# Each part that ends is written to docs/proof/native, with the commit of the build. What is interrupted goes
# on where it was when the command is given again. FLAGS, RECOVERY and JUMPS make these parts shorter: so many
# flags, faults of each kind in recoveries, and jumps within each phase.
set -euo pipefail
cd "$(dirname "$0")/../.."
pasc=${PASC:-target/release/pasc}
commit=${COMMIT:-$(git rev-parse --short HEAD)}
out=docs/proof/native
keep=target/native/$commit
mkdir -p "$out" "$keep"

# An example, a mode, the name of a part, and its options.
part() {
    local example=$1 mode=$2 name=$3
    shift 3
    local file=$example-$mode-$name.json
    if [[ -e $out/$file ]] && grep -q "\"commit\":\"$commit\"" "$out/$file"; then
        return
    fi
    local status=0
    nice -n "${NICE:-19}" "$pasc" inject "examples/$example/$example.pasc" --trace "examples/$example/trace.jsonl" \
        --level native --mode "$mode" --seed 1 "$@" \
        --resume "$keep/$file.lines" --json "$keep/$file" || status=$?
    # 1 says that a fault was silent, which is a result.
    if ((status > 1)); then
        return $status
    fi
    printf '{"commit":"%s","report":%s}\n' "$commit" "$(tr -d '\n' <"$keep/$file" | tr -s ' ')" >"$out/$file"
}

both() {
    for example in acceptor lww-store; do
        for mode in lockstep sequential; do
            part "$example" "$mode" "$@"
        done
    done
}

both registers --only registers --samples 64000
both memory --only memory --samples 100000
# The control: the same seeds.
for example in acceptor lww-store; do
    part "$example" plain registers --only registers --samples 20000
    part "$example" plain memory --only memory --samples 20000
done
both bases --only bases --samples 10000
both flags --only flags --samples "${FLAGS:-4294967296}"
both recovery --campaign recovery --samples "${RECOVERY:-20000}"
both jumps --only jumps --samples 20000
both targeted --campaign targeted --samples "${JUMPS:-20000}"
both code --code --samples 20000
