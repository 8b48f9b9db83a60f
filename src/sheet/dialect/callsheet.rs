//! The columns of *Callsheet's own* sheets. Any other field is a column too, by its path: `voicemail.enabled`,
//! `phone2.mac`, `with.did`.

use super::{
    Column,
    Conversion::{Field, Key},
    column, required,
};

pub(super) const COLUMNS: &[Column] = &[
    column(&["key"], "", Key, "john.doe"),
    column(&["username"], "username", Field, ""),
    required(&["first_name"], "first_name", Field, "John"),
    column(&["last_name"], "last_name", Field, "Doe"),
    column(&["email"], "email", Field, "john.doe@example.com"),
    column(&["extension"], "extension", Field, "1001"),
    column(&["scope"], "scope", Field, ""),
    column(&["groups"], "groups", Field, "sales;support"),
    column(&["template"], "template", Field, ""),
    column(
        &["outbound_caller_id"],
        "outbound_caller_id",
        Field,
        "+14155550100",
    ),
    column(&["voicemail.email"], "voicemail.email", Field, ""),
    column(&["phone.mac"], "phones[0].mac", Field, "00:15:65:aa:bb:cc"),
    column(&["phone.model"], "phones[0].model", Field, "yealink_t54w"),
    column(&["phone.name"], "phones[0].name", Field, "Desk phone"),
    column(&["active"], "active", Field, "yes"),
];
