//! The programs in Rhai.

#[path = "../../shared.rs"]
mod shared;

use rhai::{AST, Blob, Engine, Scope};
use std::collections::HashMap;
use std::path::PathBuf;

fn main() {
    let mut engine = Engine::new();
    // It has bounds against hostile scripts, as pasc has; neither may end the work here.
    engine.set_max_expr_depths(0, 0);
    let data: Blob = shared::parse_input();
    let mut loaded: HashMap<PathBuf, AST> = HashMap::new();
    shared::serve(|folder, size| {
        if !loaded.contains_key(folder) {
            let ast = engine.compile_file(folder.join("program.rhai"));
            loaded.insert(folder.to_owned(), ast.map_err(|error| error.to_string())?);
        }
        let ast = &loaded[folder];
        let mut scope = Scope::new();
        let (time, result) = if folder.ends_with("parse") {
            let arguments = (size, data.clone());
            shared::timed(|| engine.call_fn::<i64>(&mut scope, ast, "run", arguments))
        } else {
            shared::timed(|| engine.call_fn::<i64>(&mut scope, ast, "run", (size,)))
        };
        Ok((time, result.map_err(|error| error.to_string())?))
    });
}
