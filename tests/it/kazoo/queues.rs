//! A *roster* is the agents of a queue. It is stored in the users: each has its queues.

use super::{
    answer::{Outcome, Reply},
    ask::Ask,
    document::{Doc, texts},
    world::World,
};
use serde_json::json;

impl World {
    /// The users of a queue.
    pub(super) fn roster_of(&self, account: &str, queue: &str) -> Vec<String> {
        let users = self.live(account, "users");
        let users = users.filter(|doc| doc.lists("queues", queue));
        users.map(|doc| doc.id.to_owned()).collect()
    }

    pub(super) fn roster(&mut self, ask: &Ask, account: &str, queue: &str) -> Outcome {
        self.find(account, "queues", queue)?;
        let wanted: Vec<_> = match ask.method.as_str() {
            "GET" => {
                let roster = self.roster_of(account, queue);
                let count = roster.len();
                return Ok(Reply::ok(roster.into()).sized(count));
            }
            "POST" => texts(Some(ask.raw_data())).map(str::to_owned).collect(),
            "DELETE" => Vec::new(),
            _ => return Err(Reply::no_verb()),
        };
        let changed = self.live(account, "users").filter_map(|doc| {
            let is_wanted = wanted.iter().any(|id| id == doc.id);
            if doc.lists("queues", queue) == is_wanted {
                return None;
            }
            let mut own: Vec<_> = doc.texts("queues").collect();
            own.retain(|known| *known != queue);
            own.extend(is_wanted.then_some(queue));
            let mut fields = doc.fields.clone();
            fields.insert("queues".into(), own.into());
            Some((doc.id.to_owned(), fields))
        });
        for (id, fields) in changed.collect::<Vec<_>>() {
            self.keep(account, &id, fields);
        }
        let doc = self.find(account, "queues", queue)?;
        let mut data = doc.public();
        data["agents"] = self.roster_of(account, queue).into();
        Ok(Reply::ok(data).revision(&doc.revision()).sized(1))
    }

    /// All users with a queue.
    pub(super) fn agents(&self, account: &str) -> Outcome {
        let users = self.live(account, "users");
        let agents = users.filter(|doc| doc.texts("queues").next().is_some());
        let row = |doc: Doc<'_>| {
            let field = |name| doc.fields.get(name);
            json!({"first_name": field("first_name"), "last_name": field("last_name"),
                "queues": field("queues"), "agent_priority": 0, "skills": [], "id": doc.id})
        };
        Ok(Reply::rows(agents.map(row).collect()))
    }
}
