//! A *flow* is where calls to a number go, as a tree to draw: who rings, and what happens when nobody answers.

use crate::{
    model::{Address, Kind, Resource, State},
    trace::{self, Call, Edge, End},
    view::View,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The maximum number of steps that are drawn of one flow.
const MAX_STEPS: usize = 400;

/// The maximum number of steps in a row.
const MAX_DEPTH: usize = 40;

/// The maximum number of steps of all flows of a page.
const MAX_TOTAL: usize = 200_000;

/// A step of a flow.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// When it is taken; empty if always.
    #[serde(skip_serializing_if = "String::is_empty")]
    when: String,
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// How the call ends here.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<EndItem>,
    /// Whether it is drawn further up already, or too much to draw.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    then: Vec<Self>,
}

/// How a call ends.
#[derive(Debug, Serialize)]
struct EndItem {
    answered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

/// The flow of each number and extension, as the portal holds them, or else as they are declared. Past a limit the rest
/// has none.
pub(super) fn flows(view: &View<'_>) -> BTreeMap<String, Step> {
    let mut state = State::default();
    for kind in Kind::ALL {
        for (address, object) in view.of_kind(kind) {
            let resource = Resource {
                fields: object.fields().clone(),
                origin: object.declared.and_then(|one| one.origin.clone()),
                ..Resource::default()
            };
            state.resources.insert(address, resource);
        }
    }
    let mut flows = BTreeMap::new();
    let mut total = 0;
    let called = [Kind::Numbers, Kind::Extensions].into_iter();
    let called = called.flat_map(|kind| state.of_kind(kind));
    let called: Vec<&Address> = called.map(|(address, _)| address).collect();
    for address in called {
        let call = trace::walk(&state, &address.to_string(), None);
        total += call.nodes.len();
        if total > MAX_TOTAL {
            break;
        }
        if let Some(step) = drawn(&call) {
            flows.insert(address.to_string(), step);
        }
    }
    flows
}

fn drawn(call: &Call) -> Option<Step> {
    call.nodes.first()?;
    let mut drawing = Drawing {
        call,
        leaving: call.leaving(),
        seen: vec![false; call.nodes.len()],
        steps: 0,
    };
    Some(drawing.step(0, "", 0))
}

/// A flow while it is drawn.
struct Drawing<'c> {
    call: &'c Call,
    /// The edges from each step.
    leaving: Vec<Vec<&'c Edge>>,
    seen: Vec<bool>,
    steps: usize,
}

impl Drawing<'_> {
    fn step(&mut self, at: usize, when: &str, depth: usize) -> Step {
        let node = &self.call.nodes[at];
        let seen = std::mem::replace(&mut self.seen[at], true);
        self.steps += 1;
        let is_much = self.steps > MAX_STEPS || depth > MAX_DEPTH;
        let cut = node.end.is_none() && (seen || is_much);
        let edges = self.leaving[at].clone();
        let then = edges.into_iter().filter(|_| !cut);
        let then: Vec<(usize, &str)> = then.map(|edge| (edge.to, &*edge.label)).collect();
        Step {
            when: when.to_owned(),
            label: node.label.clone(),
            address: node.address.as_ref().map(ToString::to_string),
            end: node.end.map(|end| EndItem {
                answered: end.is_answer(),
                why: End::reason(end),
            }),
            cut,
            then: then
                .into_iter()
                .map(|(to, label)| self.step(to, label, depth + 1))
                .collect(),
        }
    }
}
