//! Orders about timers that wait until they are due: what a host keeps for a process.
//!
//! In: outputs of a process, of which the orders stay here. Out: the orders, to be handed back as
//! inputs. At most one waits for each timer and key.

use pasc_vm::timer::{self, Order};

/// An order that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Waiting {
    order: Order,
    bytes: Vec<u8>,
}

impl Waiting {
    /// The encoded key.
    fn key(&self) -> &[u8] {
        let end = self.bytes.len().saturating_sub(4);
        self.bytes.get(timer::HEADER_BYTES..end).unwrap_or(&[])
    }
}

/// The orders of one process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Timers {
    waiting: Vec<Waiting>,
}

impl Timers {
    /// Whether these bytes are an order or a firing and no frame.
    pub fn is_order(bytes: &[u8]) -> bool {
        bytes.starts_with(&timer::MAGIC)
    }

    /// Takes an order of the process: it replaces the one before, or cancels it.
    pub fn take(&mut self, bytes: &[u8]) {
        let Ok((order, key)) = Order::parse(bytes) else {
            return;
        };
        self.remove(order, key);
        if !order.cancels() {
            let bytes = bytes.to_vec();
            self.waiting.push(Waiting { order, bytes });
        }
    }

    /// What has fired waits no more.
    pub fn fired(&mut self, bytes: &[u8]) {
        self.waiting.retain(|waiting| waiting.bytes != bytes);
    }

    fn remove(&mut self, order: Order, key: &[u8]) {
        self.waiting
            .retain(|waiting| waiting.order.timer != order.timer || waiting.key() != key);
    }

    /// The order that is due first, until a time: by deadline, then by the order in which timers
    /// were set.
    pub fn due(&self, until: u64) -> Option<(u64, &[u8])> {
        self.waiting
            .iter()
            .filter(|waiting| waiting.order.deadline <= until)
            .min_by_key(|waiting| (waiting.order.deadline, waiting.order.generation))
            .map(|waiting| (waiting.order.deadline, &waiting.bytes[..]))
    }

    /// The order that waits for the timer and key of these bytes, which are an order too.
    pub fn same_timer(&self, bytes: &[u8]) -> Option<&[u8]> {
        let (order, key) = Order::parse(bytes).ok()?;
        let found = self
            .waiting
            .iter()
            .find(|waiting| waiting.order.timer == order.timer && waiting.key() == key);
        found.map(|waiting| &waiting.bytes[..])
    }
}

#[cfg(test)]
mod tests {
    use super::Timers;
    use pasc_vm::program::TimerId;
    use pasc_vm::timer::Order;

    fn order(timer: u32, deadline: u64, generation: u64, key: &[u8]) -> Vec<u8> {
        let timer = TimerId(timer);
        let order = Order {
            timer,
            deadline,
            generation,
        };
        order.to_bytes(key)
    }

    #[test]
    fn the_first_that_is_due_comes_first_and_ties_go_by_generation() {
        let mut timers = Timers::default();
        let orders = [
            order(0, 30, 1, b""),
            order(1, 20, 3, b"a"),
            order(1, 20, 2, b"b"),
        ];
        orders.iter().for_each(|order| timers.take(order));
        let mut fired = Vec::new();
        while let Some((_, bytes)) = timers.due(29) {
            let bytes = bytes.to_vec();
            timers.fired(&bytes);
            fired.push(bytes);
        }
        assert_eq!(fired, [orders[2].clone(), orders[1].clone()]);
        assert_eq!(timers.due(30), Some((30, &orders[0][..])));
    }

    #[test]
    fn an_order_replaces_the_one_for_its_timer_and_key_alone() {
        let mut timers = Timers::default();
        let (a, b) = (order(0, 10, 1, b"a"), order(0, 10, 2, b"b"));
        let later = order(0, 50, 3, b"a");
        [&a, &b, &later]
            .into_iter()
            .for_each(|order| timers.take(order));
        assert_eq!(timers.due(10), Some((10, &b[..])));
        assert_eq!(timers.same_timer(&a), Some(&later[..]));
        timers.take(&order(0, 0, 0, b"b"));
        assert_eq!(timers.due(10), None);
        assert_eq!(timers.same_timer(&b), None);
    }
}
