//! The process under test alone, for `--binary`: quick to build with a countermeasure taken out.

fn main() -> std::process::ExitCode {
    pasc_inject_native::serve()
}
