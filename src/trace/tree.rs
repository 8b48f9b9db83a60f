//! The *tree* of a trace: its steps as lines, in which each step is followed once, with the place of each.

use super::{Call, Edge, End, Node};

/// The length of the longest indentation, in bytes.
const DEEPEST: usize = 150;

/// One line of a tree. Its text isn't escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The step, behind the branches that lead to it.
    pub text: String,
    /// Where it is declared, as a file and a line; empty if it isn't.
    pub place: String,
}

/// The steps of a call as a tree.
#[must_use]
pub fn tree(call: &Call) -> Vec<Line> {
    let leaving = call.leaving();
    let mut is_followed = vec![false; call.nodes.len()];
    let mut lines = Vec::new();
    // What is still to be written: a step, the edge to it, what stands before it, and before what follows it.
    let mut open: Vec<(usize, Option<&Edge>, String, String)> = Vec::new();
    if !call.nodes.is_empty() {
        open.push((0, None, String::new(), String::new()));
    }
    while let Some((at, edge, before, below)) = open.pop() {
        let node = &call.nodes[at];
        let label = edge.map_or("", |edge| &*edge.label);
        let label = match label {
            "" => String::new(),
            label => format!("{label}: "),
        };
        let seen = std::mem::replace(&mut is_followed[at], true) && node.end.is_none();
        let again = if seen { " (see above)" } else { "" };
        lines.push(Line {
            text: format!("{before}{label}{}{again}", node.label),
            place: place(node),
        });
        if seen {
            continue;
        }
        let last = leaving[at].len().saturating_sub(1);
        // What is deeper isn't indented further: a chain may be long.
        let is_deep = below.len() > DEEPEST;
        for (index, edge) in leaving[at].iter().enumerate().rev() {
            let (branch, rest) = if index == last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            open.push((
                edge.to,
                Some(edge),
                format!("{below}{branch}"),
                if is_deep {
                    below.clone()
                } else {
                    format!("{below}{rest}")
                },
            ));
        }
    }
    lines
}

fn place(node: &Node) -> String {
    let place = node.place.as_ref();
    place.map_or_else(String::new, |place| {
        format!("{}:{}", place.file, place.line)
    })
}

/// Who answers, or why nobody does. The text isn't escaped.
#[must_use]
pub fn verdict(call: &Call) -> String {
    const SHOWN: usize = 5;
    let chosen = |node: &&Node| match node.end {
        Some(end) => end.is_answer() == call.answered,
        None => false,
    };
    let ends = call.nodes.iter().filter(chosen);
    let mut ends: Vec<String> = ends.map(end).collect();
    let more = ends.len().saturating_sub(SHOWN);
    ends.truncate(SHOWN);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let verb = if call.answered {
        "may be answered by"
    } else {
        "nobody answers:"
    };
    format!("{verb} {}{more}", ends.join(", "))
}

/// An end in words.
fn end(node: &Node) -> String {
    let reason = node.end.and_then(End::reason);
    match (reason, &node.address) {
        (None, _) => node.label.clone(),
        (Some(reason), Some(address)) => format!("{reason} ({address})"),
        (Some(_), None) => node.label.trim_start_matches("nobody: ").to_owned(),
    }
}
