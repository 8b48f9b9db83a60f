//! Checks of *known words*: permissions and phone models that the portal doesn't know. A misspelled permission
//! grants nothing, and nobody sees it.

use super::Context;
use crate::{
    diagnostic::{Report, Rule, did_you_mean},
    model::{Address, Kind, Value},
};
use std::collections::BTreeSet;

/// Reports permissions that no scope of the portal and none of its modules has.
// S4.34
pub(super) fn permissions_are_known(context: &Context<'_>, report: &mut Report) {
    let known = context.profile().known_permissions();
    if known.is_empty() {
        return;
    }
    for kind in [Kind::Scopes, Kind::Groups, Kind::Users] {
        for (address, resource) in context.state.of_kind(kind) {
            let own = resource.fields.get("permissions");
            let own = own.map_or(&[][..], Value::elements).iter();
            for permission in own.filter_map(Value::as_text) {
                if !known.contains(permission) {
                    let message =
                        format!("{address}: the portal knows no permission `{permission}`");
                    let diagnostic = context.at_text(
                        Rule::UnknownPermission,
                        address,
                        "permissions",
                        permission,
                        message,
                    );
                    report.add(diagnostic.help(help(permission, &known, Rule::UnknownPermission)));
                }
            }
        }
    }
}

/// Reports phone models that aren't in the portal's catalogue.
// S3.22, S3.24
pub(super) fn models_are_known(context: &Context<'_>, report: &mut Report) {
    let known: BTreeSet<&str> = context
        .profile()
        .models
        .iter()
        .map(String::as_str)
        .collect();
    if known.is_empty() {
        return;
    }
    for kind in [Kind::Users, Kind::Extensions] {
        for (address, resource) in context.state.of_kind(kind) {
            let phones = resource.fields.get("phones");
            for phone in phones.map_or(&[][..], Value::elements) {
                model_is_known(context, address, phone, &known, report);
            }
        }
    }
}

fn model_is_known(
    context: &Context<'_>,
    address: &Address,
    phone: &Value,
    known: &BTreeSet<&str>,
    report: &mut Report,
) {
    let model = phone.as_map().and_then(|phone| phone.text("model"));
    let Some(model) = model.filter(|model| !known.contains(model)) else {
        return;
    };
    let message = format!("{address}: the portal's catalogue has no phone model `{model}`");
    // The list is sorted by now, so the place is that of the text.
    let diagnostic = context.at_text(Rule::UnknownModel, address, "phones", model, message);
    report.add(diagnostic.help(help(model, known, Rule::UnknownModel)));
}

fn help(word: &str, known: &BTreeSet<&str>, rule: Rule) -> String {
    match did_you_mean(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => rule.help().to_owned(),
    }
}
