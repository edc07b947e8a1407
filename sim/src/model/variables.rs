//! What the search takes from the variables of one process.

use super::{Network, order};
use pasc_vm::Value;

impl Network {
    /// What tells states apart: all variables but those of timers, whose numbers grow for ever.
    pub(super) fn variables(&self, kind: usize, state: &Value) -> Vec<Value> {
        let Value::Record(variables) = state else {
            return Vec::new();
        };
        let kept = variables.iter().enumerate();
        let kept = kept.filter(|(index, _)| self.is_told_apart(kind, *index));
        let kept: Vec<&Value> = kept.map(|(_, value)| value).collect();
        match self.cluster.config.model.ordered {
            true => kept.into_iter().cloned().collect(),
            false => kept.into_iter().map(order::sorted).collect(),
        }
    }

    fn is_told_apart(&self, kind: usize, variable: usize) -> bool {
        let mut timers = self.cluster.kinds[kind].program.timers.iter();
        !timers.any(|timer| timer.variable as usize == variable)
    }

    /// What [`Network::variables`] gave, for people.
    pub(super) fn label(&self, kind: usize, values: &[Value]) -> String {
        let program = &self.cluster.kinds[kind].program;
        let fields = program.types.fields(program.state_record).iter();
        let kept = fields.enumerate();
        let kept = kept.filter(|(index, _)| self.is_told_apart(kind, *index));
        let named = kept.map(|(_, field)| (field.name.as_str(), field.ty));
        crate::label::variables(&program.types, named.zip(values))
    }

    pub(super) fn is_beyond(&self, kind: usize, state: &Value) -> bool {
        let name = &self.cluster.kinds[kind].name;
        let program = &self.cluster.kinds[kind].program;
        let fields = program.types.fields(program.state_record);
        self.cluster
            .config
            .model
            .within
            .iter()
            .filter(|within| within.process == *name)
            .any(|within| {
                let place = fields
                    .iter()
                    .position(|field| field.name == within.variable);
                let value = place.and_then(|place| self.cluster.variable(kind, place, state));
                let size = match value {
                    Some((_, Value::Int(int))) => *int,
                    Some((_, Value::List(items) | Value::Set(items))) => items.len() as i64,
                    Some((_, Value::Map(entries))) => entries.len() as i64,
                    _ => 0,
                };
                size > within.most
            })
    }

    pub(super) fn agreeing(&self, kind: usize, state: &Value) -> Vec<(usize, Value, String)> {
        let checks = self.cluster.agree.iter().enumerate();
        let of_kind = checks.filter(|(_, agree)| agree.kind == kind);
        let entries = of_kind.flat_map(|(index, agree)| {
            let entries = self.cluster.agreeing(agree, state);
            entries
                .into_iter()
                .map(move |(key, text)| (index, key.clone(), text))
        });
        entries.collect()
    }
}
