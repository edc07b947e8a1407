//! The machine's side of fault injection; only in builds with `cfg(pasc_probe)`.
//!
//! The machine calls [`point`] between any two of its writes and shows what a fault can change there,
//! and [`touch`] before it reads or writes a place. A [`session`] of this thread counts the points,
//! records points and touches of a right run, or applies a [`Plan`] at one point. Without a session
//! the calls do nothing.
//!
//! A change is made through the references that the machine shows, never behind its back, so that the
//! machine and its faults are ordinary Rust.

mod checkpoint;
mod draw;
mod machine;
mod parts;
mod recording;
pub mod session;
pub mod visitor;

pub use crate::check::Check;
pub use crate::process::Input;
pub use machine::{Judged, Machine};
pub(crate) use machine::{Probed, drive};
pub(crate) use parts::Part;
pub use recording::{Point, Recording};
pub use session::Plan;
pub(crate) use session::{keeps, point_at, seen, tick, touch};
pub use visitor::{Change, Fault, Group, Place, Visitor};

/// A point between two writes of the machine: the name of the site, and what a fault can reach there.
macro_rules! point {
    ($site:expr, $reach:expr) => {
        $crate::probe::point_at($site, $reach)?
    };
}
pub(crate) use point;

/// A point that control does not leave by a jump: no message is under way.
macro_rules! rest {
    ($site:expr, $reach:expr) => {
        let _ = $crate::probe::point_at($site, $reach);
    };
}
pub(crate) use rest;

/// Tells that a part of the first lane is read from this copy of it, as long as there is one.
macro_rules! copied {
    ($copy:ident) => {
        let mut $copy = $copy;
        let _copied = $crate::probe::session::copied(0, &mut $copy);
    };
}
pub(crate) use copied;
