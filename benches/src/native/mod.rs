//! The same work in Rust, unhardened and duplicated by hand.
//!
//! In: the frames that the machine gets. Out: the same frames, byte for byte, CRC included.

mod accept;
mod counter;
mod dual;
mod frames;
mod gossip;
mod kv;
pub mod programs;
mod two_phase;

pub use dual::Dual;

use pasc_vm::Program;

/// A handler in Rust.
pub trait Native: Sized {
    /// A process with the address `self`; message types are told apart as the program does.
    fn new(program: &Program) -> Self;
    /// Appends the frames that are sent. False if the input is no frame for this process.
    fn handle(&mut self, frame: &[u8], out: &mut Vec<u8>) -> bool;
    /// What was read and written of the state since the last call, as one number; of use to [`Dual`].
    fn take_trail(&mut self) -> u64;
}

/// A process that handles frames, whichever way.
pub trait Handler {
    /// Appends the frames that are sent. False if the input is not taken.
    fn handle(&mut self, frame: &[u8], out: &mut Vec<u8>) -> bool;
}

/// Unhardened: nothing is checked but the CRC of the input.
struct Unhardened<N>(N);

impl<N: Native> Handler for Unhardened<N> {
    fn handle(&mut self, frame: &[u8], out: &mut Vec<u8>) -> bool {
        self.0.handle(frame, out)
    }
}

/// The handler of a work, unhardened or duplicated.
pub fn handler(work: &str, program: &Program, dual: bool) -> Option<Box<dyn Handler>> {
    fn either<A: Native + 'static, B: Native + 'static>(
        program: &Program,
        dual: bool,
    ) -> Box<dyn Handler> {
        match dual {
            false => Box::new(Unhardened(A::new(program))),
            true => Box::new(Dual::<B>::new(program)),
        }
    }
    Some(match work {
        "counter" => either::<counter::Counter<false>, counter::Counter<true>>(program, dual),
        "accept" => either::<accept::Acceptor<false>, accept::Acceptor<true>>(program, dual),
        "kv" => either::<kv::Store<false>, kv::Store<true>>(program, dual),
        "two-phase" => {
            either::<two_phase::Participant<false>, two_phase::Participant<true>>(program, dual)
        }
        "gossip" => either::<gossip::Gossip<false>, gossip::Gossip<true>>(program, dual),
        _ => return None,
    })
}
