//! The grain at which a hardened machine changes lanes, chosen by type.

use crate::error::Stop;
use crate::exec::{Bases, Dispatcher, Next};
use crate::lane::Lane;
use crate::state::StateCopy;
use std::marker::PhantomData;

/// When the machine changes lanes.
pub trait Grain: Send + Sync + 'static {
    /// Runs a region on both lanes, each from its own position, to its end. `apart` says how far apart
    /// the lanes' parts lie; whenever the machine changes lanes it compares.
    #[expect(
        private_interfaces,
        reason = "hosts choose among grains and cannot add one"
    )]
    fn run(
        lanes: &mut [Lane; 2],
        copies: &mut [StateCopy; 2],
        positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop>;
}

/// At the end of each basic block: `lockstep`.
#[derive(Debug)]
pub struct ByBlock<D>(PhantomData<D>);

impl<D: Dispatcher> Grain for ByBlock<D> {
    #[expect(private_interfaces, reason = "see the trait")]
    fn run(
        lanes: &mut [Lane; 2],
        copies: &mut [StateCopy; 2],
        positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop> {
        D::by_block(lanes, copies, positions, apart)
    }
}

/// At the end of the handler: `sequential`. Each lane sums up its way, block by block; the sums must
/// be equal.
#[derive(Debug)]
pub struct ByHandler<D>(PhantomData<D>);

impl<D: Dispatcher> Grain for ByHandler<D> {
    #[expect(private_interfaces, reason = "see the trait")]
    fn run(
        lanes: &mut [Lane; 2],
        copies: &mut [StateCopy; 2],
        positions: [u32; 2],
        apart: &Bases,
    ) -> Result<Next, Stop> {
        D::by_handler(lanes, copies, positions, apart)
    }
}
