//! A *group* is created empty; its members are written with the users.

use super::Writer;
use crate::portal::{
    Error, Written,
    kazoo::collection::Collection::Groups,
    rest::{Doc, Fingerprint},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Writer<'_> {
    /// Creates, renames or deletes a group.
    pub(super) async fn group(self) -> Result<Written, Error> {
        let key = &*self.write.address.key;
        let Some(object) = self.object() else {
            let doc = json!({"name": key, "endpoints": {}});
            let doc: Doc = doc.as_object().cloned().unwrap_or_default();
            let id = self
                .create(Groups, doc, &Fingerprint::by("name", key))
                .await?;
            return Ok(self.written(Groups, &id));
        };
        if self.is_delete() {
            self.delete(Groups, object.id).await?;
        } else if object.key != key {
            let rename = |doc: &mut Doc| {
                doc.insert("name".to_owned(), key.into());
                Ok(())
            };
            self.edit(Groups, object.id, &rename).await?;
        }
        Ok(self.written(Groups, object.id))
    }

    /// Adds a user to the target groups and removes it from all others. Groups without a valid key aren't
    /// managed.
    pub(super) async fn update_groups(self, user: &str, target: &[&str]) -> Result<(), Error> {
        let (added, removed) = self.account(|account| {
            let before: BTreeSet<&str> = account.groups_of(user).collect();
            let mut added = BTreeSet::new();
            for key in target {
                let Some(id) = account.group_id(key) else {
                    return Err(self.refuse("groups", &format!("groups/{key} doesn't exist")));
                };
                added.insert(id.to_owned());
            }
            let is_removed = |id: &&&str| !added.contains(**id) && account.group_key(id).is_some();
            let removed = before.iter().filter(is_removed);
            let removed: Vec<String> = removed.map(|id| (*id).to_owned()).collect();
            added.retain(|id| !before.contains(id.as_str()));
            Ok((added, removed))
        })?;
        for id in removed {
            self.remove_endpoint(&id, user).await?;
        }
        let add = |doc: &mut Doc| {
            let endpoints = doc.entry("endpoints").or_insert_with(|| json!({}));
            if let Value::Object(endpoints) = endpoints {
                let weight = endpoints.len() + 1;
                let endpoint = endpoints.entry(user);
                endpoint.or_insert_with(|| json!({"type": "user", "weight": weight}));
            }
            Ok(())
        };
        for id in added {
            self.edit_shared(Groups, &id, &add).await?;
        }
        Ok(())
    }

    /// Removes a user from a group.
    pub(super) async fn remove_endpoint(self, group: &str, user: &str) -> Result<(), Error> {
        let remove = |doc: &mut Doc| {
            if let Some(Value::Object(endpoints)) = doc.get_mut("endpoints") {
                endpoints.shift_remove(user);
            }
            Ok(())
        };
        self.edit_shared(Groups, group, &remove).await
    }
}
