//! Chooses the dispatcher: threaded where tail calls are jumps, `match` elsewhere.
//!
//! `PASC_DISPATCH=match` in the environment of the build says `match` everywhere. `PASC_WITHOUT` takes out
//! checks and countermeasures, whose names commas part: a build to inject faults into, and no other.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "cargo talks to build scripts by environment and output"
)]

use std::env::var;

/// What can be taken out, besides the checks of `src/check.rs`.
const COUNTERMEASURES: [&str; 2] = ["barriers", "direction"];
const CHECKS: &str = "src/check.rs";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={CHECKS}");
    println!("cargo::rerun-if-env-changed=PASC_DISPATCH");
    println!("cargo::rerun-if-env-changed=PASC_WITHOUT");
    println!("cargo::rustc-check-cfg=cfg(pasc_threaded, pasc_probe)");
    let table = std::fs::read_to_string(CHECKS).unwrap_or_default();
    let names: Vec<&str> = COUNTERMEASURES.into_iter().chain(labels(&table)).collect();
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let quoted = quoted.join(", ");
    println!("cargo::rustc-check-cfg=cfg(pasc_without, values({quoted}))");
    let without = var("PASC_WITHOUT").unwrap_or_default();
    for name in without.split(',').filter(|name| !name.is_empty()) {
        if names.contains(&name) {
            println!("cargo::rustc-cfg=pasc_without={name:?}");
        } else {
            println!("cargo::error=PASC_WITHOUT={name}: it is one of {quoted}");
        }
    }
    let is = |name: &str, value: &str| var(name).is_ok_and(|given| given == value);
    let calls_are_jumps = is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && var("CARGO_CFG_UNIX").is_ok()
        && !is("OPT_LEVEL", "0");
    if calls_are_jumps && !is("PASC_DISPATCH", "match") {
        println!("cargo::rustc-cfg=pasc_threaded");
    }
}

/// The labels in the table of checks: of each row what stands between the first quotes.
fn labels(table: &str) -> impl Iterator<Item = &str> {
    let rows = table
        .lines()
        .skip_while(|line| *line != "checks! {")
        .skip(1);
    let rows = rows.take_while(|line| *line != "}");
    rows.filter_map(|row| row.split('"').nth(1))
}
