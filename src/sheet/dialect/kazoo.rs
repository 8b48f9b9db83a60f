//! The columns of *Kazoo's* onboarding app, with the other names that its own sample has, and the further ones of
//! resellers that ask for a mailbox and a number. One row is a person, a phone, a mailbox and a number.

use super::{
    Column,
    Conversion::{Assigned, Field, ModelPart, OneEmail, Password},
    column, required,
};

pub(super) const COLUMNS: &[Column] = &[
    required(&["first_name"], "first_name", Field, "John"),
    required(&["last_name"], "last_name", Field, "Doe"),
    required(&["password"], "password", Password, ""),
    required(
        &["email", "email_address"],
        "email",
        OneEmail,
        "john.doe@example.com",
    ),
    required(
        &["extension", "extension_number"],
        "extension",
        Field,
        "1001",
    ),
    column(
        &["mac_address", "mac"],
        "phones[0].mac",
        Field,
        "00:15:65:aa:bb:cc",
    ),
    column(&["brand"], "phones[0].model", ModelPart, "yealink"),
    column(&["family"], "phones[0].model", ModelPart, "t5x"),
    column(&["model"], "phones[0].model", ModelPart, "t54w"),
    column(&["device_name"], "phones[0].name", Field, "Desk phone"),
    column(&["softphone"], "add_phone", Field, "no"),
    column(&["phone_number", "did"], "", Assigned, "+14155550100"),
    column(
        &["notification_email", "vmail_email"],
        "voicemail.email",
        Field,
        "",
    ),
    column(&["username"], "username", Field, ""),
    column(&["vmail_number"], "voicemail.mailbox", Field, ""),
    column(&["vmail_pin"], "voicemail.pin", Password, ""),
];
