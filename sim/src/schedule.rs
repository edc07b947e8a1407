//! What goes wrong in a run: drawn from the seed, or read from a file.
//!
//! In: a cluster and a seed. Out: a [`Schedule`], which decides everything that is not decided by the
//! messages themselves. It can be written down, made smaller, and run again.

use crate::cluster::Cluster;
use crate::config::Cut;
use crate::random::Random;
use crate::span::{Range, Span};
use serde::{Deserialize, Serialize};

/// The clock of a node against virtual time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// How much it is ahead at first, in microseconds.
    pub ahead: u64,
    /// How much faster it runs, in parts per million; slower if negative.
    pub ppm: i64,
}

/// The time of all clocks at the start of a run, before skew: microseconds since the epoch.
const BASE: u64 = 1_000_000_000;

impl Clock {
    /// Whether a cluster's file can ask for it.
    pub fn can_be(&self) -> bool {
        self.ahead < Span::LIMIT && (-999_000..=999_000_000).contains(&self.ppm)
    }

    /// What it shows at a time.
    #[inline]
    pub fn shows(&self, time: u64) -> u64 {
        let gained = i128::from(time) * i128::from(self.ppm) / 1_000_000;
        let shown = i128::from(BASE + self.ahead + time) + gained;
        // Further than that `now` cannot go.
        shown.clamp(0, i128::from(pasc_traces::MAX_TIME)) as u64
    }

    /// The first time at which it shows no less than this.
    pub fn time_of(&self, shown: u64) -> u64 {
        let since = i128::from(shown) - i128::from(BASE + self.ahead);
        let rate = i128::from(1_000_000 + self.ppm.max(-999_000));
        let mut time = (since * 1_000_000 / rate).max(0) as u64;
        // Division rounds; two steps at most are missing, or too many.
        while self.shows(time) < shown {
            time += 1;
        }
        while time > 0 && self.shows(time - 1) >= shown {
            time -= 1;
        }
        time
    }
}

/// How a partition cuts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A node from all others.
    Isolate(Aim),
    /// What a node sends reaches nobody; it still hears.
    Mute(Aim),
    /// A node hears nobody; what it sends arrives.
    Deafen(Aim),
    /// Nodes into two sides: those named are one.
    Split(Vec<usize>),
    /// One link, both ways.
    Link(usize, usize),
}

/// Which node something happens to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aim {
    /// This one.
    Node(usize),
    /// That of the leader then, or this one if nobody leads.
    Leader(usize),
}

/// What happens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Happening {
    /// A node crashes, and is back after so many microseconds.
    Crash {
        /// Which.
        aim: Aim,
        /// Microseconds.
        down: u64,
    },
    /// A partition, for so many microseconds.
    Cut {
        /// How.
        shape: Shape,
        /// Microseconds.
        lasts: u64,
    },
    /// A fault inside of the process with this number, at the next message that it handles.
    Asc {
        /// Which.
        process: usize,
        /// Decides about the fault.
        draw: u64,
    },
    /// A changed word in every copy of the state of the process with this number.
    Corrupt {
        /// Which.
        process: usize,
        /// Decides about word and bit.
        draw: u64,
    },
}

/// Something that happens, and when: once so many operations were answered, at the latest at a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Operations that were answered.
    pub after: u32,
    /// Microseconds.
    pub latest: u64,
    /// What.
    pub what: Happening,
}

/// All that goes wrong in a run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Decides what is not written down here.
    pub seed: u64,
    /// Operations of each client.
    pub operations: Vec<u32>,
    /// The probability that a message is lost.
    pub loss: f64,
    /// That it comes twice.
    pub duplicate: f64,
    /// That others overtake it.
    pub reorder: f64,
    /// Of each node.
    pub clocks: Vec<Clock>,
    /// In the order of `after`.
    #[serde(default)]
    pub planned: Vec<Planned>,
}

/// What numbers are drawn for.
mod purpose {
    pub(super) const NETWORK: u64 = 1;
    pub(super) const CLOCKS: u64 = 2;
    pub(super) const FAULTS: u64 = 3;
}

impl Schedule {
    /// Draws a schedule.
    pub fn draw(cluster: &Cluster, seed: u64) -> Schedule {
        let network = &cluster.config.network;
        let mut random = Random::new(seed, purpose::NETWORK);
        // A third of the runs has none of a kind, so that other kinds are seen alone.
        let mut rate = |greatest: f64| {
            let part = random.below(1000) as f64 / 1000.0;
            if random.below(3) == 0 {
                0.0
            } else {
                greatest.clamp(0.0, 1.0) * part
            }
        };
        let (loss, duplicate, reorder) = (
            rate(network.loss),
            rate(network.duplicate),
            rate(network.reorder),
        );
        Schedule {
            seed,
            operations: operations(cluster),
            loss,
            duplicate,
            reorder,
            clocks: clocks(cluster, seed),
            planned: faults(cluster, seed),
        }
    }

    /// How many operations there are.
    pub fn total(&self) -> u32 {
        self.operations.iter().sum()
    }
}

/// Operations are shared out evenly.
fn operations(cluster: &Cluster) -> Vec<u32> {
    let Some(clients) = &cluster.clients else {
        return Vec::new();
    };
    let (count, all) = (clients.written.count, clients.written.operations);
    (0..count)
        .map(|client| all / count + u32::from(client < all % count))
        .collect()
}

