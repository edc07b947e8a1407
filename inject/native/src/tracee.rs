//! A process under ptrace: where it stands, how it goes on, how it is copied.
//!
//! A [`Tracee`] is killed when it is dropped. All calls must come from the thread that made it.

use crate::protocol::{COPY, FORK};
use nix::errno::Errno;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::ffi::c_void;

pub(crate) type Registers = libc::user_regs_struct;

/// The event of a process that another one was copied from, or that a debugger seized.
const EVENT_STOP: i32 = 128;
/// The debug registers within the kernel's record of a process.
const DEBUG: usize = std::mem::offset_of!(libc::user, u_debugreg);
/// The debug register that says which breakpoints there are; bit 0 is an instruction at the first.
const CONTROL: usize = 7;

/// Why a process cannot be led on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Astray {
    /// The system refused.
    Refused(Errno),
    /// It stopped for another reason than it should.
    Stopped(WaitStatus),
}

impl From<Errno> for Astray {
    fn from(errno: Errno) -> Astray {
        Astray::Refused(errno)
    }
}

impl std::fmt::Display for Astray {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Astray::Refused(errno) => f.write_str(errno.desc()),
            Astray::Stopped(status) => write!(f, "it stopped with {status:?}"),
        }
    }
}

/// A process that this thread traces.
#[derive(Debug)]
pub(crate) struct Tracee {
    pid: Pid,
}

/// How a process came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// It ended of itself, with this code.
    Code(i32),
    /// This signal would have ended it.
    Signal(Signal),
    /// It did something that no right run does: it made a process, or stopped.
    Strange,
    /// The watchdog ended it.
    Hung,
}

impl Tracee {
    /// Begins to trace a child.
    pub(crate) fn seize(pid: i32) -> Result<Tracee, Errno> {
        let pid = Pid::from_raw(pid);
        let options = ptrace::Options::PTRACE_O_TRACEFORK
            | ptrace::Options::PTRACE_O_TRACEEXEC
            | ptrace::Options::PTRACE_O_TRACEEXIT
            | ptrace::Options::PTRACE_O_TRACESYSGOOD
            | ptrace::Options::PTRACE_O_EXITKILL;
        ptrace::seize(pid, options)?;
        Ok(Tracee { pid })
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    pub(crate) fn wait(&self) -> Result<WaitStatus, Errno> {
        loop {
            match waitpid(self.pid, Some(WaitPidFlag::__WALL)) {
                Err(Errno::EINTR) => {}
                status => return status,
            }
        }
    }

    pub(crate) fn registers(&self) -> Result<Registers, Errno> {
        ptrace::getregs(self.pid)
    }

    pub(crate) fn set_registers(&self, registers: Registers) -> Result<(), Errno> {
        ptrace::setregs(self.pid, registers)
    }

    pub(crate) fn resume(&self) -> Result<(), Errno> {
        ptrace::cont(self.pid, None)
    }

    /// Runs to the next entry into the kernel or return from it.
    pub(crate) fn to_system_call(&self) -> Result<WaitStatus, Errno> {
        ptrace::syscall(self.pid, None)?;
        self.wait()
    }

    /// Executes one instruction.
    pub(crate) fn step(&self) -> Result<(), Astray> {
        ptrace::step(self.pid, None)?;
        self.trapped()
    }

    /// Runs to the next time that the instruction at an address is about to be executed.
    pub(crate) fn run_to(&self, address: u64) -> Result<(), Astray> {
        self.set_debug(0, address)?;
        self.set_debug(CONTROL, 1)?;
        self.resume()?;
        self.trapped()
    }

    fn trapped(&self) -> Result<(), Astray> {
        match self.wait()? {
            WaitStatus::Stopped(_, Signal::SIGTRAP) => Ok(()),
            status => Err(Astray::Stopped(status)),
        }
    }

    pub(crate) fn clear_breakpoint(&self) -> Result<(), Errno> {
        self.set_debug(CONTROL, 0)
    }

    fn set_debug(&self, register: usize, value: u64) -> Result<(), Errno> {
        let offset = (DEBUG + register * size_of::<u64>()) as *mut c_void;
        ptrace::write_user(self.pid, offset, value as i64)
    }

    pub(crate) fn word(&self, address: u64) -> Result<u64, Errno> {
        ptrace::read(self.pid, address as *mut c_void).map(|word| word as u64)
    }

    pub(crate) fn set_word(&self, address: u64, word: u64) -> Result<(), Errno> {
        ptrace::write(self.pid, address as *mut c_void, word as i64)
    }

    /// How a process ends that stands at its end.
    pub(crate) fn exit(&self) -> Result<Exit, Errno> {
        // As `wait` tells it: the code in the second byte, a signal in the first.
        let status = ptrace::getevent(self.pid)? as i32;
        Ok(match Signal::try_from(status & 0x7f) {
            Ok(signal) => Exit::Signal(signal),
            Err(_) => Exit::Code(status >> 8 & 0xff),
        })
    }

    /// Goes on to the end. The process remains, so that its number is not given to another one.
    pub(crate) fn finish(&self) -> Result<Exit, Errno> {
        self.clear_breakpoint()?;
        self.resume()?;
        Ok(match self.wait()? {
            WaitStatus::PtraceEvent(_, _, libc::PTRACE_EVENT_EXIT) => self.exit()?,
            WaitStatus::PtraceEvent(_, _, libc::PTRACE_EVENT_FORK) => {
                let other = Pid::from_raw(ptrace::getevent(self.pid)? as i32);
                drop(Tracee { pid: other });
                Exit::Strange
            }
            WaitStatus::Stopped(_, signal) | WaitStatus::Signaled(_, signal, _) => {
                Exit::Signal(signal)
            }
            WaitStatus::Exited(_, code) => Exit::Code(code),
            _ => Exit::Strange,
        })
    }
}

impl Drop for Tracee {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = kill(self.pid, Signal::SIGKILL);
        // One that stopped on its way out does not go on by itself.
        let _ = self.resume();
        loop {
            match self.wait() {
                Ok(WaitStatus::PtraceEvent(..) | WaitStatus::Stopped(..)) => {
                    let _ = self.resume();
                }
                Ok(WaitStatus::PtraceSyscall(_) | WaitStatus::StillAlive) => {}
                _ => return,
            }
        }
    }
}

