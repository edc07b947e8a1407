//! What a process with a fault may do: a wrong jump could call the kernel with any arguments.
//!
//! It may take memory up to a limit, write files up to a size, and end. Whatever else it asks of the
//! kernel is a signal, and so a crash. The one call that copies the process and is let through carries the tracer's mark.

use crate::protocol::{COPY, FORK};
use nix::sys::resource::{Resource, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// The most memory that a process may ask for, in bytes.
const MOST_MEMORY: u64 = 4 << 30;
/// The most bytes of a file.
const MOST_WRITTEN: u64 = 64 << 20;

/// What a right run asks of the kernel, and what ends a process. Not to wait: there is one thread, which
/// waits for ever at a lock that a fault closed.
const ALLOWED: [i64; 18] = [
    libc::SYS_write,
    libc::SYS_pwrite64,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_lseek,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_close,
    libc::SYS_fcntl,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigprocmask,
    libc::SYS_sched_yield,
];

/// Confines the calling process for good.
pub(crate) fn confine() -> Result<(), ()> {
    for (resource, most) in [
        (Resource::RLIMIT_AS, MOST_MEMORY),
        (Resource::RLIMIT_FSIZE, MOST_WRITTEN),
        (Resource::RLIMIT_CORE, 0),
    ] {
        setrlimit(resource, most, most).map_err(drop)?;
    }
    let filter: BpfProgram = filter().map_err(drop)?;
    seccompiler::apply_filter(&filter).map_err(drop)
}

fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let is = |argument, value| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, value)
    };
    let marked = SeccompRule::new(vec![is(0, COPY)?, is(4, FORK)?])?;
    let copy = (libc::SYS_clone, vec![marked]);
    let rules = ALLOWED.iter().map(|call| (*call, Vec::new()));
    let filter = SeccompFilter::new(
        rules.chain([copy]).collect(),
        SeccompAction::Trap,
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    filter.try_into()
}
