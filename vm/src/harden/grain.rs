//! The grain at which a hardened machine changes lanes, chosen by type.

use crate::error::Stop;
use crate::exec::{Cpu, Dispatcher, Next};
use crate::memory::{First, Second};
use std::marker::PhantomData;

/// When the machine changes lanes.
pub trait Grain: Send + 'static {
    /// Runs a region on both lanes, each from its own position, to its end.
    #[expect(
        private_interfaces,
        reason = "hosts choose among grains and cannot add one"
    )]
    fn run(a: Cpu<First>, b: Cpu<Second>, positions: [u32; 2]) -> Result<Next, Stop>;
}

/// At the end of each basic block: `lockstep`.
#[derive(Debug)]
pub struct ByBlock<D>(PhantomData<D>);

impl<D: Dispatcher> Grain for ByBlock<D> {
    #[expect(private_interfaces, reason = "see the trait")]
    fn run(a: Cpu<First>, b: Cpu<Second>, positions: [u32; 2]) -> Result<Next, Stop> {
        D::by_block(a, b, positions)
    }
}

/// At the end of the handler: `sequential`. Each lane sums up its way, block by block; the sums must
/// be equal.
#[derive(Debug)]
pub struct ByHandler<D>(PhantomData<D>);

impl<D: Dispatcher> Grain for ByHandler<D> {
    #[expect(private_interfaces, reason = "see the trait")]
    fn run(a: Cpu<First>, b: Cpu<Second>, positions: [u32; 2]) -> Result<Next, Stop> {
        D::by_handler(a, b, positions)
    }
}
