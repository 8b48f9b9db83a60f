//! *Groups* have members: the document of a group contains an object with an entry for each member, by the
//! member's ID. Memberships are declared with the member, and written to the groups.

use super::{
    cache::{Entry, Relation},
    dialect::Dialect,
    doc::{self, Doc},
    fingerprint::Fingerprint,
    table::RawFields,
    writer::{Edit, Writer},
};
use crate::{
    model::{Address, Kind, LiveObject, Mention, Standing, Value as ModelValue},
    portal::{Error, Written},
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The keys and the members of groups.
#[derive(Default)]
pub struct Groups {
    ids: Relation,
    keys: BTreeMap<Box<str>, Box<str>>,
    members: Relation,
    /// The names by which some portals list members, by ID.
    names: BTreeMap<Box<str>, Box<str>>,
}

impl Groups {
    /// Adds or removes a group. `members` is the object by ID.
    pub fn set(&mut self, id: &str, key: &str, members: Option<&Value>, is_related: bool) {
        self.ids.set(key, id, is_related);
        match is_related {
            true => drop(self.keys.insert(id.into(), key.into())),
            false => drop(self.keys.remove(id)),
        }
        let members = members.and_then(Value::as_object).into_iter();
        for member in members.flat_map(Map::keys) {
            self.members.set(member, id, is_related);
        }
    }

    /// Remembers or forgets the name of a member, for a portal that may list members by it.
    pub fn set_name(&mut self, id: &str, name: &str, is_there: bool) {
        match is_there {
            true => drop(self.names.insert(id.into(), name.into())),
            false => drop(self.names.remove(id)),
        }
    }

    /// What a group may list a member as: its ID, or its name.
    fn listed_as<'g>(&'g self, member: &'g str) -> impl Iterator<Item = &'g str> {
        let name = self.names.get(member).map(|name| &**name);
        let is_free = |name: &&str| !self.names.contains_key(*name);
        [member].into_iter().chain(name.filter(is_free))
    }

    /// The groups with a key, if it is a valid one.
    fn with_key(&self, key: &str) -> impl Iterator<Item = &str> {
        let is_valid = Kind::Groups.key_format().accepts(key);
        self.ids.of(key).filter(move |_| is_valid)
    }

    /// The first of the groups with a key.
    pub fn first_with_key(&self, key: &str) -> Option<&str> {
        self.with_key(key).next()
    }

    /// The group with a key that no other one has.
    pub fn only_with_key(&self, key: &str) -> Option<&str> {
        let mut ids = self.with_key(key);
        ids.next().filter(|_| ids.next().is_none())
    }

    /// The key that a group's name stands for.
    pub fn key(&self, id: &str) -> Option<&str> {
        self.keys.get(id).map(|key| &**key)
    }

    /// The groups that are known to have a member.
    pub fn of(&self, member: &str) -> BTreeSet<&str> {
        let listed_as = self.listed_as(member);
        listed_as.flat_map(|one| self.members.of(one)).collect()
    }
}

/// Where a portal keeps groups and their members.
pub struct Membership<D: Dialect> {
    /// The documents.
    pub of: D::Of,
    /// The field with the name.
    pub name: &'static str,
    /// The field with the members.
    pub members: &'static str,
    /// The relations.
    pub groups: fn(&D::Index) -> &Groups,
    /// The group with a key. A group that isn't the one of its key can't be managed.
    pub with_key: for<'g> fn(&'g Groups, &str) -> Option<&'g str>,
    /// A new entry of a member, from its ID and the number of members.
    pub entry: fn(&str, usize) -> Value,
}

impl<D: Dialect> Membership<D> {
    /// The group with a key.
    pub fn id<'i>(&self, index: &'i D::Index, key: &str) -> Option<&'i str> {
        (self.with_key)((self.groups)(index), key)
    }

    /// The key of a group that can be managed.
    pub fn key<'i>(&self, index: &'i D::Index, id: &str) -> Option<&'i str> {
        let key = (self.groups)(index).key(id)?;
        (self.id(index, key) == Some(id)).then_some(key)
    }

    /// The groups of a member that can be managed.
    fn managed<'i>(&self, index: &'i D::Index, member: &'i str) -> BTreeSet<&'i str> {
        let groups = (self.groups)(index).of(member).into_iter();
        let is_managed = |id: &&str| self.key(index, id).is_some();
        groups.filter(is_managed).collect()
    }

    /// The keys of the groups of a member.
    pub fn keys_of<'i>(&self, index: &'i D::Index, member: &str) -> Vec<&'i str> {
        let groups = (self.groups)(index).of(member).into_iter();
        groups.filter_map(|id| self.key(index, id)).collect()
    }

    /// Reads a group. One that can't be managed mentions its members, by the keys that `user` gives.
    pub fn object<'m>(
        &self,
        index: &D::Index,
        id: &str,
        entry: &'m Entry,
        user: impl Fn(&'m str) -> Option<&'m str>,
    ) -> (Box<str>, LiveObject) {
        let mut object = entry.object(Kind::Groups, id, RawFields::new());
        if let Some(key) = self.key(index, id) {
            return (key.into(), object);
        }
        let mention = |member| {
            Some(Mention {
                address: Address::new(Kind::Users, user(member)?.to_lowercase()),
                place: "its members".into(),
            })
        };
        object.mentions = doc::names(entry.doc(), self.members)
            .filter_map(mention)
            .collect();
        object.standing =
            Standing::Unsupported("has a name that isn't the key of one group".into());
        (id.into(), object)
    }
}

