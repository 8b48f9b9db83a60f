//! What is allowed, and probably a mistake.

use super::Context;
use crate::diagnostic::{Report, Rule};
use std::collections::BTreeMap;

/// An address for click-to-dial holds no password, and only merge fields that are filled in
/// (S4.24, S4.25).
pub(super) fn click_to_dial(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let Some(url) = resource.fields.text("click_to_dial") else {
            continue;
        };
        if holds_password(url) {
            let message = format!("{address}: the address for click-to-dial holds a password");
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
                let message = format!("{address}: nothing fills in `[Field:{field}]`");
                let diagnostic =
                    context.at(Rule::UnknownMergeField, address, "click_to_dial", message);
                report.add(diagnostic.help(Rule::UnknownMergeField.help()));
            }
        }
    }
}

/// Whether a query of the address, or its user part, gives a password away.
fn holds_password(url: &str) -> bool {
    let authority = url
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split(['/', '?', '#']).next());
    let in_authority = authority
        .and_then(|authority| authority.split_once('@'))
        .is_some_and(|(user, _)| user.contains(':'));
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["pass", "pwd", "secret", "token", "apikey", "api_key"]
            .iter()
            .any(|word| name.contains(word))
    };
    let in_query = query
        .split(['&', ';', '#'])
        .filter_map(|pair| pair.split_once('='))
        .any(|(name, value)| secret(name) && !value.is_empty() && !value.starts_with('['));
    in_authority || in_query
}

/// Colours tell users apart (S4.21).
pub(super) fn colors_differ(context: &Context<'_>, report: &mut Report) {
    let mut first = BTreeMap::new();
    for (address, resource) in context.users() {
        let Some(color) = resource.fields.text("color") else {
            continue;
        };
        if let Some(other) = first.insert(color, address) {
            let message = format!("{address} has the colour {color}, which {other} has too");
            let diagnostic = context.at(Rule::SameColor, address, "color", message);
            report.add(diagnostic.related(
                context.place(other, "color"),
                format!("{other} has it here"),
            ));
            first.insert(color, other);
        }
    }
}

/// The portal's defaults fit most installations (S3.10).
pub(super) fn advanced_settings(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let settings = resource
            .fields
            .get("advanced")
            .and_then(|advanced| advanced.as_map());
        if settings.is_some_and(|settings| !settings.is_empty()) {
            let message = format!("{address} declares advanced settings");
            report.add(context.at(Rule::AdvancedSetting, address, "advanced", message));
        }
    }
}

/// The example person of a spreadsheet's template was not removed (S3.21).
pub(super) fn example_rows(context: &Context<'_>, report: &mut Report) {
    for (address, resource) in context.users() {
        let text = |name| resource.fields.text(name).unwrap_or_default();
        let example = text("first_name").eq_ignore_ascii_case("example")
            || text("email").ends_with("@example.com")
                && text("first_name") == "John"
                && text("last_name") == "Doe";
        if example {
            let message = format!("{address} looks like the example row of a spreadsheet");
            report.add(context.at(Rule::ExampleRow, address, "first_name", message));
        }
    }
}
