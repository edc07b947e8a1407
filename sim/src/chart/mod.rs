//! A run as a message-sequence chart.
//!
//! In: the log of a run. Out: a row for each thing that happened; [`text`] and [`html`] draw them.

mod html;
mod text;

pub use html::html;
pub use text::text;

use crate::cluster::Cluster;
use crate::log::{Entry, Log, Sort};
use std::collections::HashMap;

/// The most rows that a chart shows: the last ones.
pub const MOST_ROWS: usize = 600;

/// Something in a chart.
#[derive(Clone, PartialEq, Eq, Debug)]
enum What {
    /// A message came: from a column to another, sent at a time, in a row if that is shown.
    Message {
        from: usize,
        to: usize,
        sent: u64,
        row: Option<usize>,
        label: String,
    },
    /// A message is lost: why.
    Lost {
        from: usize,
        to: Option<usize>,
        label: String,
        why: &'static str,
    },
    /// A message left.
    Sent { from: usize },
    /// Something at one column.
    Mark { at: usize, sort: Sort, text: String },
    /// Something of all.
    Band { sort: Sort, text: String },
}

/// A row.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Row {
    time: u64,
    what: What,
}

/// A chart.
pub struct Chart {
    /// What is drawn at the top of each column.
    names: Vec<String>,
    rows: Vec<Row>,
    /// Rows before the first that is shown.
    left_out: usize,
}

/// Where a message was sent: time, row, from, to, label.
type Sending = (u64, usize, u16, u16, String);

impl Chart {
    /// The chart of a log.
    pub fn new(cluster: &Cluster, log: &Log) -> Chart {
        let columns = columns(cluster, log);
        let column = |end: u16| columns.iter().position(|other| *other == end);
        let mut rows: Vec<Row> = Vec::new();
        let mut sendings: HashMap<u32, Sending> = HashMap::new();
        for (time, entry) in &log.entries {
            let what = match entry {
                Entry::Sent {
                    id,
                    from,
                    to,
                    label,
                } => {
                    sendings.insert(*id, (*time, rows.len(), *from, *to, label.clone()));
                    column(*from).map(|from| What::Sent { from })
                }
                Entry::Came { id, .. } => {
                    sendings.get(id).and_then(|(sent, row, from, to, label)| {
                        Some(What::Message {
                            from: column(*from)?,
                            to: column(*to)?,
                            sent: *sent,
                            row: Some(*row),
                            label: label.clone(),
                        })
                    })
                }
                Entry::Lost { id, why } => sendings.get(id).and_then(|(_, _, from, to, label)| {
                    Some(What::Lost {
                        from: column(*from)?,
                        to: column(*to),
                        label: label.clone(),
                        why,
                    })
                }),
                Entry::At { who, sort, text } => column(*who).map(|at| What::Mark {
                    at,
                    sort: *sort,
                    text: text.clone(),
                }),
                Entry::All { sort, text } => Some(What::Band {
                    sort: *sort,
                    text: text.clone(),
                }),
            };
            if let Some(what) = what {
                rows.push(Row { time: *time, what });
            }
        }
        let left_out = rows.len().saturating_sub(MOST_ROWS);
        let mut shown = rows.split_off(left_out);
        for shown in &mut shown {
            if let What::Message { row, .. } = &mut shown.what {
                *row = row.and_then(|row| row.checked_sub(left_out));
            }
        }
        Chart {
            names: columns
                .iter()
                .map(|end| cluster.address(*end as usize).to_owned())
                .collect(),
            rows: shown,
            left_out,
        }
    }
}

/// The endpoints that take part, those of one node side by side, clients first.
fn columns(cluster: &Cluster, log: &Log) -> Vec<u16> {
    let mut seen: Vec<u16> = Vec::new();
    for (_, entry) in &log.entries {
        let ends = match entry {
            Entry::Sent { from, to, .. } => [Some(*from), Some(*to)],
            Entry::Came { to, .. } => [Some(*to), None],
            Entry::At { who, .. } => [Some(*who), None],
            Entry::Lost { .. } | Entry::All { .. } => [None, None],
        };
        for end in ends.into_iter().flatten() {
            if !seen.contains(&end) && usize::from(end) < cluster.endpoints() {
                seen.push(end);
            }
        }
    }
    let members = cluster.members.len();
    seen.sort_by_key(|end| {
        let end = usize::from(*end);
        (end < members, cluster.node_of(end), end)
    });
    seen
}
