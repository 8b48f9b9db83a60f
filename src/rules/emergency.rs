//! The check that emergency services are told where a phone is.

use super::Context;
use crate::{
    config::EmergencyPolicy,
    diagnostic::{Report, Rule},
    model::{Fields, Kind, Value},
};

/// Reports people and phones without an emergency location, if the policy requires one.
pub(super) fn emergency_is_declared(context: &Context<'_>, report: &mut Report) {
    if context.config.policy.emergency == EmergencyPolicy::Optional {
        return;
    }
    let users = context.users().filter(|(_, user)| {
        let is_active = user.fields.get("active").and_then(Value::as_bool) != Some(false);
        let phones = user.fields.get("phones").map_or(&[][..], Value::elements);
        is_active && (user.fields.text("extension").is_some() || !phones.is_empty())
    });
    let phones = context.state.of_kind(Kind::Extensions);
    let phones = phones.filter(|(_, one)| one.fields.text("kind") == Some("phone"));
    for (address, resource) in users.chain(phones) {
        if !is_declared(&resource.fields) {
            let message = format!("{address} has no `emergency`, which the policy requires");
            let help = match context.state.of_kind(Kind::Locations).next() {
                Some((location, _)) => {
                    format!("add `emergency: {{ location: {} }}`", location.key)
                }
                None => Rule::MissingEmergency.help().to_owned(),
            };
            let found = context.at(Rule::MissingEmergency, address, "", message);
            report.add(found.help(help));
        }
    }
}

fn is_declared(fields: &Fields) -> bool {
    ["location", "caller_id"].iter().any(|name| {
        let value = fields.at(["emergency", name]);
        value.and_then(Value::as_text).is_some()
    })
}
