//! The grain at which a hardened machine changes lanes, chosen by type.

use crate::error::Stop;
use crate::exec::{Bases, Cpu, Next, distances};
use crate::lane::agree;
use crate::memory::{First, Role, Second};
use crate::signature;
use crate::trap::Trap;
use std::hint::black_box;

/// When the machine changes lanes.
pub trait Grain: Send + 'static {
    /// Runs a region on both lanes, each from its own position, to its end. `apart` says how far apart
    /// the lanes' parts lie; whenever the machine changes lanes it compares.
    #[expect(
        private_interfaces,
        reason = "hosts choose among grains and cannot add one"
    )]
    fn run(
        a: &mut Cpu<First>,
        b: &mut Cpu<Second>,
        positions: [u32; 2],
        apart: Bases,
    ) -> Result<Next, Stop>;
}

/// At the end of each basic block: `lockstep`.
#[derive(Debug)]
pub enum ByBlock {}

impl Grain for ByBlock {
    #[expect(private_interfaces, reason = "see the trait")]
    fn run(
        a: &mut Cpu<First>,
        b: &mut Cpu<Second>,
        mut positions: [u32; 2],
        apart: Bases,
    ) -> Result<Next, Stop> {
        loop {
            let next_a = a.block(positions[0]);
            let next_b = b.block(black_box(positions[1]));
            if distances(&a.bases(), &b.bases()) != apart {
                return Err(Trap::Base.into());
            }
            match (next_a, next_b) {
                (Ok(Next::Block(to_a)), Ok(Next::Block(to_b))) if to_a == to_b => {
                    positions = [to_a, black_box(to_b)];
                }
                _ => return agree(next_a, next_b, Trap::ControlFlow),
            }
        }
    }
}

/// At the end of the handler: `sequential`. Each lane sums up its way, block by block; the sums must
/// be equal.
#[derive(Debug)]
pub enum ByHandler {}

impl Grain for ByHandler {
    #[expect(private_interfaces, reason = "see the trait")]
    fn run(
        a: &mut Cpu<First>,
        b: &mut Cpu<Second>,
        positions: [u32; 2],
        apart: Bases,
    ) -> Result<Next, Stop> {
        let mut ways = [0, 0];
        let end_a = whole(a, positions[0], &mut ways[0]);
        let end_b = whole(b, black_box(positions[1]), &mut ways[1]);
        if distances(&a.bases(), &b.bases()) != apart {
            return Err(Trap::Base.into());
        }
        let end = agree(end_a, end_b, Trap::ControlFlow);
        if ways[0] != ways[1] && !matches!(end, Err(Stop::Trap(_))) {
            return Err(Trap::ControlFlow.into());
        }
        end
    }
}

/// Runs one lane from `position` to the end of its region; `way` sums up the blocks on the way.
fn whole<R: Role>(cpu: &mut Cpu<R>, mut position: u32, way: &mut u64) -> Result<Next, Stop> {
    loop {
        match cpu.block(position)? {
            Next::Block(next) => {
                *way = signature::step(*way, u64::from(next) << 32 | u64::from(position));
                position = next;
            }
            end => return Ok(end),
        }
    }
}
