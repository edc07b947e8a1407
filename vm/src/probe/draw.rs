//! A fault drawn from all that can happen at a point.

use super::session::TURNS;
use super::visitor::{Change, Fault, Group, Place, Purpose, Visitor};

/// Draws a fault. Names are equally likely, whatever the number of places that have them: else most
/// faults would meet the program's tables.
pub(super) fn draw(reach: &mut dyn FnMut(&mut Visitor), seed: u64, phases: u32) -> Fault {
    let mut groups: Vec<Group> = Vec::new();
    reach(&mut Visitor::new(Purpose::List(&mut |group| {
        if group.count > 0 {
            groups.push(group);
        }
    })));
    let mut names: Vec<&'static str> = Vec::new();
    for group in &groups {
        if !names.contains(&group.name) {
            names.push(group.name);
        }
    }
    let mut state = seed;
    let jumps = 2;
    let drawn = below(&mut state, names.len() as u64 + jumps) as usize;
    let Some(name) = names.get(drawn) else {
        let runs = names.contains(&"turn.position");
        return if runs && drawn > names.len() {
            Fault::Turn(below(&mut state, u64::from(TURNS)) as u32)
        } else {
            Fault::Jump(below(&mut state, u64::from(phases)) as u32)
        };
    };
    let named = || groups.iter().filter(|group| group.name == *name);
    let mut index = below(&mut state, named().map(|group| group.count as u64).sum());
    for group in named() {
        if index < group.count as u64 {
            let place = Place {
                side: group.side,
                name,
                index: group.first + index as u32,
            };
            let bit = below(&mut state, u64::from(group.bits)) as u8;
            return Fault::At(place, Change::Flip(bit));
        }
        index -= group.count as u64;
    }
    Fault::Jump(0)
}

/// A number below a bound, by SplitMix64; 0 if the bound is.
fn below(state: &mut u64, bound: u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^= word >> 31;
    ((u128::from(word) * u128::from(bound)) >> 64) as u64
}