fn clocks(cluster: &Cluster, seed: u64) -> Vec<Clock> {
    let clocks = &cluster.config.clocks;
    let mut random = Random::new(seed, purpose::CLOCKS);
    let draw = |name: &String| {
        let ahead = random.between(0, clocks.skew.0);
        let drift = u64::from(clocks.drift_ppm);
        let drawn = random.between(0, 2 * drift) as i64 - drift as i64;
        let given = clocks
            .rate
            .get(name)
            .map(|rate| ((rate.clamp(0.001, 1000.0) - 1.0) * 1e6) as i64);
        Clock {
            ahead,
            ppm: given.unwrap_or(drawn),
        }
    };
    cluster.nodes.iter().map(draw).collect()
}

fn faults(cluster: &Cluster, seed: u64) -> Vec<Planned> {
    let config = &cluster.config.faults;
    let mut random = Random::new(seed, purpose::FAULTS);
    let (crashes, partitions) = (
        config.crashes.draw(&mut random),
        config.partitions.draw(&mut random),
    );
    let leader = config.leader.draw(&mut random);
    let mut planned = Vec::new();
    let total = operations(cluster).iter().sum::<u32>();
    let mut plan = |random: &mut Random, what: Happening| {
        // The same place in the run by operations and by time.
        let part = random.below(1 << 20);
        planned.push(Planned {
            after: ((u64::from(total) * 9 / 10 * part) >> 20) as u32,
            latest: ((u128::from(config.within.0) * u128::from(part)) >> 20) as u64,
            what,
        });
    };
    if !cluster.at_risk.is_empty() {
        for number in 0..crashes + partitions {
            let node = *random.pick(&cluster.at_risk).unwrap_or(&0);
            // Those that meet the leader are spread evenly over crashes and partitions.
            let met = |number: u32| {
                u64::from(number) * u64::from(leader) / u64::from(crashes + partitions)
            };
            let meets = met(number) != met(number + 1);
            let aim = if meets || random.below(4) == 0 {
                Aim::Leader(node)
            } else {
                Aim::Node(node)
            };
            let what = if number < crashes {
                Happening::Crash {
                    aim,
                    down: lasts(&config.down, &mut random, meets),
                }
            } else {
                Happening::Cut {
                    shape: shape(cluster, &mut random, aim, meets),
                    lasts: lasts(&config.cut, &mut random, meets),
                }
            };
            plan(&mut random, what);
        }
    }
    let able = |of: fn(&crate::cluster::KindOf) -> bool| -> Vec<usize> {
        let all = 0..cluster.members.len();
        all.filter(|member| of(&cluster.kinds[cluster.members[*member].kind]))
            .collect()
    };
    let asc = able(|kind| kind.asc);
    for _ in 0..config.asc.draw(&mut random) {
        if let Some(process) = random.pick(&asc) {
            let (process, draw) = (*process, draw(&mut random));
            plan(&mut random, Happening::Asc { process, draw });
        }
    }
    let victim = random.pick(&able(|kind| kind.corrupt)).copied();
    for _ in 0..config.corrupt.draw(&mut random) {
        if let Some(process) = victim {
            let draw = draw(&mut random);
            plan(&mut random, Happening::Corrupt { process, draw });
        }
    }
    planned.sort_by_key(|planned| (planned.after, planned.latest));
    planned
}

/// A number that files can hold.
fn draw(random: &mut Random) -> u64 {
    random.word() >> 1
}

/// How long something lasts; what meets the leader lasts long enough for others to notice.
fn lasts(range: &Range<Span>, random: &mut Random, meets: bool) -> u64 {
    let [from, to] = range.ends();
    let drawn = range.draw(random);
    if meets {
        drawn.max(from.0.midpoint(to.0))
    } else {
        drawn
    }
}

fn shape(cluster: &Cluster, random: &mut Random, aim: Aim, meets: bool) -> Shape {
    let all = &cluster.config.faults.shapes;
    // A leader that is deaf still says that it leads.
    let silences = |cut: &Cut| matches!(cut, Cut::Isolate | Cut::Mute);
    let silencing: Vec<Cut> = all.iter().copied().filter(silences).collect();
    let from = if meets && !silencing.is_empty() {
        &silencing
    } else {
        all
    };
    match random.pick(from).copied().unwrap_or(Cut::Isolate) {
        Cut::Isolate => Shape::Isolate(aim),
        Cut::Mute => Shape::Mute(aim),
        Cut::Deafen => Shape::Deafen(aim),
        Cut::Split => {
            let all = 0..cluster.nodes.len();
            Shape::Split(all.filter(|_| random.below(2) == 0).collect())
        }
        Cut::Link => {
            let (Aim::Node(node) | Aim::Leader(node)) = aim;
            let other = random.pick(&cluster.at_risk).copied().unwrap_or(node);
            Shape::Link(node, other)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn no_clock_shows_what_now_cannot_be() {
        let fastest = Clock {
            ahead: 0,
            ppm: 999_000_000,
        };
        assert!(fastest.can_be());
        assert_eq!(fastest.shows(crate::span::Span::LIMIT - 1), u64::MAX / 2);
    }

    #[test]
    fn clocks_show_a_deadline_at_its_time_and_not_before() {
        for ppm in [-500_000, -200, 0, 37, 200_000] {
            let clock = Clock { ahead: 12_345, ppm };
            for time in [0, 1, 999, 1_000_003, 77_777_777] {
                let shown = clock.shows(time);
                let first = clock.time_of(shown);
                assert!(clock.shows(first) >= shown);
                assert!(first == 0 || clock.shows(first - 1) < shown, "{ppm} {time}");
            }
        }
    }
}
