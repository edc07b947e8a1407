//! What must hold of a whole run: histories, acknowledged commands, agreement.

use crate::cluster::{AgreeOf, Cluster};
use crate::config::{Meaning, When};
use crate::history::{Done, Wrong};
use crate::linear::{self, Verdict};
use crate::world::World;
use pasc_vm::types::Type;
use pasc_vm::{Program, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

impl World<'_> {
    /// Looks at everything that is looked at in the end.
    pub(crate) fn finish(&mut self) {
        self.outcome.time = self.time;
        if self.outcome.violations.is_empty() {
            for member in 0..self.hosts.len() {
                self.look_at_invariants(member);
            }
            // What is still on its way when a run is cut may differ.
            self.look_at_agreement(if self.is_cut() {
                When::Always
            } else {
                When::End
            });
        }
        self.look_at_sizes();
        let unanswered = self
            .outcome
            .history
            .iter()
            .filter(|done| done.answered.is_none());
        if self.outcome.violations.is_empty()
            && self.outcome.undecided.is_none()
            && !self.is_over()
            && !self.is_cut()
            && unanswered.count() > 0
            && self.well.is_some()
        {
            self.violate(
                Wrong::Progress,
                "nothing more happens, and operations are not answered".to_owned(),
            );
        }
        let checks = &self.cluster.config.checks;
        if checks.kept {
            self.look_at_kept();
        }
        if checks.linearizable {
            self.look_at_histories();
        }
    }

    fn look_at_sizes(&mut self) {
        for member in 0..self.hosts.len() {
            let words = self.hosts[member].words();
            let kind = &self.cluster.kinds[self.cluster.members[member].kind];
            let most = self.outcome.words.entry(kind.name.clone()).or_default();
            *most = words.max(*most);
        }
        for ((_, name), sent) in self.cluster.messages.iter().zip(&self.sent) {
            if *sent > 0 {
                *self.outcome.sent.entry(name.clone()).or_default() += sent;
            }
        }
    }

    fn look_at_histories(&mut self) {
        let steps = self.cluster.config.checks.steps;
        let mut found = None;
        let mut undecided = None;
        for (key, history) in by_key(&self.outcome.history) {
            match linear::judge(&history, steps) {
                Verdict::Linearizable => {}
                Verdict::Undecided => {
                    undecided = Some(format!(
                        "the history of key {key} is not decided after {steps} steps"
                    ));
                }
                Verdict::Not => {
                    let picture = linear::picture(&linear::reduce(&history, steps));
                    found = Some(format!(
                        "the history of key {key} is not linearizable\n{picture}"
                    ));
                    break;
                }
            }
        }
        if let Some(text) = found {
            self.violate(Wrong::Linearizability, text);
        } else if self.outcome.undecided.is_none() {
            self.outcome.undecided = undecided;
        }
    }

    /// What was appended or added, and acknowledged, shows in what was read last.
    fn look_at_kept(&mut self) {
        let mut found = None;
        for (key, history) in by_key(&self.outcome.history) {
            let lost = lost(&history);
            self.outcome.lost += lost.0;
            if found.is_none()
                && let Some(text) = lost.1
            {
                found = Some(format!("key {key}: {text}"));
            }
        }
        if let Some(text) = found {
            self.violate(Wrong::Kept, text);
        }
    }

    /// Whether maps agree in all processes of a kind.
    pub(crate) fn look_at_agreement(&mut self, now: When) {
        let cluster = self.cluster;
        for agree in &cluster.agree {
            if agree.when == When::End && now != When::End {
                continue;
            }
            let mut known: BTreeMap<Value, (String, usize)> = BTreeMap::new();
            let mut differ = None;
            let of_kind = |member: &usize| cluster.members[*member].kind == agree.kind;
            for member in (0..self.hosts.len()).filter(of_kind) {
                if self.hosts[member].spoilt {
                    continue;
                }
                let Some(state) = self.hosts[member].state() else {
                    continue;
                };
                for (key, text) in cluster.agreeing(agree, &state) {
                    let first = known
                        .entry(key.clone())
                        .or_insert_with(|| (text.clone(), member));
                    if first.0 != text && differ.is_none() {
                        differ = Some((key.clone(), first.clone(), (text, member)));
                    }
                }
            }
            if let Some((key, one, other)) = differ {
                let key = key_text(cluster, agree, &key);
                let mut text = format!("`{}[{key}]` differs\n", agree.variable);
                for (value, member) in [one, other] {
                    // Writing to a String cannot fail.
                    let _ = writeln!(text, "   | {}: {value}", cluster.address(member));
                }
                self.violate(Wrong::Agreement, text);
                return;
            }
        }
    }
}

