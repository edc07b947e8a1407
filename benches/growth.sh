#!/usr/bin/env bash
# Instructions per message on maps of 10^3 and 10^6 entries, counted under callgrind.
# Prints a row per operation; fails when the large map costs over 1.1 times the small one.
set -euo pipefail
cd "$(dirname "$0")"
mode=${1:-lockstep}
cargo build --release --quiet --bin growth
growth=${CARGO_TARGET_DIR:-target}/release/growth
count() { # entries operation messages
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$growth" "$1" "$2" "$3" "$mode" 2>&1 |
    sed -n 's/.*Collected : //p'
}
status=0
printf '%-8s %12s %12s %7s\n' "$mode" '10^3' '10^6' ratio
for operation in insert update read remove; do
  for entries in 1000 1000000; do
    per[$entries]=$((($(count $entries $operation 900) - $(count $entries $operation 100)) / 800))
  done
  ratio=$(awk "BEGIN { printf \"%.3f\", ${per[1000000]} / ${per[1000]} }")
  printf '%-8s %12d %12d %7s\n' "$operation" "${per[1000]}" "${per[1000000]}" "$ratio"
  awk "BEGIN { exit !($ratio > 1.1) }" && status=1
done
exit $status
