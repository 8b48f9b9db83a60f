//! A *roster* is the agents of a queue. It is stored in the users: each has its queues.

use super::{
    answer::{Answered, Reply},
    ask::Ask,
    world::{self, World},
};
use serde_json::{Value, json};

impl World {
    /// The users of a queue.
    pub(super) fn roster_of(&self, account: &str, queue: &str) -> Vec<String> {
        let users = self.account(account).live("users");
        let users =
            users.filter(|(_, doc)| queues(doc.fields.get("queues")).any(|known| known == queue));
        users.map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn roster(&mut self, ask: &Ask, account: &str, queue: &str) -> Answered {
        self.account(account).find("queues", queue)?;
        let wanted: Vec<_> = match ask.method.as_str() {
            "GET" => {
                let roster = self.roster_of(account, queue);
                let count = roster.len();
                return Ok(Reply::ok(roster.into()).sized(count));
            }
            "POST" => queues(Some(ask.raw())).map(str::to_owned).collect(),
            "DELETE" => Vec::new(),
            _ => return Err(Reply::no_verb()),
        };
        let known = self.account_mut(account);
        for (id, doc) in &mut known.docs {
            if doc.collection != "users" || doc.is_deleted {
                continue;
            }
            let mut mine: Vec<_> = queues(doc.fields.get("queues"))
                .map(str::to_owned)
                .collect();
            let (is_in, is_wanted) = (mine.iter().any(|known| known == queue), wanted.contains(id));
            if is_in == is_wanted {
                continue;
            }
            mine.retain(|known| known != queue);
            mine.extend(is_wanted.then(|| queue.to_owned()));
            doc.fields.insert("queues".into(), mine.into());
            doc.bump();
        }
        let doc = &self.account(account).docs[queue];
        let mut data = doc.public(queue);
        data["agents"] = self.roster_of(account, queue).into();
        Ok(Reply::ok(data).revision(&doc.revision).sized(1))
    }

    /// All users with a queue.
    pub(super) fn agents(&self, account: &str) -> Answered {
        let users = self.account(account).live("users");
        let agents = users.filter(|(_, doc)| queues(doc.fields.get("queues")).next().is_some());
        let row = |(id, doc): (&String, &super::document::Doc)| {
            let field = |name| doc.fields.get(name);
            json!({"first_name": field("first_name"), "last_name": field("last_name"),
                "queues": field("queues"), "agent_priority": 0, "skills": [], "id": id})
        };
        let rows: Vec<_> = agents.map(row).collect();
        let count = rows.len();
        Ok(Reply::ok(rows.into()).etag(&world::hex()).sized(count))
    }
}

fn queues(list: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = list.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}
