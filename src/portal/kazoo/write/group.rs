//! A *group* is created empty; its members are written with the users.

use super::{Writer, fingerprint::Fingerprint};
use crate::portal::{
    Error, Written,
    kazoo::{cache::Collection::Groups, doc::Doc},
};
use serde_json::{Value, json};

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
        let known = self.index(|index| {
            let groups = index.groups.iter().filter(|(id, key)| **id != key.as_str());
            let groups = groups.map(|(id, key)| {
                let group = index
                    .cache
                    .get(Groups, id)
                    .and_then(|group| group.full_doc());
                let member = group.map(|doc| is_endpoint(doc, user));
                ((*id).to_owned(), key.clone(), member)
            });
            groups.collect::<Vec<_>>()
        });
        if let Some(missing) = target
            .iter()
            .find(|key| !known.iter().any(|(_, own, _)| own == **key))
        {
            return Err(self.refuse("groups", &format!("groups/{missing} doesn't exist")));
        }
        for (id, key, member) in known {
            let belongs = target.contains(&key.as_str());
            if member == Some(belongs) || member.is_none() && !belongs {
                continue;
            }
            let edit = |doc: &mut Doc| {
                let endpoints = doc.entry("endpoints").or_insert_with(|| json!({}));
                if let Value::Object(endpoints) = endpoints {
                    if belongs {
                        let weight = endpoints.len() + 1;
                        let endpoint = endpoints.entry(user);
                        endpoint.or_insert_with(|| json!({"type": "user", "weight": weight}));
                    } else {
                        endpoints.shift_remove(user);
                    }
                }
                Ok(())
            };
            self.edit_shared(Groups, &id, &edit).await?;
        }
        Ok(())
    }
}

/// Whether a group, which may have no endpoints, has an endpoint with this ID.
pub(super) fn is_endpoint(group: &Doc, id: &str) -> bool {
    let endpoints = group.get("endpoints");
    endpoints.is_some_and(|endpoints| endpoints.get(id).is_some())
}
