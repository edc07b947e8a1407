//! Clients, and all names that a cluster's file refers to: found, or told of.

use super::{AgreeOf, ClientsOf, Cluster, InputOf, KindOf, LeaderOf, OperationOf, numbered};
use crate::config::Suspect;
use crate::model::stale::StaleOf;
use crate::template::{self, Path, Template};
use pasc_vm::types::Type;

impl Cluster {
    pub(super) fn add_clients(&mut self) -> Result<(), String> {
        let Some(written) = self.config.clients.clone() else {
            return Ok(());
        };
        if written.operation.is_empty() || written.count == 0 || written.keys == 0 {
            return Err("[clients]: there is no client, no operation, or no key".to_owned());
        }
        let mut targets = Vec::new();
        for number in 1..=written.count {
            let to: Vec<String> = written.to.iter().map(|to| numbered(to, number)).collect();
            targets.push(self.processes(&to)?);
        }
        let first = targets.first().and_then(|of| of.first());
        let kind = first.map(|first| self.members[*first].kind);
        let kind = kind.ok_or("[clients]: `to` names no process")?;
        let mut operations = Vec::new();
        for operation in &written.operation {
            let template =
                Template::new(&self.kinds[kind].program, &operation.send, &operation.body)?;
            operations.push(OperationOf {
                written: operation.clone(),
                template,
            });
        }
        let path = |text: &Option<String>| text.as_deref().map(Path::new);
        let reply = &written.reply;
        let result = path(&reply.result);
        let digest = path(&reply.digest).or_else(|| result.clone());
        let reply = (
            self.received(&reply.receive)?,
            path(&reply.seq),
            result,
            digest,
        );
        let redirect = match &written.redirect {
            Some(redirect) => Some((
                self.received(&redirect.receive)?,
                path(&redirect.seq),
                Path::new(&redirect.to),
            )),
            None => None,
        };
        let busy = match &written.busy {
            Some(busy) => Some((self.received(&busy.receive)?, path(&busy.seq))),
            None => None,
        };
        let suspect = match &written.suspect {
            Some(suspect) => Some(self.suspect(suspect)?),
            None => None,
        };
        let mut clients = ClientsOf {
            addresses: Vec::new(),
            nodes: Vec::new(),
            targets,
            kind,
            operations,
            reply,
            redirect,
            busy,
            suspect,
            written,
        };
        for number in 1..=clients.written.count {
            let address = numbered(&clients.written.address, number);
            let node = clients
                .written
                .on
                .as_ref()
                .map(|node| numbered(node, number));
            clients
                .nodes
                .push(self.node(node.as_deref().unwrap_or(&address)));
            self.list(&address, self.members.len() + clients.addresses.len())?;
            clients.addresses.push(address);
        }
        self.clients = Some(clients);
        Ok(())
    }

    fn suspect(&self, suspect: &Suspect) -> Result<(Template, usize, Vec<String>), String> {
        let has = |kind: &KindOf| template::message(&kind.program, &suspect.send).is_some();
        let kind = self.kinds.iter().position(has);
        let kind = kind.ok_or_else(|| format!("no program has a message `{}`", suspect.send))?;
        let template = Template::new(&self.kinds[kind].program, &suspect.send, &suspect.body)?;
        let mut to = Vec::new();
        for text in &suspect.to {
            match text.strip_prefix('@') {
                Some(name) => to.extend(self.addresses(name, 0)?),
                None => to.push(text.clone()),
            }
        }
        Ok((template, kind, to))
    }

    /// A kind of processes, and the place of a variable of theirs.
    fn place_of(&self, process: &str, variable: &str) -> Result<(usize, usize), String> {
        let kind = self.kind(process)?;
        let program = &self.kinds[kind].program;
        let fields = program.types.fields(program.state_record);
        let place = fields.iter().position(|field| field.name == variable);
        let place = place.ok_or_else(|| format!("`{process}` has no variable `{variable}`"))?;
        Ok((kind, place))
    }

