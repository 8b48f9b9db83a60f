//! An *entry* is an item of a list: a number or a name that a callflow looks up.

use super::{
    answer::{Outcome, Reply},
    ask::Ask,
    document::Doc,
    world::World,
};
use serde_json::{Value, json};

/// The row of an entry in a list.
fn row(doc: Doc<'_>) -> Value {
    let mut value = json!({});
    for name in ["number", "pattern"] {
        if let Some(text) = doc.fields.get(name) {
            value[name] = text.clone();
        }
    }
    json!({"id": doc.id, "key": doc.fields["list_id"], "value": value})
}

impl World {
    pub(super) fn entries(
        &mut self,
        ask: &Ask,
        account: &str,
        list: &str,
        rest: &[&str],
    ) -> Outcome {
        self.find(account, "lists", list)?;
        let is_mine = |doc: Doc<'_>| doc.text("list_id") == Some(list);
        match (ask.method.as_str(), rest) {
            ("GET", []) => self.page(ask, account, "entries", row, is_mine),
            ("PUT", []) => {
                let mut data = ask.data();
                data.insert("list_id".into(), list.into());
                self.create(ask, account, "entries", data)
            }
            (verb, [id]) => {
                if !is_mine(self.find(account, "entries", id)?) {
                    return Err(Reply::no_object(id));
                }
                match verb {
                    "GET" => self.show(ask, account, "entries", id),
                    "POST" | "PATCH" => self.change(ask, account, "entries", id),
                    "DELETE" => self.delete(ask, account, "entries", id),
                    _ => Err(Reply::no_verb()),
                }
            }
            (_, []) => Err(Reply::no_verb()),
            _ => Err(Reply::nowhere()),
        }
    }
}