fn key_text(cluster: &Cluster, agree: &AgreeOf, key: &Value) -> String {
    let program = &cluster.kinds[agree.kind].program;
    let field = program.types.fields(program.state_record).get(agree.place);
    match field.and_then(|field| program.types.get(field.ty)) {
        Some(Type::Map { key: ty, .. }) => key.display(&program.types, *ty),
        _ => String::new(),
    }
}

/// Operations by key.
pub fn by_key(history: &[Done]) -> BTreeMap<u32, Vec<&Done>> {
    let mut keys: BTreeMap<u32, Vec<&Done>> = BTreeMap::new();
    for done in history.iter().filter(|done| done.kind != Meaning::Other) {
        keys.entry(done.key).or_default().push(done);
    }
    keys
}

/// How many acknowledged appends or additions the last read of a key does not show, or shows twice; and a
/// sentence about the first.
pub fn lost(history: &[&Done]) -> (u64, Option<String>) {
    let reads = history
        .iter()
        .filter(|done| done.kind == Meaning::Read && done.answered.is_some());
    let Some(last) = reads.max_by_key(|done| (done.asked, done.answered)) else {
        return (0, None);
    };
    let before = |done: &&&Done| done.answered.is_some_and(|at| at < last.asked);
    let shown = last.result.as_deref().unwrap_or("");
    if history.iter().any(|done| done.kind == Meaning::Append) {
        let mut count = 0;
        let mut first = None;
        let values: Vec<&str> = shown.split(',').collect();
        for done in history.iter().filter(|done| done.kind == Meaning::Append) {
            let value = done.value.trim_end_matches(',');
            let times = values.iter().filter(|shown| **shown == value).count();
            let is_answered = before(&done);
            let wrong = match times {
                0 if is_answered => "is lost",
                0 | 1 => continue,
                _ => "stands twice",
            };
            count += 1;
            first.get_or_insert(format!(
                "what client {} appended, {value}, {wrong}",
                done.client + 1
            ));
        }
        return (count, first);
    }
    let adds = || history.iter().filter(|done| done.kind == Meaning::Add);
    if adds().next().is_some()
        && !history
            .iter()
            .any(|done| done.kind == Meaning::Write || done.kind == Meaning::Cas)
    {
        let number = |text: &str| text.parse::<i64>().unwrap_or(0);
        let least: i64 = adds().filter(before).map(|done| number(&done.value)).sum();
        let asked = adds().filter(|done| done.asked <= last.answered.unwrap_or(u64::MAX));
        let most: i64 = asked.map(|done| number(&done.value)).sum();
        let shown = number(shown);
        if shown < least || shown > most {
            let lost = least.saturating_sub(shown).max(1).unsigned_abs();
            return (
                lost,
                Some(format!(
                    "the sum is {shown}, and additions are acknowledged for {least}, of {most}"
                )),
            );
        }
    }
    (0, None)
}

/// The variables of a state, one a line.
pub fn state_lines(program: &Program, state: &Value) -> String {
    let Value::Record(values) = state else {
        return String::new();
    };
    let fields = program.types.fields(program.state_record);
    let lines = fields.iter().zip(values).map(|(field, value)| {
        let shown = value.display(&program.types, field.ty);
        format!("   | {} = {shown}\n", field.name)
    });
    lines.collect()
}
