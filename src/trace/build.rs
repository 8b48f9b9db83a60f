//! *Building* a trace: each step becomes one node, whatever leads to it, and leads to the next ones.

use super::{Call, Edge, End, Moment, Node, StepKind, order};
use crate::model::{Address, Fields, Kind, State};
use std::collections::BTreeMap;

/// What makes a step one node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A number, a user, or an extension.
    Resource(Address),
    /// An answering rule of a user, by its index.
    Rule(Address, usize),
    /// The phones of a user.
    Phones(Address),
    /// The voicemail of a user.
    Voicemail(Address),
    /// A number outside of the account, or a code of the portal.
    External(String),
    /// Whatever extension the callers of a menu dial.
    Dialed(Address),
    /// Nobody, for a reason.
    Nobody(Address, End),
    /// Something that isn't declared.
    Unknown(String),
}

/// A trace that is being built.
pub(super) struct Builder<'s> {
    pub(super) state: &'s State,
    pub(super) at: Option<&'s Moment>,
    /// Whether what isn't declared counts as somebody who answers.
    pub(super) trusts_unknown: bool,
    /// The users by their extensions.
    people: BTreeMap<&'s str, &'s Address>,
    known: BTreeMap<Step, usize>,
    /// The steps whose next ones aren't known yet.
    open: Vec<(usize, Step)>,
    call: Call,
}

impl<'s> Builder<'s> {
    pub(super) fn new(state: &'s State, at: Option<&'s Moment>) -> Self {
        let people = state.of_kind(Kind::Users);
        let people =
            people.filter_map(|(address, user)| Some((user.fields.text("extension")?, address)));
        Self {
            state,
            at,
            trusts_unknown: false,
            people: people.collect(),
            known: BTreeMap::new(),
            open: Vec::new(),
            call: Call::default(),
        }
    }

    /// Adds what is called, as somebody would write it, or by its address.
    pub(super) fn called(&mut self, text: &str) {
        match text.parse::<Address>() {
            Ok(address) if self.state.get(&address).is_some() => {
                self.resource(&address);
            }
            _ if text.starts_with('+') => {
                let address = Address::new(Kind::Numbers, text);
                match self.state.get(&address) {
                    Some(_) => self.resource(&address),
                    None => self.node(Step::Unknown(text.to_owned())),
                };
            }
            _ => {
                self.destination(text);
            }
        }
    }

    /// The node of a resource.
    pub(super) fn resource(&mut self, address: &Address) -> usize {
        self.node(Step::Resource(address.clone()))
    }

    /// The node of a destination: a user's key, an extension, or an external number.
    pub(super) fn destination(&mut self, text: &str) -> usize {
        let of = |kind| Address::new(kind, text);
        let (user, extension, number) = (of(Kind::Users), of(Kind::Extensions), of(Kind::Numbers));
        let is_declared = |address: &Address| self.state.get(address).is_some();
        let step = if is_declared(&user) {
            Step::Resource(user)
        } else if let Some(user) = self.people.get(text) {
            Step::Resource((*user).clone())
        } else if is_declared(&extension) {
            Step::Resource(extension)
        } else if is_declared(&number) {
            Step::Resource(number)
        } else if text.starts_with(['+', '*']) {
            Step::External(text.to_owned())
        } else {
            Step::Unknown(text.to_owned())
        };
        self.node(step)
    }

    /// The address of a user, by key or extension.
    pub(super) fn user_at(&self, text: &str) -> Option<Address> {
        let user = Address::new(Kind::Users, text);
        match self.state.get(&user) {
            Some(_) => Some(user),
            None => self.people.get(text).map(|user| (*user).clone()),
        }
    }

