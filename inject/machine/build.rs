//! Says that the machine is compiled for fault injection.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(pasc_threaded, pasc_probe)");
    println!("cargo::rustc-check-cfg=cfg(pasc_without, values(any()))");
    println!("cargo::rustc-cfg=pasc_probe");
}
