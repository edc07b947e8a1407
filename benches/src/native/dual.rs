//! A handler duplicated by hand: what a careful programmer would do without a machine that does it.

use super::{Handler, Native};
use pasc_vm::Program;
use std::hint::black_box;

/// Two processes that each check the frame, handle it and write the answer; the answers, and what each
/// read and wrote of its state, are compared before anything leaves.
pub struct Dual<N> {
    first: N,
    second: N,
    outputs: [Vec<u8>; 2],
}

impl<N: Native> Dual<N> {
    /// Two processes in the same state.
    pub fn new(program: &Program) -> Dual<N> {
        Dual {
            first: N::new(program),
            second: N::new(program),
            outputs: [Vec::new(), Vec::new()],
        }
    }
}

impl<N: Native> Handler for Dual<N> {
    fn handle(&mut self, frame: &[u8], out: &mut Vec<u8>) -> bool {
        let Dual {
            first,
            second,
            outputs: [a, b],
        } = self;
        a.clear();
        b.clear();
        let taken = first.handle(frame, a);
        let again = second.handle(black_box(frame), b);
        // A difference would be corruption; the process would stop here.
        assert!(
            taken == again && first.take_trail() == second.take_trail() && a == b,
            "the copies differ"
        );
        out.extend_from_slice(a);
        taken
    }
}