/// A process that stands at a gate, and of which copies are made there.
#[derive(Debug)]
pub(crate) struct Template {
    tracee: Tracee,
    registers: Registers,
    /// The address of an instruction that calls the kernel.
    system_call: u64,
    /// Whether it is in the middle of the call that copied it.
    copying: bool,
}

impl Template {
    /// A process that stands at its gate.
    pub(crate) fn new(tracee: Tracee, system_call: u64) -> Result<Template, Errno> {
        let registers = tracee.registers()?;
        Ok(Template {
            tracee,
            registers,
            system_call,
            copying: false,
        })
    }

    pub(crate) fn tracee(&self) -> &Tracee {
        &self.tracee
    }

    /// A copy, at the gate too.
    pub(crate) fn copy(&mut self) -> Result<Tracee, Astray> {
        self.settle()?;
        let mut registers = self.registers;
        registers.rip = self.system_call;
        registers.rax = libc::SYS_clone as u64;
        (registers.rdi, registers.rsi) = (COPY, 0);
        registers.r8 = FORK;
        self.tracee.set_registers(registers)?;
        self.tracee.resume()?;
        match self.tracee.wait()? {
            WaitStatus::PtraceEvent(_, _, libc::PTRACE_EVENT_FORK) => {}
            status => return Err(Astray::Stopped(status)),
        }
        self.copying = true;
        let pid = ptrace::getevent(self.tracee.pid)? as i32;
        let copy = Tracee {
            pid: Pid::from_raw(pid),
        };
        match copy.wait()? {
            WaitStatus::PtraceEvent(_, _, EVENT_STOP) => {}
            status => return Err(Astray::Stopped(status)),
        }
        copy.set_registers(self.at_gate())?;
        Ok(copy)
    }

    /// Goes on to the next gate.
    pub(crate) fn advance(&mut self, gate: u64) -> Result<(), Astray> {
        self.settle()?;
        self.tracee.set_registers(self.at_gate())?;
        self.tracee.step()?;
        self.tracee.run_to(gate)?;
        self.registers = self.tracee.registers()?;
        Ok(())
    }

    /// The registers at the gate, outside of any call of the kernel.
    fn at_gate(&self) -> Registers {
        Registers {
            orig_rax: u64::MAX,
            ..self.registers
        }
    }

    /// Brings the call that made the last copy to its end.
    fn settle(&mut self) -> Result<(), Astray> {
        if self.copying {
            match self.tracee.to_system_call()? {
                WaitStatus::PtraceSyscall(_) => self.copying = false,
                status => return Err(Astray::Stopped(status)),
            }
        }
        Ok(())
    }
}
