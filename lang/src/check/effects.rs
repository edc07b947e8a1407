//! What functions may do, and whether they are called where that may be done.

use super::{Checker, Region};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::typed::*;

impl Checker<'_> {
    /// Notes that a timer is set or cancelled.
    pub(super) fn note_timer(&mut self, timer: pasc_vm::program::TimerId) {
        // The variables of timers follow those of the program.
        let variable = StateId(self.names.state.len() + timer.0 as usize);
        let effects = &mut self.scope.effects;
        effects.acts = true;
        effects.sends = true;
        effects.writes.insert(variable);
    }

    /// What each function may do includes what those do that it calls. Effects only grow, so this
    /// ends.
    pub(super) fn settle_effects(&self, functions: &mut [Function]) {
        loop {
            let mut changed = false;
            for call in &self.functions.calls {
                let Some(caller) = call.caller else { continue };
                let callee = functions[call.callee.0].effects.clone();
                let effects = &mut functions[caller.0].effects;
                let before = effects.clone();
                effects.add(&callee);
                changed |= *effects != before;
            }
            if !changed {
                return;
            }
        }
    }

    /// Whether every call does only what may be done at its place.
    pub(super) fn judge_calls(&mut self, functions: &[Function]) -> bool {
        let mut good = true;
        for call in std::mem::take(&mut self.functions.calls) {
            let effects = &functions[call.callee.0].effects;
            let name = &functions[call.callee.0].name;
            let (span, region) = (call.span, call.region);
            let place = match region {
                Region::Guard => "a guard",
                Region::Observer => "an invariant or test",
                _ => "an initial value",
            };
            let looks = matches!(
                region,
                Region::Guard | Region::Observer | Region::Initial | Region::Constant
            );
            let sees_time = !matches!(region, Region::Observer | Region::Initial);
            let has_sender = matches!(region, Region::Handler | Region::Guard | Region::Procedure);
            let twice = call.changed.iter().find(
                |(root, _)| matches!(root, Root::State(state) if effects.writes.contains(state)),
            );
            let diagnostic = if looks && (effects.acts || effects.sends) {
                let message = format!("{place} only looks, and `{name}` has effects");
                Diagnostic::new(&codes::NO_EFFECTS, span, message)
            } else if effects.sender && !has_sender {
                let message = format!("`{name}` asks for the sender, and there is none here");
                Diagnostic::new(&codes::NO_SENDER, span, message)
            } else if effects.time && !sees_time {
                let message = format!("`{name}` asks for the time, and there is none here");
                Diagnostic::new(&codes::NO_TIME, span, message)
            } else if effects.reads && region == Region::Initial {
                let message = format!("`{name}` looks at the state, which has no value yet");
                Diagnostic::new(&codes::STATE_TOO_EARLY, span, message)
            } else if let Some((_, span)) = twice {
                let message = format!("`{name}` also changes this by itself");
                Diagnostic::new(&codes::CHANGED_TWICE, *span, message)
                    .hint("give it a copy in a `var`, or let it change the state alone")
            } else {
                continue;
            };
            self.report(diagnostic);
            good = false;
        }
        good
    }
}
