//! The tests inside of the modules of the standard library, in every mode.

mod common;

use common::{pasc, root, text};

#[test]
fn the_tests_of_every_module_pass() {
    let mut modules = 0;
    for name in std::fs::read_dir(root().join("stdlib")).expect("the folder can be read") {
        let path = name.expect("the folder can be read").path();
        if path.extension().is_none_or(|extension| extension != "pasc") {
            continue;
        }
        let ran = pasc(&["test", &text(&path)]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(!ran.err.contains("warning"), "{}", ran.err);
        modules += 1;
    }
    assert!(modules >= 11, "only {modules} modules");
}
