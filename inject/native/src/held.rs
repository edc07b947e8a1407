//! What the host holds apart from its own variables, so that no fault of an input changes what is told of
//! it: the process, and the files into which outputs go.

#![allow(
    unsafe_code,
    reason = "what is held must not go through a variable that the machine's code could spill to its stack"
)]

use nix::sys::uio::pwrite;
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// The numbers of the files of frames and records: constants of the machine code, and no bit that is
/// flipped makes one of them the number of another open file.
pub(crate) const FRAMES: i32 = 24;
pub(crate) const RECORDS: i32 = 100;

/// Keeps a file open under its number for good. Fails if it has another one.
pub(crate) fn keep<const NUMBER: i32>(file: File) -> Result<(), ()> {
    if file.as_raw_fd() != NUMBER {
        return Err(());
    }
    let _ = file.into_raw_fd();
    Ok(())
}

/// A number that the process ends rather than take for another one: what is freed or asked for by way of an
/// address that was hit is written over whatever lies there.
#[repr(C)]
pub(crate) struct Number {
    value: AtomicU64,
    /// All bits of the value, turned over.
    turned: AtomicU64,
}

impl Number {
    pub(crate) const fn new(value: u64) -> Number {
        Number {
            value: AtomicU64::new(value),
            turned: AtomicU64::new(!value),
        }
    }

    pub(crate) fn set(&self, value: u64) {
        self.value.store(value, Ordering::SeqCst);
        self.turned.store(!value, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> u64 {
        let value = self.value.load(Ordering::SeqCst);
        if self.turned.load(Ordering::SeqCst) != !value {
            std::process::abort();
        }
        value
    }
}

/// Where what the event gives begins in each of the two files. Set before each event and not in it, so that
/// what is written twice stands where it stood.
pub(crate) static STARTS: [Number; 2] = [Number::new(0), Number::new(0)];

/// Writes what an event gives to the file with this number, by one call: a loop that goes on where it was could
/// be led to write the same bytes behind themselves. What cannot be written whole ends the process: nothing may
/// be judged as lost that the host dropped.
#[inline(never)]
pub(crate) fn put<const NUMBER: i32>(bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let start = STARTS[usize::from(NUMBER == RECORDS)].get();
    // SAFETY: `keep` left the file open for good, before the first event.
    let file = unsafe { BorrowedFd::borrow_raw(NUMBER) };
    if pwrite(file, bytes, start as i64) != Ok(bytes.len()) {
        std::process::abort();
    }
}

/// A value for good, found again through an address of its own.
pub(crate) struct Held<T> {
    value: AtomicPtr<T>,
}

impl<T> Held<T> {
    pub(crate) const fn new() -> Held<T> {
        Held {
            value: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// Takes the value.
    pub(crate) fn hold(&self, value: T) {
        self.value
            .store(Box::into_raw(Box::new(value)), Ordering::SeqCst);
    }

    /// Lets a function have the value; fails if there is none. The function does not ask for it again.
    pub(crate) fn with<R>(&self, have: impl FnOnce(&mut T) -> R) -> Result<R, ()> {
        // SAFETY: the pointer is null or from a box that is never freed; there is one thread, and no
        // function that is given the value asks for it again, so that this reference is the only one.
        let value = unsafe { self.value.load(Ordering::SeqCst).as_mut() };
        value.map(have).ok_or(())
    }
}
