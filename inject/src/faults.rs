//! Which faults there are, in classes: one run stands for all faults that must behave alike.
//!
//! In: the run without a fault. Out: classes. A fault in a place behaves alike at all points between
//! two touches of the place, so that one run just before a touch stands for as many faults as there
//! are points since the last. Faults after the last touch of a place are not run: nothing reads them.

use crate::golden::Golden;
use crate::workload::Workload;
use pasc_vm_probed::probe::session::TURNS;
use pasc_vm_probed::probe::visitor::{Kind, SHARED};
use pasc_vm_probed::probe::{Change, Fault, Machine, Place};
use pasc_vm_probed::process::Mode;
use std::collections::{BTreeMap, HashMap};

/// What a class of faults does to its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sort {
    /// Each bit is flipped.
    Bits(u8),
    /// The program counter is set to every other place of the code.
    Targets,
    /// The place gets the value of the other lane's.
    Twin,
    /// The place gets what stood there after the message before.
    Stale(u64),
    /// Control leaves for every phase.
    Jumps(u32),
    /// Control leaves for every turn of the region that runs.
    Turns,
    /// One fault that was drawn.
    One(Fault),
}

/// Faults of one sort at one point, each of which stands for the same number of faults.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Class {
    pub(crate) input: u32,
    pub(crate) point: u32,
    pub(crate) place: Place,
    pub(crate) sort: Sort,
    /// The point before the touch: the last of those that the class stands for.
    pub(crate) until: u32,
    pub(crate) weight: u64,
    pub(crate) lasting: bool,
}

/// The name of the place of jumps.
pub(crate) const PHASE: &str = "phase";

/// The name of the place of jumps between the turns of a region.
const REGION: &str = "region";

impl Class {
    /// How many runs it takes.
    pub(crate) fn runs(&self, workload: &Workload) -> u64 {
        match self.sort {
            Sort::Bits(bits) => u64::from(bits),
            Sort::Targets => u64::from(workload.code_words()) + 1,
            Sort::Twin | Sort::Stale(_) | Sort::One(_) => 1,
            Sort::Jumps(phases) => u64::from(phases),
            Sort::Turns => u64::from(TURNS),
        }
    }

    /// The fault of one run.
    pub(crate) fn fault(&self, run: u64) -> Fault {
        match self.sort {
            Sort::Bits(_) => Fault::At(self.place, Change::Flip(run as u8)),
            Sort::Targets => Fault::At(self.place, Change::Set(run)),
            Sort::Twin => Fault::At(self.place, Change::Twin),
            Sort::Stale(value) => Fault::At(self.place, Change::Set(value)),
            Sort::Jumps(_) => Fault::Jump(run as u32),
            Sort::Turns => Fault::Turn(run as u32),
            Sort::One(fault) => fault,
        }
    }
}

/// All classes, and what needs no run.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) classes: Vec<Class>,
    /// Faults in places that last and are never touched again.
    pub(crate) untouched_lasting: u64,
    /// Faults in places of one message that are not touched again before they are overwritten.
    pub(crate) untouched_passing: u64,
    /// Faults that no point can let happen in time.
    pub(crate) unreachable: u64,
    /// The same by name of the place.
    pub(crate) unreachable_by_place: BTreeMap<String, u64>,
    /// How many different places there are.
    pub(crate) locations: u64,
    /// Touches of memory that no place names, by the site before.
    pub(crate) strangers: Vec<(&'static str, &'static str)>,
}

/// What is known of a place while classes are made.
struct Known {
    /// The last point that a class stands for, counted over all inputs; -1 at first.
    last: i64,
    bits: u8,
    lasting: bool,
}

impl Faults {
    /// All faults of a workload.
    pub(crate) fn of<M: Mode>(golden: &Golden<M>, machine: &mut Machine<M>) -> Faults {
        let mut faults = Faults::default();
        let mut known: HashMap<Place, Known> = HashMap::new();
        let mut base = 0_i64;
        for (input, recording) in golden.recordings.iter().enumerate() {
            faults.strangers.extend(&recording.strangers);
            machine.take_back(&golden.checkpoints[input], true);
            faults.learn(&mut known, golden, input, base);
            faults.touched(&mut known, golden, input, base, machine);
            faults.at_points(golden, input);
            base += recording.points.len() as i64;
        }
        for place in known.values() {
            let rest = (base - 1 - place.last).max(0) as u64 * u64::from(place.bits);
            if place.lasting {
                faults.untouched_lasting += rest;
            } else {
                faults.untouched_passing += rest;
            }
        }
        faults.locations = known.len() as u64;
        faults
    }

