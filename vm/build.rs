//! Chooses the dispatcher: threaded where tail calls are jumps, `match` elsewhere.
//!
//! `PASC_DISPATCH=match` in the environment of the build says `match` everywhere. `PASC_WITHOUT` takes out
//! what only faults in the processor can show the use of: a build to inject faults into, and no other.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "cargo talks to build scripts by environment and output"
)]

use std::env::var;

/// What can be taken out.
const COUNTERMEASURES: [&str; 4] = ["barriers", "bases", "direction", "poison"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PASC_DISPATCH");
    println!("cargo::rerun-if-env-changed=PASC_WITHOUT");
    println!("cargo::rustc-check-cfg=cfg(pasc_threaded, pasc_probe)");
    let names = COUNTERMEASURES.map(|name| format!("{name:?}")).join(", ");
    println!("cargo::rustc-check-cfg=cfg(pasc_without, values({names}))");
    match var("PASC_WITHOUT") {
        Ok(name) if COUNTERMEASURES.contains(&name.as_str()) => {
            println!("cargo::rustc-cfg=pasc_without={name:?}");
        }
        Ok(name) if !name.is_empty() => {
            println!("cargo::error=PASC_WITHOUT={name}: it is one of {names}");
        }
        _ => {}
    }
    let is = |name: &str, value: &str| var(name).is_ok_and(|given| given == value);
    let calls_are_jumps = is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && var("CARGO_CFG_UNIX").is_ok()
        && !is("OPT_LEVEL", "0");
    if calls_are_jumps && !is("PASC_DISPATCH", "match") {
        println!("cargo::rustc-cfg=pasc_threaded");
    }
}
