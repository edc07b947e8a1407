//! Whether the history of a key is linearizable, and a picture of why not.
//!
//! The search is that of Wing and Gong with Lowe's memory of what was tried, from `todc-utils`. What it
//! may take is counted in steps, not in time, so that a run is decided the same way everywhere.

use crate::config::Meaning;
use crate::history::Done;
use std::cell::Cell;
use std::fmt::Write;
use std::sync::Arc;
use todc_utils::linearizability::WGLChecker;
use todc_utils::linearizability::history::{Action, History};
use todc_utils::specifications::Specification;

/// What is known of a history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// There is an order that explains it.
    Linearizable,
    /// There is none.
    Not,
    /// The search took too long.
    Undecided,
}

/// A key.
#[derive(Debug)]
struct Register;

/// An operation with its result.
#[derive(Clone, Debug)]
struct Step {
    kind: Meaning,
    value: Arc<str>,
    old: Arc<str>,
    /// Nothing if any result will do.
    result: Option<Arc<str>>,
}

thread_local! {
    /// Steps that the search may still take.
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

impl Specification for Register {
    type State = Arc<str>;
    type Operation = Step;

    fn init() -> Arc<str> {
        "".into()
    }

    fn apply(step: &Step, state: &Arc<str>) -> (bool, Arc<str>) {
        let left = LEFT.get();
        if left == 0 {
            // Whatever is refused from here on, the answer is not used.
            return (false, state.clone());
        }
        LEFT.set(left - 1);
        let is_told = |text: &str| step.result.as_deref().is_none_or(|result| result == text);
        match step.kind {
            Meaning::Read => (is_told(state), state.clone()),
            Meaning::Write => (true, step.value.clone()),
            Meaning::Append => (true, format!("{state}{}", step.value).into()),
            Meaning::Cas => match step.old == *state {
                true => (is_told("true"), step.value.clone()),
                false => (step.result.as_deref() != Some("true"), state.clone()),
            },
            Meaning::Add => {
                let number = |text: &str| text.parse::<i64>().unwrap_or(0);
                let sum = number(state).wrapping_add(number(&step.value)).to_string();
                (is_told(&sum), sum.into())
            }
            Meaning::Other => (true, state.clone()),
        }
    }
}

/// Whether there is an order of operations on one key that explains what clients were told. An operation
/// without an answer may have happened at any time after it was asked, or not at all.
pub fn judge(history: &[&Done], steps: u64) -> Verdict {
    // The same moment: answers come first, for an operation that is asked then can only see more.
    let mut events: Vec<(u64, bool, usize)> = Vec::new();
    for (index, done) in history.iter().enumerate() {
        if done.kind == Meaning::Other || done.kind == Meaning::Read && done.answered.is_none() {
            continue;
        }
        events.push((done.asked, true, index));
        events.push((done.answered.unwrap_or(u64::MAX), false, index));
    }
    if events.is_empty() {
        return Verdict::Linearizable;
    }
    events.sort_unstable();
    let texts = |done: &Done| Step {
        kind: done.kind,
        value: done.value.as_str().into(),
        old: done.old.as_str().into(),
        result: match (done.answered, &done.result, done.kind) {
            (None, _, _) | (_, None, Meaning::Add) => None,
            (_, result, _) => Some(result.as_deref().unwrap_or("").into()),
        },
    };
    let actions = events.into_iter().map(|(_, asks, index)| {
        let step = texts(history[index]);
        let action = if asks {
            Action::Call(step)
        } else {
            Action::Response(step)
        };
        // Operations, not clients, so that one may be open at the end while its client goes on.
        (index, action)
    });
    LEFT.set(steps);
    let linearizable =
        WGLChecker::<Register>::is_linearizable(History::from_actions(actions.collect()));
    match (linearizable, LEFT.get()) {
        (true, _) => Verdict::Linearizable,
        (false, 0) => Verdict::Undecided,
        (false, _) => Verdict::Not,
    }
}

/// What of a history that is not linearizable is enough to see it: it ends with the first answer that no
/// order explains, and reads that do not matter are left out.
pub fn reduce<'h>(history: &[&'h Done], steps: u64) -> Vec<&'h Done> {
    let mut ends: Vec<u64> = history.iter().filter_map(|done| done.answered).collect();
    ends.sort_unstable();
    let until = |end: u64| -> Vec<Done> {
        let asked = history.iter().filter(|done| done.asked <= end);
        let cut = asked.map(|done| match done.answered {
            Some(at) if at > end => Done {
                answered: None,
                result: None,
                ..(*done).clone()
            },
            _ => (*done).clone(),
        });
        cut.collect()
    };
    let fails = |of: &[Done]| judge(&of.iter().collect::<Vec<_>>(), steps) == Verdict::Not;
    let first = ends.partition_point(|end| !fails(&until(*end)));
    let end = ends.get(first).copied().unwrap_or(u64::MAX);
    let mut kept: Vec<&Done> = history
        .iter()
        .filter(|done| done.asked <= end)
        .copied()
        .collect();
    let mut index = 0;
    while index < kept.len() {
        let done = kept[index];
        if done.kind == Meaning::Read && done.answered != Some(end) {
            let rest: Vec<Done> = until(end)
                .into_iter()
                .filter(|other| {
                    kept.iter().enumerate().any(|(at, of)| {
                        at != index && of.client == other.client && of.seq == other.seq
                    })
                })
                .collect();
            if fails(&rest) {
                kept.remove(index);
                continue;
            }
        }
        index += 1;
    }
    kept
}