    /// Notes the places that exist when an input enters.
    fn learn<M: Mode>(
        &mut self,
        known: &mut HashMap<Place, Known>,
        golden: &Golden<M>,
        input: usize,
        base: i64,
    ) {
        let recording = &golden.recordings[input];
        let Some(first) = recording.points.first() else {
            return;
        };
        for group in &recording.tables[first.table as usize] {
            for index in 0..group.count as u32 {
                let place = Place {
                    side: group.side,
                    name: group.name,
                    index: group.first + index,
                };
                known.entry(place).or_insert(Known {
                    last: base - 1,
                    bits: group.bits,
                    lasting: group.kind == Kind::Lasting,
                });
            }
        }
    }

    /// A class for each touch of a place.
    fn touched<M: Mode>(
        &mut self,
        known: &mut HashMap<Place, Known>,
        golden: &Golden<M>,
        input: usize,
        base: i64,
        machine: &mut Machine<M>,
    ) {
        let recording = &golden.recordings[input];
        for &(point, place) in &recording.touches {
            let here = base + i64::from(point);
            let Some(about) = known.get_mut(&place) else {
                // It begins to exist with this touch.
                let group = (point..recording.points.len() as u32)
                    .find_map(|later| recording.group(later, place));
                if let Some(group) = group {
                    known.insert(
                        place,
                        Known {
                            last: here,
                            bits: group.bits,
                            lasting: group.kind == Kind::Lasting,
                        },
                    );
                }
                continue;
            };
            let since = about.last + 1;
            about.last = here;
            if here < since {
                continue;
            }
            let weight = (here - since + 1) as u64;
            let (bits, lasting) = (about.bits, about.lasting);
            let earliest = (since - base).max(0) as u32;
            let reachable = (earliest..=point)
                .rev()
                .find(|point| recording.group(*point, place).is_some());
            let Some(reachable) = reachable else {
                // Touched twice between two points that show it; or it did not exist in between.
                let shown = (0..=point).rev().find(|point| recording.is_whole(*point));
                if shown.is_some_and(|shown| recording.group(shown, place).is_some()) {
                    let faults = weight * u64::from(bits);
                    self.unreachable += faults;
                    let name = format!(
                        "{} after {}",
                        place.name, recording.points[point as usize].site
                    );
                    *self.unreachable_by_place.entry(name).or_default() += faults;
                }
                continue;
            };
            let class = Class {
                input: input as u32,
                point: reachable,
                place,
                sort: Sort::Bits(bits),
                until: point,
                weight,
                lasting,
            };
            self.classes.push(class);
            if place.side != SHARED && golden.checkpoints[input].copies().len() == 2 {
                self.classes.push(Class {
                    sort: Sort::Twin,
                    weight: 1,
                    ..class
                });
            }
            if !lasting && let Some(value) = machine.look(place) {
                self.classes.push(Class {
                    sort: Sort::Stale(value),
                    weight: 1,
                    ..class
                });
            }
        }
    }

    /// What exists at one point only, and jumps from it.
    fn at_points<M: Mode>(&mut self, golden: &Golden<M>, input: usize) {
        let recording = &golden.recordings[input];
        let phases = Machine::<M>::phases();
        let doubled = golden.checkpoints[input].copies().len() == 2;
        let mut runs = false;
        for (index, point) in recording.points.iter().enumerate() {
            let class = |place, sort| Class {
                input: input as u32,
                point: index as u32,
                place,
                sort,
                until: index as u32,
                weight: 1,
                lasting: false,
            };
            for &(place, bits) in &point.locals {
                self.classes.push(class(place, Sort::Bits(bits)));
                if place.name == "position" {
                    self.classes.push(class(place, Sort::Targets));
                }
            }
            let shared = |name| Place {
                side: SHARED,
                name,
                index: 0,
            };
            let jumps = Sort::Jumps(phases.len() as u32);
            self.classes.push(class(shared(PHASE), jumps));
            // A region runs from its first instruction to the next phase.
            runs = !phases.contains(&point.site) && (runs || point.position.is_some());
            if runs && doubled {
                self.classes.push(class(shared(REGION), Sort::Turns));
            }
        }
    }
}
