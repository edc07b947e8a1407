//! Vector registers of a process that is stopped.
//!
//! The kernel gives them as the processor's save area, with a part for each set of registers. Where a part
//! begins, the processor tells.

#![allow(
    unsafe_code,
    reason = "no crate at hand reads this set of registers; the calls are two, and small"
)]

use nix::errno::Errno;
use nix::unistd::Pid;
use std::arch::x86_64::__cpuid_count;

/// The number of this set of registers (`NT_X86_XSTATE`).
const XSTATE: usize = 0x202;
/// Room for all parts that there are.
const ROOM: usize = 16 << 10;
/// Where the area says which parts the system saves.
const SAVED: usize = 464;
/// Where the area says which parts are not in their initial state.
const IN_USE: usize = 512;
/// Where the lower halves of the first sixteen registers begin.
const LOWER: usize = 160;

/// The part of the lower halves, of the upper ones, of the masks, and of the sixteen later registers.
const SSE: u32 = 1;
const AVX: u32 = 2;
const MASKS: u32 = 5;
const LATER: u32 = 7;

/// A register with a name: `ymm0` to `ymm31`, then `k0` to `k7`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Vector(pub(crate) u8);

impl Vector {
    pub(crate) const ALL: u8 = 40;
    const WIDE: u8 = 32;

    pub(crate) fn name(self) -> String {
        match self.0 {
            register @ 0..Vector::WIDE => format!("ymm{register}"),
            mask => format!("k{}", mask - Vector::WIDE),
        }
    }

    pub(crate) fn named(name: &str) -> Option<Vector> {
        (0..Vector::ALL)
            .map(Vector)
            .find(|vector| vector.name() == name)
    }

    /// How many bits are flipped at one time or another.
    pub(crate) fn bits(self) -> u16 {
        if self.0 < Vector::WIDE { 256 } else { 64 }
    }

    /// The part that holds a bit, and the byte in the save area.
    fn place(self, bit: u16) -> (u32, usize) {
        let byte = usize::from(bit / 8);
        let register = usize::from(self.0);
        match (self.0, bit) {
            (0..16, 0..128) => (SSE, LOWER + 16 * register + byte),
            (0..16, _) => (AVX, begin(AVX) + 16 * register + byte - 16),
            (16..32, _) => (LATER, begin(LATER) + 64 * (register - 16) + byte),
            _ => (MASKS, begin(MASKS) + 8 * (register - 32) + byte),
        }
    }
}

/// Where a part begins in the area.
fn begin(part: u32) -> usize {
    // Every processor with 64 bits has the instruction; without the leaf it gives zeros.
    #[allow(unused_unsafe, reason = "safe in later versions of the compiler")]
    // SAFETY: the instruction reads and changes nothing but the registers that it returns.
    let leaf = unsafe { __cpuid_count(0xd, part) };
    leaf.ebx as usize
}

/// Flips a bit of a register. False if the processor or the system has no such register.
pub(crate) fn flip(pid: Pid, vector: Vector, bit: u16) -> Result<bool, Errno> {
    let mut area = vec![0_u8; ROOM];
    let length = transfer(libc::PTRACE_GETREGSET, pid, &mut area)?;
    area.truncate(length);
    let (part, byte) = vector.place(bit);
    let saved = area.get(SAVED).is_some_and(|saved| saved >> part & 1 == 1);
    if !saved || byte >= length || (part != SSE && begin(part) == 0) {
        return Ok(false);
    }
    area[byte] ^= 1 << (bit % 8);
    area[IN_USE] |= 1 << part;
    transfer(libc::PTRACE_SETREGSET, pid, &mut area)?;
    Ok(true)
}

/// Reads or writes the area; how many bytes.
fn transfer(request: libc::c_uint, pid: Pid, area: &mut [u8]) -> Result<usize, Errno> {
    let mut slice = libc::iovec {
        iov_base: area.as_mut_ptr().cast(),
        iov_len: area.len(),
    };
    // SAFETY: the kernel reads or writes at most `iov_len` bytes from `iov_base`, which are those of
    // `area`, and then sets `iov_len`. Nothing keeps the pointers after the call.
    let result = unsafe { libc::ptrace(request, pid.as_raw(), XSTATE, &raw mut slice) };
    Errno::result(result).map(|_| slice.iov_len)
}