impl<D: Dialect> Writer<'_, D> {
    /// Creates, renames or deletes a group. `new` is what a new one contains besides its name.
    ///
    /// # Errors
    /// The portal refuses the change, the document has changed, or the outcome is unknown.
    pub async fn group(self, how: &Membership<D>, new: Doc) -> Result<Written, Error> {
        let key = &*self.write.address.key;
        let has_name = self.object().is_some_and(|object| object.key == key);
        let rename = |group: &mut Doc| {
            if !has_name {
                doc::set(group, how.name, key);
            }
            Ok(())
        };
        let by = Fingerprint::by(how.name, key);
        self.document(how.of, new, &by, &rename).await
    }

    /// Creates, edits or deletes a member that is one document, as [`document`](Self::document) does. Memberships
    /// are written after it, but left before it is deleted: a portal may keep those of a member that no longer
    /// exists.
    ///
    /// # Errors
    /// The portal refuses a change, a document has changed, or the outcome is unknown.
    pub async fn member(
        self,
        how: &Membership<D>,
        of: D::Of,
        new: Doc,
        by: &Fingerprint,
        edit: &Edit<'_>,
    ) -> Result<Written, Error> {
        if let Some(member) = self.object().filter(|_| self.is_delete()) {
            let groups: Vec<String> = {
                let index = &self.store.cache().index;
                let groups = how.managed(index, member.id).into_iter();
                groups.map(str::to_owned).collect()
            };
            for group in groups {
                match self.leave(how, &group, member.id).await {
                    // No group may keep a leaver on the portal.
                    Ok(()) | Err(Error::Refused { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let written = self.document(of, new, by, edit).await?;
        if self.is_delete() || !self.changes("groups") {
            return Ok(written);
        }
        self.memberships(how, &written.id).await?;
        Ok(self.written(of, &written.id))
    }

    /// Removes a member from the groups that it leaves, and adds it to the others of its `groups`. Groups
    /// that can't be managed keep it.
    ///
    /// # Errors
    /// A group doesn't exist or can't be changed.
    pub async fn memberships(self, how: &Membership<D>, member: &str) -> Result<(), Error> {
        let target = self.target_list("groups").iter();
        let target: Vec<&str> = target.filter_map(ModelValue::as_text).collect();
        let (added, removed) = {
            let index = &self.store.cache().index;
            let mut wanted = BTreeSet::new();
            for key in target {
                let missing = || self.refuse("groups", &format!("groups/{key} doesn't exist"));
                wanted.insert(how.id(index, key).ok_or_else(missing)?);
            }
            let actual = how.managed(index, member);
            let owned = |ids: BTreeSet<&str>| -> Vec<String> {
                ids.into_iter().map(str::to_owned).collect()
            };
            (owned(&wanted - &actual), owned(&actual - &wanted))
        };
        for id in removed {
            self.leave(how, &id, member).await?;
        }
        let add = |group: &mut Doc| {
            if let Some(members) = doc::object(group, how.members) {
                let count = members.len();
                let entry = members.entry(member);
                entry.or_insert_with(|| (how.entry)(member, count));
            }
            Ok(())
        };
        for id in added {
            self.edit_shared(how.of, &id, &add).await?;
        }
        Ok(())
    }

    /// Removes a member from one group.
    ///
    /// # Errors
    /// The group can't be changed.
    pub async fn leave(self, how: &Membership<D>, group: &str, member: &str) -> Result<(), Error> {
        let listed_as: Vec<String> = {
            let index = &self.store.cache().index;
            let listed_as = (how.groups)(index).listed_as(member);
            listed_as.map(str::to_owned).collect()
        };
        let remove = |group: &mut Doc| {
            if let Some(Value::Object(members)) = group.get_mut(how.members) {
                members.retain(|one, _| !listed_as.contains(one));
            }
            Ok(())
        };
        self.edit_shared(how.of, group, &remove).await
    }
}

#[cfg(test)]
mod tests {
    use super::Groups;
    use serde_json::json;

    #[test]
    fn a_member_is_listed_by_its_id_or_its_name() {
        let mut groups = Groups::default();
        groups.set("g1", "sales", Some(&json!({"7": {}, "ann": {}})), true);
        groups.set("g2", "night", Some(&json!({"bob": {}})), true);
        groups.set_name("7", "ann", true);
        groups.set_name("8", "bob", true);
        // The name of one user is the ID of another.
        groups.set_name("9", "7", true);
        let of =
            |groups: &Groups, member| groups.of(member).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(["7", "8", "9"].map(|id| of(&groups, id)), ["g1", "g2", ""]);
        groups.set_name("8", "bob", false);
        assert_eq!(of(&groups, "8"), "");
        groups.set("g1", "sales", Some(&json!({"7": {}, "ann": {}})), false);
        assert_eq!(of(&groups, "7"), "");
    }
}