/// Columns of a picture, and the most operations in it.
const COLUMNS: usize = 60;
const MOST_ROWS: usize = 16;

/// A picture: a line for each operation, from when it was asked to when it was answered.
pub fn picture(history: &[&Done]) -> String {
    let mut all: Vec<&Done> = history.to_vec();
    let end = |done: &&Done| done.answered.unwrap_or(u64::MAX);
    all.sort_by_key(end);
    let left_out = all.len().saturating_sub(MOST_ROWS);
    let mut shown = all.split_off(left_out);
    shown.sort_by_key(|done| done.asked);
    let from = shown.iter().map(|done| done.asked).min().unwrap_or(0);
    let to = shown
        .iter()
        .filter_map(|done| done.answered)
        .max()
        .unwrap_or(from + 1);
    let column = |time: u64| {
        ((time - from) as u128 * (COLUMNS as u128 - 1) / (to - from).max(1) as u128) as usize
    };
    let mut out = String::new();
    if left_out > 0 {
        let s = if left_out == 1 { "" } else { "s" };
        let _ = writeln!(out, "  ({left_out} operation{s} before these)");
    }
    for done in &shown {
        let start = column(done.asked.min(to));
        let stop = done.answered.map_or(COLUMNS - 1, |at| column(at.min(to)));
        let bar: String = (0..COLUMNS)
            .map(|at| match at {
                _ if at == start => '[',
                _ if at == stop && done.answered.is_some() => ']',
                _ if at > start && at <= stop => '-',
                _ => ' ',
            })
            .collect();
        let _ = writeln!(
            out,
            "  client {:<3} |{bar}| {}: {}",
            done.client + 1,
            done.text(),
            done.told()
        );
    }
    let _ = writeln!(
        out,
        "  from {:.6} s to {:.6} s",
        from as f64 / 1e6,
        to as f64 / 1e6
    );
    if let Some(last) = shown
        .iter()
        .filter(|done| done.answered.is_some())
        .max_by_key(|done| done.answered)
    {
        let _ = writeln!(
            out,
            "  No order of these operations explains that client {} was told: {} ({}).",
            last.client + 1,
            last.told(),
            last.text()
        );
    }
    out
}
