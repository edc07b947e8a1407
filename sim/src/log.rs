//! What happened in a run, one thing after the other: for people, charts and comparisons.

use std::fmt::Write;

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A message left.
    Sent {
        /// Its number in the run.
        id: u32,
        /// From.
        from: u16,
        /// To.
        to: u16,
        /// What it is.
        label: String,
    },
    /// A message came.
    Came {
        /// Its number.
        id: u32,
        /// To whom.
        to: u16,
        /// What became of it, if it was not handled.
        note: String,
    },
    /// A message is lost.
    Lost {
        /// Its number.
        id: u32,
        /// Why.
        why: &'static str,
    },
    /// Something at a process or client.
    At {
        /// Where.
        who: u16,
        /// What sort of thing.
        sort: Sort,
        /// What.
        text: String,
    },
    /// Something of the whole cluster.
    All {
        /// What sort of thing.
        sort: Sort,
        /// What.
        text: String,
    },
}

/// What sort of thing happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// A timer fired.
    Timer,
    /// A client asked.
    Asked,
    /// A client was answered.
    Answered,
    /// A process is down.
    Down,
    /// A process is up again.
    Up,
    /// A fault inside.
    Fault,
    /// A partition, or its end.
    Cut,
    /// Another leads.
    Leader,
    /// A handler failed, a message was refused.
    Error,
    /// What must not be.
    Wrong,
}

/// The most entries that a log keeps.
pub const MOST_ENTRIES: usize = 4_000_000;

/// A log.
#[derive(Clone, Default, Debug)]
pub struct Log {
    /// Times in microseconds, and what happened.
    pub entries: Vec<(u64, Entry)>,
    /// Entries that had no room.
    pub left_out: u64,
    /// What one process was given, if that was asked for.
    pub inputs: Vec<pasc_traces::Record>,
}

impl Log {
    /// Adds an entry.
    pub fn add(&mut self, time: u64, entry: Entry) {
        if self.entries.len() < MOST_ENTRIES {
            self.entries.push((time, entry));
        } else {
            self.left_out += 1;
        }
    }

    /// A line for each entry. `name` gives the address of an endpoint.
    pub fn text(&self, name: &dyn Fn(u16) -> String) -> String {
        let mut out = String::new();
        for (time, entry) in &self.entries {
            // Writing to a String cannot fail.
            let _ = write!(out, "{:>12.6} ", *time as f64 / 1e6);
            let _ = match entry {
                Entry::Sent {
                    id,
                    from,
                    to,
                    label,
                } => writeln!(out, "{} -> {} #{id} {label}", name(*from), name(*to)),
                Entry::Came { id, to, note } if note.is_empty() => {
                    writeln!(out, "{} <- #{id}", name(*to))
                }
                Entry::Came { id, to, note } => writeln!(out, "{} <- #{id}: {note}", name(*to)),
                Entry::Lost { id, why } => writeln!(out, "#{id} is lost: {why}"),
                Entry::At { who, sort, text } => {
                    writeln!(out, "{} {}{text}", name(*who), sort.word())
                }
                Entry::All { sort, text } => writeln!(out, "{}{text}", sort.word()),
            };
        }
        if self.left_out > 0 {
            let _ = writeln!(out, "{} more entries had no room", self.left_out);
        }
        out
    }
}

impl Sort {
    /// What stands for it in a chart.
    pub fn sign(self) -> char {
        match self {
            Sort::Timer => 't',
            Sort::Asked => '?',
            Sort::Answered => '!',
            Sort::Down => 'X',
            Sort::Up => '^',
            Sort::Fault => '%',
            Sort::Leader => 'L',
            Sort::Cut | Sort::Error | Sort::Wrong => '*',
        }
    }

    /// What stands before the text in a log.
    pub fn word(self) -> &'static str {
        match self {
            Sort::Timer => "timer ",
            Sort::Asked => "asks ",
            Sort::Answered => "is told ",
            Sort::Down => "is down: ",
            Sort::Up => "is up",
            Sort::Fault => "fault ",
            Sort::Cut => "cut ",
            Sort::Leader => "leads",
            Sort::Error => "error ",
            Sort::Wrong => "VIOLATION ",
        }
    }
}
