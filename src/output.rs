//! Where results go: the standard output, or a file that is complete or not there.
//!
//! A reader that closes the standard output early (`| head`) ends the command quietly; any other
//! failed write ends it with code 5. Nothing counts as written before `finish` has returned.

use crate::exit::Failed;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};
use std::path::{Path, PathBuf};

/// The size in bytes of the buffer before the standard output or a file.
const BUFFER_BYTES: usize = 1 << 16;

/// The standard output.
pub(crate) struct Standard {
    out: BufWriter<StdoutLock<'static>>,
    closed: bool,
}

impl Standard {
    pub(crate) fn new() -> Standard {
        let out = BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
        Standard { out, closed: false }
    }

    /// Whether the reader has gone, so that further results are of no use.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        if self.closed {
            return Ok(());
        }
        let written = self.out.write_all(bytes);
        self.judge(written)
    }

    /// Hands everything over to the reader.
    pub(crate) fn flush(&mut self) -> Result<(), Failed> {
        if self.closed {
            return Ok(());
        }
        let flushed = self.out.flush();
        self.judge(flushed)
    }

    fn judge(&mut self, result: io::Result<()>) -> Result<(), Failed> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            result => result.map_err(|error| Failed::write("the standard output", &error)),
        }
    }
}

/// Refuses an output that would overwrite the program.
pub(crate) fn keep(program: &Path, output: &Path) -> Result<(), Failed> {
    match (program.canonicalize(), output.canonicalize()) {
        (Ok(program), Ok(same)) if program == same => {
            let name = output.display();
            Err(Failed::usage(format!(
                "{name} would be overwritten; name another file"
            )))
        }
        _ => Ok(()),
    }
}

/// A file to be written, or the standard output for `-`.
pub(crate) enum Target {
    Standard(Standard),
    File {
        out: BufWriter<File>,
        /// The file as messages name it.
        name: PathBuf,
        /// What becomes the file when it is complete; nothing for devices and pipes.
        temporary: Option<Temporary>,
    },
}

/// A file under another name until it is complete.
pub(crate) struct Temporary {
    path: PathBuf,
    /// Where it goes then.
    place: PathBuf,
}

impl Target {
    /// Opens a target. A regular file keeps its old content until `finish`; devices and pipes are
    /// written to at once.
    pub(crate) fn create(path: &Path) -> Result<Target, Failed> {
        if path.as_os_str() == "-" {
            return Ok(Target::Standard(Standard::new()));
        }
        let special = path.metadata().is_ok_and(|found| !found.is_file());
        let temporary = (!special).then(|| Temporary::beside(path));
        let written = temporary.as_ref().map_or(path, |temporary| &temporary.path);
        let file = File::create(written).map_err(|error| Failed::write(path.display(), &error))?;
        let out = BufWriter::with_capacity(BUFFER_BYTES, file);
        let name = path.to_owned();
        Ok(Target::File {
            out,
            name,
            temporary,
        })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        match self {
            Target::Standard(standard) => standard.write(bytes),
            Target::File { out, name, .. } => out
                .write_all(bytes)
                .map_err(|error| Failed::write(name.display(), &error)),
        }
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self, Target::Standard(standard) if standard.is_closed())
    }

    /// Completes the file.
    pub(crate) fn finish(mut self) -> Result<(), Failed> {
        match &mut self {
            Target::Standard(standard) => standard.flush(),
            Target::File {
                out,
                name,
                temporary,
            } => {
                let mut done = out.flush();
                if let (Ok(()), Some(Temporary { path, place })) = (&done, temporary.as_ref()) {
                    done = std::fs::rename(path, place);
                }
                done.map_err(|error| Failed::write(name.display(), &error))?;
                *temporary = None;
                Ok(())
            }
        }
    }
}

impl Temporary {
    fn beside(path: &Path) -> Temporary {
        // A link stays a link: the file that it names is replaced.
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut name = place.as_os_str().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let path = PathBuf::from(name);
        Temporary { path, place }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Target::File {
            temporary: Some(temporary),
            ..
        } = self
        {
            // The command has failed already, and says so.
            let _ = std::fs::remove_file(&temporary.path);
        }
    }
}

/// Writes a file that is whole or not there.
pub(crate) fn whole_file(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let mut target = Target::create(path)?;
    target.write(bytes)?;
    target.finish()
}
