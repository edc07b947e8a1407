//! The standard library: modules in the language, which programs use as `std.name`.
//!
//! In: a name. Out: the text of the module. The native functions of the language are in the machine's
//! own registry, `pasc_vm::native`.

macro_rules! modules {
    ($($name:literal)+) => {
        /// Every module, by name.
        const MODULES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../", $name, ".pasc")))),+];
    };
}
modules! {
    "ballot" "bytes" "clock" "list" "lww" "map" "merkle" "quorum" "random" "ring" "text" "window"
}

/// The text of a module.
pub fn module(name: &str) -> Option<&'static str> {
    let found = MODULES.iter().find(|module| module.0 == name)?;
    Some(found.1)
}

/// The names of all modules.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|module| module.0)
}

#[cfg(test)]
mod tests {
    use super::{module, names};

    #[test]
    fn every_module_says_what_it_is_for_and_tests_itself() {
        assert!(names().count() >= 11);
        for name in names() {
            let text = module(name).unwrap_or_default();
            assert!(text.starts_with("//! "), "{name}");
            assert!(text.contains("\ntest \""), "{name}");
        }
        assert_eq!(module("quorums"), None);
    }
}
