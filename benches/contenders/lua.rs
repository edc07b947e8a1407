//! The programs in Lua, in whichever Lua this crate is linked with. `jit-off` as argument turns the
//! compiler of LuaJIT off.

#[path = "shared.rs"]
mod shared;

use mlua::{Function, Lua, Value};
use std::collections::HashMap;
use std::path::PathBuf;

fn main() {
    if let Err(error) = serve() {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn serve() -> mlua::Result<()> {
    let lua = Lua::new();
    if std::env::args().nth(1).as_deref() == Some("jit-off") {
        lua.load("jit.off()").exec()?;
    }
    let data = lua.create_string(shared::parse_input())?;
    let mut loaded: HashMap<PathBuf, Function> = HashMap::new();
    shared::serve(|folder, size| {
        let mut run = || -> mlua::Result<_> {
            let function = match loaded.get(folder) {
                Some(function) => function.clone(),
                None => {
                    let text = std::fs::read_to_string(folder.join("program.lua"))?;
                    let function: Function = lua.load(text).eval()?;
                    loaded.insert(folder.to_owned(), function.clone());
                    function
                }
            };
            lua.gc_collect()?;
            lua.gc_collect()?;
            let (time, result) = shared::timed(|| function.call::<Value>((size, data.clone())));
            let result = match result? {
                Value::Integer(result) => result,
                // LuaJIT has no other numbers; those of the programs are whole and below 2^53.
                Value::Number(result) => result as i64,
                other => return Err(mlua::Error::runtime(format!("no number: {other:?}"))),
            };
            Ok((time, result))
        };
        run().map_err(|error| error.to_string())
    });
    Ok(())
}
