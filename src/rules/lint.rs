//! Checks for probable mistakes.

use super::Context;
use crate::{
    diagnostic::{Report, Rule},
    model::{Kind, Value},
    sensitive::looks_secret,
};
use std::collections::BTreeMap;

/// Reports passwords and unknown merge fields in click-to-dial addresses.
// S4.24, S4.25
pub(super) fn click_to_dial(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let Some(url) = resource.fields.text("click_to_dial") else {
            continue;
        };
        if contains_password(url) {
            let message = format!("{address}: the click-to-dial address contains a password");
            let diagnostic = context.at(Rule::SecretInUrl, address, "click_to_dial", message);
            diagnostic.place.source.hide(diagnostic.place.span);
            report.add(diagnostic.help(Rule::SecretInUrl.help()));
        }
        for field in url
            .split("[Field:")
            .skip(1)
            .filter_map(|rest| rest.split(']').next())
        {
            if !matches!(field, "PhoneNumber" | "Ext") {
                let message = format!("{address}: unknown merge field `[Field:{field}]`");
                let diagnostic =
                    context.at(Rule::UnknownMergeField, address, "click_to_dial", message);
                report.add(diagnostic.help(Rule::UnknownMergeField.help()));
            }
        }
    }
}

/// Whether the query or the user part of an address contains a password.
fn contains_password(url: &str) -> bool {
    let authority = url
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split(['/', '?', '#']).next());
    let in_authority = authority
        .and_then(|authority| authority.split_once('@'))
        .is_some_and(|(user, _)| user.contains(':'));
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["pass", "pwd", "secret", "token", "apikey", "api_key"]
            .iter()
            .any(|word| name.contains(word))
    };
    let in_query = query
        .split(['&', ';', '#'])
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, value)| is_secret(name) && !value.is_empty() && !value.starts_with('['));
    in_authority || in_query
}

/// Reports users with the same color.
// S4.21
pub(super) fn colors_are_unique(context: &Context<'_>, report: &mut Report) {
    let mut first = BTreeMap::new();
    for (address, resource) in context.users() {
        let Some(color) = resource.fields.text("color") else {
            continue;
        };
        if let Some(other) = first.insert(color, address) {
            let message = format!("{address} has the same color as {other}: {color}");
            let diagnostic = context.at(Rule::SameColor, address, "color", message);
            report.add(diagnostic.related(
                context.place(other, "color"),
                format!("{other} has the same color"),
            ));
            first.insert(color, other);
        }
    }
}

/// Reports users who share a mailbox: each would hear the other's messages.
// S3.33
pub(super) fn mailboxes_have_one_owner(context: &Context<'_>, report: &mut Report) {
    const FIELD: &str = "voicemail.mailbox";
    let mut first = BTreeMap::new();
    for (address, resource) in context.users() {
        let mailbox = resource.fields.at(FIELD.split('.'));
        let Some(mailbox) = mailbox.and_then(Value::as_text) else {
            continue;
        };
        let other = *first.entry(mailbox).or_insert(address);
        if other != address {
            let message = format!("{address} has the same mailbox as {other}: {mailbox}");
            let diagnostic = context.at(Rule::SharedMailbox, address, FIELD, message);
            report.add(diagnostic.related(
                context.place(other, FIELD),
                format!("{other} has the same mailbox"),
            ));
        }
    }
}

/// Reports advanced settings, and secrets among them.
// S3.10
pub(super) fn advanced_settings(context: &Context<'_>, report: &mut Report) {
    let templates = context.state.of_kind(Kind::Templates);
    for (address, resource) in context.users().chain(templates) {
        let path = match address.kind {
            Kind::Templates => "user.advanced",
            _ => "advanced",
        };
        let settings = resource.fields.at(path.split('.'));
        let Some(settings) = settings.and_then(Value::as_map) else {
            continue;
        };
        if !settings.is_empty() && address.kind == Kind::Users {
            let message = format!("{address} declares advanced settings");
            report.add(context.at(Rule::AdvancedSetting, address, path, message));
        }
        for (name, value) in settings.iter() {
            let text = value.as_text().unwrap_or_default();
            if !looks_secret(name) || text.is_empty() || text.contains("${") {
                continue;
            }
            let message = format!("`{name}` looks like a secret, which must not be in a file");
            let path = format!("{path}.{name}");
            let diagnostic = context.at(Rule::LiteralSecret, address, &path, message);
            let place = &diagnostic.place;
            place.source.hide_text(place.span, text);
            let help = "remove the setting here, set it on the portal, and change the secret, which is compromised";
            report.add(diagnostic.help(help));
        }
    }
}

/// Reports the example row of a spreadsheet.
// S3.21
pub(super) fn example_rows(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let text = |name| resource.fields.text(name).unwrap_or_default();
        let is_example = text("first_name").eq_ignore_ascii_case("example")
            || text("email").ends_with("@example.com")
                && text("first_name") == "John"
                && text("last_name") == "Doe";
        if is_example {
            let message = format!("{address} is the example row of a spreadsheet");
            report.add(context.at(Rule::ExampleRow, address, "first_name", message));
        }
    }
}
