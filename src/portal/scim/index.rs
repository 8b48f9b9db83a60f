//! The *directory* is the cache of a portal's documents with their relations: the groups of a name, and the
//! groups of a user.

use super::dialect::Resource;
use crate::{
    model::Kind,
    portal::rest::{Cache, Entry, Index, Relation},
};
use serde_json::Value;

/// The documents of a portal that have been read.
pub(super) type Directory = Cache<Resource, Relations>;

/// The relations between the documents.
#[derive(Default)]
pub(super) struct Relations {
    /// The groups of a name.
    names: Relation,
    /// The groups of a member.
    members: Relation,
}

impl Index<Resource> for Relations {
    fn add(&mut self, of: Resource, id: &str, entry: &Entry) {
        self.set(of, id, entry, true);
    }

    fn remove(&mut self, of: Resource, id: &str, entry: &Entry) {
        self.set(of, id, entry, false);
    }
}

impl Relations {
    fn set(&mut self, of: Resource, id: &str, entry: &Entry, is_related: bool) {
        if of != Resource::Groups {
            return;
        }
        if let Some(name) = entry.text("displayName") {
            self.names.set(name, id, is_related);
        }
        let members = entry.doc().get("members").and_then(Value::as_object);
        for (member, _) in members.into_iter().flatten() {
            self.members.set(member, id, is_related);
        }
    }
}

impl Directory {
    /// The key of a group that can be managed: one with a name of its own that is a key.
    pub(super) fn group_key(&self, id: &str) -> Option<&str> {
        let key = self.get(Resource::Groups, id)?.text("displayName")?;
        (self.group_id(key) == Some(id)).then_some(key)
    }

    /// The group with a key.
    pub(super) fn group_id(&self, key: &str) -> Option<&str> {
        let mut named = self.index.names.of(key);
        let only = named.next().filter(|_| named.next().is_none())?;
        Kind::Groups.key_format().accepts(key).then_some(only)
    }

    /// The groups of a user.
    pub(super) fn groups_of(&self, user: &str) -> impl Iterator<Item = &str> {
        self.index.members.of(user)
    }
}
