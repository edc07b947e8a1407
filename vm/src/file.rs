//! Program files.
//!
//! | offset | bytes | content |
//! | --- | --- | --- |
//! | 0 | 4 | `PSCB` |
//! | 4 | 4 | version of the format, little-endian |
//! | 8 | … | the program's tables in the postcard encoding |
//! | last 4 | 4 | CRC-32 (IEEE) over all bytes before, little-endian |
//!
//! A file that reads without an error may still hold a program that no compiler made;
//! [`crate::verify`] judges that.

use crate::program::Program;

/// The first bytes of a program file.
pub const MAGIC: [u8; 4] = *b"PSCB";
/// The version of the format. It changes when the tables or the instruction set change.
pub const VERSION: u32 = 2;
/// The greatest size of a program file in bytes.
pub const MAX_FILE_BYTES: usize = 1 << 30;

/// Why a file is no program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileError {
    /// It does not begin like a program file.
    Magic,
    /// It is of another version of the format.
    Version(u32),
    /// Its CRC does not match: it was cut or damaged.
    Crc,
    /// Its tables do not decode.
    Tables,
    /// It is larger than [`MAX_FILE_BYTES`].
    TooLarge,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FileError::Magic => f.write_str("this is no program file"),
            FileError::Version(version) => write!(
                f,
                "the program file has version {version} of the format, this machine reads \
                 version {VERSION}; build it again from its source"
            ),
            FileError::Crc => f.write_str("the program file is damaged: its CRC does not match"),
            FileError::Tables => {
                f.write_str("the program file is damaged: its tables do not decode")
            }
            FileError::TooLarge => write!(f, "a program file has at most {MAX_FILE_BYTES} bytes"),
        }
    }
}

impl std::error::Error for FileError {}

/// The bytes of a program file. Fails only if the host has no memory.
pub fn write(program: &Program) -> Result<Vec<u8>, FileError> {
    let tables = postcard::to_stdvec(program).map_err(|_| FileError::Tables)?;
    let mut bytes = Vec::with_capacity(tables.len() + 12);
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(tables);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    if bytes.len() > MAX_FILE_BYTES {
        Err(FileError::TooLarge)
    } else {
        Ok(bytes)
    }
}

/// The program in a file.
pub fn read(bytes: &[u8]) -> Result<Program, FileError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileError::TooLarge);
    }
    let Some((magic, rest)) = bytes.split_first_chunk::<4>() else {
        return Err(FileError::Magic);
    };
    if *magic != MAGIC {
        return Err(FileError::Magic);
    }
    let Some((version, rest)) = rest.split_first_chunk::<4>() else {
        return Err(FileError::Crc);
    };
    let Some((tables, crc)) = rest.split_last_chunk::<4>() else {
        return Err(FileError::Crc);
    };
    if crc32fast::hash(&bytes[..bytes.len() - 4]) != u32::from_le_bytes(*crc) {
        return Err(FileError::Crc);
    }
    match u32::from_le_bytes(*version) {
        VERSION => {}
        version => return Err(FileError::Version(version)),
    }
    match postcard::take_from_bytes(tables) {
        Ok((program, [])) => Ok(program),
        _ => Err(FileError::Tables),
    }
}
