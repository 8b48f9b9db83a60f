//! A *state* is what a workspace declares at one commit: every resource by its address, as plain
//! data that anyone can build, compare and print.

use super::{Address, Derived, Fields, Lifecycle};
use crate::source::{Place, Source, Span};
use jiff::civil::Date;
use std::{collections::BTreeMap, sync::Arc};

/// What a workspace declares.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Every declared resource.
    pub resources: BTreeMap<Address, Resource>,
}

/// One declared resource.
#[derive(Clone, Debug, Default)]
pub struct Resource {
    /// What is declared of it, its template's fields included; what is absent is not managed.
    pub fields: Fields,
    /// The key that it had before.
    pub previously: Option<Box<str>>,
    /// Whether it must not be deleted.
    pub protect: bool,
    /// When the person starts and leaves; only of users.
    pub lifecycle: Option<Box<Lifecycle>>,
    /// The fields whose values follow from somebody's lifecycle.
    pub derived: Vec<Derived>,
    /// Where it is declared; nowhere if it was not read from a file.
    pub origin: Option<Origin>,
}

/// Where a resource is declared.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The file.
    pub source: Arc<Source>,
    /// Its key.
    pub key: Span,
    /// All that is declared under the key.
    pub body: Span,
}

impl Origin {
    /// The place of the key.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::new(&self.source, self.key)
    }
}

impl Resource {
    /// Whether another declaration says the same, wherever it stands.
    #[must_use]
    pub fn declares_the_same(&self, other: &Self) -> bool {
        let Self {
            fields,
            previously,
            protect,
            lifecycle,
            derived,
            origin: _,
        } = self;
        *fields == other.fields
            && *previously == other.previously
            && *protect == other.protect
            && *lifecycle == other.lifecycle
            && *derived == other.derived
    }
}

impl State {
    /// Whether what is declared means something else on one day than on another, since somebody starts or leaves.
    #[must_use]
    pub fn changes_between(&self, one: Date, other: Date) -> bool {
        let mut users = self.of_kind(super::Kind::Users);
        one != other
            && users.any(|(_, user)| {
                let life = user.lifecycle.as_ref();
                life.is_some_and(|life| life.changes_between(one, other))
            })
    }

    /// The resource at an address.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<&Resource> {
        self.resources.get(address)
    }

    /// The resources of one kind, in order of key.
    pub fn of_kind(&self, kind: super::Kind) -> impl Iterator<Item = (&Address, &Resource)> {
        self.resources
            .range(Address::new(kind, "")..)
            .take_while(move |(address, _)| address.kind == kind)
    }
}
