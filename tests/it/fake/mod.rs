//! A *fake* is a portal that is made of its OpenAPI document: which paths exist, what may be sent to each, and
//! what is returned. What the document doesn't say is in [`Manners`]. Objects are kept in memory.
//!
//! Every answer of the fake is validated too: one that violates the document fails the test. A portal without such a
//! document has a world of its own, which is served by the same [`Host`].

mod act;
mod asked;
mod check;
mod contracts;
mod document;
mod form;
mod host;
mod manners;
mod own;
mod own_documents;
mod page;
mod rate_limit;
mod schema;
mod shape;
mod store;

use act::World;
use serde_json::Value as Json;

pub(crate) use asked::Asked;
pub(crate) use form::decoded;
pub(crate) use host::{Answered, Host, Seen};
pub(crate) use manners::{Habit, Manners, Paging, Put};
pub(crate) use rate_limit::Bucket;
pub(crate) use schema::Schema;
pub(crate) use store::{Object, Store, merge};

/// A portal that is made of its document, with its server.
pub(crate) type Fake = Host<World>;

impl Fake {
    /// A portal with this document. The paths are those of the document, without its servers.
    pub(crate) fn start(document: Json, manners: Manners) -> Self {
        Self::serve(World::new(document, manners), World::answer)
    }

    /// The same, where the portal's own document, if it is there, judges each granted request and each answer too.
    pub(crate) fn judged(document: Json, published: Option<Json>, manners: Manners) -> Self {
        let world = World::new(document, manners).judged(published);
        Self::serve(world, World::answer)
    }

    /// Creates an object at a path, as an administrator would.
    pub(crate) fn seed(&self, path: &str, object: &Json) {
        let fields = object.as_object().expect("an object").clone();
        self.portal().store.put(path, fields);
    }

    /// The object at a path.
    pub(crate) fn object(&self, path: &str) -> Option<Json> {
        let portal = self.portal();
        let object = portal.store.get(path)?;
        Some(object.fields.clone().into())
    }

    /// The number of objects in a collection.
    pub(crate) fn count(&self, collection: &str) -> usize {
        self.portal().store.count(collection)
    }

    /// The number of objects of all collections with a name, within the objects of another one.
    pub(crate) fn count_below(&self, collection: &str, name: &str) -> usize {
        self.portal().store.count_below(collection, name)
    }

    /// The paths of all objects below one.
    pub(crate) fn paths(&self, below: &str) -> Vec<String> {
        self.portal().store.paths(below)
    }
}
