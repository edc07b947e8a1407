//! The programs in optimised WebAssembly, interpreted by wasmi.

#[path = "../../shared.rs"]
mod shared;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wasmi::{Engine, Instance, Linker, Module, Store};

struct Loaded {
    store: Store<()>,
    instance: Instance,
}

impl Loaded {
    fn new(path: &Path) -> Result<Loaded, Box<dyn std::error::Error>> {
        let engine = Engine::default();
        let module = Module::new(&engine, std::fs::read(path)?)?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
        Ok(Loaded { store, instance })
    }

    fn run(&mut self, size: i64) -> Result<(Duration, i64), Box<dyn std::error::Error>> {
        let Loaded { store, instance } = self;
        let Some(memory) = instance.get_memory(&*store, "memory") else {
            return Err("the module has no memory".into());
        };
        let input = instance.get_typed_func::<(), i32>(&*store, "input");
        let (time, result) = if let Ok(input) = input {
            let run = instance.get_typed_func::<(i64, i64), i64>(&*store, "run")?;
            let data = shared::parse_input();
            let place = input.call(&mut *store, ())? as usize;
            memory.write(&mut *store, place, &data)?;
            shared::timed(|| run.call(&mut *store, (size, data.len() as i64)))
        } else {
            let run = instance.get_typed_func::<i64, i64>(&*store, "run")?;
            shared::timed(|| run.call(&mut *store, size))
        };
        Ok((time, result?))
    }
}

fn main() {
    let mut loaded: HashMap<PathBuf, Loaded> = HashMap::new();
    shared::serve(|folder, size| {
        let mut run = || -> Result<(Duration, i64), Box<dyn std::error::Error>> {
            if !loaded.contains_key(folder) {
                let module = Loaded::new(&folder.join("program.wasm"))?;
                loaded.insert(folder.to_owned(), module);
            }
            match loaded.get_mut(folder) {
                Some(module) => module.run(size),
                None => Err("not loaded".into()),
            }
        };
        run().map_err(|error| error.to_string())
    });
}
