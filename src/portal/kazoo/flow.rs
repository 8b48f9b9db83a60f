//! A *flow* is what happens to a call: a tree of nodes, each with a module, its data, and a child for
//! each way on.
//!
//! Where a call can go is a node by itself: `user` rings a person, `callflow` goes on to a number of the
//! account, and `resources` leaves it. So each spelling of a destination is a node of its own, and comes
//! back as it was written: `alice`, `1001`, `+14155550100`.

use super::doc::Doc;
use crate::model::text::{E164, ExtensionKey};
use serde_json::{Map, Value, json};

/// The way on where no other fits.
pub(super) const ELSE: &str = "_";

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

    /// A field of its data.
    pub(super) fn data(self, name: &str) -> Option<&'d Value> {
        self.json.get("data")?.get(name)
    }

    /// The id in its data.
    pub(super) fn id(self) -> Option<&'d str> {
        let own = self.data("id").and_then(Value::as_str);
        own.or_else(|| self.data("faxbox_id").and_then(Value::as_str))
    }

    /// Where it leads one way.
    pub(super) fn child(self, way: &str) -> Option<Self> {
        Self::of(self.json.get("children")?.get(way)?)
    }

    /// The ways on.
    pub(super) fn ways(self) -> impl Iterator<Item = (&'d str, Self)> {
        let children = self.json.get("children").and_then(Value::as_object);
        let children = children.into_iter().flatten();
        children.filter_map(|(way, json)| Some((&**way, Self::of(json)?)))
    }

    /// Every text of its data that may be an id: each module has its own word for whom it means, such as
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

/// The first node of a callflow.
pub(super) fn root(callflow: &Doc) -> Option<Node<'_>> {
    Node::of(callflow.get("flow")?)
}

/// Every node of a callflow, parents first, and children in their order.
pub(super) fn nodes(callflow: &Doc) -> impl Iterator<Item = Node<'_>> {
    let mut open: Vec<Node<'_>> = root(callflow).into_iter().collect();
    std::iter::from_fn(move || {
        let node = open.pop()?;
        let below = open.len();
        open.extend(node.ways().map(|(_, child)| child));
        open[below..].reverse();
        Some(node)
    })
}

/// A node to be sent.
pub(super) fn node(module: &str, data: &Value) -> Value {
    json!({"module": module, "data": data, "children": {}})
}

/// Who knows ids by keys, and keys by ids.
pub(super) trait Names {
    /// The user who has this id, by the username.
    fn user(&self, id: &str) -> Option<&str>;
    /// The number of the callflow that has this id.
    fn number(&self, id: &str) -> Option<&str>;
    /// The id of the user with this username.
    fn user_id(&self, name: &str) -> Option<&str>;
    /// The id of the callflow with this number.
    fn callflow_id(&self, number: &str) -> Option<&str>;
}

/// Where a node leads, as a destination is written; nothing where that can't be said.
pub(super) fn destination<'n>(node: Node<'n>, names: &'n dyn Names) -> Option<&'n str> {
    match node.module {
        "user" => names.user(node.id()?),
        "callflow" => names.number(node.id()?),
        "resources" | "offnet" => {
            let number = node.data("to_did").and_then(Value::as_str)?;
            E164::FORMAT.accepts(number).then_some(number)
        }
        _ => None,
    }
}

/// The node that leads to a destination.
///
/// # Errors
/// What is wrong with the destination: nobody has that name or number.
pub(super) fn toward(destination: &str, names: &dyn Names) -> Result<Value, String> {
    if E164::FORMAT.accepts(destination) {
        return Ok(node("resources", &json!({"to_did": destination})));
    }
    if let Some(id) = names.callflow_id(destination) {
        return Ok(node("callflow", &json!({"id": id})));
    }
    if let Some(id) = names.user_id(destination) {
        return Ok(node("user", &json!({"id": id})));
    }
    let is_number = ExtensionKey::FORMAT.accepts(destination) || destination.starts_with('*');
    Err(if is_number {
        format!("no callflow has the number {destination} yet; apply again once it has")
    } else {
        format!("there is no user {destination}")
    })
}

#[cfg(test)]
mod tests {
    use super::{Names, Node, destination, nodes, toward};
    use serde_json::json;

    struct Two;

    impl Names for Two {
        fn user(&self, id: &str) -> Option<&str> {
            (id == "u").then_some("alice")
        }
        fn number(&self, id: &str) -> Option<&str> {
            (id == "c").then_some("1001")
        }
        fn user_id(&self, name: &str) -> Option<&str> {
            (name == "alice").then_some("u")
        }
        fn callflow_id(&self, number: &str) -> Option<&str> {
            (number == "1001").then_some("c")
        }
    }

    #[test]
    fn a_destination_comes_back_as_it_was_written() {
        for written in ["alice", "1001", "+14155550100"] {
            let node = toward(written, &Two).unwrap();
            let read = destination(Node::of(&node).unwrap(), &Two);
            assert_eq!(read, Some(written));
        }
        assert!(toward("bob", &Two).unwrap_err().contains("no user bob"));
        assert!(toward("2000", &Two).unwrap_err().contains("number 2000"));
    }

    #[test]
    fn every_node_of_a_tree_is_seen() {
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
