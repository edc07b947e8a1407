//! Contenders that are programs of their own, since they cannot be linked together.

use pasc_benches::works::ProgramWork;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Contender, folder below `contenders/`, argument.
const PROGRAMS: &[(&str, &str, &[&str])] = &[
    ("lua54", "lua54", &[]),
    ("luajit-off", "luajit", &["jit-off"]),
    ("luajit", "luajit", &[]),
    ("rhai", "rhai", &[]),
    ("wasmi", "wasmi", &[]),
];

/// The programs that are asked for, running.
pub(crate) struct Children(HashMap<&'static str, Running>);

struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Children {
    /// Builds what the cells need, in the folder in which this program was built, and starts it.
    pub(crate) fn build(expected: &[(&str, &str)]) -> Result<Children, String> {
        let target = target()?;
        let mut running = HashMap::new();
        for (contender, folder, args) in PROGRAMS {
            if expected.iter().any(|cell| cell.1 == *contender) {
                build(folder, &target)?;
                let path = target
                    .join("release")
                    .join(format!("pasc-benches-{folder}"));
                let started = Running::start(&path, args);
                running.insert(
                    *contender,
                    started.map_err(|error| format!("{contender}: {error}"))?,
                );
            }
        }
        Ok(Children(running))
    }

    /// Whether a contender is one of these.
    pub(crate) fn has(&self, contender: &str) -> bool {
        self.0.contains_key(contender)
    }

    /// Lets a contender run a program: nanoseconds and result.
    pub(crate) fn run(
        &mut self,
        contender: &str,
        work: &ProgramWork,
        size: i64,
    ) -> Result<(f64, String), String> {
        let running = self.0.get_mut(contender).ok_or("it does not run")?;
        running.ask(&work.folder(), size)
    }
}

/// The target folder of the contenders, within that of this program.
fn target() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = own.parent().and_then(Path::parent);
    Ok(target
        .ok_or("this program lies in no target folder")?
        .join("contenders"))
}

fn build(folder: &str, target: &Path) -> Result<(), String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("contenders")
        .join(folder)
        .join("Cargo.toml");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--release", "--quiet", "--locked"])
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(target)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("{folder} is not built")),
        Err(error) => Err(format!("cargo: {error}")),
    }
}

impl Running {
    fn start(path: &Path, args: &[&str]) -> Result<Running, String> {
        let child = Command::new(path)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.map_err(|error| format!("{}: {error}", path.display()))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Running {
                child,
                input,
                output: BufReader::new(output),
            }),
            _ => Err("it has no pipes".to_owned()),
        }
    }

    fn ask(&mut self, folder: &Path, size: i64) -> Result<(f64, String), String> {
        let asked = writeln!(self.input, "{} {size}", folder.display());
        asked.map_err(|error| error.to_string())?;
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        let (nanos, result) = line.trim_end().split_once(' ').ok_or("it has ended")?;
        let nanos = nanos.parse().map_err(|_| result.to_owned())?;
        Ok((nanos, result.to_owned()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends with its input; one that has ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
