//! Links between nodes: what becomes of a message that left.

use crate::config::Network;
use crate::random::{Random, mix};
use crate::schedule::Schedule;

/// When copies of a message come; none if it is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fate {
    /// When it comes.
    pub(crate) first: Option<u64>,
    /// When it comes again.
    pub(crate) again: Option<u64>,
}

#[derive(Clone, Copy, Default)]
struct Link {
    /// How many messages went over it.
    sent: u64,
    /// When the last one comes that was not overtaken.
    last: u64,
    /// How many partitions cut it.
    cuts: u32,
}

/// The links between all nodes.
pub(crate) struct Net {
    nodes: usize,
    links: Vec<Link>,
    delay: [u64; 2],
    reorder_by: u64,
    local_delay: u64,
    seed: u64,
    /// Probabilities: lost, doubled, overtaken.
    rates: [f64; 3],
}

impl Net {
    /// All links, whole.
    pub(crate) fn new(nodes: usize, network: &Network, schedule: &Schedule) -> Net {
        let [least, most] = network.delay.ends();
        Net {
            nodes,
            links: vec![Link::default(); nodes * nodes],
            delay: [least.0, most.0],
            reorder_by: network.reorder_by.0,
            local_delay: network.local_delay.0,
            seed: mix(schedule.seed ^ 0x6e65_7477),
            rates: [schedule.loss, schedule.duplicate, schedule.reorder],
        }
    }

    /// From now on nothing is lost, doubled or overtaken.
    pub(crate) fn calm(&mut self) {
        self.rates = [0.0; 3];
    }

    /// Cuts a link, or mends what cut it once.
    pub(crate) fn cut(&mut self, from: usize, to: usize, cuts: bool) {
        if from == to {
            return;
        }
        let link = &mut self.links[from * self.nodes + to];
        link.cuts = if cuts {
            link.cuts + 1
        } else {
            link.cuts.saturating_sub(1)
        };
    }

    /// Whether a message gets through now.
    pub(crate) fn is_cut(&self, from: usize, to: usize) -> bool {
        self.links[from * self.nodes + to].cuts > 0
    }

    /// What becomes of a message that leaves at a time.
    #[inline]
    pub(crate) fn send(&mut self, from: usize, to: usize, leaves: u64) -> Fate {
        let index = from * self.nodes + to;
        let link = &mut self.links[index];
        link.sent += 1;
        if from == to {
            link.last = link.last.max(leaves + self.local_delay);
            return Fate {
                first: Some(link.last),
                again: None,
            };
        }
        let mut random = Random::new(self.seed ^ link.sent, index as u64);
        let [least, most] = self.delay;
        let comes = leaves + random.between(least, most);
        let [lost, doubled, overtaken] = self.rates;
        if lost > 0.0 && random.chance(lost) {
            return Fate {
                first: None,
                again: None,
            };
        }
        let first = if overtaken > 0.0 && random.chance(overtaken) {
            comes + random.below(self.reorder_by)
        } else {
            link.last = link.last.max(comes);
            link.last
        };
        let again = (doubled > 0.0 && random.chance(doubled))
            .then(|| first + random.below(self.reorder_by));
        Fate {
            first: Some(first),
            again,
        }
    }
}
