//! Chooses the dispatcher: threaded where tail calls are jumps, `match` elsewhere.
//!
//! `PASC_DISPATCH=match` in the environment of the build says `match` everywhere.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "cargo talks to build scripts by environment and output"
)]

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PASC_DISPATCH");
    println!("cargo::rustc-check-cfg=cfg(pasc_threaded, pasc_probe)");
    let is = |name: &str, value: &str| var(name).is_ok_and(|given| given == value);
    let calls_are_jumps = is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && var("CARGO_CFG_UNIX").is_ok()
        && !is("OPT_LEVEL", "0");
    if calls_are_jumps && !is("PASC_DISPATCH", "match") {
        println!("cargo::rustc-cfg=pasc_threaded");
    }
}
