//! The timers of one process, as its host keeps them: one order for each timer and key.

use pasc_vm::timer::{self, Order};

#[derive(Default)]
struct Slot {
    /// The order as it left; empty if it waits no more.
    bytes: Vec<u8>,
    generation: u64,
}

/// Orders that wait.
#[derive(Default)]
pub(crate) struct Timers {
    slots: Vec<Slot>,
}

/// Where an order tells its timer, and where its key begins.
const TIMER: std::ops::Range<usize> = 8..12;

/// What makes two orders those of one timer: the timer's number and the key.
fn same(one: &[u8], other: &[u8]) -> bool {
    let key = |bytes: &[u8]| {
        bytes
            .len()
            .checked_sub(4)
            .map(|end| timer::HEADER_BYTES..end)
    };
    one.get(TIMER) == other.get(TIMER)
        && one.len() == other.len()
        && key(one).is_some_and(|key| one.get(key.clone()) == other.get(key))
}

impl Timers {
    /// Takes an order. What is then due: its place, generation and deadline; nothing if it cancels.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Option<(u32, u64, u64)> {
        let (order, _) = Order::parse(bytes).ok()?;
        let known = self.slots.iter().position(|slot| same(&slot.bytes, bytes));
        if order.cancels() {
            if let Some(known) = known {
                self.slots[known].bytes.clear();
            }
            return None;
        }
        let free = || self.slots.iter().position(|slot| slot.bytes.is_empty());
        let place = known.or_else(free).unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() - 1
        });
        let slot = &mut self.slots[place];
        slot.bytes.clear();
        slot.bytes.extend_from_slice(bytes);
        slot.generation = order.generation;
        Some((place as u32, order.generation, order.deadline))
    }

    /// The order that fires now, if it still waits. It waits no more.
    pub(crate) fn fire(&mut self, place: u32, generation: u64, into: &mut Vec<u8>) -> bool {
        let Some(slot) = self.slots.get_mut(place as usize) else {
            return false;
        };
        if slot.generation != generation || slot.bytes.is_empty() {
            return false;
        }
        into.clear();
        into.append(&mut slot.bytes);
        true
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Timers;
    use pasc_vm::program::TimerId;
    use pasc_vm::timer::Order;

    fn order(deadline: u64, generation: u64, key: &[u8]) -> Vec<u8> {
        let timer = TimerId(0);
        Order {
            timer,
            deadline,
            generation,
        }
        .to_bytes(key)
    }

    #[test]
    fn a_later_order_replaces_the_one_of_its_timer_and_key() {
        let (mut timers, mut fired) = (Timers::default(), Vec::new());
        let first = timers.take(&order(10, 1, b"a"));
        let other = timers.take(&order(10, 2, b"b"));
        assert_eq!((first, other), (Some((0, 1, 10)), Some((1, 2, 10))));
        assert_eq!(timers.take(&order(50, 3, b"a")), Some((0, 3, 50)));
        assert!(!timers.fire(0, 1, &mut fired));
        assert!(timers.fire(0, 3, &mut fired) && fired == order(50, 3, b"a"));
        assert!(!timers.fire(0, 3, &mut fired), "once");
        assert_eq!(timers.take(&order(0, 0, b"b")), None);
        assert!(!timers.fire(1, 2, &mut fired));
    }
}
