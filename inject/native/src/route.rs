//! How to come to a step of a run with few stops.
//!
//! There are no hardware counters to stop a process after so many instructions. But a breakpoint stops it
//! at the *next* time that an instruction is about to be executed: from a step, one stop leads to the
//! next occurrence of any instruction.

/// For each step but the first, the step from which one stop leads there, such that the stops on the way
/// from the first one are as few as can be. A step can be reached from those at or after the last one
/// with the same address.
pub(crate) fn routes(addresses: &[u64]) -> Vec<u32> {
    let mut last_at = std::collections::HashMap::new();
    let mut from = Vec::with_capacity(addresses.len());
    let mut stops: Vec<u32> = Vec::with_capacity(addresses.len());
    // For each number of stops, the last step so far that takes so many.
    let mut latest: Vec<u32> = Vec::new();
    for (step, address) in addresses.iter().enumerate() {
        let before = last_at.insert(*address, step as u32);
        let (source, count) = match (step, before) {
            (0, _) => (0, 0),
            (_, None) => (0, 1),
            (_, Some(before)) => {
                let count = latest.iter().position(|step| *step >= before);
                let count = count.unwrap_or(latest.len() - 1);
                (latest[count], count as u32 + 1)
            }
        };
        from.push(source);
        stops.push(count);
        match latest.get_mut(count as usize) {
            Some(latest) => *latest = step as u32,
            None => latest.push(step as u32),
        }
    }
    from
}

/// The steps at which to stop on the way to one, in order.
pub(crate) fn route(from: &[u32], step: u32) -> Vec<u32> {
    let mut stops = Vec::new();
    let mut at = step;
    while at > 0 {
        stops.push(at);
        at = from[at as usize];
    }
    stops.reverse();
    stops
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where breakpoints lead: each at the next time that the address comes.
    fn follow(addresses: &[u64], stops: &[u32]) -> usize {
        stops.iter().fold(0, |at, stop| {
            let address = addresses[*stop as usize];
            let next = (at + 1..addresses.len()).find(|step| addresses[*step] == address);
            next.expect("the address comes again")
        })
    }

    #[test]
    fn every_step_is_reached_and_a_loop_costs_a_stop_a_turn_at_most() {
        let turn = [10, 11, 12];
        let addresses: Vec<u64> = [1, 2]
            .into_iter()
            .chain(turn.repeat(5))
            .chain([3, 10, 4, 10, 11])
            .collect();
        let from = routes(&addresses);
        for step in 0..addresses.len() {
            let stops = route(&from, step as u32);
            assert_eq!(follow(&addresses, &stops), step, "{stops:?}");
            assert!(stops.len() <= 5, "{step}: {stops:?}");
        }
        // What comes once is reached at once, and what comes after it soon.
        assert_eq!(route(&from, 17).len(), 1);
        assert_eq!(route(&from, 21).len(), 2);
    }
}
