//! What a right run did: its points, and which places were touched between them.

use super::visitor::{Group, Place};

/// A point of a right run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Point {
    /// The name of the site.
    pub site: &'static str,
    /// What could be changed there: an index into [`Recording::tables`].
    pub table: u32,
    /// What existed there only: place and bits.
    pub locals: Vec<(Place, u8)>,
    /// The position in the code of the instruction that comes next, if one does, and its lane.
    pub position: Option<(u8, u32)>,
}

/// Memory that was touched and whose place is not known yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub(super) point: u32,
    pub(super) address: usize,
    pub(super) bytes: usize,
    pub(super) ty: &'static str,
}

/// What a right run did.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The points in order.
    pub points: Vec<Point>,
    /// Which places were touched after a point and before the next: the point's index, the place.
    pub touches: Vec<(u32, Place)>,
    /// The groups that could be reached at points.
    pub tables: Vec<Vec<Group>>,
    /// Touches of memory that no group names: the site before, and the type.
    pub strangers: Vec<(&'static str, &'static str)>,
    pub(super) pending: Vec<Touch>,
    /// Copies of parts of the machine that are read in place of these, as long as they are there.
    pub(super) copies: Vec<Group>,
    /// The last table of a point that reaches everything.
    pub(super) whole: usize,
    /// The last table of a point that shows more than what exists there only.
    pub(super) shown: usize,
}

impl Touch {
    /// The places in a table that were touched; nothing if there is none.
    fn places(&self, table: &[Group]) -> Option<Vec<Place>> {
        let mut places = Vec::new();
        for group in table {
            let end = group.address + group.stride * group.count;
            let from = self.address.max(group.address);
            let to = (self.address + self.bytes).min(end);
            if from < to {
                let first = (from - group.address) / group.stride;
                let last = (to - 1 - group.address) / group.stride;
                places.extend((first..=last).map(|index| Place {
                    side: group.side,
                    name: group.name,
                    index: group.first + index as u32,
                }));
            }
        }
        (!places.is_empty() || self.bytes == 0).then_some(places)
    }
}

/// Whether a table is of a point that reaches the whole machine: lanes and copies.
pub(super) fn is_whole(table: &[Group]) -> bool {
    table.iter().any(|group| group.name == "state")
}

impl Recording {
    /// Notes a touch; in a copy, the places that it is a copy of.
    pub(super) fn touch(&mut self, touch: Touch) {
        match touch.places(&self.copies) {
            Some(places) if !self.copies.is_empty() => {
                let touched = places.into_iter().map(|place| (touch.point, place));
                self.touches.extend(touched);
            }
            _ => self.pending.push(touch),
        }
    }

    /// Finds the places of what was touched since the last point.
    pub(super) fn resolve(&mut self, table: &[Group]) {
        for touch in std::mem::take(&mut self.pending) {
            let last = self.points[touch.point as usize].table as usize;
            // What moved twice between two points that reach everything is where it was shown in between.
            let known = [self.whole, last, self.shown].map(|known| self.tables[known].as_slice());
            let mut tables = std::iter::once(table).chain(known);
            let Some(places) = tables.find_map(|table| touch.places(table)) else {
                // What grew since may be shown at a later point.
                if is_whole(table) {
                    let site = self.points[touch.point as usize].site;
                    self.strangers.push((site, touch.ty));
                } else {
                    self.pending.push(touch);
                }
                continue;
            };
            let touched = places.into_iter().map(|place| (touch.point, place));
            self.touches.extend(touched);
        }
    }

    /// Ends the recording's last stretch.
    pub fn finish(&mut self) {
        let table = self.tables.get(self.whole).cloned().unwrap_or_default();
        self.resolve(&table);
        self.touches.sort_unstable();
        self.touches.dedup();
    }

    /// Whether everything can be reached at this point.
    pub fn is_whole(&self, point: u32) -> bool {
        let point = &self.points[point as usize];
        is_whole(&self.tables[point.table as usize])
    }

    /// The group of a place at a point, if it can be reached there.
    pub fn group(&self, point: u32, place: Place) -> Option<&Group> {
        let point = &self.points[point as usize];
        let table = &self.tables[point.table as usize];
        table.iter().find(|group| {
            (group.side, group.name) == (place.side, place.name)
                && (place.index.wrapping_sub(group.first) as usize) < group.count
        })
    }
}
