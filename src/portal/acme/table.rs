//! The *table* of the model's fields and the corresponding fields of Acme, and what follows from it.

use crate::{
    model::{Kind, SecretPlace},
    portal::{
        Capabilities,
        limit::FORWARDING,
        rest::{
            Codec::{Choice, Derived, Flag, Secret, Single, Text},
            Table,
            dialect::collections,
            table::rows,
        },
    },
};

collections! {
    /// People.
    Users = "users", "user", Users;
    /// Departments, with their members.
    Departments = "departments", "department", Groups;
}

/// Every field that Acme supports.
pub(super) static TABLE: Table<Collection> = Table::new(rows! {
    Users {
        "username" list Users "login" Text;
        "first_name" list Users "name.first" Text;
        "last_name" list Users "name.last" Text;
        "email" list Users "email" Text;
        "active" list Users "enabled" Flag;
        "scope" list Users "role" Choice(&[("user", "basic"), ("administrator", "admin")]);
        "groups" list Departments "members" Derived("the user is one of the members");
        "forwarding.enabled" list Users "forward.on" Flag;
        "forwarding.destinations" list Users "forward.to" Single;
        "voicemail.pin" list Users "pin" Secret("write-only; its version is in the record of applies");
    }
});

/// What Acme supports.
pub(super) fn capabilities() -> Capabilities {
    let mut capabilities = TABLE.capabilities("acme");
    if let Some(users) = capabilities.kinds.get_mut(&Kind::Users) {
        users.secrets = SecretPlace::Record;
        users.limits.push(FORWARDING);
    }
    capabilities
}
