//! The *table* of the model's fields and the corresponding attributes of SCIM. The attributes of the extension
//! for telephony are in the object `telephony`, whatever its URN.

use crate::portal::rest::{
    Codec::{Derived, Elements, Flag, LowerCase, OfType, Secret, Text},
    Collection as _, Row, Table,
    dialect::collections,
    table::rows,
};

/// The name of the extension for telephony in documents.
pub(super) const TELEPHONY: &str = "telephony";
const WRITE_ONLY: &str = "write-only; the record of what was applied remembers its version";

collections! {
    /// People.
    Users = "Users", "user", Users;
    /// Groups of people.
    Groups = "Groups", "group", Groups;
}

/// Every field that SCIM can contain.
pub(super) static TABLE: Table<Collection> = Table::new(rows! {
    Users {
        "username" list Users "userName" LowerCase;
        "first_name" list Users "name.givenName" Text;
        "last_name" list Users "name.familyName" Text;
        "alias" list Users "nickName" Text;
        "title" list Users "title" Text;
        "email" list Users "emails" OfType("work", "value");
        "phone" list Users "phoneNumbers" OfType("work", "value");
        "address" list Users "addresses" OfType("work", "formatted");
        "active" list Users "active" Flag;
        "groups" list Groups "members" Derived("the user is one of the members; other members are kept");
        "password" list Users "password" Secret(WRITE_ONLY);
        "extension" list Users "telephony.extension" Text;
        "phones" list Users "telephony.devices" Elements("mac", &["mac", "model", "name"]);
        "voicemail.pin" list Users "telephony.voicemailPin" Secret(WRITE_ONLY);
    }
});

/// The path of the attribute that a row needs, as discovery knows it.
pub(super) fn path(row: &Row<Collection>) -> String {
    let at = format!("{}.{}", row.of.name(), row.at);
    match row.codec {
        OfType(_, field) | Elements(field, _) => format!("{at}.{field}"),
        _ => at,
    }
    .to_lowercase()
}
