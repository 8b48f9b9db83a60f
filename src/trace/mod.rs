//! A *trace* follows a call through what is declared: numbers, schedules, menus, queues, groups, forwarding, answering
//! rules, phones and voicemail, to who rings or why nobody does.
//!
//! It is a graph without cycles, whose nodes are steps and whose leaves are ends. Where a call could come back to an
//! earlier step, it ends with [`End::Circle`].
//!
//! What a portal does between the declared steps is assumed: the first answering rule that applies decides, else
//! forwarding, else `dnd`, else the phones ring, and a call that nobody takes goes to voicemail. Queues and ring groups
//! ring the phones of their users, and nothing else of them.

mod build;
mod moment;
mod order;
mod steps;
mod tree;

pub use moment::Moment;
pub use tree::{Line, tree, verdict};

use crate::model::{Address, Kind, State};
use build::Builder;
use schemars::JsonSchema;
use serde::Serialize;

/// A call, as a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Call {
    /// Whether somebody or a voicemail may answer.
    pub answered: bool,
    /// The steps. The first one is what was called.
    pub nodes: Vec<Node>,
    /// What leads from step to step, in the order in which it is tried.
    pub edges: Vec<Edge>,
}

/// A step of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Node {
    /// What it is.
    pub kind: StepKind,
    /// The step in words: `extensions/2000 Sales`, `voicemail of users/ann`.
    pub label: String,
    /// The resource whose step it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// How the call ends here; nothing if it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// Whether somebody or a voicemail may answer: here, further on, or where a circle leads back to.
    pub answered: bool,
    /// Where it is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The path of the declared field.
    #[serde(skip)]
    pub field: String,
}

/// What leads from one step to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Edge {
    /// The index of the step before.
    pub from: usize,
    /// The index of the step after.
    pub to: usize,
    /// When it is taken: `key 1`, `nobody answers`, `night: Mon-Fri 18:00-08:00`; empty if always.
    pub label: String,
}

/// Where something is declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// An external number of the account.
    Number,
    /// A user.
    User,
    /// An answering rule of a user.
    Rule,
    /// The phones of a user, or a phone in a common area.
    Phones,
    /// A queue.
    Queue,
    /// A menu.
    Menu,
    /// A ring group.
    RingGroup,
    /// A conference room.
    Conference,
    /// A fax box.
    Fax,
    /// A forward.
    Forward,
    /// A number outside of the account, or a code of the portal such as `*97`.
    External,
    /// An extension that the caller dials.
    Dialed,
    /// A voicemail.
    Voicemail,
    /// Nobody.
    Nobody,
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Phones ring.
    Rings,
    /// A voicemail answers.
    Voicemail,
    /// The caller joins a conference.
    Conference,
    /// A fax is received.
    Fax,
    /// A number outside of the account, or a code of the portal, is called.
    External,
    /// The caller dials an extension.
    Dialed,
    /// The user is inactive.
    Inactive,
    /// The user wants no calls.
    DoNotDisturb,
    /// The caller hears that the user is busy.
    Busy,
    /// There are no phones.
    NoPhones,
    /// Nobody takes the call, and there is no voicemail.
    NoVoicemail,
    /// Nobody is in the queue.
    NoAgents,
    /// Nobody is in the ring group.
    NoMembers,
    /// The menu leads nowhere.
    NoOptions,
    /// The number has no destination.
    Unassigned,
    /// The number is reserved.
    Reserved,
    /// The number was given up a short while ago.
    Cooling,
    /// Nothing is declared with this number or key.
    Unknown,
    /// The call comes back to an earlier step.
    Circle,
}

