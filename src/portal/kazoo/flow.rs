//! A *flow* handles a call. It is a tree of nodes, each with a module, data, and children by branch.
//!
//! A destination is a node: `user` rings a user, `callflow` transfers to a number of the account, and
//! `resources` dials an external number. Each notation of a destination (`alice`, `1001`, `+14155550100`)
//! maps to a different node, so it is read back as it was written.

use super::{super::rest::Doc, account::Account};
use crate::model::text::{E164, ExtensionKey};
use serde_json::{Map, Value, json};

/// The branch that is taken if no other branch matches.
pub(super) const DEFAULT_BRANCH: &str = "_";

/// A node of a flow.
#[derive(Clone, Copy)]
pub(super) struct Node<'d> {
    pub(super) module: &'d str,
    json: &'d Map<String, Value>,
}

impl<'d> Node<'d> {
    pub(super) fn of(json: &'d Value) -> Option<Self> {
        let json = json.as_object()?;
        let module = json.get("module")?.as_str()?;
        Some(Self { module, json })
    }

    /// A field of the node's data.
    pub(super) fn data(self, name: &str) -> Option<&'d Value> {
        self.json.get("data")?.get(name)
    }

    /// The ID in the node's data.
    pub(super) fn id(self) -> Option<&'d str> {
        let own = self.data("id").and_then(Value::as_str);
        own.or_else(|| self.data("faxbox_id").and_then(Value::as_str))
    }

    /// The child of a branch.
    pub(super) fn child(self, branch: &str) -> Option<Self> {
        Self::of(self.json.get("children")?.get(branch)?)
    }

    /// The branches with their children.
    pub(super) fn branches(self) -> impl Iterator<Item = (&'d str, Self)> {
        let children = self.json.get("children").and_then(Value::as_object);
        let children = children.into_iter().flatten();
        children.filter_map(|(branch, json)| Some((&**branch, Self::of(json)?)))
    }

    /// Every text in the node's data, since any may be an ID: the field depends on the module, such as
    /// `id`, `owner_id`, `user_id`, `device_id` or a list of endpoints.
    pub(super) fn ids(self) -> Vec<&'d str> {
        let mut ids = Vec::new();
        let mut open: Vec<&'d Value> = self.json.get("data").into_iter().collect();
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => ids.push(text.as_str()),
                Value::Array(list) => open.extend(list),
                Value::Object(fields) => open.extend(fields.values()),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        ids
    }
}

/// The root node of a callflow.
pub(super) fn root(callflow: &Doc) -> Option<Node<'_>> {
    Node::of(callflow.get("flow")?)
}

/// All nodes of a callflow in depth-first order.
pub(super) fn nodes(callflow: &Doc) -> impl Iterator<Item = Node<'_>> {
    let mut open: Vec<Node<'_>> = root(callflow).into_iter().collect();
    std::iter::from_fn(move || {
        let node = open.pop()?;
        let first_child = open.len();
        open.extend(node.branches().map(|(_, child)| child));
        open[first_child..].reverse();
        Some(node)
    })
}

/// Creates a node without children.
pub(super) fn node(module: &str, data: &Value) -> Value {
    json!({"module": module, "data": data, "children": {}})
}

/// The destination of a node; `None` if the model can't express it.
pub(super) fn destination<'n>(node: Node<'n>, account: &'n Account) -> Option<&'n str> {
    match node.module {
        "user" => account.user(node.id()?),
        "callflow" => account.number(node.id()?),
        "resources" | "offnet" => {
            let number = node.data("to_did").and_then(Value::as_str)?;
            E164::FORMAT.accepts(number).then_some(number)
        }
        _ => None,
    }
}

/// Creates the node for a destination.
///
/// # Errors
/// No user has that name, or no callflow has that number.
pub(super) fn node_for(destination: &str, account: &Account) -> Result<Value, String> {
    if E164::FORMAT.accepts(destination) {
        return Ok(node("resources", &json!({"to_did": destination})));
    }
    if let Some(id) = account.callflow_id(destination) {
        return Ok(node("callflow", &json!({"id": id})));
    }
    if let Some(id) = account.user_id(destination) {
        return Ok(node("user", &json!({"id": id})));
    }
    let is_number = ExtensionKey::FORMAT.accepts(destination) || destination.starts_with('*');
    Err(if is_number {
        format!("no callflow has the number {destination} yet; apply again once it has")
    } else {
        format!("users/{destination} doesn't exist")
    })
}

#[cfg(test)]
mod tests {
    use super::{Account, Node, destination, node_for, nodes};
    use crate::portal::{kazoo::collection::Collection, rest::doc};
    use serde_json::json;

    #[test]
    fn a_destination_is_read_back_as_written() {
        let mut account = Account::default();
        let alice = doc::of(json!({"username": "alice"}));
        account.store_summary(Collection::Users, "u", alice);
        let callflow = doc::of(json!({"numbers": ["1001"]}));
        account.store_summary(Collection::Callflows, "c", callflow);
        for written in ["alice", "1001", "+14155550100"] {
            let node = node_for(written, &account).unwrap();
            let read = destination(Node::of(&node).unwrap(), &account);
            assert_eq!(read, Some(written));
        }
        assert!(
            node_for("bob", &account)
                .unwrap_err()
                .contains("users/bob doesn't exist")
        );
        assert!(
            node_for("2000", &account)
                .unwrap_err()
                .contains("number 2000")
        );
    }

    #[test]
    fn all_nodes_of_a_tree_are_visited() {
        let callflow = json!({"flow": {"module": "menu", "data": {"id": "m"}, "children": {
            "1": {"module": "ring_group", "data": {"endpoints": [{"id": "u"}, {"id": "d"}]}, "children": {
                "_": {"module": "voicemail", "data": {"id": "v"}}}},
            "2": {"module": "group_pickup", "data": {"user_id": "w", "x": [{"y": "z"}]}}}}});
        let mut ids: Vec<&str> = nodes(callflow.as_object().unwrap())
            .flat_map(Node::ids)
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, ["d", "m", "u", "v", "w", "z"]);
        let modules: Vec<&str> = nodes(callflow.as_object().unwrap())
            .map(|node| node.module)
            .collect();
        assert_eq!(modules, ["menu", "ring_group", "voicemail", "group_pickup"]);
    }
}
