//! A *roster* is the list of a queue's agents. It isn't a document: Kazoo stores it in the users who are
//! agents, so their locks are held, and their revisions change.

use super::Writer;
use crate::portal::{
    Error,
    http::Request,
    kazoo::{
        collection::Collection::{self, Queues, Users},
        dialect::enveloped,
    },
    rest::Collection as _,
};
use reqwest::Method;
use std::collections::BTreeSet;

impl Writer<'_> {
    /// Writes the roster of a new queue, or of one whose agents change.
    pub(super) async fn roster(
        self,
        collection: Collection,
        id: &str,
        is_new: bool,
    ) -> Result<(), Error> {
        if collection != Queues
            || !(self.changes("agents") || is_new && self.target("agents").is_some())
        {
            return Ok(());
        }
        let ids = self.user_ids("agents")?;
        self.put_roster(id, &ids).await
    }

    /// Replaces the roster of a queue.
    pub(super) async fn put_roster(self, queue: &str, agents: &[String]) -> Result<(), Error> {
        let users: BTreeSet<String> = self.account(|account| {
            let before = account.index.agents.get(queue).into_iter().flatten();
            let roster = account.index.rosters.get(queue);
            let roster = roster.into_iter().flat_map(|roster| &roster.agents);
            before.chain(roster).chain(agents).cloned().collect()
        });
        let mut held = Vec::new();
        for id in &users {
            held.push(self.hold(Users, id).await);
        }
        let path = [Queues.name(), queue, "roster"];
        let request = Request::new(Method::POST, &path).with_body(enveloped(&agents));
        let replaced = self.replace(Queues, &request).await;
        let mut cache = self.store.cache();
        for id in &users {
            cache.invalidate(Users, id);
        }
        replaced?;
        cache.index.agents.insert(queue.into(), agents.to_vec());
        Ok(())
    }
}