impl End {
    /// Whether somebody or something may answer.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(
            self,
            Self::Rings
                | Self::Voicemail
                | Self::Conference
                | Self::Fax
                | Self::External
                | Self::Dialed
        )
    }

    /// Why nobody answers; nothing if somebody does.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        Some(match self {
            Self::Rings
            | Self::Voicemail
            | Self::Conference
            | Self::Fax
            | Self::External
            | Self::Dialed => return None,
            Self::Inactive => "the user is inactive",
            Self::DoNotDisturb => "the user has `dnd`",
            Self::Busy => "the answering rule says busy",
            Self::NoPhones => "there are no phones",
            Self::NoVoicemail => "nobody takes the call, and there is no voicemail",
            Self::NoAgents => "nobody is in the queue",
            Self::NoMembers => "nobody is in the ring group",
            Self::NoOptions => "the menu leads nowhere",
            Self::Unassigned => "the number has no destination",
            Self::Reserved => "the number is reserved",
            Self::Cooling => "the number was given up",
            Self::Unknown => "nothing is declared with this number or key",
            Self::Circle => "the call goes in a circle",
        })
    }
}

/// Follows a call to a number, an extension or a user key: all branches of schedules, or those of a moment. What is called
/// may also be an address.
#[must_use]
pub fn walk(state: &State, called: &str, at: Option<&Moment>) -> Call {
    let mut builder = Builder::new(state, at);
    builder.called(called);
    builder.finish()
}

/// A resource to which calls are never answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadEnd {
    /// A number, or an extension that routes calls.
    pub address: Address,
    /// Why nobody answers, the first reason if there are several.
    pub end: End,
    /// The resource at which the call ends.
    pub at: Address,
    /// The field of that resource that says so; empty for the whole resource.
    pub field: String,
}

/// The numbers with a destination, the menus, queues, groups and forwards to which calls are never answered. Of several
/// that lead to each other only the last one is listed.
#[must_use]
pub fn dead_ends(state: &State) -> Vec<DeadEnd> {
    let mut builder = Builder::new(state, None);
    // What isn't declared is reported as such.
    builder.trusts_unknown = true;
    let numbers = state.of_kind(Kind::Numbers);
    let numbers = numbers.filter(|(_, number)| number.fields.text("destination").is_some());
    let extensions = state.of_kind(Kind::Extensions);
    for (address, _) in numbers.chain(extensions) {
        builder.resource(address);
    }
    let call = builder.finish();
    call.dead_ends()
}

impl Call {
    /// Sets the place of each step: `locate` finds a field of a resource.
    pub fn locate(&mut self, locate: &dyn Fn(&Address, &str) -> Option<Place>) {
        for node in &mut self.nodes {
            if let Some(address) = &node.address {
                node.place = locate(address, &node.field);
            }
        }
    }

    /// The edges that leave each step.
    #[must_use]
    pub fn leaving(&self) -> Vec<Vec<&Edge>> {
        let mut leaving = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            leaving[edge.from].push(edge);
        }
        leaving
    }

    fn dead_ends(&self) -> Vec<DeadEnd> {
        let leaving = self.leaving();
        let routes = |node: &Node| {
            matches!(
                node.kind,
                StepKind::Number
                    | StepKind::Queue
                    | StepKind::Menu
                    | StepKind::RingGroup
                    | StepKind::Forward
            )
        };
        let is_dead = |node: &Node| routes(node) && !node.answered;
        let nodes = self.nodes.iter().enumerate();
        let dead = nodes.filter(|(at, node)| {
            is_dead(node)
                && !leaving[*at]
                    .iter()
                    .any(|edge| is_dead(&self.nodes[edge.to]))
        });
        dead.filter_map(|(at, node)| {
            let (address, end) = (node.address.clone()?, self.first_end(at, &leaving)?);
            Some(DeadEnd {
                at: end.address.clone().unwrap_or_else(|| address.clone()),
                field: end.field.clone(),
                address,
                end: end.end?,
            })
        })
        .collect()
    }

    /// The first end that a step leads to.
    fn first_end(&self, mut at: usize, leaving: &[Vec<&Edge>]) -> Option<&Node> {
        // There are no cycles, so this ends.
        while self.nodes[at].end.is_none() {
            at = leaving[at].first()?.to;
        }
        Some(&self.nodes[at])
    }
}