    pub(super) fn find_names(&mut self) -> Result<(), String> {
        if let Some(leader) = &self.config.leader {
            self.leader = Some(LeaderOf {
                message: self.received(&leader.message)?,
                term: leader.term.as_deref().map(Path::new),
            });
        }
        for agree in self.config.checks.agree.clone() {
            let (kind, place) = self.place_of(&agree.process, &agree.variable)?;
            self.agree.push(AgreeOf {
                kind,
                place,
                part: Path::new(agree.part.as_deref().unwrap_or("")),
                variable: agree.variable,
                when: agree.when,
            });
        }
        for agree in self.config.checks.agree_messages.clone() {
            let message = self.received(&agree.message)?;
            self.agree_messages.push((message, Path::new(&agree.key)));
        }
        for name in self.config.model.eager.clone() {
            self.eager.push(self.received(&name)?);
        }
        for within in &self.config.model.within {
            self.place_of(&within.process, &within.variable)?;
        }
        for stale in self.config.model.stale.clone() {
            let (kind, place) = self.place_of(&stale.process, &stale.below)?;
            let program = &self.kinds[kind].program;
            let variable = program.types.fields(program.state_record).get(place);
            let ty = variable.and_then(|variable| program.types.get(variable.ty));
            if !matches!(ty, Some(Type::Int)) {
                let (process, below) = (&stale.process, &stale.below);
                return Err(format!("`{below}` of `{process}` is no integer"));
            }
            let message = self.received(&stale.message)?;
            if !message.has_int(&self.kinds[message.kind].program.types, &stale.field) {
                let (message, field) = (&stale.message, &stale.field);
                return Err(format!("`{message}` has no integer `{field}`"));
            }
            self.stale.push(StaleOf {
                kind,
                message,
                field: Path::new(&stale.field),
                place,
                text: format!(
                    "that `{}` does nothing to `{}` if `{}` is below `{}`",
                    stale.message, stale.process, stale.field, stale.below
                ),
            });
        }
        if let Some(named) = &self.config.named {
            self.named = Some((self.received(&named.message)?, Path::new(&named.process)));
        }
        for kind in &self.kinds {
            let types = &kind.program.types;
            let messages = kind.program.messages.iter();
            self.messages.extend(messages.map(|message| {
                (
                    types.fingerprint(message.record),
                    types.name(message.record),
                )
            }));
        }
        self.messages.sort();
        self.messages.dedup();
        if self.config.faults.shapes.is_empty() {
            return Err("`faults.shapes` must name a shape".to_owned());
        }
        self.at_risk = match &self.config.faults.nodes {
            None => (0..self.served).collect(),
            Some(names) => {
                let find = |name: &String| self.nodes.iter().position(|node| node == name);
                let found = names
                    .iter()
                    .map(|name| find(name).ok_or_else(|| format!("there is no node `{name}`")));
                found.collect::<Result<_, _>>()?
            }
        };
        for name in self
            .config
            .faults
            .asc_in
            .iter()
            .flatten()
            .chain(&self.config.faults.corrupt_in)
        {
            self.kind(name)?;
        }
        for name in self.config.clocks.rate.keys() {
            if !self.nodes.contains(name) {
                return Err(format!("[clocks]: there is no node `{name}`"));
            }
        }
        self.find_inputs()
    }

    fn find_inputs(&mut self) -> Result<(), String> {
        for (number, input) in (1..).zip(self.config.model.inputs.clone()) {
            let to = self.processes(std::slice::from_ref(&input.to))?;
            for to in to {
                let program = &self.kinds[self.members[to].kind].program;
                let template = Template::new(program, &input.send, &input.body)?;
                let body = template.fill(&program.types, &|_| None)?;
                let address = &self.members[to].address;
                let frame = template.frame(&body, number, &input.from, address)?;
                self.inputs.push(InputOf {
                    from: input.from.clone(),
                    frame,
                });
            }
        }
        Ok(())
    }

    /// Whether somebody asks.
    pub fn has_clients(&self) -> bool {
        self.clients.is_some()
    }
}
