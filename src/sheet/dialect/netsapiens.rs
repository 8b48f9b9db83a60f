//! The 26 columns of *NetSapiens'* import of users, in its order, with the other names that its manual has.

use super::{
    Column,
    Conversion::{
        Delivery, DeliveryEnabled, DialPlan, Domain, Field, Login, OneEmail, Password, PhoneNumber,
        Scope, Seconds, Site, Transcribe,
    },
    column, required,
};

pub(super) const COLUMNS: &[Column] = &[
    required(&["extension"], "extension", Field, "1001"),
    column(&["domain"], "", Domain, ""),
    required(&["first name"], "first_name", Field, "John"),
    required(&["last name"], "last_name", Field, "Doe"),
    column(&["login"], "username", Login, ""),
    column(&["portal password"], "password", Password, " "),
    column(
        &["email address"],
        "email",
        OneEmail,
        "john.doe@example.com",
    ),
    column(&["voicemail pin"], "voicemail.pin", Password, ""),
    column(&["department"], "department", Field, "Sales"),
    column(&["site"], "instance", Site, ""),
    column(&["vmail enabled"], "voicemail.enabled", Field, "yes"),
    column(
        &["answer timeout", "answer time"],
        "rings_before_voicemail",
        Seconds,
        "20",
    ),
    column(&["timezone"], "time_zone", Field, "Europe/London"),
    column(&["area code"], "advanced.area_code", Field, ""),
    column(
        &["callerid number", "caller id"],
        "outbound_caller_id",
        PhoneNumber,
        "14155550100",
    ),
    column(
        &["callerid name"],
        "outbound_caller_name",
        Field,
        "Example Ltd",
    ),
    column(
        &["911 callerid", "911 caller id"],
        "emergency.caller_id",
        PhoneNumber,
        "",
    ),
    column(&["dial plan"], "advanced.dial_plan", DialPlan, ""),
    column(
        &["dial permission"],
        "dial_permission",
        Field,
        "US and Canada",
    ),
    column(&["audio directory"], "directory.spoken", Field, "yes"),
    column(&["visual directory"], "directory.listed", Field, "yes"),
    column(
        &["vmail_transcribe"],
        "voicemail.transcribe",
        Transcribe,
        "no",
    ),
    column(&["email_vmail"], "voicemail.delivery", Delivery, "no"),
    column(
        &["email_vmail_enable", "email_vmail_enabled"],
        "voicemail.delivery",
        DeliveryEnabled,
        "no",
    ),
    column(&["add phone extension"], "add_phone", Field, "yes"),
    column(&["scope"], "scope", Scope, "Basic User"),
];