    /// The fields of a resource.
    pub(super) fn fields(&self, address: &Address) -> Option<&'s Fields> {
        self.state.get(address).map(|resource| &resource.fields)
    }

    /// The node of a step, created where there is none.
    pub(super) fn node(&mut self, step: Step) -> usize {
        if let Some(known) = self.known.get(&step) {
            return *known;
        }
        let node = self.described(&step);
        let index = self.call.nodes.len();
        if node.end.is_none() {
            self.open.push((index, step.clone()));
        }
        self.call.nodes.push(node);
        self.known.insert(step, index);
        index
    }

    /// Nobody, for a reason, at a field of a resource.
    pub(super) fn nobody(&mut self, address: &Address, end: End, field: &str) -> usize {
        let node = self.node(Step::Nobody(address.clone(), end));
        field.clone_into(&mut self.call.nodes[node].field);
        node
    }

    /// Leads from one step to another.
    pub(super) fn edge(&mut self, from: usize, to: usize, label: impl Into<String>) {
        let label = label.into();
        self.call.edges.push(Edge { from, to, label });
    }

    /// The trace, with every step followed to its ends.
    pub(super) fn finish(mut self) -> Call {
        while let Some((index, step)) = self.open.pop() {
            self.follow(index, &step);
        }
        self.answer();
        for edge in order::back_edges(&self.call.nodes, &self.call.edges) {
            let from = self.call.edges[edge].from;
            if let Some(owner) = self.call.nodes[from].address.clone() {
                self.call.edges[edge].to = self.node(Step::Nobody(owner, End::Circle));
            }
        }
        let mut call = self.call;
        call.answered = call.nodes.first().is_some_and(|called| called.answered);
        call
    }

    /// Marks the steps from which an answer can be reached, from each answer backwards.
    fn answer(&mut self) {
        let trusts_unknown = self.trusts_unknown;
        let is_answer = |end: End| end.is_answer() || trusts_unknown && end == End::Unknown;
        let Call { nodes, edges, .. } = &mut self.call;
        let mut entering = vec![Vec::new(); nodes.len()];
        for edge in edges {
            entering[edge.to].push(edge.from);
        }
        let answers = (0..nodes.len()).filter(|at| nodes[*at].end.is_some_and(is_answer));
        let mut open: Vec<usize> = answers.collect();
        for at in &open {
            nodes[*at].answered = true;
        }
        while let Some(at) = open.pop() {
            for before in &entering[at] {
                if !std::mem::replace(&mut nodes[*before].answered, true) {
                    open.push(*before);
                }
            }
        }
    }

    /// A step in words.
    fn described(&self, step: &Step) -> Node {
        let node = |kind, label: String, address: Option<&Address>, end| Node {
            kind,
            label,
            address: address.cloned(),
            end,
            answered: false,
            place: None,
            field: String::new(),
        };
        match step {
            Step::Resource(address) => {
                let (kind, end) = self.kind_of(address);
                node(kind, self.named(address), Some(address), end)
            }
            Step::Rule(address, index) => Node {
                field: format!("answering_rules[{index}]"),
                ..node(
                    StepKind::Rule,
                    format!(
                        "answering rule {} of {address}",
                        self.rule_name(address, *index)
                    ),
                    Some(address),
                    None,
                )
            },
            Step::Phones(address) => Node {
                field: "phones".to_owned(),
                ..node(
                    StepKind::Phones,
                    format!("phones of {}", self.named(address)),
                    Some(address),
                    Some(End::Rings),
                )
            },
            Step::Voicemail(address) => Node {
                field: "voicemail".to_owned(),
                ..node(
                    StepKind::Voicemail,
                    format!("voicemail of {}", self.named(address)),
                    Some(address),
                    Some(End::Voicemail),
                )
            },
            Step::External(text) => {
                let what = match text.starts_with('*') {
                    true => "a code of the portal",
                    false => "outside",
                };
                let end = Some(End::External);
                node(StepKind::External, format!("{text}, {what}"), None, end)
            }
            Step::Dialed(address) => Node {
                field: "direct_dial".to_owned(),
                ..node(
                    StepKind::Dialed,
                    "an extension that the caller dials".to_owned(),
                    Some(address),
                    Some(End::Dialed),
                )
            },
            Step::Nobody(address, end) => {
                let reason = end.reason().unwrap_or_default();
                let label = format!("nobody: {reason}");
                node(StepKind::Nobody, label, Some(address), Some(*end))
            }
            Step::Unknown(text) => {
                let reason = End::Unknown.reason().unwrap_or_default();
                let label = format!("nobody: {text}: {reason}");
                node(StepKind::Nobody, label, None, Some(End::Unknown))
            }
        }
    }

    /// A resource by its address and name.
    fn named(&self, address: &Address) -> String {
        let text = |name| self.fields(address).and_then(|fields| fields.text(name));
        let name = match address.kind {
            Kind::Users => [text("first_name"), text("last_name")]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
            _ => text("name")
                .or(text("title"))
                .unwrap_or_default()
                .to_owned(),
        };
        format!("{address} {name}").trim_end().to_owned()
    }

    /// What a resource is as a step, and whether the call ends there.
    fn kind_of(&self, address: &Address) -> (StepKind, Option<End>) {
        match address.kind {
            Kind::Numbers => (StepKind::Number, None),
            Kind::Extensions => {
                let fields = self.fields(address);
                match fields.and_then(|fields| fields.text("kind")) {
                    Some("call_queue") => (StepKind::Queue, None),
                    Some("auto_attendant") => (StepKind::Menu, None),
                    Some("ring_group") => (StepKind::RingGroup, None),
                    Some("forward") => (StepKind::Forward, None),
                    Some("conference") => (StepKind::Conference, Some(End::Conference)),
                    Some("fax") => (StepKind::Fax, Some(End::Fax)),
                    Some("phone") => match fields.and_then(|fields| fields.get("phones")) {
                        Some(phones) if !phones.elements().is_empty() => {
                            (StepKind::Phones, Some(End::Rings))
                        }
                        _ => (StepKind::Phones, None),
                    },
                    _ => (StepKind::Nobody, Some(End::Unknown)),
                }
            }
            Kind::Users => (StepKind::User, None),
            // Nobody calls anything else.
            _ => (StepKind::Nobody, Some(End::Unknown)),
        }
    }
}
