//! The *order* of the steps of a call: what would lead back to an earlier step is cut, so that every call ends.

use super::{Edge, Node};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Entered,
    Left,
}

/// The indices of the edges that lead back to a step on the way to them. Nodes are visited without recursion, since a chain
/// of forwards may be long.
pub(super) fn back_edges(nodes: &[Node], edges: &[Edge]) -> Vec<usize> {
    let mut leaving = vec![Vec::new(); nodes.len()];
    for (index, edge) in edges.iter().enumerate() {
        leaving[edge.from].push(index);
    }
    let mut marks = vec![Mark::New; nodes.len()];
    let mut back = Vec::new();
    for start in 0..nodes.len() {
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::Entered;
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let Some(edge) = leaving[*node].get(*next).copied() else {
                marks[*node] = Mark::Left;
                stack.pop();
                continue;
            };
            *next += 1;
            let to = edges[edge].to;
            match marks[to] {
                Mark::New => {
                    marks[to] = Mark::Entered;
                    stack.push((to, 0));
                }
                Mark::Entered => back.push(edge),
                Mark::Left => {}
            }
        }
    }
    back
}
